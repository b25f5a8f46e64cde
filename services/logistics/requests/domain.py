"""Requests: goods asked for a place, what of them is approved, and what is still to be found.

Owns the state of a request and how it comes about. Requested is always refused, undecided or approved; approved is
always reserved, sent or short. Decisions stand in the modules beside this one (`asking`, `approving`, `waiting`,
`addressing`, `allocating`). Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from shared.contracts.envelope import Payload
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ItemCode, OwnerId, RequestId, SupportId
from shared.contracts.partners import AidedPeople
from shared.contracts.requests import (
    FairShare,
    QuestionReason,
    RequestAllocated,
    RequestApproved,
    RequestCancelled,
    RequestForwarded,
    RequestOpened,
    RequestOrigin,
    RequestPaused,
    RequestRejected,
    RequestRequeued,
    RequestResumed,
    RequestSubmitted,
    RequestTakenOver,
    ShortLine,
    StatedNeed,
)
from shared.contracts.shipments import RequestUnserved
from shared.contracts.support import SupportAnswered, SupportAsked
from shared.contracts.vocabulary import FieldFlag, Urgency
from shared.kit.decisions.types import Event, Refusal


class Approval(StrEnum):
    """How far a request is decided; how far it is served is another matter."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PARTLY_APPROVED = "partly_approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Support:
    """Goods asked from another owner; `left` is what it accepted and nobody reserved yet."""

    support_id: SupportId
    of_owner_id: OwnerId
    asked: tuple[ItemQuantity, ...]
    left: tuple[ItemQuantity, ...] = ()
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    `undecided` waits for the addressee's approval; `short` is approved and neither reserved nor sent; `lot_ids` are all
    lots ever reserved for it. The instants are missing while it is a draft, and stand still while it is paused.
    """

    id: str
    version: int
    disaster_id: str
    area_code: str
    to_place_id: str
    urgency: Urgency
    origin: RequestOrigin
    requested_by: str
    addressed_to: str
    approval: Approval
    lines: tuple[ItemQuantity, ...]
    undecided: tuple[ItemQuantity, ...]
    short: tuple[ItemQuantity, ...] = ()
    why_short: tuple[ShortLine, ...] = ()
    shares: tuple[FairShare, ...] = ()
    supports: tuple[Support, ...] = ()
    lot_ids: tuple[str, ...] = ()
    flags: tuple[FieldFlag, ...] = ()
    approved_by: str | None = None
    received_at: datetime | None = None
    warn_at: datetime | None = None
    due_at: datetime | None = None
    paused_at: datetime | None = None
    question: QuestionReason | None = None
    person_count: int | None = None
    people: tuple[AidedPeople, ...] = ()
    need: StatedNeed | None = None
    letter_number: str | None = None
    allocated: bool = False
    cancelled: bool = False

    def support(self, support_id: str) -> Support | None:
        """The support of this id that was asked for this request and did not lapse."""
        return next((one for one in self.supports if one.support_id == support_id), None)


def quantities_of(lines: Iterable[ItemQuantity]) -> dict[ItemCode, int]:
    """How much of each item these lines name together."""
    found: dict[ItemCode, int] = {}
    for line in lines:
        found[line.item_code] = found.get(line.item_code, 0) + line.quantity
    return found


def lines_of(quantities: Mapping[ItemCode, int]) -> tuple[ItemQuantity, ...]:
    """These quantities as lines, items of which there is nothing left out."""
    return tuple(ItemQuantity(item_code=code, quantity=left) for code, left in sorted(quantities.items()) if left)


def together(*parts: Iterable[ItemQuantity]) -> tuple[ItemQuantity, ...]:
    """Lines added up by item."""
    return lines_of(quantities_of(line for part in parts for line in part))


def less(lines: Iterable[ItemQuantity], taken: Iterable[ItemQuantity]) -> tuple[ItemQuantity, ...]:
    """What is left of lines when others are taken off; never less than nothing."""
    off = quantities_of(taken)
    return lines_of({code: max(0, left - off.get(code, 0)) for code, left in quantities_of(lines).items()})


def within(lines: Iterable[ItemQuantity], bound: Iterable[ItemQuantity]) -> bool:
    """Whether lines ask for no more of anything than others name."""
    there = quantities_of(bound)
    return all(quantity <= there.get(code, 0) for code, quantity in quantities_of(lines).items())


def requeued(request: Request | None, released: Mapping[ItemCode, int], on: date) -> RequestRequeued | None:
    """What a request says when a fact from the field took goods reserved for it: short again, due when it was due.

    None where nothing of an open request was released.
    """
    lines = lines_of(released)
    if request is None or request.cancelled or not lines:
        return None
    return RequestRequeued(request_id=RequestId(request.id), lines=lines, due_at=request.due_at, requeued_on=on)


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


def not_open(request: Request) -> Refusal | None:
    """The refusal of a decision about a request that is cancelled or not submitted yet."""
    if request.cancelled:
        return request_closed(request)
    if request.approval is Approval.DRAFT:
        return Refusal(
            slug="request-is-draft",
            detail="The request is a draft.",
            next_step="Let its author submit it first.",
        )
    return None


def plan_outdated() -> Refusal:
    """The refusal of a plan that other decisions have overtaken."""
    return Refusal(
        slug="plan-outdated",
        detail="Stock or request changed while this was planned.",
        next_step="Send the same again under a new Idempotency-Key.",
    )


def item_named_twice() -> Refusal:
    """The refusal of lines that name an item more than once."""
    return Refusal(
        slug="item-named-twice",
        detail="An item is named more than once.",
        next_step="Name each item once.",
        status=422,
    )


def evolve_request(request: Request | None, event: Event) -> Request:
    """The request after it was opened, decided on, passed on, allocated or cancelled."""
    if isinstance(event.payload, RequestOpened):
        return _opened(event.ref.id, event.sequence, event.payload)
    if request is None:
        raise TypeError(f"{event.payload.type} before the request was opened")
    return replace(_after(request, event.payload), version=event.sequence)


_Decided = RequestSubmitted | RequestApproved | RequestRejected | RequestPaused | RequestResumed
_Served = RequestAllocated | RequestRequeued | RequestUnserved | RequestCancelled


def _after(request: Request, said: Payload) -> Request:
    match said:
        case RequestSubmitted() | RequestApproved() | RequestRejected() | RequestPaused() | RequestResumed():
            return _decided(request, said)
        case RequestForwarded() | RequestTakenOver():
            return _passed_on(request, said)
        case SupportAsked() | SupportAnswered():
            return replace(request, supports=_supported(request, said))
        case RequestAllocated() | RequestRequeued() | RequestUnserved() | RequestCancelled():
            return _served(request, said)
    raise TypeError(f"{said.type} after {request.version}")


def _opened(id_: str, version: int, said: RequestOpened) -> Request:
    return Request(
        id=id_,
        version=version,
        disaster_id=said.disaster_id,
        area_code=said.area_code,
        to_place_id=said.to_place_id,
        urgency=said.urgency,
        origin=said.origin,
        requested_by=said.requested_by,
        addressed_to=said.addressed_to,
        approval=Approval.DRAFT if said.due_at is None else Approval.SUBMITTED,
        lines=said.lines,
        undecided=said.lines,
        flags=said.flags,
        received_at=said.received_at,
        warn_at=said.warn_at,
        due_at=said.due_at,
        person_count=said.person_count,
        people=said.people,
        need=said.need,
    )


def _decided(request: Request, said: _Decided) -> Request:
    match said:
        case RequestSubmitted():
            return replace(
                request,
                approval=Approval.SUBMITTED,
                lines=said.lines,
                undecided=said.lines,
                received_at=said.received_at,
                warn_at=said.warn_at,
                due_at=said.due_at,
            )
        case RequestApproved():
            return replace(
                request,
                approval=Approval.PARTLY_APPROVED if said.refused else Approval.APPROVED,
                approved_by=said.approved_by,
                undecided=(),
                short=together(request.short, said.lines),
            )
        case RequestRejected():
            served = request.approved_by is not None
            return replace(request, approval=Approval.PARTLY_APPROVED if served else Approval.REJECTED, undecided=())
        case RequestPaused():
            return replace(request, paused_at=said.paused_at, question=said.question)
        case RequestResumed():
            return replace(request, paused_at=None, question=None, warn_at=said.warn_at, due_at=said.due_at)


def _passed_on(request: Request, said: RequestForwarded | RequestTakenOver) -> Request:
    """Whoever serves it decides anew what of the rest is approved; support asked by the one before lapses."""
    return replace(
        request,
        addressed_to=said.to_owner_id,
        approval=Approval.SUBMITTED,
        undecided=said.lines,
        short=(),
        why_short=(),
        shares=(),
        supports=(),
        letter_number=said.letter_number if isinstance(said, RequestForwarded) else request.letter_number,
    )


def _supported(request: Request, said: SupportAsked | SupportAnswered) -> tuple[Support, ...]:
    if isinstance(said, SupportAsked):
        return (*request.supports, Support(said.support_id, said.of_owner_id, said.lines))
    return tuple(
        replace(one, left=said.accepted, answered=True) if one.support_id == said.support_id else one
        for one in request.supports
    )


def _served(request: Request, said: _Served) -> Request:
    match said:
        case RequestAllocated():
            return _allocated(request, said)
        case RequestRequeued() | RequestUnserved():
            return replace(request, short=together(request.short, said.lines))
        case RequestCancelled():
            return replace(request, cancelled=True)


def _allocated(request: Request, said: RequestAllocated) -> Request:
    lot_ids = dict.fromkeys((*request.lot_ids, *(pick.lot_id for pick in said.allocations)))
    supports = tuple(
        replace(
            one,
            left=less(
                one.left,
                (
                    ItemQuantity(item_code=pick.item_code, quantity=pick.quantity)
                    for pick in said.allocations
                    if pick.support_id == one.support_id
                ),
            ),
        )
        for one in request.supports
    )
    return replace(
        request,
        short=said.short,
        why_short=said.why_short,
        shares=said.shares,
        lot_ids=tuple(lot_ids),
        supports=supports,
        allocated=True,
    )
