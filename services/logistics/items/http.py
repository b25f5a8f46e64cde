"""The doors for the catalogue.

Owns request models and answers. Must not decide anything.
"""

from fastapi import APIRouter, Request, Response

from services.logistics.doors import Asked, Body, CommandKey, Coordinator, Reader
from services.logistics.items import queries
from services.logistics.items.catalogue import CATALOGUE
from services.logistics.items.domain import ListItem, SetPackUnit
from services.logistics.office import Desk, together
from shared.contracts.ids import ItemCode, Slug, UnitName
from shared.contracts.values import Days, Number, Quantity
from shared.contracts.vocabulary import BaseUnit, ItemCategory
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class ItemStated(Body):
    """An item to list."""

    item_code: Slug
    category: ItemCategory
    base_unit: BaseUnit
    shelf_life_days: Days | None = None
    unit_weight_g: Number | None = None


class PackStated(Body):
    """A pack an item comes in: a sack (karung), a box (dus)."""

    pack_unit: UnitName
    quantity: Quantity


def items_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/items`."""
    router = APIRouter(prefix="/v1", tags=["items"])

    @router.post("/items", status_code=201, summary="List an item")
    async def list_item(request: Request, body: ItemStated, principal: Coordinator, key: CommandKey) -> Response:
        command = ListItem(
            item_code=ItemCode(body.item_code),
            category=body.category,
            base_unit=body.base_unit,
            recorded_on=runtime.today(),
            shelf_life_days=body.shelf_life_days,
            unit_weight_g=body.unit_weight_g,
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/items/{item_code}/pack-units", status_code=201, summary="Say how much is in a pack of an item")
    async def set_pack(
        request: Request, item_code: Slug, body: PackStated, principal: Coordinator, key: CommandKey
    ) -> Response:
        command = SetPackUnit(ItemCode(item_code), body.pack_unit, body.quantity, runtime.today())
        return await office_command(runtime, request, principal, key, command)

    @router.post("/items:seed-catalogue", status_code=201, summary="List the relief items of Kemensos")
    async def seed_catalogue(request: Request, principal: Coordinator, key: CommandKey) -> Response:
        """Items listed already stay as they are."""
        desk = Desk(runtime, request, principal, key)
        today = runtime.today()
        items = [desk.item(code, ListItem(code, category, unit, today)) for code, category, unit in CATALOGUE]
        return desk.answer(together(await runtime.decisions.submit_all(items)))

    @router.get("/items", summary="List the catalogue")
    async def list_items(request: Request, asked: Asked, _: Reader) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.items(connection, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    return router
