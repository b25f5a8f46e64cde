"""The doors for requests: opened, submitted, read. What is decided about them has doors of its own.

Owns request models and answers. Must not decide anything.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Self

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics import areas
from services.logistics.access import AREA_SCOPE, POST, in_sight
from services.logistics.doors import Asked, Body, CommandKey, OfficeReader, Reader, Requester
from services.logistics.office import Desk
from services.logistics.rations import queries as rations
from services.logistics.requests import queries
from services.logistics.requests.asking import OpenRequest, SubmitDraft
from services.logistics.requests.deciding import add_decisions
from services.logistics.requests.domain import Approval
from services.logistics.requests.opening import Asking, Norm, open_items
from services.logistics.requests.planning import Routing, propose
from services.logistics.requests.serving import add_serving
from services.logistics.requests.tables import request as request_
from services.logistics.requests.waiting import Deadline
from shared.contracts.field import LINES_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import DisasterId, OwnerText, PlaceId, RequestId, Slug, UuidText
from shared.contracts.partners import AidedPeople
from shared.contracts.requests import NeedBasis
from shared.contracts.values import AreaCode, Boolean, Count, Days
from shared.contracts.vocabulary import Urgency
from shared.kit import clock
from shared.kit.access.persons import person_of
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class RequestStated(Body):
    """Goods asked for a place. Without an id one is given; a draft waits for its author to submit it."""

    request_id: UuidText = Field(default_factory=clock.new_id)
    disaster_id: UuidText
    area_code: AreaCode
    to_place_id: Slug
    urgency: Urgency = Urgency.MEDIUM
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    person_count: Count | None = None
    people: tuple[AidedPeople, ...] = Field(default=(), max_length=len(AidedPeople))
    draft: Boolean = False


class Submission(Body):
    """A draft as it is submitted; without lines as it was written."""

    lines: tuple[ItemQuantity, ...] | None = Field(default=None, min_length=1, max_length=LINES_MAX)


class FromDemand(Body):
    """The open needs of one area of a disaster, or of all its areas, each for a post or village of its own.

    With a profile the area as a whole is counted by its norm, on those affected or on those displaced alone, for the
    days given or those of the norm; without one the needs recorded for its households are summed.
    """

    disaster_id: UuidText
    area_code: AreaCode | None = None
    to_place_id: Slug | None = None
    urgency: Urgency = Urgency.MEDIUM
    profile_id: Slug | None = None
    basis: NeedBasis = NeedBasis.AFFECTED
    days: Days | None = None

    @model_validator(mode="after")
    def _names_the_norm(self) -> Self:
        if self.profile_id is None and (self.basis is not NeedBasis.AFFECTED or self.days is not None):
            raise ValueError("a basis or days need the profile they are counted by")
        return self


def requests_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/requests`."""
    router = APIRouter(prefix="/v1", tags=["requests"])
    _add_opening(router, runtime)
    add_decisions(router, runtime)
    add_serving(router, runtime)
    _add_reads(router, runtime)
    return router


