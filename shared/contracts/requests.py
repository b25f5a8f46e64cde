"""What the logistics service publishes of requests: goods asked for a place, decided on, and what is reserved for them.

Owns the shapes and words of requests only; `logistics.py` lists them with the rest of what the service publishes. A
request has two axes: whether it is approved, and how far it is served; the second follows from allocations and
shipments.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.field import LINES_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import (
    ActorId,
    DisasterId,
    ItemCode,
    LotId,
    OwnerId,
    PlaceId,
    ProfileId,
    RequestId,
    ReservationId,
    SupportId,
)
from shared.contracts.partners import AidedPeople
from shared.contracts.values import (
    AreaCode,
    Citation,
    Count,
    Days,
    DocumentNumber,
    Instant,
    LegalDate,
    Number,
    Quantity,
    QuantityOrNone,
)
from shared.contracts.vocabulary import CancellationReason, FieldFlag, RationPer, Urgency

ALLOCATIONS_MAX = 1000


class RequestOrigin(StrEnum):
    """Who asks: the office by hand, the office out of the needs of an area, or a post."""

    OFFICE = "office"
    NEEDS = "needs"
    POST = "post"


class NeedBasis(StrEnum):
    """Whose needs count: displaced (mengungsi) households are those in shelters, affected ones are all registered."""

    DISPLACED = "displaced"
    AFFECTED = "affected"


class QuestionReason(StrEnum):
    """What the requester has to answer before the clock of a request runs on."""

    QUANTITY_UNCLEAR = "quantity_unclear"
    ITEM_UNCLEAR = "item_unclear"
    DESTINATION_UNCLEAR = "destination_unclear"
    RECIPIENTS_UNCLEAR = "recipients_unclear"
    DOCUMENT_MISSING = "document_missing"


class CutReason(StrEnum):
    """Why a request is approved in part or rejected."""

    STOCK_SCARCE = "stock_scarce"
    ABOVE_NORM = "above_norm"
    NOT_ELIGIBLE = "not_eligible"
    ALREADY_SERVED = "already_served"
    DUPLICATE = "duplicate"
    DOCUMENT_MISSING = "document_missing"


class TakeoverReason(StrEnum):
    """Why the province takes a request over that was addressed to a regency."""

    REGENCY_CUT_OFF = "regency_cut_off"
    REGENCY_WITHOUT_STOCK = "regency_without_stock"
    REGENCY_OVERLOADED = "regency_overloaded"
    DEADLINE_AT_RISK = "deadline_at_risk"


class PickReason(StrEnum):
    """Why these goods were reserved; an open list in the order the rules were asked."""

    EARLIEST_EXPIRY = "earliest_expiry"
    ONLY_LOT = "only_lot"
    NEAREST_OPEN_ROUTE = "nearest_open_route"
    NEAREST_BY_DISTANCE = "nearest_by_distance"
    ONLY_PLACE = "only_place"
    SPLIT = "split"
    FAIR_SHARE = "fair_share"
    SUPPORT = "support"
    BY_HAND = "by_hand"


class ShortReason(StrEnum):
    """Why a line stays short: no such goods of the decider's own, none an open route leads from or a donor lets go
    there, or all shared."""

    NO_STOCK = "no_stock"
    NO_OPEN_ROUTE = "no_open_route"
    TIED_BY_DONOR = "tied_by_donor"
    SHARED = "shared"
    TOO_MANY_LOTS = "too_many_lots"


class OverrideReason(StrEnum):
    """Why goods were chosen that do not expire first."""

    PACKAGE_SIZE = "package_size"
    LEFT_FOR_NEARER_PLACES = "left_for_nearer_places"
    LASTS_THE_JOURNEY = "lasts_the_journey"
    DONOR_WISH = "donor_wish"
    VEHICLE_LOADS_THERE = "vehicle_loads_there"


class NeedLine(Value):
    """One item of a stated need: heads × quantity × days ÷ every_days, rounded up, is `needed`.

    What was asked for before (less what came back) is taken off; the rest is the request's line.
    """

    item_code: ItemCode
    per: RationPer
    heads: Count
    quantity: Quantity
    every_days: Days
    needed: QuantityOrNone
    asked_before: QuantityOrNone


class StatedNeed(Value):
    """The norm, the basis and the arithmetic a request out of needs rests on."""

    profile_id: ProfileId
    profile_version: Number
    legal_basis: Citation
    basis: NeedBasis
    household_count: Count
    person_count: Count
    days: Days
    lines: tuple[NeedLine, ...] = Field(min_length=1, max_length=LINES_MAX)


class RequestOpened(Payload):
    """Goods are asked for a place by an instant. A draft has no instants yet: its clock starts when it is submitted."""

    type: ClassVar[str] = "logistics.request_opened.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    disaster_id: DisasterId
    area_code: AreaCode
    to_place_id: PlaceId
    urgency: Urgency
    origin: RequestOrigin
    requested_by: ActorId
    addressed_to: OwnerId = Field(description="whose decision it is first")
    received_at: Instant | None = None
    warn_at: Instant | None = Field(default=None, description="three quarters of the time are gone")
    due_at: Instant | None = None
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    person_count: Count | None = Field(default=None, description="persons the goods are for, where it is known")
    people: tuple[AidedPeople, ...] = Field(
        default=(), max_length=len(AidedPeople), description="for these alone; none for everybody"
    )
    need: StatedNeed | None = None
    opened_on: LegalDate
    flags: tuple[FieldFlag, ...] = ()


class RequestSubmitted(Payload):
    """A draft became a request: its clock starts."""

    type: ClassVar[str] = "logistics.request_submitted.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    received_at: Instant
    warn_at: Instant
    due_at: Instant


class RequestApproved(Payload):
    """Somebody other than the requester approved lines for the addressee; the rest of what was open is refused."""

    type: ClassVar[str] = "logistics.request_approved.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    approved_by: ActorId
    owner_id: OwnerId = Field(description="for whom it was decided")
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    refused: tuple[ItemQuantity, ...] = Field(default=(), max_length=LINES_MAX)
    reason: CutReason | None = Field(default=None, description="why not all of it")
    approved_on: LegalDate


class RequestRejected(Payload):
    """Somebody other than the requester refused all that was open."""

    type: ClassVar[str] = "logistics.request_rejected.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    rejected_by: ActorId
    owner_id: OwnerId
    refused: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    reason: CutReason
    rejected_on: LegalDate


class RequestPaused(Payload):
    """The office waits for the requester: the clock stands."""

    type: ClassVar[str] = "logistics.request_paused.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    question: QuestionReason
    paused_at: Instant


class RequestResumed(Payload):
    """The requester answered: the clock runs on, and the instants are later by the time it stood."""

    type: ClassVar[str] = "logistics.request_resumed.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    resumed_at: Instant
    warn_at: Instant
    due_at: Instant


class RequestForwarded(Payload):
    """The addressee asks the authority above it to serve what it cannot, by letter; the receiver decides anew."""

    type: ClassVar[str] = "logistics.request_forwarded.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    from_owner_id: OwnerId
    to_owner_id: OwnerId
    letter_number: DocumentNumber
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    forwarded_on: LegalDate


class RequestTakenOver(Payload):
    """The province serves a regency's request in its place, for a reason."""

    type: ClassVar[str] = "logistics.request_taken_over.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    from_owner_id: OwnerId
    to_owner_id: OwnerId
    reason: TakeoverReason
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    taken_over_on: LegalDate


