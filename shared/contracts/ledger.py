"""What the logistics service publishes of its ledger besides movements: values, counts, and goods gone before a letter.

Owns the shapes only; `logistics.py` lists them with the rest of what the service publishes.
"""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.field import LINES_MAX
from shared.contracts.ids import ActorId, CountId, DisasterId, EmergencyIssueId, ItemCode, LotId, PlaceId
from shared.contracts.values import (
    INTEGER_BOUND,
    AmountIdr,
    Boolean,
    DocumentNumber,
    Instant,
    LegalDate,
    Quantity,
    QuantityOrNone,
)
from shared.contracts.vocabulary import FieldFlag

Difference = Annotated[
    int, Field(strict=True, ge=1 - INTEGER_BOUND, le=INTEGER_BOUND - 1, description="base units, below 0 for a loss")
]


class ValueBasis(StrEnum):
    """What a lot's value rests on: what was paid, a fair value, or nothing yet (belum dinilai)."""

    COST = "cost"
    FAIR_VALUE = "fair_value"
    NOT_VALUED = "not_valued"


class LotValued(Payload):
    """A lot got its value: `unit_value_idr` for each `valued_quantity` base units, by a document."""

    type: ClassVar[str] = "logistics.lot_valued.v1"
    kind: ClassVar[str] = "lot"
    key: ClassVar[str] = "lot_id"

    lot_id: LotId
    unit_value_idr: AmountIdr
    valued_quantity: Quantity
    value_basis: ValueBasis
    document_number: DocumentNumber
    valued_on: LegalDate


class LotCounted(Payload):
    """An approved count (opname) fixed what of a lot was in a place at an instant.

    `difference` is what was counted beyond the books, with what moved since then taken out; the movements of reason
    count that follow bring the books there.
    """

    type: ClassVar[str] = "logistics.lot_counted.v1"
    kind: ClassVar[str] = "lot"
    key: ClassVar[str] = "lot_id"

    lot_id: LotId
    item_code: ItemCode
    place_id: PlaceId
    count_id: CountId
    counted: QuantityOrNone
    difference: Difference
    counted_at: Instant
    counted_on: LegalDate


class IssuedLine(Value):
    """Goods of one lot that went out."""

    lot_id: LotId
    item_code: ItemCode
    quantity: Quantity


class EmergencyIssued(Payload):
    """A custodian recorded goods that had gone without an approved request (keluar dulu, surat menyusul)."""

    type: ClassVar[str] = "logistics.emergency_issued.v1"
    kind: ClassVar[str] = "emergency_issue"
    key: ClassVar[str] = "issue_id"

    issue_id: EmergencyIssueId
    disaster_id: DisasterId | None = None
    from_place_id: PlaceId
    to_place_id: PlaceId
    lines: tuple[IssuedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    custodian_id: ActorId
    gone_at: Instant = Field(description="when the goods left, as the custodian says")
    issued_on: LegalDate
    ratify_by: LegalDate = Field(description="last day for the letter that ratifies it")
    flags: tuple[FieldFlag, ...] = ()


class EmergencyRatified(Payload):
    """Somebody other than the custodian approved an emergency issue afterwards, by letter."""

    type: ClassVar[str] = "logistics.emergency_ratified.v1"
    kind: ClassVar[str] = "emergency_issue"
    key: ClassVar[str] = "issue_id"

    issue_id: EmergencyIssueId
    document_number: DocumentNumber
    approver_id: ActorId
    late: Boolean
    ratified_on: LegalDate


class EmergencyDeadlineMoved(Payload):
    """An emergency issue that still waits for its letter got another last day, since holidays were recorded."""

    type: ClassVar[str] = "logistics.emergency_deadline_moved.v1"
    kind: ClassVar[str] = "emergency_issue"
    key: ClassVar[str] = "issue_id"

    issue_id: EmergencyIssueId
    ratify_by: LegalDate = Field(description="last day for the letter that ratifies it")
    moved_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (
    LotValued,
    LotCounted,
    EmergencyIssued,
    EmergencyRatified,
    EmergencyDeadlineMoved,
)
