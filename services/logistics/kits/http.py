"""The doors for kits: defined, made, taken apart.

Owns request models and answers, and which lots are proposed where nobody names them. Must not decide anything.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.logistics.access import PLACE_SCOPE, owned_by
from services.logistics.doors import Asked, Body, CommandKey, Coordinator, Reader, Storekeeper
from services.logistics.kits import queries
from services.logistics.kits.assembling import AssembleKits, UnpackKits
from services.logistics.kits.domain import DefineKit
from services.logistics.office import Desk, decide_planned
from shared.contracts.ids import ItemCode, LotId, OwnerText, PlaceId, Slug, UuidText
from shared.contracts.kits import PARTS_MAX, KitPart
from shared.contracts.values import DocumentNumber, Quantity
from shared.kit import clock
from shared.kit.decisions.types import Command
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class KitStated(Body):
    """What one kit is made of."""

    parts: tuple[KitPart, ...] = Field(min_length=1, max_length=PARTS_MAX)
    document_number: DocumentNumber


class PartLot(Body):
    """The lot a part is taken from."""

    item_code: Slug
    lot_id: UuidText


class AssemblyStated(Body):
    """Kits to make in a store, of an owner's goods. Without lots, those that expire first are taken."""

    lot_id: UuidText = Field(default_factory=clock.new_id)
    place_id: Slug
    quantity: Quantity
    owner_id: OwnerText
    part_lots: tuple[PartLot, ...] = Field(default=(), max_length=PARTS_MAX)
    document_number: DocumentNumber


class UnpackingStated(Body):
    """Kits to take apart in a store."""

    place_id: Slug
    quantity: Quantity


def kits_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/kits` and `/v1/kit-lots`."""
    router = APIRouter(prefix="/v1", tags=["kits"])
    _add_commands(router, runtime)
    _add_reads(router, runtime)
    return router


def _add_commands(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/kits/{item_code}/versions", status_code=201, summary="Say what a kit is made of from now on")
    async def define(
        request: Request, item_code: Slug, body: KitStated, principal: Coordinator, key: CommandKey
    ) -> Response:
        command = DefineKit(ItemCode(item_code), body.parts, body.document_number, runtime.today())
        return await office_command(runtime, request, principal, key, command)

    @router.post("/kits/{item_code}/assemblies", status_code=201, summary="Make kits of what is in a store")
    async def assemble(
        request: Request, item_code: Slug, body: AssemblyStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        principal.demand(PLACE_SCOPE, body.place_id)
        desk = Desk(runtime, request, principal, key)
        today = runtime.today()

        async def planned(_: Sequence[str]) -> Mapping[str, Command]:
            lots = [(ItemCode(one.item_code), LotId(one.lot_id)) for one in body.part_lots]
            async with runtime.database.reading() as connection:
                parts = await queries.parts_of(connection, item_code)
                batch = queries.Batch(body.place_id, body.owner_id, body.quantity, today)
                lots = lots or await queries.choose_lots(connection, batch, parts)
            command = AssembleKits(
                lot_id=LotId(body.lot_id),
                item_code=ItemCode(item_code),
                place_id=PlaceId(body.place_id),
                quantity=body.quantity,
                part_lots=tuple(lots),
                document_number=body.document_number,
                seed=clock.new_id(),
                recorded_on=today,
                owners=owned_by(principal),
            )
            return {item_code: command}

        return desk.answer((await decide_planned(desk, [item_code], planned))[item_code])

    @router.post("/kit-lots/{lot_id}/unpackings", status_code=201, summary="Take kits apart")
    async def unpack(
        request: Request, lot_id: UuidText, body: UnpackingStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        """Their parts are goods of their old lots again, in this store."""
        principal.demand(PLACE_SCOPE, body.place_id)
        async with runtime.database.reading() as connection:
            found = await queries.kit_lot_by_id(connection, lot_id)
        command = UnpackKits(
            lot_id=LotId(lot_id),
            place_id=PlaceId(body.place_id),
            quantity=body.quantity,
            part_lot_ids=tuple(LotId(part["lot_id"]) for part in found["parts"]) if found is not None else (),
            seed=clock.new_id(),
            recorded_on=runtime.today(),
            owners=owned_by(principal),
        )
        return await office_command(runtime, request, principal, key, command)


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/kits", summary="List kits and what they are made of")
    async def list_kits(request: Request, asked: Asked, _: Reader) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.kits(connection, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/kit-lots/{lot_id}", summary="Show kits made at once, and the lots of their parts")
    async def show_kit_lot(lot_id: UuidText, _: Reader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.kit_lot_by_id(connection, lot_id)
        if found is None:
            raise NotFound
        return found
