"""The doors for requests: opened, allocated, cancelled.

Owns request models and answers, and the plans that are made again when others were faster. Must not decide anything.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.logistics import areas
from services.logistics.access import AREA_SCOPE, POST, in_sight
from services.logistics.doors import Asked, Body, CommandKey, Reader, Requester, Storekeeper
from services.logistics.office import Desk, decide_planned
from services.logistics.requests import queries
from services.logistics.requests.domain import CancelRequest, ExpireReservations, OpenRequest
from services.logistics.requests.opening import Asking, open_items
from services.logistics.requests.planning import Planner, plan_allocations, to_allocate
from services.logistics.requests.tables import request as request_
from shared.contracts.field import LINES_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import DisasterId, LotId, PlaceId, RequestId, Slug, UuidText
from shared.contracts.values import AreaCode
from shared.contracts.vocabulary import CancellationReason, Urgency
from shared.kit import clock
from shared.kit.decisions.types import Command
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime

# Assumed, after the defaults of OpenSPP's relief module: by when goods must arrive.
ASSUMED_DUE_H = {Urgency.CRITICAL: 4, Urgency.HIGH: 8, Urgency.MEDIUM: 24, Urgency.LOW: 48}
REQUESTS_MAX = 1000


class RequestStated(Body):
    """Goods asked for a place. Without an id one is given."""

    request_id: UuidText = Field(default_factory=clock.new_id)
    disaster_id: UuidText
    area_code: AreaCode
    to_place_id: Slug
    urgency: Urgency = Urgency.MEDIUM
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)


class FromDemand(Body):
    """The open needs of one area of a disaster, or of all its areas, each for a post or village of its own."""

    disaster_id: UuidText
    area_code: AreaCode | None = None
    to_place_id: Slug | None = None
    urgency: Urgency = Urgency.MEDIUM


class Allocation(Body):
    """The requests to reserve goods for: those named, or all of a disaster."""

    disaster_id: UuidText | None = None
    request_ids: tuple[UuidText, ...] = Field(default=(), max_length=REQUESTS_MAX)


class Cancellation(Body):
    """Why the rest of a request is not served."""

    reason: CancellationReason


def requests_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/requests`."""
    router = APIRouter(prefix="/v1", tags=["requests"])
    _add_opening(router, runtime)
    _add_decisions(router, runtime)
    _add_reads(router, runtime)
    return router


def _add_opening(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/requests", status_code=201, summary="Ask goods for a place")
    async def open_request(request: Request, body: RequestStated, principal: Requester, key: CommandKey) -> Response:
        principal.demand(AREA_SCOPE, body.area_code)
        command = OpenRequest(
            request_id=RequestId(body.request_id),
            disaster_id=DisasterId(body.disaster_id),
            area_code=body.area_code,
            to_place_id=PlaceId(body.to_place_id),
            urgency=body.urgency,
            due_at=clock.now() + timedelta(hours=ASSUMED_DUE_H[body.urgency]),
            lines=body.lines,
            recorded_on=runtime.today(),
            area_known=areas.is_known(body.area_code),
        )
        return await office_command(runtime, request, principal, key, command, disaster_id=body.disaster_id)

    @router.post("/requests:from-demand", summary="Ask for what areas need and nobody has asked for yet")
    async def open_from_demand(request: Request, body: FromDemand, principal: Requester, key: CommandKey) -> Response:
        """One request an area; each item of the answer has the request's id."""
        desk = Desk(runtime, request, principal, key)
        asking = Asking(
            disaster_id=DisasterId(body.disaster_id),
            area_code=body.area_code,
            to_place_id=PlaceId(body.to_place_id) if body.to_place_id is not None else None,
            urgency=body.urgency,
            due_at=clock.now() + timedelta(hours=ASSUMED_DUE_H[body.urgency]),
            recorded_on=runtime.today(),
        )
        async with runtime.database.reading() as connection:
            items = await open_items(desk, connection, asking)
        return await desk.submit_each(items)


def _add_decisions(router: APIRouter, runtime: Runtime) -> None:
    planner = Planner(runtime)

    @router.post("/requests:allocate", summary="Reserve goods for requests, first expiry first, nearest first")
    async def allocate(request: Request, body: Allocation, principal: Storekeeper, key: CommandKey) -> Response:
        """Draws on the warehouses of the token's scope; what none of them has stays short."""
        desk = Desk(runtime, request, principal, key)
        async with planner.alone():
            targets = await to_allocate(desk, body.disaster_id, body.request_ids)
            planned = await decide_planned(desk, targets, lambda open_: plan_allocations(desk, open_))
        return desk.answer_parts(planned)

    @router.post("/requests/{request_id}/cancellation", status_code=201, summary="Serve a request no further")
    async def cancel(
        request: Request, request_id: UuidText, body: Cancellation, principal: Requester, key: CommandKey
    ) -> Response:
        """What is reserved is free again, and needs it was opened for are open again; what is on its way arrives."""
        desk = Desk(runtime, request, principal, key)

        async def planned(_: Sequence[str]) -> Mapping[str, Command]:
            lot_ids = await _lots_of(desk, request_id)
            return {request_id: CancelRequest(RequestId(request_id), lot_ids, body.reason, runtime.today())}

        outcomes = await decide_planned(desk, [request_id], planned)
        return desk.answer(outcomes[request_id])

    @router.post("/requests:expire-reservations", summary="Set free what is reserved past its day")
    async def expire(request: Request, principal: Storekeeper, key: CommandKey) -> Response:
        """The requests are short of it again."""
        desk = Desk(runtime, request, principal, key)
        async with runtime.database.reading() as connection:
            ids = await queries.with_expired(connection, runtime.today())

        async def planned(open_: Sequence[str]) -> Mapping[str, Command]:
            async with runtime.database.reading() as connection:
                found = await queries.areas_of(connection, open_)
            return {
                id_: ExpireReservations(RequestId(id_), tuple(row["lot_ids"]), runtime.today())
                for id_, row in found.items()
            }

        return desk.answer_parts(await decide_planned(desk, ids, planned))


async def _lots_of(desk: Desk, request_id: str) -> tuple[LotId, ...]:
    """The lots ever reserved for a request the principal is responsible for; of an unknown one the domain tells."""
    async with desk.runtime.database.reading() as connection:
        found = (await queries.areas_of(connection, [request_id])).get(request_id)
    if found is None:
        return ()
    desk.principal.demand(AREA_SCOPE, found["area_code"])
    return tuple(LotId(lot_id) for lot_id in found["lot_ids"])


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/requests", summary="List requests and how far they are")
    async def list_requests(  # noqa: PLR0913, PLR0917 -- each filter is a parameter of the address
        request: Request,
        asked: Asked,
        principal: Reader,
        disaster_id: UuidText | None = None,
        area_code: Annotated[AreaCode | None, Query(description="this area and all below it")] = None,
        short: Annotated[bool | None, Query(description="open ones that no store could give all")] = None,
    ) -> Response:
        condition = queries.matching(disaster_id, area_code, short=short) & in_sight(principal, request_.c.area_code)
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
