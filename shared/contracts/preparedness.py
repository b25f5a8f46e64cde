"""What the logistics service publishes of preparedness: stock a place should hold, and villages that stand ready.

Owns the shapes only; `logistics.py` lists the events with the rest of what the service publishes.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload
from shared.contracts.ids import BufferId, ItemCode, KsbId, PlaceId
from shared.contracts.values import (
    AreaCode,
    Boolean,
    Citation,
    Count,
    DocumentNumber,
    LegalDate,
    QuantityOrNone,
)


class BufferSet(Payload):
    """How much of an item a place should hold (stok penyangga); `assumed` marks a figure no norm gives, 0 ends it."""

    type: ClassVar[str] = "logistics.buffer_set.v1"
    kind: ClassVar[str] = "buffer"
    key: ClassVar[str] = "buffer_id"

    buffer_id: BufferId
    place_id: PlaceId
    item_code: ItemCode
    target: QuantityOrNone
    legal_basis: Citation
    assumed: Boolean
    set_on: LegalDate


class KsbReported(Payload):
    """A village that stands ready (Kampung Siaga Bencana) as it is now: its people in numbers, and its food store."""

    type: ClassVar[str] = "logistics.ksb_reported.v1"
    kind: ClassVar[str] = "ksb"
    key: ClassVar[str] = "ksb_id"

    ksb_id: KsbId
    area_code: AreaCode
    lumbung_place_id: PlaceId | None = None
    members_count: Count
    trained_count: Count
    document_number: DocumentNumber
    reported_on: LegalDate


class KsbDrilled(Payload):
    """A Kampung Siaga Bencana held a drill (gladi)."""

    type: ClassVar[str] = "logistics.ksb_drilled.v1"
    kind: ClassVar[str] = "ksb"
    key: ClassVar[str] = "ksb_id"

    ksb_id: KsbId
    drilled_on: LegalDate
    taking_part: Count
    recorded_on: LegalDate


class StockChecked(Payload):
    """Somebody looked through a store, as is asked every six months; `due_on` is the day the next look is due."""

    type: ClassVar[str] = "logistics.stock_checked.v1"
    kind: ClassVar[str] = "stock_check"
    key: ClassVar[str] = "place_id"

    place_id: PlaceId
    checked_on: LegalDate
    due_on: LegalDate = Field(description="day the next look is due")
    document_number: DocumentNumber
    recorded_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (BufferSet, KsbReported, KsbDrilled, StockChecked)
