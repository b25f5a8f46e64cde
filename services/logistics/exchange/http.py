"""The doors for tables: previewed, imported, exported.

Owns the answers. Nothing is stored by a preview; an import is the ordinary commands of exactly what was previewed.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.logistics.doors import CommandKey, Coordinator, OfficeReader, Storekeeper
from services.logistics.exchange import exporting
from services.logistics.exchange.kinds import ITEMS, LOTS, PLACES, ImportKind
from services.logistics.exchange.previewing import Asking, Status, Verdict, counted, preview, preview_hash
from services.logistics.exchange.sheets import MEDIA_TYPES, XLSX, read
from services.logistics.office import Desk
from services.logistics.periods.http import BookReader
from shared.contracts.ids import OwnerText, Slug
from shared.contracts.periods import ValuationMethod
from shared.kit.access.roles import Principal
from shared.kit.errors import FieldProblem, Problem, ProblemError, fill
from shared.kit.http.office import OfficeOrder
from shared.kit.i18n import DEFAULT_LANGUAGE
from shared.kit.observe.tracing import current_request
from shared.kit.runtime import Runtime

_TABLE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in sorted(MEDIA_TYPES)},
    }
}
PreviewHash = Annotated[str, Query(alias="preview", pattern="^[0-9a-f]{64}$", description="the preview's own hash")]


def exchange_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/imports` and `/v1/exports`."""
    router = APIRouter(prefix="/v1", tags=["exchange"])
    _add_lots(router, runtime)
    for kind in (ITEMS, PLACES):
        _add_lists(router, runtime, kind)
    _add_exports(router, runtime)
    return router


