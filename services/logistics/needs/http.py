"""The door to what areas need.

Owns its answer. Needs come from registrations, so there is nothing to send here.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.logistics.access import in_sight
from services.logistics.doors import Asked, Reader
from services.logistics.needs import queries
from services.logistics.needs.tables import demand_area
from shared.contracts.ids import UuidText
from shared.contracts.values import AreaCode
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


def needs_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/demand`."""
    router = APIRouter(prefix="/v1", tags=["needs"])

    @router.get("/demand", summary="List what the areas of a disaster need, and what of it is not requested yet")
    async def list_demand(
        request: Request,
        asked: Asked,
        principal: Reader,
        disaster_id: UuidText,
        area_code: Annotated[AreaCode | None, Query(description="this area and all below it")] = None,
    ) -> Response:
        async with runtime.database.reading() as connection:
            condition = queries.matching(disaster_id, area_code) & in_sight(principal, demand_area.c.area_code)
            rows, as_of = await queries.demands(connection, condition, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["area_code"],), as_of=as_of)

    return router
