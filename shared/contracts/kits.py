"""What the logistics service publishes of kits: what a kit is made of, and the kits that were made.

Owns the shapes only; `logistics.py` lists the events with the rest of what the service publishes.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.ids import ItemCode, LotId, PlaceId, UnitName
from shared.contracts.values import DocumentNumber, LegalDate, Number, Quantity

PARTS_MAX = 50


class PackUnitSet(Payload):
    """An item also comes in packs, each of so many base units, such as a sack (karung) of 50,000 g."""

    type: ClassVar[str] = "logistics.pack_unit_set.v1"
    kind: ClassVar[str] = "item"
    key: ClassVar[str] = "item_code"

    item_code: ItemCode
    pack_unit: UnitName
    quantity: Quantity
    set_on: LegalDate


class KitPart(Value):
    """How much of an item is in one kit."""

    item_code: ItemCode
    quantity: Quantity


class KitDefined(Payload):
    """What one kit of an item is made of from now on; kits made before keep what they were made of."""

    type: ClassVar[str] = "logistics.kit_defined.v1"
    kind: ClassVar[str] = "kit"
    key: ClassVar[str] = "item_code"

    item_code: ItemCode
    kit_version: Number
    parts: tuple[KitPart, ...] = Field(min_length=1, max_length=PARTS_MAX)
    document_number: DocumentNumber
    defined_on: LegalDate


class AssembledPart(Value):
    """What is in each kit of a lot, and of which lot it came."""

    item_code: ItemCode
    lot_id: LotId
    quantity: Quantity = Field(description="base units in one kit")


class KitAssembled(Payload):
    """Kits were made in a store of lots that were there; all kits of a lot have the same parts of the same lots."""

    type: ClassVar[str] = "logistics.kit_assembled.v1"
    kind: ClassVar[str] = "kit_lot"
    key: ClassVar[str] = "lot_id"

    lot_id: LotId
    item_code: ItemCode
    kit_version: Number
    place_id: PlaceId
    quantity: Quantity
    parts: tuple[AssembledPart, ...] = Field(min_length=1, max_length=PARTS_MAX)
    assembled_on: LegalDate


class KitUnpacked(Payload):
    """Kits of a lot were taken apart in a store; their parts are goods of their old lots again."""

    type: ClassVar[str] = "logistics.kit_unpacked.v1"
    kind: ClassVar[str] = "kit_lot"
    key: ClassVar[str] = "lot_id"

    lot_id: LotId
    place_id: PlaceId
    quantity: Quantity
    unpacked_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (PackUnitSet, KitDefined, KitAssembled, KitUnpacked)
