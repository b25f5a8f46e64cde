"""The doors for places.

Owns request models and answers. Must not decide anything.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.logistics import areas
from services.logistics.access import AREA_SCOPE
from services.logistics.doors import Asked, Body, CommandKey, Coordinator, Reader
from services.logistics.places import queries
from services.logistics.places.domain import OpenPlace
from shared.contracts.ids import PlaceId, Slug
from shared.contracts.values import AreaCode, LatitudeE7, LongitudeE7
from shared.contracts.vocabulary import Authority, PlaceKind
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class PlaceStated(Body):
    """A place to open. Accounts of one supplier or donor are named `supplier:name`, `donor:name`."""

    place_id: Slug
    place_kind: PlaceKind
    area_code: AreaCode | None = None
    authority: Authority | None = None
    latitude_e7: LatitudeE7 | None = None
    longitude_e7: LongitudeE7 | None = None


def places_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/places`."""
    router = APIRouter(prefix="/v1/places", tags=["places"])

    @router.post("", status_code=201, summary="Open a warehouse, village, vehicle or a supplier's account")
    async def open_place(request: Request, body: PlaceStated, principal: Coordinator, key: CommandKey) -> Response:
        """Posts open by themselves when they are enrolled."""
        if body.area_code is not None:
            principal.demand(AREA_SCOPE, body.area_code)
        command = OpenPlace(
            place_id=PlaceId(body.place_id),
            place_kind=body.place_kind,
            recorded_on=runtime.today(),
            area_code=body.area_code,
            area_known=body.area_code is None or areas.is_known(body.area_code),
            authority=body.authority,
            latitude_e7=body.latitude_e7,
            longitude_e7=body.longitude_e7,
        )
        return await office_command(runtime, request, principal, key, command)

    @router.get("", summary="List places")
    async def list_places(
        request: Request,
        asked: Asked,
        _: Reader,
        place_kind: PlaceKind | None = None,
        area_code: Annotated[AreaCode | None, Query(description="this area and all below it")] = None,
    ) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.places(
                connection, place_kind, area_code, after=asked.key(str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/{place_id}", summary="Show a place")
    async def show_place(place_id: Slug, _: Reader) -> queries.PlaceShown:
        async with runtime.database.reading() as connection:
            found = await queries.place_by_id(connection, place_id)
        if found is None:
            raise NotFound
        return found

    return router
