"""Requests: goods asked for a place, the lots reserved for them, and what no store could give.

Owns that a request reserves no more than it asks, from lots that are there, unreserved and not expired. Requested is
always reserved or sent, plus short. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.logistics.items import domain as items
from services.logistics.needs.domain import Demand, request_demand
from services.logistics.places import domain as places
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.receiving import lot_expired, not_available
from shared.contracts.envelope import Payload
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import DemandId, DisasterId, ItemCode, LotId, PlaceId, RequestId, ReservationId
from shared.contracts.logistics import ReservationReleased, StockReserved
from shared.contracts.requests import Allocation, RequestAllocated, RequestCancelled, RequestOpened
from shared.contracts.vocabulary import CancellationReason, PlaceKind, ReservationEnd, Urgency
from shared.kit.decisions.types import Event, Ref, Refusal, States

DESTINATIONS = frozenset({PlaceKind.POST, PlaceKind.VILLAGE, PlaceKind.WAREHOUSE})


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `short` is what is neither reserved nor sent; `lot_ids` are all lots ever reserved for it."""

    id: str
    version: int
    disaster_id: str
    area_code: str
    to_place_id: str
    urgency: Urgency
    due_at: datetime
    lines: tuple[ItemQuantity, ...]
    short: tuple[ItemQuantity, ...]
    lot_ids: tuple[str, ...] = ()
    allocated: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """The office asks goods for a place: by hand, or out of an area's open needs.

    `needed` is given with `demand_id`: what the area's households need by item, as it was read.
    """

    request_id: RequestId
    disaster_id: DisasterId
    area_code: str
    to_place_id: PlaceId
    urgency: Urgency
    due_at: datetime
    lines: tuple[ItemQuantity, ...]
    recorded_on: date
    area_known: bool = True
    demand_id: DemandId | None = None
    needed: Mapping[str, int] | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The request, and the demand it is taken from."""
        demand = (Ref("demand", self.demand_id),) if self.demand_id is not None else ()
        return (*demand, Ref("request", self.request_id))

    def reads(self) -> Sequence[Ref]:
        """The place asked for, and the items."""
        return (Ref("place", self.to_place_id), *(Ref("item", line.item_code) for line in self.lines))


@dataclass(frozen=True, slots=True)
class AllocateRequest:
    """Reserve planned lots for a request."""

    request_id: RequestId
    picks: tuple[Allocation, ...]
    reserved_until: date
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The request and the lots."""
        return (*lot_refs([pick.lot_id for pick in self.picks]), Ref("request", self.request_id))

    def reads(self) -> Sequence[Ref]:
        """The places the lots are in."""
        return tuple(Ref("place", id_) for id_ in dict.fromkeys(pick.place_id for pick in self.picks))


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


def decide_open_request(states: States, command: OpenRequest) -> list[Payload] | Refusal:
    """Open a request for goods of the catalogue, each named once, to a place that can take them."""
    refusal = _cannot_open(states, command)
    if refusal is not None:
        return refusal
    opened = RequestOpened(
        request_id=command.request_id,
        disaster_id=command.disaster_id,
        area_code=command.area_code,
        to_place_id=command.to_place_id,
        urgency=command.urgency,
        due_at=command.due_at,
        lines=command.lines,
        opened_on=command.recorded_on,
    )
    if command.demand_id is None:
        return [opened]
    taken = request_demand(
        states.find(Demand, command.demand_id),
        command.lines,
        needed=command.needed or {},
        request=(command.demand_id, command.request_id, command.recorded_on),
    )
    return taken if isinstance(taken, Refusal) else [opened, taken]


def _cannot_open(states: States, command: OpenRequest) -> Refusal | None:
    if states.find(Request, command.request_id) is not None:
        return Refusal(
            slug="request-opened-already",
            detail="A request with this id was opened already.",
            next_step="Open the request under another id.",
        )
    if not command.area_known:
        return places.area_unknown(command.area_code)
    if places.kind_of(states, command.to_place_id) not in DESTINATIONS:
        return places.place_unknown(command.to_place_id)
    codes = [line.item_code for line in command.lines]
    if len(set(codes)) < len(codes):
        return Refusal(
            slug="item-named-twice",
            detail="An item is named more than once.",
            next_step="Name each item once.",
            status=422,
        )
    return items.unknown_among(states, codes)


