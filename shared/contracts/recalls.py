"""What the logistics service publishes of recalls: lots that must not be given out any more.

Owns the shapes and words only; `logistics.py` lists the events with the rest of what the service publishes.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload
from shared.contracts.ids import ItemCode, LotId, RecallId
from shared.contracts.values import DocumentNumber, LegalDate

RECALLED_LOTS_MAX = 1000


class RecallReason(StrEnum):
    """Why goods are called back."""

    EXPIRED = "expired"
    SPOILED = "spoiled"
    CONTAMINATED = "contaminated"
    DEFECTIVE = "defective"
    MISLABELLED = "mislabelled"
    MAKERS_NOTICE = "makers_notice"


class RecallOrdered(Payload):
    """Lots are called back; ordered again, the recall takes in lots found since."""

    type: ClassVar[str] = "logistics.recall_ordered.v1"
    kind: ClassVar[str] = "recall"
    key: ClassVar[str] = "recall_id"

    recall_id: RecallId
    lot_ids: tuple[LotId, ...] = Field(min_length=1, max_length=RECALLED_LOTS_MAX)
    item_code: ItemCode | None = Field(default=None, description="with expires_on: all lots of it with that date")
    expires_on: LegalDate | None = None
    reason: RecallReason
    document_number: DocumentNumber
    ordered_on: LegalDate


class RecallLifted(Payload):
    """A recall ended: its lots were found sound, or it was ordered in error."""

    type: ClassVar[str] = "logistics.recall_lifted.v1"
    kind: ClassVar[str] = "recall"
    key: ClassVar[str] = "recall_id"

    recall_id: RecallId
    document_number: DocumentNumber
    lifted_on: LegalDate


class LotRecalled(Payload):
    """A lot must not be given out any more, wherever it is; `part_lot_id` is the part for which a kit is recalled."""

    type: ClassVar[str] = "logistics.lot_recalled.v1"
    kind: ClassVar[str] = "lot"
    key: ClassVar[str] = "lot_id"

    lot_id: LotId
    recall_id: RecallId
    reason: RecallReason
    part_lot_id: LotId | None = None
    recalled_on: LegalDate


class LotCleared(Payload):
    """A recalled lot may be given out again."""

    type: ClassVar[str] = "logistics.lot_cleared.v1"
    kind: ClassVar[str] = "lot"
    key: ClassVar[str] = "lot_id"

    lot_id: LotId
    recall_id: RecallId
    cleared_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (RecallOrdered, RecallLifted, LotRecalled, LotCleared)
