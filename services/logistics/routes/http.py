"""The doors for routes.

Owns request models and answers. Must not decide anything.
"""

import re
from collections.abc import Iterable, Set
from datetime import date

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.logistics import areas
from services.logistics.doors import Asked, Body, CommandKey, Coordinator, Reader
from services.logistics.routes import queries
from services.logistics.routes.domain import CloseRoute, ReopenRoute, SetRoutes, StatedRoute
from shared.contracts.ids import RouteId, Slug, UuidText
from shared.contracts.routes import ClosureReason, RouteMode
from shared.contracts.values import Boolean, LegalDate, Number
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime

ROUTES_MAX = 500
_AREA = re.compile(r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?")


class RouteStated(Body):
    """A way between two ends, each a place's id or an area code; an area stands for every place in it."""

    from_end: Slug
    to_end: Slug
    mode: RouteMode
    minutes: Number
    minutes_back: Number | None = Field(default=None, description="of the way back, if it takes another time")
    both_ways: Boolean = True
    capacity_kg: Number | None = None
    valid_from: LegalDate | None = None
    valid_until: LegalDate | None = None


class RoutesStated(Body):
    """Ways set together."""

    routes: tuple[RouteStated, ...] = Field(min_length=1, max_length=ROUTES_MAX)


class Closure(Body):
    """Why a way cannot be used, and from when until when (both days included); from today if nothing is said."""

    reason: ClosureReason
    closed_from: LegalDate | None = None
    closed_until: LegalDate | None = None


def routes_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/routes`."""
    router = APIRouter(prefix="/v1/routes", tags=["routes"])

    @router.post("", status_code=201, summary="Set ways by road, river or air, there and back")
    async def set_routes(request: Request, body: RoutesStated, principal: Coordinator, key: CommandKey) -> Response:
        """Set again, the later figures hold; a way that is closed stays closed. All are set, or none."""
        async with runtime.database.reading() as connection:
            places = await queries.areas_of(connection, sorted(_ends(body.routes)))
        known = {end for end in _ends(body.routes) if end in places or (_AREA.fullmatch(end) and areas.is_known(end))}
        today = runtime.today()
        stated = tuple(way for one in body.routes for way in _ways(one, known, today))
        return await office_command(runtime, request, principal, key, SetRoutes(stated, today))

    @router.post("/{route_id}/closure", status_code=201, summary="Close a way")
    async def close(
        request: Request, route_id: UuidText, body: Closure, principal: Coordinator, key: CommandKey
    ) -> Response:
        """From then on nothing is proposed over it; what is on its way arrives as it can."""
        from_ = body.closed_from or runtime.today()
        command = CloseRoute(RouteId(route_id), body.reason, from_, body.closed_until)
        return await office_command(runtime, request, principal, key, command)

    @router.post("/{route_id}/reopening", status_code=201, summary="Open a closed way again")
    async def reopen(request: Request, route_id: UuidText, principal: Coordinator, key: CommandKey) -> Response:
        return await office_command(runtime, request, principal, key, ReopenRoute(RouteId(route_id), runtime.today()))

    @router.get("", summary="List routes")
    async def list_routes(
        request: Request, asked: Asked, _: Reader, end: Slug | None = None, open_on: date | None = None
    ) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.routes(
                connection, queries.matching(end, open_on), after=asked.key(str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    return router


def _ends(routes: Iterable[RouteStated]) -> set[str]:
    return {end for stated in routes for end in (stated.from_end, stated.to_end)}


def _ways(stated: RouteStated, known: Set[str], today: date) -> list[StatedRoute]:
    def way(from_end: str, to_end: str, minutes: int) -> StatedRoute:
        return StatedRoute(
            from_end=from_end,
            to_end=to_end,
            mode=stated.mode,
            minutes=minutes,
            valid_from=stated.valid_from or today,
            valid_until=stated.valid_until,
            capacity_kg=stated.capacity_kg,
            ends_known=known >= {from_end, to_end},
        )

    there = way(stated.from_end, stated.to_end, stated.minutes)
    back = way(stated.to_end, stated.from_end, stated.minutes_back or stated.minutes)
    return [there, back] if stated.both_ways else [there]
