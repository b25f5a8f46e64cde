"""What is shown of quotas, and which of them goods would draw on.

Owns the reads over quotas. Must not write.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.quotas.domain import QUOTA_OWNERS, quotas_of
from services.logistics.quotas.tables import quota
from services.logistics.stock.tables import lot
from services.logistics.tables import below
from shared.contracts.ids import QuotaId
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, rows_of


async def quotas(  # noqa: PLR0913 -- each filter is a parameter of the address
    connection: AsyncConnection,
    area_code: str | None,
    fiscal_year: int | None,
    *,
    over: bool,
    after: Key | None,
    limit: int,
) -> tuple[list[dict[str, Any]], int]:
    """A page of quotas with what is left of each, by id, and the position they show."""
    query = sa.select(quota, (quota.c.ceiling - quota.c.used).label("remaining"))
    if area_code is not None:
        query = query.where(below(quota.c.area_code, area_code))
    if fiscal_year is not None:
        query = query.where(quota.c.fiscal_year == fiscal_year)
    if over:
        query = query.where(quota.c.used > quota.c.ceiling)
    return await rows_of(connection, query, [quota.c.id], after=after, limit=limit), await as_of(connection)


async def drawn_by(
    connection: AsyncConnection, lot_ids: Sequence[str], area_code: str, on: date
) -> tuple[QuotaId, ...]:
    """The quotas that lots would draw on if they left for an area on a day; none for owners without quotas."""
    query = sa.select(lot.c.item_code).where(lot.c.id == array(lot_ids), lot.c.owner_id == array(QUOTA_OWNERS))
    codes = (await connection.execute(query.distinct().order_by(lot.c.item_code))).scalars()
    return tuple(id_ for code in codes for id_ in quotas_of(code, area_code, on))
