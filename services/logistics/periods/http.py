"""The doors for periods and for reports of stock by owner.

Owns request models and answers. Must not decide anything.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.logistics.access import APPROVER, AUDITOR, OPERATOR, OWNER_SCOPE, WAREHOUSE
from services.logistics.doors import Asked, Body, CommandKey
from services.logistics.office import Desk, decide_planned
from services.logistics.periods import queries, reporting
from services.logistics.periods.domain import ClosePeriod
from shared.contracts.ids import OwnerId, OwnerText
from shared.contracts.periods import ValuationMethod
from shared.contracts.values import LegalDate
from shared.kit.access.persons import person_of
from shared.kit.access.roles import Principal, require
from shared.kit.decisions.types import Command
from shared.kit.errors import NotFound, Problem, ProblemError
from shared.kit.http.paging import page
from shared.kit.http.reads import as_of as position_shown
from shared.kit.runtime import Runtime

Bookkeeper = Annotated[Principal, Depends(require(WAREHOUSE, APPROVER))]
BookReader = Annotated[Principal, Depends(require(WAREHOUSE, APPROVER, AUDITOR, OPERATOR))]
OwnerInPath = Annotated[OwnerText, Path(description="whose goods")]


class Closing(Body):
    """The last day of the period, and how its goods are valued; the first closing fixes the method."""

    until: LegalDate
    method: ValuationMethod = ValuationMethod.FIFO


def periods_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/periods` and `/v1/reports/stock`."""
    router = APIRouter(prefix="/v1", tags=["periods"])
    _add_closing(router, runtime)
    _add_reads(router, runtime)
    _add_report(router, runtime)
    return router


def _add_closing(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/periods/{owner_id}/close", status_code=201, summary="Close an owner's period with its figures")
    async def close(
        request: Request, owner_id: OwnerInPath, body: Closing, principal: Bookkeeper, key: CommandKey
    ) -> Response:
        """Refused while a lot is not valued, a count is open or a deficit stands. A closed period never changes."""
        principal.demand(OWNER_SCOPE, owner_id)
        desk = Desk(runtime, request, principal, key)

        async def planned(_: Sequence[str]) -> Mapping[str, Command]:
            async with runtime.database.reading() as connection:
                found = await reporting.draft(connection, owner_id, body.until, body.method)
            return {
                owner_id: ClosePeriod(
                    owner_id=OwnerId(owner_id),
                    until=body.until,
                    opened_on=found.opened_on,
                    as_of=found.as_of,
                    method=body.method,
                    lines=found.lines,
                    digest=reporting.digest(owner_id, body.until, body.method, found),
                    obstacles=found.obstacles,
                    seen_version=found.seen_version,
                    closed_by=person_of(principal),
                    recorded_on=runtime.today(),
                )
            }

        outcomes = await decide_planned(desk, [owner_id], planned)
        return desk.answer(outcomes[owner_id])


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/periods", summary="List closed periods")
    async def list_periods(
        request: Request, asked: Asked, _: BookReader, owner_id: OwnerText | None = None
    ) -> Response:
        async with runtime.database.reading() as connection:
            rows, shown = await queries.periods(connection, owner_id, after=asked.key(int), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["position"],), as_of=shown)

    @router.get("/periods/{owner_id}/{until}", summary="Show a period as closed, as known now, and what differs")
    async def show_period(owner_id: OwnerInPath, until: date, _: BookReader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            as_closed = await queries.closed(connection, owner_id, until)
            if as_closed is None:
                raise NotFound
            method = ValuationMethod(as_closed["method"])
            lines = await reporting.report(connection, owner_id, as_closed.get("opened_on"), until, method)
            shown = await position_shown(connection)
        known = reporting.as_json(lines)
        return {
            "as_closed": {**as_closed, "totals_idr": reporting.totals(as_closed["lines"])},
            "as_known_now": {"lines": known, "totals_idr": reporting.totals(known), "as_of": shown},
            "differences": reporting.differences(as_closed["lines"], known),
        }

    @router.get("/periods/{owner_id}/{until}/corrections", summary="List what was posted later for a closed period")
    async def list_corrections(
        request: Request, owner_id: OwnerInPath, until: date, asked: Asked, _: BookReader
    ) -> Response:
        """Koreksi periode lalu: each movement with its own day and what it comes from or takes back."""
        async with runtime.database.reading() as connection:
            as_closed = await queries.closed(connection, owner_id, until)
            if as_closed is None:
                raise NotFound
            rows, shown = await queries.corrections(connection, as_closed, after=asked.key(int), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["position"],), as_of=shown)


def _add_report(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/reports/stock", summary="Show an owner's goods over some days, in units and rupiah")
    async def stock_report(
        _: BookReader,
        owner_id: OwnerText,
        since: Annotated[date, Query(alias="from")],
        until: date,
        method: ValuationMethod = ValuationMethod.FIFO,
    ) -> dict[str, Any]:
        """Goods of others in the owner's places (titipan) are listed apart and are in no figure."""
        if since > until:
            raise ProblemError(_days_turned_round())
        async with runtime.database.reading() as connection:
            lines = reporting.as_json(await reporting.report(connection, owner_id, since, until, method))
            held = await queries.held_for_others(connection, owner_id, until)
            unsettled = await queries.obstacles(connection, owner_id)
            shown = await position_shown(connection)
        return {
            "owner_id": owner_id,
            "from": since.isoformat(),
            "until": until.isoformat(),
            "method": method.value,
            "lines": lines,
            "totals_idr": reporting.totals(lines),
            "held_for_others": held,
            "lots_not_valued": unsettled.unvalued,
            "as_of": shown,
        }


def _days_turned_round() -> Problem:
    return Problem(
        slug="days-turned-round",
        status=422,
        detail="The first day lies after the last.",
        next_step="Turn the days round.",
    )