def _add_opening(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/requests", status_code=201, summary="Ask goods for a place")
    async def open_request(request: Request, body: RequestStated, principal: Requester, key: CommandKey) -> Response:
        """It goes to the regency of its area first."""
        principal.demand(AREA_SCOPE, body.area_code)
        command = OpenRequest(
            request_id=RequestId(body.request_id),
            disaster_id=DisasterId(body.disaster_id),
            area_code=body.area_code,
            to_place_id=PlaceId(body.to_place_id),
            urgency=body.urgency,
            requested_by=person_of(principal),
            deadline=None if body.draft else Deadline.of(clock.now(), body.urgency),
            lines=body.lines,
            recorded_on=runtime.today(),
            area_known=areas.is_known(body.area_code),
            person_count=body.person_count,
            people=body.people,
        )
        return await office_command(runtime, request, principal, key, command, disaster_id=body.disaster_id)

    @router.post("/requests/{request_id}/submission", status_code=201, summary="Submit a draft: its clock starts")
    async def submit(
        request: Request, request_id: UuidText, body: Submission, principal: Requester, key: CommandKey
    ) -> Response:
        async with runtime.database.reading() as connection:
            urgency = await queries.urgency_of(connection, request_id)
        deadline = Deadline.of(clock.now(), urgency or Urgency.MEDIUM)
        command = SubmitDraft(RequestId(request_id), person_of(principal), deadline, body.lines)
        return await office_command(runtime, request, principal, key, command)

    @router.post("/requests:from-demand", summary="Ask for what areas need and nobody has asked for yet")
    async def open_from_demand(request: Request, body: FromDemand, principal: Requester, key: CommandKey) -> Response:
        """One request an area; each item of the answer has the request's id, and shows the norm and its arithmetic."""
        desk = Desk(runtime, request, principal, key)
        asking = Asking(
            disaster_id=DisasterId(body.disaster_id),
            area_code=body.area_code,
            to_place_id=PlaceId(body.to_place_id) if body.to_place_id is not None else None,
            urgency=body.urgency,
            deadline=Deadline.of(clock.now(), body.urgency),
            requested_by=person_of(principal),
            recorded_on=runtime.today(),
        )
        async with runtime.database.reading() as connection:
            if body.profile_id is not None:
                asking = replace(asking, norm=await _norm(connection, body))
            items = await open_items(desk, connection, asking)
        answered = await desk.submit_each(items)
        if body.profile_id is None:
            return answered
        async with runtime.database.reading() as connection:
            needs = await queries.needs_of(connection, list(items))
        return _with_needs(answered, needs)


async def _norm(connection: AsyncConnection, body: FromDemand) -> Norm:
    profile = await rations.profile_by_id(connection, body.profile_id or "")
    if profile is None:
        raise NotFound
    return Norm(profile, body.basis, body.days or profile.days)


def _with_needs(answered: Response, needs: Mapping[str, Any]) -> Response:
    """The answer with what each opened request rests on."""
    content = orjson.loads(answered.body)
    for item in content["items"]:
        if item["id"] in needs:
            item["need"] = needs[item["id"]]
    return Response(orjson.dumps(content), answered.status_code, media_type=answered.media_type)


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/requests", summary="List requests and how far they are")
    async def list_requests(  # noqa: PLR0913, PLR0917 -- each filter is a parameter of the address
        request: Request,
        asked: Asked,
        principal: Reader,
        disaster_id: UuidText | None = None,
        area_code: Annotated[AreaCode | None, Query(description="this area and all below it")] = None,
        short: Annotated[bool | None, Query(description="open ones that no store could give all")] = None,
        approval: Approval | None = None,
        addressed_to: OwnerText | None = None,
        warning: Annotated[bool, Query(description="three quarters of the time are gone")] = False,
        overdue: Annotated[bool, Query(description="the time is up")] = False,
    ) -> Response:
        """`warning` and `overdue` leave out what has arrived, is cancelled, or waits for the requester."""
        condition = queries.matching(disaster_id, area_code, short=short) & in_sight(principal, request_.c.area_code)
        condition &= queries.deciding(approval, addressed_to)
        if warning or overdue:
            condition &= queries.late(clock.now(), warning=warning, overdue=overdue)
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.requests(connection, condition, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/requests/{request_id}", summary="Show a request, its lines and what is reserved for it")
    async def show_request(request_id: UuidText, principal: Reader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.request_by_id(connection, request_id)
        if found is None:
            raise NotFound
        if principal.role == POST:
            principal.demand(AREA_SCOPE, found["area_code"])
        return found

    @router.get("/requests/{request_id}/proposal", summary="Show what would be reserved for a request now, and why")
    async def show_proposal(
        request_id: UuidText, principal: OfficeReader, routing: Routing = Routing.ROUTES
    ) -> dict[str, Any]:
        """Nothing is reserved by it. Others who ask at the same time are not considered."""
        _, planned = await propose(runtime, principal, [request_id], routing)
        if RequestId(request_id) not in planned:
            raise NotFound
        proposed = planned[RequestId(request_id)]
        return {
            "picks": [
                pick.model_dump(mode="json", exclude_none=True, exclude={"reservation_id"}) for pick in proposed.picks
            ],
            "why_short": [line.model_dump(mode="json") for line in proposed.why_short],
        }