def _add_lots(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/imports/lots", summary="Preview a table of lots", openapi_extra=_TABLE)
    async def preview_lots(request: Request, principal: Storekeeper) -> dict[str, Any]:
        """Each row is new, same, in conflict or bad, with the cells at fault; nothing is stored."""
        return await _previewed(runtime, request, principal, LOTS)

    @router.post("/imports/lots/commit", summary="Receive the lots of a previewed table", openapi_extra=_TABLE)
    async def commit_lots(request: Request, principal: Storekeeper, key: CommandKey, seen: PreviewHash) -> Response:
        return await _committed(Desk(runtime, request, principal, key), LOTS, seen)


def _add_lists(router: APIRouter, runtime: Runtime, kind: ImportKind) -> None:
    @router.post(f"/imports/{kind.name}", summary=f"Preview a table of {kind.name}", openapi_extra=_TABLE)
    async def preview_rows(request: Request, principal: Coordinator) -> dict[str, Any]:
        """Each row is new, same, in conflict or bad, with the cells at fault; nothing is stored."""
        return await _previewed(runtime, request, principal, kind)

    @router.post(f"/imports/{kind.name}/commit", summary=f"Import previewed {kind.name}", openapi_extra=_TABLE)
    async def commit_rows(request: Request, principal: Coordinator, key: CommandKey, seen: PreviewHash) -> Response:
        return await _committed(Desk(runtime, request, principal, key), kind, seen)


async def _verdicts(
    runtime: Runtime, request: Request, principal: Principal, kind: ImportKind
) -> tuple[str, tuple[Verdict, ...]]:
    media_type = request.headers.get("content-type", "").lower().partition(";")[0].strip()
    if media_type not in MEDIA_TYPES:
        raise ProblemError(_no_table())
    content = await request.body()
    # Apart from the loop that answers others: a table takes long to unpack.
    rows = await asyncio.to_thread(read, content, media_type, kind.layout)
    asking = Asking(principal, runtime.today(), request.app.state.languages)
    async with runtime.database.reading() as connection:
        verdicts = await preview(connection, kind, rows, asking)
    return preview_hash(kind, content, verdicts), verdicts


async def _previewed(runtime: Runtime, request: Request, principal: Principal, kind: ImportKind) -> dict[str, Any]:
    found, verdicts = await _verdicts(runtime, request, principal, kind)
    context = current_request()
    language = context.language if context is not None else DEFAULT_LANGUAGE

    def told(error: FieldProblem) -> dict[str, str]:
        message = request.app.state.languages.translate(error.message, language)
        return {"cell": error.location, "message": fill(message, error.params)}

    rows: list[dict[str, Any]] = []
    for one in verdicts:
        row: dict[str, Any] = {"row": one.row, "status": one.status.value}
        if one.id is not None:
            row["id"] = one.id
        if one.errors:
            row["errors"] = [told(error) for error in one.errors]
        rows.append(row)
    return {"preview": found, "counts": counted(verdicts), "rows": rows}


async def _committed(desk: Desk, kind: ImportKind, seen: str) -> Response:
    """Each new row by a command of its own; repeated under its key, those stored already answer again."""
    found, verdicts = await _verdicts(desk.runtime, desk.request, desk.principal, kind)
    if found != seen:
        raise ProblemError(_outdated())
    wrong = [one for one in verdicts if one.status in (Status.BAD, Status.CONFLICT)]
    if wrong:
        raise ProblemError(_not_clean(wrong))
    # The key's fingerprint is over JSON: a table stands in it by its hash.
    desk.request.scope["json"] = {"preview": seen, "file": hashlib.sha256(await desk.request.body()).hexdigest()}
    known = [str(one.row) for one in verdicts if one.status is Status.SAME]
    async with desk.runtime.database.reading() as connection:
        answered = await desk.answered(connection, known)
    orders = {
        str(one.row): OfficeOrder(one.command)
        for one in verdicts
        if one.command is not None and (one.status is Status.NEW or str(one.row) in answered)
    }
    return await desk.decide_each(orders)


def _add_exports(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/exports/balances.xlsx", summary="What is in a place, as a workbook", response_class=Response)
    async def export_balances(place_id: Slug, _: OfficeReader) -> Response:
        async with runtime.database.reading() as connection:
            table = await exporting.balances(connection, place_id)
        return _workbook("balances", table)

    @router.get("/exports/card.xlsx", summary="A place's stock card, as a workbook", response_class=Response)
    async def export_card(place_id: Slug, _: OfficeReader) -> Response:
        async with runtime.database.reading() as connection:
            table = await exporting.card(connection, place_id)
        return _workbook("card", table)

    @router.get("/exports/stock-report.xlsx", summary="An owner's report, as a workbook", response_class=Response)
    async def export_report(
        _: BookReader,
        owner_id: OwnerText,
        since: Annotated[date, Query(alias="from")],
        until: date,
        method: ValuationMethod = ValuationMethod.FIFO,
    ) -> Response:
        async with runtime.database.reading() as connection:
            table = await exporting.report(connection, owner_id, since, until, method)
        return _workbook("stock-report", table)


def _workbook(name: str, table: exporting.Table) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(exporting.workbook(name, table), headers=headers, media_type=XLSX)


def _no_table() -> Problem:
    return Problem(
        slug="media-type-not-accepted",
        status=415,
        detail="The content type is not accepted here.",
        next_step="Send one of these content types, in UTF-8: %(accepted)s.",
        params={"accepted": ", ".join(sorted(MEDIA_TYPES))},
    )


def _outdated() -> Problem:
    return Problem(
        slug="preview-outdated",
        status=409,
        detail="The table or the books are not what was previewed. Nothing was stored.",
        next_step="Preview the table again, look at it, and import that.",
    )


def _not_clean(wrong: Sequence[Verdict]) -> Problem:
    return Problem(
        slug="import-not-clean",
        status=422,
        detail="%(rows)d rows are bad or in conflict with the books. Nothing was stored.",
        next_step="Correct or remove them, preview the table again, and import that.",
        params={"rows": len(wrong)},
        errors=[error for one in wrong for error in one.errors][:50],
    )
