"""The door for the disasters aid has heard of.

Owns the answer only: disasters are declared in the victims service.
"""

from fastapi import APIRouter, Request, Response

from services.aid.disasters import queries
from services.aid.doors import Asked, Reader
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


def disasters_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/disasters`."""
    router = APIRouter(prefix="/v1/disasters", tags=["disasters"])

    @router.get("", summary="List disasters with the dates of their decrees")
    async def list_disasters(request: Request, asked: Asked, _: Reader) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.disasters(connection, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    return router
