"""The doors for quotas.

Owns request models and answers. Must not decide anything.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.logistics import areas
from services.logistics.doors import Asked, Body, CommandKey, Coordinator, OfficeReader
from services.logistics.quotas import queries
from services.logistics.quotas.domain import SetQuota
from shared.contracts.ids import ItemCode, OwnerId, OwnerText, Slug
from shared.contracts.values import AreaCode, Citation, FiscalYear, Quantity
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class QuotaStated(Body):
    """How much of an item a province or regency may draw from an owner in a year."""

    owner_id: OwnerText = "bulog"
    item_code: Slug
    area_code: AreaCode
    fiscal_year: FiscalYear
    ceiling: Quantity
    legal_basis: Citation


def quotas_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/quotas`."""
    router = APIRouter(prefix="/v1/quotas", tags=["quotas"])

    @router.post("", status_code=201, summary="Write down how much an area may draw in a year")
    async def set_quota(request: Request, body: QuotaStated, principal: Coordinator, key: CommandKey) -> Response:
        """What was drawn before in that year counts."""
        command = SetQuota(
            owner_id=OwnerId(body.owner_id),
            item_code=ItemCode(body.item_code),
            area_code=body.area_code,
            area_known=areas.is_known(body.area_code),
            fiscal_year=body.fiscal_year,
            ceiling=body.ceiling,
            legal_basis=body.legal_basis,
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.get("", summary="List quotas and what is left of each")
    async def list_quotas(
        request: Request,
        asked: Asked,
        _: OfficeReader,
        area_code: Annotated[AreaCode | None, Query(description="this area and all below it")] = None,
        fiscal_year: Annotated[int | None, Query(ge=2000, le=2999)] = None,
        *,
        over: Annotated[bool, Query(description="only those that facts went beyond")] = False,
    ) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.quotas(
                connection, area_code, fiscal_year, over=over, after=asked.key(str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    return router