class Allocation(Value):
    """Goods of one lot in one place, reserved for a request, and why these."""

    reservation_id: ReservationId
    lot_id: LotId
    item_code: ItemCode
    place_id: PlaceId
    quantity: Quantity
    why: tuple[PickReason, ...] = Field(default=(), max_length=len(PickReason))
    route_minutes: Count | None = Field(default=None, description="by the shortest way over open routes")
    route_trips: Number | None = Field(default=None, description="of the smallest vehicle on that way")
    support_id: SupportId | None = None


class ShortLine(Value):
    """What of a line stays short, and why."""

    item_code: ItemCode
    quantity: Quantity
    reason: ShortReason


class FairShare(Value):
    """What a request gets of goods that do not suffice: `available` is shared by weight, whole units, largest rest."""

    item_code: ItemCode
    available: QuantityOrNone
    weight: Number
    weights: Number = Field(description="of all requests that share")
    share: QuantityOrNone


class RequestAllocated(Payload):
    """Lots were reserved for a request, first expiry first; `short` is approved and neither reserved nor sent."""

    type: ClassVar[str] = "logistics.request_allocated.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    allocations: tuple[Allocation, ...] = Field(max_length=ALLOCATIONS_MAX)
    short: tuple[ItemQuantity, ...] = Field(default=(), max_length=LINES_MAX)
    why_short: tuple[ShortLine, ...] = Field(default=(), max_length=LINES_MAX)
    shares: tuple[FairShare, ...] = Field(default=(), max_length=LINES_MAX)
    override: OverrideReason | None = Field(default=None, description="why not first expiry first")
    allocated_on: LegalDate


class RequestRequeued(Payload):
    """A fact from the field took goods reserved for a request: it is short of them again, due when it was due."""

    type: ClassVar[str] = "logistics.request_requeued.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    due_at: Instant | None = None
    requeued_on: LegalDate


class RequestCancelled(Payload):
    """The rest of a request will not be served; what is on its way still arrives."""

    type: ClassVar[str] = "logistics.request_cancelled.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    reason: CancellationReason
    cancelled_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (
    RequestOpened,
    RequestSubmitted,
    RequestApproved,
    RequestRejected,
    RequestPaused,
    RequestResumed,
    RequestForwarded,
    RequestTakenOver,
    RequestAllocated,
    RequestRequeued,
    RequestCancelled,
)
