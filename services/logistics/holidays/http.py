"""The doors for holidays: recorded by decree, those of every year at once, withdrawn, listed.

Owns request models and answers, and that open deadlines follow the calendar in the same request. Must not decide
anything.
"""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.logistics.doors import Body, CommandKey, Coordinator, OfficeReader
from services.logistics.emergencies import queries as emergencies
from services.logistics.emergencies.deadlines import MoveDeadline
from services.logistics.holidays import queries
from services.logistics.holidays.domain import DecreedHoliday, RecordHolidays, WithdrawHoliday
from services.logistics.holidays.fixed import LEGAL_BASIS, fixed_holidays
from services.logistics.office import Desk, together
from shared.contracts.holidays import HolidayKind
from shared.contracts.ids import EmergencyIssueId
from shared.contracts.values import Citation, FiscalYear, HolidayCode, LegalDate
from shared.kit.decisions.types import Accepted, Command, Outcome
from shared.kit.http.reads import as_of as position_of
from shared.kit.runtime import Runtime

HOLIDAYS_MAX = 60
# Calendars are kept for the years a budget may have.
HolidayDate = Annotated[LegalDate, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]


class HolidayStated(Body):
    """A holiday and the decree it rests on: Keppres, or the joint decree of three ministers (SKB 3 Menteri)."""

    holiday_on: HolidayDate
    holiday_kind: HolidayKind
    holiday_code: HolidayCode
    legal_basis: Citation


class HolidaysStated(Body):
    """The holidays of a decree."""

    holidays: tuple[HolidayStated, ...] = Field(min_length=1, max_length=HOLIDAYS_MAX)


class YearStated(Body):
    """A calendar year."""

    year: FiscalYear


class WithdrawalStated(Body):
    """The decree that makes a holiday a working day."""

    legal_basis: Citation


def holidays_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/holidays`."""
    router = APIRouter(prefix="/v1", tags=["holidays"])
    _add_commands(router, runtime)

    @router.get("/holidays", summary="List a year's holidays")
    async def list_holidays(_: OfficeReader, year: Annotated[int, Query(ge=2000, le=2999)]) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            return {"items": await queries.holidays(connection, year), "as_of": await position_of(connection)}

    return router


def _add_commands(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/holidays", status_code=201, summary="Record holidays by their decree")
    async def record(request: Request, body: HolidaysStated, principal: Coordinator, key: CommandKey) -> Response:
        """What waits for its letter gets the day that follows from them; what is late stays late."""
        said = [
            DecreedHoliday(one.holiday_on, one.holiday_kind, one.holiday_code, one.legal_basis) for one in body.holidays
        ]
        return await _kept(Desk(runtime, request, principal, key), RecordHolidays(tuple(said), runtime.today()))

    @router.post("/holidays:seed-fixed", status_code=201, summary="Record the holidays that never move, for a year")
    async def seed_fixed(request: Request, body: YearStated, principal: Coordinator, key: CommandKey) -> Response:
        """By Keppres 8/2024; all others are recorded by the year's joint decree."""
        said = [DecreedHoliday(on, HolidayKind.NATIONAL, code, LEGAL_BASIS) for on, code in fixed_holidays(body.year)]
        return await _kept(Desk(runtime, request, principal, key), RecordHolidays(tuple(said), runtime.today()))

    @router.post("/holidays/{holiday_on}/withdrawal", status_code=201, summary="Make a holiday a working day")
    async def withdraw(
        request: Request, holiday_on: LegalDate, body: WithdrawalStated, principal: Coordinator, key: CommandKey
    ) -> Response:
        command = WithdrawHoliday(holiday_on, body.legal_basis, runtime.today())
        return await _kept(Desk(runtime, request, principal, key), command)


async def _kept(desk: Desk, command: Command) -> Response:
    """Change the calendar, then let the deadlines follow that are open by then; repeated, none is left out."""
    (changed,) = await desk.runtime.decisions.submit_all([desk.item("calendar", command)])
    return desk.answer(together([changed, *await _follow(desk)]) if isinstance(changed, Accepted) else changed)


async def _follow(desk: Desk) -> list[Outcome]:
    runtime = desk.runtime
    today = runtime.today()
    async with runtime.database.reading() as connection:
        waiting = await emergencies.waiting(connection, today=today)
    moves = [desk.item(f"deadline/{id_}", MoveDeadline(EmergencyIssueId(id_), on, today)) for id_, on in waiting]
    return await runtime.decisions.submit_all(moves) if moves else []
