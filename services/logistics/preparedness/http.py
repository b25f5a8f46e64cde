"""The doors for preparedness: buffers, villages that stand ready, checks, and the lists that follow from them.

Owns request models and answers. Must not decide anything.
"""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.logistics import areas
from services.logistics.access import AREA_SCOPE, PLACE_SCOPE
from services.logistics.doors import Asked, Body, CommandKey, Coordinator, OfficeReader, Storekeeper
from services.logistics.preparedness import queries
from services.logistics.preparedness.domain import RecordCheck, SetBuffer
from services.logistics.preparedness.prepositioning import plan_moves
from services.logistics.preparedness.villages import RecordDrill, ReportKsb
from shared.contracts.ids import ItemCode, KsbId, PlaceId, Slug
from shared.contracts.values import AreaCode, Boolean, Citation, Count, DocumentNumber, LegalDate, QuantityOrNone
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.http.reads import as_of as position_of
from shared.kit.runtime import Runtime

InArea = Annotated[AreaCode | None, Query(description="this area and all below it")]


class BufferStated(Body):
    """What a store should hold of an item, with the norm it rests on or marked as assumed; 0 ends it."""

    place_id: Slug
    item_code: Slug
    target: QuantityOrNone
    legal_basis: Citation
    assumed: Boolean = False


class KsbStated(Body):
    """A Kampung Siaga Bencana as it is now."""

    ksb_id: Slug
    area_code: AreaCode
    lumbung_place_id: Slug | None = None
    members_count: Count
    trained_count: Count
    document_number: DocumentNumber


class DrillStated(Body):
    """A drill that was held."""

    drilled_on: LegalDate
    taking_part: Count


class CheckStated(Body):
    """A look through a store, by its record."""

    checked_on: LegalDate
    document_number: DocumentNumber


def preparedness_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/buffers`, `/v1/ksb`, `/v1/stock-checks`, and the lists of what is low or expires."""
    router = APIRouter(prefix="/v1", tags=["preparedness"])
    _add_commands(router, runtime)
    _add_stock_lists(router, runtime)
    _add_readiness(router, runtime)
    return router


def _add_commands(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/buffers", status_code=201, summary="Say how much of an item a store should hold")
    async def set_buffer(request: Request, body: BufferStated, principal: Coordinator, key: CommandKey) -> Response:
        command = SetBuffer(
            place_id=PlaceId(body.place_id),
            item_code=ItemCode(body.item_code),
            target=body.target,
            legal_basis=body.legal_basis,
            assumed=body.assumed,
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/ksb", status_code=201, summary="Report a Kampung Siaga Bencana as it is now")
    async def report_ksb(request: Request, body: KsbStated, principal: Coordinator, key: CommandKey) -> Response:
        principal.demand(AREA_SCOPE, body.area_code)
        command = ReportKsb(
            ksb_id=KsbId(body.ksb_id),
            area_code=body.area_code,
            area_known=areas.is_known(body.area_code),
            lumbung_place_id=PlaceId(body.lumbung_place_id) if body.lumbung_place_id is not None else None,
            members_count=body.members_count,
            trained_count=body.trained_count,
            document_number=body.document_number,
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/ksb/{ksb_id}/drills", status_code=201, summary="Write down a drill that was held")
    async def record_drill(
        request: Request, ksb_id: Slug, body: DrillStated, principal: Coordinator, key: CommandKey
    ) -> Response:
        command = RecordDrill(KsbId(ksb_id), body.drilled_on, body.taking_part, runtime.today())
        return await office_command(runtime, request, principal, key, command)

    @router.post("/places/{place_id}/stock-checks", status_code=201, summary="Write down a look through a store")
    async def record_check(
        request: Request, place_id: Slug, body: CheckStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        """Due again six months later."""
        principal.demand(PLACE_SCOPE, place_id)
        command = RecordCheck(PlaceId(place_id), body.checked_on, body.document_number, runtime.today())
        return await office_command(runtime, request, principal, key, command)


def _add_stock_lists(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/buffers", summary="List what stores should hold")
    async def list_buffers(request: Request, asked: Asked, _: OfficeReader, place_id: Slug | None = None) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.buffers(connection, place_id, after=asked.key(str, str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["place_id"], row["item_code"]), as_of=as_of)

    @router.get("/low-stock", summary="List stores that hold less than they should")
    async def list_low(request: Request, asked: Asked, _: OfficeReader, area_code: InArea = None) -> Response:
        """Counted are goods that are free, not expired, not recalled and not tied to a use."""
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.low_stock(
                connection, area_code, on=runtime.today(), after=asked.key(str, str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["place_id"], row["item_code"]), as_of=as_of)

    @router.get("/expiring", summary="List goods that expire before a day, soonest first")
    async def list_expiring(
        request: Request, asked: Asked, _: OfficeReader, before: LegalDate, place_id: Slug | None = None
    ) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.expiring(
                connection, place_id, before=before, after=asked.key(str, str, str), limit=asked.limit
            )
        return page(
            request,
            asked,
            rows,
            lambda row: (row["expires_on"].isoformat(), row["lot_id"], row["place_id"]),
            as_of=as_of,
        )

    @router.get("/prepositioning", summary="Propose which store should move what where, and say what stays short")
    async def propose_moves(_: OfficeReader) -> dict[str, Any]:
        """A proposal: nothing is reserved. The goods are moved by requests between stores."""
        async with runtime.database.reading() as connection:
            moves, gaps = plan_moves(await queries.holdings(connection, on=runtime.today()))
            position = await position_of(connection)
        return {"moves": [asdict(one) for one in moves], "gaps": [asdict(one) for one in gaps], "as_of": position}


def _add_readiness(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/ksb", summary="List Kampung Siaga Bencana")
    async def list_ksb(request: Request, asked: Asked, _: OfficeReader, area_code: InArea = None) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.ksbs(connection, area_code, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/ksb/{ksb_id}", summary="Show a Kampung Siaga Bencana and what its lumbung holds")
    async def show_ksb(ksb_id: Slug, _: OfficeReader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.ksb_by_id(connection, ksb_id, on=runtime.today())
        if found is None:
            raise NotFound
        return found

    @router.get("/stock-checks", summary="List stores that are due to be looked through")
    async def list_due(request: Request, asked: Asked, _: OfficeReader, by: LegalDate | None = None) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.checks_due(
                connection, by=by or runtime.today(), after=asked.key(str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["place_id"],), as_of=as_of)
