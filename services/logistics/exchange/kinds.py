"""What can be imported: items, places and lots, each row an ordinary command.

Owns for each kind its columns, the model a row must fit, the command it becomes, and whether the books hold the same or
something else under its id. Must not decide anything: the commands' own rules do.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.logistics import areas
from services.logistics.access import AREA_SCOPE, PLACE_SCOPE, owned_by
from services.logistics.doors import Body
from services.logistics.exchange.sheets import Layout
from services.logistics.items.domain import ListItem
from services.logistics.items.http import ItemStated
from services.logistics.items.tables import item
from services.logistics.places.domain import OpenPlace
from services.logistics.places.http import PlaceStated
from services.logistics.places.tables import place
from services.logistics.stock.http import LotStated
from services.logistics.stock.receiving import ReceiveLot
from services.logistics.stock.tables import lot
from services.logistics.stock.valuing import Worth
from shared.contracts.ids import ItemCode, LotId, OwnerId, PlaceId
from shared.kit.access.roles import EVERYWHERE, Principal
from shared.kit.canonical import canonical
from shared.kit.decisions.types import Command

# Gives a row without an id of its own the same one whenever it is sent.
_ROWS = uuid.UUID("5b7c4f52-7a0e-5d0b-9a6a-6f1f3c1d9e10")


@dataclass(frozen=True)
class ImportKind:
    """A kind of table that can be imported. `same` names the columns by which a row is compared with the books."""

    name: str
    key: str
    model: type[Body]
    table: sa.Table
    required: frozenset[str]
    same: tuple[str, ...]
    command: Callable[[Any, Principal, date], Command]
    allowed: Callable[[Any, Principal], bool]
    numbers: frozenset[str] = frozenset()
    made_up: bool = False

    @property
    def layout(self) -> Layout:
        """The columns of the table."""
        return Layout(tuple(self.model.model_fields), self.required)

    def content(self, values: Mapping[str, str], twin: int) -> dict[str, Any]:
        """A row as its model reads it: numbers as numbers, and an id where it has none.

        `twin` counts rows that say the same, so that two lots alike are two lots.
        """
        said: dict[str, Any] = {name: _number(text) if name in self.numbers else text for name, text in values.items()}
        if self.made_up and self.key not in said:
            said[self.key] = str(uuid.uuid5(_ROWS, canonical([dict(values), twin]).decode()))
        return said


def _number(text: str) -> int | str:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else text


def _list_item(said: ItemStated, _: Principal, on: date) -> Command:
    return ListItem(
        ItemCode(said.item_code), said.category, said.base_unit, on, said.shelf_life_days, said.unit_weight_g
    )


def _open_place(said: PlaceStated, _: Principal, on: date) -> Command:
    return OpenPlace(
        place_id=PlaceId(said.place_id),
        place_kind=said.place_kind,
        recorded_on=on,
        area_code=said.area_code,
        area_known=said.area_code is None or areas.is_known(said.area_code),
        authority=said.authority,
        latitude_e7=said.latitude_e7,
        longitude_e7=said.longitude_e7,
    )


def _receive_lot(said: LotStated, principal: Principal, on: date) -> Command:
    worth = None
    if said.unit_value_idr is not None:
        worth = Worth(said.unit_value_idr, said.valued_quantity, said.value_basis)
    return ReceiveLot(
        lot_id=LotId(said.lot_id),
        item_code=ItemCode(said.item_code),
        from_place_id=PlaceId(said.from_place_id),
        place_id=PlaceId(said.place_id),
        quantity=said.quantity,
        owner_id=OwnerId(said.owner_id),
        document_number=said.document_number,
        recorded_on=on,
        expires_on=said.expires_on,
        worth=worth,
        owners=owned_by(principal),
    )


def _may_receive(said: LotStated, principal: Principal) -> bool:
    owners = owned_by(principal)
    return principal.covers(PLACE_SCOPE, said.place_id) and (EVERYWHERE in owners or said.owner_id in owners)


ITEMS = ImportKind(
    name="items",
    key="item_code",
    model=ItemStated,
    table=item,
    required=frozenset({"item_code", "category", "base_unit"}),
    same=("category", "base_unit", "shelf_life_days", "unit_weight_g"),
    command=_list_item,
    allowed=lambda _said, _principal: True,
    numbers=frozenset({"shelf_life_days", "unit_weight_g"}),
)
PLACES = ImportKind(
    name="places",
    key="place_id",
    model=PlaceStated,
    table=place,
    required=frozenset({"place_id", "place_kind"}),
    same=("place_kind", "area_code", "authority", "latitude_e7", "longitude_e7"),
    command=_open_place,
    allowed=lambda said, principal: said.area_code is None or principal.covers(AREA_SCOPE, said.area_code),
    numbers=frozenset({"latitude_e7", "longitude_e7"}),
)
LOTS = ImportKind(
    name="lots",
    key="lot_id",
    model=LotStated,
    table=lot,
    required=frozenset({"item_code", "place_id", "quantity", "owner_id", "document_number"}),
    same=("item_code", "owner_id", "expires_on", "document_number", "unit_value_idr", "valued_quantity"),
    command=_receive_lot,
    allowed=_may_receive,
    numbers=frozenset({"quantity", "unit_value_idr", "valued_quantity"}),
    made_up=True,
)
