"""The doors for emergency issues: recorded by who keeps the store, ratified by somebody else.

Owns request models and answers. Must not decide anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.access import APPROVER, PLACE_SCOPE
from services.logistics.doors import Asked, Body, CommandKey, OfficeReader, Storekeeper
from services.logistics.emergencies import queries
from services.logistics.emergencies.domain import Gone, IssueInEmergency, RatifyEmergency
from services.logistics.intake.domain import ASSUMED_CLOCK_AHEAD
from services.logistics.office import Desk, decide_planned
from services.logistics.places import queries as places
from services.logistics.places.domain import HANDED_OUT
from services.logistics.quotas import queries as quotas
from services.logistics.stock import queries as stock
from shared.contracts.field import LINES_MAX
from shared.contracts.ids import (
    ActorText,
    DisasterId,
    EmergencyIssueId,
    LotId,
    PlaceId,
    QuotaId,
    RequestId,
    Slug,
    UuidText,
)
from shared.contracts.values import DocumentNumber, Instant, Quantity
from shared.kit import clock
from shared.kit.access.persons import person_of
from shared.kit.access.roles import Principal, require
from shared.kit.decisions.types import Command
from shared.kit.errors import FieldProblem, NotFound, Problem, ProblemError
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime

Approver = Annotated[Principal, Depends(require(APPROVER))]


class GoneStated(Body):
    """What of a lot is gone."""

    lot_id: UuidText
    quantity: Quantity


class IssueStated(Body):
    """Goods that have gone without an approved request, to a place or handed out. Without an id one is given."""

    issue_id: UuidText = Field(default_factory=clock.new_id)
    from_place_id: Slug
    to_place_id: Slug = HANDED_OUT
    lines: tuple[GoneStated, ...] = Field(min_length=1, max_length=LINES_MAX)
    gone_at: Instant = Field(default_factory=clock.now)
    disaster_id: UuidText | None = None


class RatificationStated(Body):
    """The letter that approves an issue afterwards."""

    document_number: DocumentNumber


def emergencies_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/emergency-issues`."""
    router = APIRouter(prefix="/v1/emergency-issues", tags=["emergency issues"])
    _add_commands(router, runtime)
    _add_reads(router, runtime)
    return router


def _add_commands(router: APIRouter, runtime: Runtime) -> None:
    @router.post("", status_code=201, summary="Record goods that have gone before their letter")
    async def issue(request: Request, body: IssueStated, principal: Storekeeper, key: CommandKey) -> Response:
        """Taken like a report from the field: what was reserved is broken, and the issue waits for its letter."""
        principal.demand(PLACE_SCOPE, body.from_place_id)
        if body.gone_at > clock.now() + ASSUMED_CLOCK_AHEAD:
            raise ProblemError(_not_gone_yet())
        desk = Desk(runtime, request, principal, key)
        goods = tuple(Gone(LotId(line.lot_id), line.quantity) for line in body.lines)

        async def planned(_: Sequence[str]) -> Mapping[str, Command]:
            async with runtime.database.reading() as connection:
                reserving = await stock.reserving(connection, [body.from_place_id])
                drawn = await _quotas(connection, body, runtime.today())
            holders = dict.fromkeys(one for line in body.lines for one in reserving.get(line.lot_id, ()))
            command = _command(runtime, body, goods, tuple(holders), principal)
            return {"issue": replace(command, quota_ids=drawn)}

        return desk.answer((await decide_planned(desk, ["issue"], planned))["issue"])

    @router.post("/{issue_id}/ratification", status_code=201, summary="Ratify an emergency issue by letter")
    async def ratify(
        request: Request, issue_id: UuidText, body: RatificationStated, principal: Approver, key: CommandKey
    ) -> Response:
        """By another person than the custodian, for the stores of the token's scope."""
        async with runtime.database.reading() as connection:
            found = await queries.issue_by_id(connection, issue_id, today=runtime.today())
        if found is not None:
            principal.demand(PLACE_SCOPE, found["from_place_id"])
        command = RatifyEmergency(
            EmergencyIssueId(issue_id), body.document_number, person_of(principal), runtime.today()
        )
        return await office_command(runtime, request, principal, key, command)


async def _quotas(connection: AsyncConnection, body: IssueStated, today: date) -> tuple[QuotaId, ...]:
    """The quotas of the area the goods went to: of their store's where they were handed out on the spot."""
    ends = [await places.place_by_id(connection, id_) for id_ in (body.to_place_id, body.from_place_id)]
    area_code = next((end.area_code for end in ends if end is not None and end.area_code is not None), None)
    lot_ids = [line.lot_id for line in body.lines]
    return () if area_code is None else await quotas.drawn_by(connection, lot_ids, area_code, today)


def _command(
    runtime: Runtime,
    body: IssueStated,
    goods: tuple[Gone, ...],
    holders: tuple[RequestId, ...],
    principal: Principal,
) -> IssueInEmergency:
    return IssueInEmergency(
        issue_id=EmergencyIssueId(body.issue_id),
        from_place_id=PlaceId(body.from_place_id),
        to_place_id=PlaceId(body.to_place_id),
        goods=goods,
        custodian_id=person_of(principal),
        gone_at=body.gone_at,
        recorded_on=runtime.today(),
        holders=holders,
        disaster_id=DisasterId(body.disaster_id) if body.disaster_id is not None else None,
    )


def _not_gone_yet() -> Problem:
    return Problem(
        slug="not-gone-yet",
        status=422,
        detail="The goods are said to leave in the future.",
        next_step="Record goods that have gone; ask for others by a request.",
        errors=[FieldProblem("body.gone_at", "An instant that has passed is expected.")],
    )


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("", summary="List emergency issues, late ones by custodian")
    async def list_issues(  # noqa: PLR0913, PLR0917 -- each filter is a parameter of the address
        request: Request,
        asked: Asked,
        _: OfficeReader,
        late: bool | None = None,
        ratified: bool | None = None,
        custodian: ActorText | None = None,
        place_id: Slug | None = None,
    ) -> Response:
        """`late` are those without a letter after their last day."""
        today = runtime.today()
        condition = queries.matching(ratified=ratified, late=late, custodian=custodian, place_id=place_id, today=today)
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.issues(
                connection, condition, today=today, after=asked.key(str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/{issue_id}", summary="Show an emergency issue")
    async def show_issue(issue_id: UuidText, _: OfficeReader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.issue_by_id(connection, issue_id, today=runtime.today())
        if found is None:
            raise NotFound
        return found