def decide_allocate_request(states: States, command: AllocateRequest) -> list[Payload] | Refusal:
    """Reserve the planned lots if they are still free; say what stays short."""
    request = states.find(Request, command.request_id)
    if request is None or request.cancelled:
        return request_closed(request)
    left = {line.item_code: line.quantity for line in request.short}
    taken: dict[tuple[str, str], int] = {}
    for pick in command.picks:
        left[pick.item_code] = left.get(pick.item_code, 0) - pick.quantity
        place = (pick.lot_id, pick.place_id)
        taken[place] = taken.get(place, 0) + pick.quantity
        refusal = _cannot_reserve(states, pick, taken[place], command.recorded_on)
        if refusal is not None:
            return refusal
    if min(left.values(), default=0) < 0:
        return plan_outdated()
    if request.allocated and not command.picks:
        return []
    allocated = RequestAllocated(
        request_id=command.request_id,
        allocations=command.picks,
        short=_lines(left),
        allocated_on=command.recorded_on,
    )
    return [*(_reserved(command, pick) for pick in command.picks), allocated]


def _cannot_reserve(states: States, pick: Allocation, quantity: int, on: date) -> Refusal | None:
    lot = states.find(Lot, pick.lot_id)
    if lot is None or lot.item_code != pick.item_code or pick.reservation_id in lot.reservations:
        return plan_outdated()
    if places.kind_of(states, pick.place_id) is not PlaceKind.WAREHOUSE:
        return places.place_unknown(pick.place_id)
    if lot.expired(on) and lot.expires_on is not None:
        return lot_expired(lot.expires_on)
    return not_available(lot.balance(pick.place_id), quantity)


def _reserved(command: AllocateRequest, pick: Allocation) -> StockReserved:
    return StockReserved(
        lot_id=pick.lot_id,
        item_code=pick.item_code,
        place_id=pick.place_id,
        quantity=pick.quantity,
        reservation_id=pick.reservation_id,
        request_id=command.request_id,
        expires_on=command.reserved_until,
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
    """Set free what was reserved past its day; the request is short of it again."""
    request = states.find(Request, command.request_id)
    if request is None or request.cancelled:
        return request_closed(request)
    if not set(request.lot_ids) <= set(command.lot_ids):
        return plan_outdated()
    released = _release(states, command, ReservationEnd.EXPIRED, expired_only=True)
    if not released:
        return []
    short = {line.item_code: line.quantity for line in request.short}
    for one in released:
        lot = states.find(Lot, one.lot_id)
        if lot is not None:
            code = ItemCode(lot.item_code)
            short[code] = short.get(code, 0) + one.quantity
    return [
        *released,
        RequestAllocated(
            request_id=command.request_id,
            allocations=(),
            short=_lines(short),
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


def _lines(quantities: Mapping[ItemCode, int]) -> tuple[ItemQuantity, ...]:
    return tuple(
        ItemQuantity(item_code=code, quantity=quantity) for code, quantity in sorted(quantities.items()) if quantity
    )


def request_closed(request: Request | None) -> Refusal:
    """The refusal of a decision about a request that was never opened, or was cancelled."""
    if request is None:
        return Refusal(
            slug="request-unknown",
            detail="There is no request under this id.",
            next_step="Check the id, or open the request first.",
            status=404,
        )
    return Refusal(
        slug="request-cancelled",
        detail="The request was cancelled.",
        next_step="Open a new request.",
    )


def plan_outdated() -> Refusal:
    """The refusal of a plan that other decisions have overtaken."""
    return Refusal(
        slug="plan-outdated",
        detail="Stock or request changed while this was planned.",
        next_step="Send the same again under a new Idempotency-Key.",
    )


def evolve_request(request: Request | None, event: Event) -> Request:
    """The request after it was opened, allocated or cancelled."""
    match event.payload:
        case RequestOpened() as said:
            return Request(
                id=event.ref.id,
                version=event.sequence,
                disaster_id=said.disaster_id,
                area_code=said.area_code,
                to_place_id=said.to_place_id,
                urgency=said.urgency,
                due_at=said.due_at,
                lines=said.lines,
                short=said.lines,
            )
        case RequestAllocated() as said if request is not None:
            lot_ids = dict.fromkeys((*request.lot_ids, *(pick.lot_id for pick in said.allocations)))
            return replace(request, version=event.sequence, short=said.short, lot_ids=tuple(lot_ids), allocated=True)
        case RequestCancelled() if request is not None:
            return replace(request, version=event.sequence, cancelled=True)
    raise TypeError(f"{event.payload.type} after {request and request.version}")
