"""Lots reserved for a request, and set free again: when it is cancelled or their day is past.

Owns that no more is reserved than is approved, from lots that are there, unreserved, not expired, and the addressee's
own, or another owner's as far as it accepted. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.partners.restriction import Use, restriction_allows
from services.logistics.places import domain as places
from services.logistics.requests.domain import (
    Approval,
    Request,
    less,
    lines_of,
    not_open,
    plan_outdated,
    request_closed,
    together,
    within,
)
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.owners import not_owned, not_yours
from services.logistics.stock.refusals import not_available, not_issuable
from shared.contracts.envelope import Payload
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ItemCode, LotId, OwnerId, PlaceId, RequestId, ReservationId
from shared.contracts.logistics import ReservationReleased, StockReserved
from shared.contracts.requests import (
    Allocation,
    FairShare,
    OverrideReason,
    RequestAllocated,
    RequestCancelled,
    ShortLine,
)
from shared.contracts.vocabulary import CancellationReason, PlaceKind, ReservationEnd
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class AllocateRequest:
    """Reserve planned lots for a request. `owner_id` is whom it was addressed to when this was planned."""

    request_id: RequestId
    owner_id: OwnerId
    picks: tuple[Allocation, ...]
    reserved_until: date
    recorded_on: date
    why_short: tuple[ShortLine, ...] = ()
    shares: tuple[FairShare, ...] = ()
    override: OverrideReason | None = None
    to_place_id: PlaceId | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The request and the lots."""
        return (*lot_refs([pick.lot_id for pick in self.picks]), Ref("request", self.request_id))

    def reads(self) -> Sequence[Ref]:
        """The places the lots are in, and where they go."""
        to = () if self.to_place_id is None else (self.to_place_id,)
        return tuple(Ref("place", id_) for id_ in dict.fromkeys((*(pick.place_id for pick in self.picks), *to)))


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """The rest of a request is not served. `lot_ids` are all lots that were ever reserved for it."""

    request_id: RequestId
    lot_ids: tuple[LotId, ...]
    reason: CancellationReason
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The request and its lots."""
        return (*lot_refs(self.lot_ids), Ref("request", self.request_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class ExpireReservations:
    """Set free what is reserved for a request past its day. `lot_ids` as for a cancellation."""

    request_id: RequestId
    lot_ids: tuple[LotId, ...]
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The request and its lots."""
        return (*lot_refs(self.lot_ids), Ref("request", self.request_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_allocate_request(states: States, command: AllocateRequest) -> list[Payload] | Refusal:
    """Reserve the planned lots if they are still free and ours to give; say what stays short, and why."""
    request = states.find(Request, command.request_id)
    if request is None:
        return request_closed(request)
    refusal = _cannot_allocate(request, command)
    if refusal is not None:
        return refusal
    picked = [ItemQuantity(item_code=pick.item_code, quantity=pick.quantity) for pick in command.picks]
    taken: dict[tuple[str, str], int] = {}
    for pick in command.picks:
        place = (pick.lot_id, pick.place_id)
        taken[place] = taken.get(place, 0) + pick.quantity
        refusal = (
            _cannot_reserve(states, pick, taken[place], command.recorded_on)
            or _not_ours(states, request, pick)
            or _tied(states, request, pick, command)
        )
        if refusal is not None:
            return refusal
    if not within(picked, request.short) or not _within_support(request, command.picks):
        return plan_outdated()
    if request.allocated and not command.picks and request.why_short == command.why_short:
        return []
    allocated = RequestAllocated(
        request_id=command.request_id,
        allocations=command.picks,
        short=less(request.short, picked),
        why_short=command.why_short,
        shares=command.shares,
        override=command.override,
        allocated_on=command.recorded_on,
    )
    return [*(_reserved(command, request, pick) for pick in command.picks), allocated]


def _cannot_allocate(request: Request, command: AllocateRequest) -> Refusal | None:
    refusal = not_open(request)
    if refusal is not None:
        return refusal
    if request.undecided or (request.approval is Approval.REJECTED and not request.short):
        return Refusal(
            slug="request-not-approved",
            detail="Nobody has approved the request yet.",
            next_step="Let an approver other than the requester decide it first.",
        )
    return plan_outdated() if request.addressed_to != command.owner_id else None


def _cannot_reserve(states: States, pick: Allocation, quantity: int, on: date) -> Refusal | None:
    lot = states.find(Lot, pick.lot_id)
    if lot is None or lot.item_code != pick.item_code or pick.reservation_id in lot.reservations:
        return plan_outdated()
    if places.kind_of(states, pick.place_id) is not PlaceKind.WAREHOUSE:
        return places.place_unknown(pick.place_id)
    return not_issuable(lot, on) or not_available(lot.balance(pick.place_id), quantity)


def _not_ours(states: States, request: Request, pick: Allocation) -> Refusal | None:
    """The refusal to reserve what belongs to another owner that did not accept to give it for this request."""
    lot = states.find(Lot, pick.lot_id)
    if lot is None:
        return plan_outdated()
    if pick.support_id is None:
        return not_yours((request.addressed_to,), lot)
    support = request.support(pick.support_id)
    return not_owned((support.of_owner_id,) if support is not None else (), lot.owner_id or "")


def _tied(states: States, request: Request, pick: Allocation, command: AllocateRequest) -> Refusal | None:
    """The refusal of goods that their donor gave for another use."""
    lot = states.find(Lot, pick.lot_id)
    to = states.find(places.Place, command.to_place_id) if command.to_place_id is not None else None
    area_code = to.area_code if to is not None and to.area_code is not None else request.area_code
    use = Use(area_code, to.place_kind if to is not None else None, command.recorded_on, request.people)
    if lot is None or restriction_allows(lot.restriction, use):
        return None
    return Refusal(
        slug="lot-restricted",
        detail="Their donor gave these goods for another use.",
        next_step="Read the lot's restriction, and take other goods.",
    )


def _within_support(request: Request, picks: Sequence[Allocation]) -> bool:
    for support in request.supports:
        drawn = [
            ItemQuantity(item_code=pick.item_code, quantity=pick.quantity)
            for pick in picks
            if pick.support_id == support.support_id
        ]
        if not within(drawn, support.left):
            return False
    return True


def _reserved(command: AllocateRequest, request: Request, pick: Allocation) -> StockReserved:
    assert request.due_at is not None  # only a draft has none
    return StockReserved(
        lot_id=pick.lot_id,
        item_code=pick.item_code,
        place_id=pick.place_id,
        quantity=pick.quantity,
        reservation_id=pick.reservation_id,
        request_id=command.request_id,
        expires_on=command.reserved_until,
        urgency=request.urgency,
        due_at=request.due_at,
    )


def decide_cancel_request(states: States, command: CancelRequest) -> list[Payload] | Refusal:
    """Cancel a request: what is still reserved is free again, what is on its way arrives."""
    request = states.find(Request, command.request_id)
    if request is None or request.cancelled:
        return request_closed(request)
    if not set(request.lot_ids) <= set(command.lot_ids):
        return plan_outdated()
    cancelled = RequestCancelled(request_id=command.request_id, reason=command.reason, cancelled_on=command.recorded_on)
    released = _release(states, command, ReservationEnd.RELEASED, expired_only=False)
    return [*released, cancelled]


def decide_expire_reservations(states: States, command: ExpireReservations) -> list[Payload] | Refusal:
    """Set free what was reserved past its day; the request is short of it again.

    Goods another owner accepted to give are its own again: it is asked anew.
    """
    request = states.find(Request, command.request_id)
    if request is None or request.cancelled:
        return request_closed(request)
    if not set(request.lot_ids) <= set(command.lot_ids):
        return plan_outdated()
    released = _release(states, command, ReservationEnd.EXPIRED, expired_only=True)
    if not released:
        return []
    back: dict[ItemCode, int] = {}
    for one in released:
        lot = states.find(Lot, one.lot_id)
        if lot is not None:
            code = ItemCode(lot.item_code)
            back[code] = back.get(code, 0) + one.quantity
    return [
        *released,
        RequestAllocated(
            request_id=command.request_id,
            allocations=(),
            short=together(request.short, lines_of(back)),
            allocated_on=command.recorded_on,
        ),
    ]


def _release(
    states: States, command: CancelRequest | ExpireReservations, reason: ReservationEnd, *, expired_only: bool
) -> list[ReservationReleased]:
    released = []
    for lot_id in dict.fromkeys(command.lot_ids):
        lot = states.find(Lot, lot_id)
        for reservation_id, kept in sorted(lot.reservations.items()) if lot is not None else ():
            if kept.request_id != command.request_id or (expired_only and kept.expires_on >= command.recorded_on):
                continue
            released.append(
                ReservationReleased(
                    lot_id=lot_id,
                    reservation_id=ReservationId(reservation_id),
                    request_id=command.request_id,
                    place_id=PlaceId(kept.place_id),
                    quantity=kept.quantity,
                    reason=reason,
                    released_on=command.recorded_on,
                )
            )
    return released
