"""The relief catalogue: which items there are, in which unit each is counted, and in which packs it comes.

Owns that a unit never changes, since every balance is counted in it. A pack is only another way to say a quantity, so
it may: what was written before stays in base units. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from shared.contracts.envelope import Payload
from shared.contracts.ids import ItemCode, UnitName
from shared.contracts.kits import PackUnitSet
from shared.contracts.logistics import ItemListed
from shared.contracts.vocabulary import BaseUnit, ItemCategory
from shared.kit.decisions.types import Event, Ref, Refusal, States

# Goods a post handed out or counted without saying which; somebody must find out.
UNKNOWN_ITEM = ItemCode("unknown")


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the catalogue."""

    id: str
    version: int
    category: ItemCategory
    base_unit: BaseUnit
    shelf_life_days: int | None = None
    unit_weight_g: int | None = None
    pack_units: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListItem:
    """The office puts an item into the catalogue."""

    item_code: ItemCode
    category: ItemCategory
    base_unit: BaseUnit
    recorded_on: date
    shelf_life_days: int | None = None
    unit_weight_g: int | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The item."""
        return (Ref("item", self.item_code),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class SetPackUnit:
    """The office says how much of an item is in a pack."""

    item_code: ItemCode
    pack_unit: UnitName
    quantity: int
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The item."""
        return (Ref("item", self.item_code),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_list_item(states: States, command: ListItem) -> list[Payload] | Refusal:
    """List an item once; asking again for the same is no new event."""
    listed = ItemListed(
        item_code=command.item_code,
        category=command.category,
        base_unit=command.base_unit,
        shelf_life_days=command.shelf_life_days,
        unit_weight_g=command.unit_weight_g,
        listed_on=command.recorded_on,
    )
    item = states.find(Item, command.item_code)
    if command.item_code != UNKNOWN_ITEM and item is None:
        return [listed]
    if item is not None and replace(item, version=0, pack_units={}) == _item(command.item_code, 0, listed):
        return []
    return Refusal(
        slug="item-listed-already",
        detail="Another item has this code.",
        next_step="List the item under another code: the unit of a listed item never changes.",
    )


def decide_set_pack_unit(states: States, command: SetPackUnit) -> list[Payload] | Refusal:
    """Name a pack, or say anew how much is in it."""
    item = states.find(Item, command.item_code)
    if item is None:
        return item_unknown(command.item_code)
    if item.pack_units.get(command.pack_unit) == command.quantity:
        return []
    return [
        PackUnitSet(
            item_code=command.item_code,
            pack_unit=command.pack_unit,
            quantity=command.quantity,
            set_on=command.recorded_on,
        )
    ]


def item_unknown(item_code: str) -> Refusal:
    """The refusal of an office decision about an item that is not in the catalogue."""
    return Refusal(
        slug="item-unknown",
        detail="The item %(item_code)s is not in the catalogue.",
        next_step="Check the code, or list the item first.",
        params={"item_code": item_code},
        status=404,
    )


def unknown_among(states: States, item_codes: Sequence[ItemCode]) -> Refusal | None:
    """The refusal if one of these items is not in the catalogue."""
    unknown = next((code for code in item_codes if states.find(Item, code) is None), None)
    return item_unknown(unknown) if unknown is not None else None


def evolve_item(item: Item | None, event: Event) -> Item:
    """The item as it was listed, with its packs."""
    match event.payload:
        case ItemListed() as said:
            return _item(event.ref.id, event.sequence, said)
        case PackUnitSet() as said if item is not None:
            packs = {**item.pack_units, said.pack_unit: said.quantity}
            return replace(item, version=event.sequence, pack_units=packs)
    raise TypeError(f"{event.payload.type} after {item and item.version}")


def _item(id_: str, version: int, said: ItemListed) -> Item:
    return Item(id_, version, said.category, said.base_unit, said.shelf_life_days, said.unit_weight_g)
