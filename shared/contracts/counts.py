"""What the logistics service publishes of its counts (opname): opened, recorded, submitted, approved.

Owns the shapes and the reasons of differences; `logistics.py` lists them with the rest of what the service publishes.
The movements a count leads to are movements of the lots.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.ids import ActorId, CountId, ItemCode, LotId, OwnerId, PlaceId
from shared.contracts.ledger import Difference, ValueBasis
from shared.contracts.values import AmountIdr, Boolean, Count, Instant, LegalDate, Quantity, QuantityOrNone
from shared.contracts.vocabulary import FieldFlag, LossReason, SurplusReason

COUNT_LINES_MAX = 1000
RECORDED_LINES_MAX = 200


class CountPurpose(StrEnum):
    """What a count is for: checking the book, the first book of a place, or a change of custodians (serah terima)."""

    STOCKTAKE = "stocktake"
    OPENING = "opening"
    HANDOVER = "handover"


class CountOpened(Payload):
    """A count of a place began. It holds for the position its counter saw last and for one instant.

    `device_at` is what the counter's device took for the time. In a handover giver and taker both sign. A post's count
    is opened by the post and may carry flags.
    """

    type: ClassVar[str] = "logistics.count_opened.v1"
    kind: ClassVar[str] = "count"
    key: ClassVar[str] = "count_id"

    count_id: CountId
    place_id: PlaceId
    purpose: CountPurpose
    whole: Boolean = Field(description="false: only some lots are counted, the others stay as they are")
    as_of: Count = Field(description="log position of the last movement the counter saw")
    counted_at: Instant
    device_at: Instant | None = None
    opened_by: ActorId
    giver_id: ActorId | None = None
    taker_id: ActorId | None = None
    opened_on: LegalDate
    flags: tuple[FieldFlag, ...] = ()


class FoundLot(Value):
    """Goods no book knows: they become a lot of their own. Without a unit value they are not valued yet."""

    owner_id: OwnerId
    expires_on: LegalDate | None = None
    unit_value_idr: AmountIdr | None = None
    valued_quantity: Quantity = Field(default=1, description="base units that unit_value_idr is for")
    value_basis: ValueBasis = ValueBasis.NOT_VALUED


class CountedLot(Value):
    """How much of a lot was counted; none is a count too. A reason is what its counter says if the book differs."""

    lot_id: LotId
    item_code: ItemCode
    counted: QuantityOrNone
    found: FoundLot | None = None
    surplus_reason: SurplusReason | None = None
    loss_reason: LossReason | None = None


class CountLinesRecorded(Payload):
    """What was counted of some lots; a lot recorded again replaces what was recorded before."""

    type: ClassVar[str] = "logistics.count_lines_recorded.v1"
    kind: ClassVar[str] = "count"
    key: ClassVar[str] = "count_id"

    count_id: CountId
    lines: tuple[CountedLot, ...] = Field(min_length=1, max_length=RECORDED_LINES_MAX)
    recorded_by: ActorId
    recorded_on: LegalDate


class CountDifference(Value):
    """One lot of which more or less was counted than the book held, with the reason of the one or the other."""

    lot_id: LotId
    item_code: ItemCode
    book: Difference
    counted: QuantityOrNone
    surplus_reason: SurplusReason | None = None
    loss_reason: LossReason | None = None


class CountSubmitted(Payload):
    """A counter stands for a count: every difference has its reason. Large ones wait for a second person."""

    type: ClassVar[str] = "logistics.count_submitted.v1"
    kind: ClassVar[str] = "count"
    key: ClassVar[str] = "count_id"

    count_id: CountId
    differences: tuple[CountDifference, ...] = Field(max_length=COUNT_LINES_MAX)
    approval_needed: Boolean
    submitted_by: ActorId
    submitted_on: LegalDate


class CountReturned(Payload):
    """A second person sent a count back to be counted again."""

    type: ClassVar[str] = "logistics.count_returned.v1"
    kind: ClassVar[str] = "count"
    key: ClassVar[str] = "count_id"

    count_id: CountId
    returned_by: ActorId
    returned_on: LegalDate


class CountPosted(Payload):
    """A count is in the books, and its differences are frozen. Small ones need no second person."""

    type: ClassVar[str] = "logistics.count_posted.v1"
    kind: ClassVar[str] = "count"
    key: ClassVar[str] = "count_id"

    count_id: CountId
    differences: tuple[CountDifference, ...] = Field(max_length=COUNT_LINES_MAX)
    approved_by: ActorId | None = None
    posted_on: LegalDate


class CountCancelled(Payload):
    """A count was given up before it was in the books."""

    type: ClassVar[str] = "logistics.count_cancelled.v1"
    kind: ClassVar[str] = "count"
    key: ClassVar[str] = "count_id"

    count_id: CountId
    cancelled_by: ActorId
    cancelled_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (
    CountOpened,
    CountLinesRecorded,
    CountSubmitted,
    CountReturned,
    CountPosted,
    CountCancelled,
)
