"""What is shown of kitchens: their days and recipes.

Owns the reads over them. Must not write.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.handouts.domain import Candidate
from services.logistics.kitchens.recipes import ASSUMED_MEALS_A_DAY
from services.logistics.kitchens.tables import kitchen_day, kitchen_day_item, recipe
from services.logistics.stock.tables import balance, lot
from shared.contracts.ids import LotId
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, rows_of


async def days(
    connection: AsyncConnection, kitchen_id: str, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of a kitchen's days in their order, each with its ingredients, and the position they show.

    `portions_due` is two meals (assumed) for each person the kitchen feeds; `short` what of it was not served.
    """
    due = kitchen_day.c.person_count * ASSUMED_MEALS_A_DAY
    query = sa.select(
        kitchen_day,
        due.label("portions_due"),
        sa.func.greatest(0, due - kitchen_day.c.portions).label("short"),
    ).where(kitchen_day.c.kitchen_id == kitchen_id)
    key = sa.cast(kitchen_day.c.served_on, sa.Text)
    rows = await rows_of(connection, query, [key], after=after, limit=limit)
    wanted = sa.select(kitchen_day_item).where(
        kitchen_day_item.c.kitchen_id == kitchen_id,
        kitchen_day_item.c.served_on.in_([row["served_on"] for row in rows]),
    )
    items: dict[date, list[dict[str, Any]]] = {}
    for row in await connection.execute(wanted.order_by(kitchen_day_item.c.item_code)):
        line = {"item_code": row.item_code, "consumed": row.consumed, "expected": row.expected}
        items.setdefault(row.served_on, []).append(line)
    return [{**row, "items": items.get(row["served_on"], [])} for row in rows], await as_of(connection)


async def recipes(connection: AsyncConnection, *, after: Key | None, limit: int) -> tuple[list[dict[str, Any]], int]:
    """A page of the recipes the office set, by id, and the position they show."""
    return await rows_of(connection, sa.select(recipe), [recipe.c.id], after=after, limit=limit), await as_of(
        connection
    )


async def ingredients(
    connection: AsyncConnection, kitchen_id: str, item_codes: list[str]
) -> dict[str, tuple[Candidate, ...]]:
    """The lots of these items in a kitchen, first expiry first."""
    query = (
        sa.select(lot.c.item_code, lot.c.id)
        .select_from(balance.join(lot, lot.c.id == balance.c.parent))
        .where(
            balance.c.entry == kitchen_id, balance.c.on_hand > balance.c.reserved, lot.c.item_code == array(item_codes)
        )
        .order_by(sa.func.coalesce(lot.c.expires_on, date.max), lot.c.id)
    )
    found: dict[str, tuple[Candidate, ...]] = {}
    for row in await connection.execute(query):
        found[row.item_code] = (*found.get(row.item_code, ()), Candidate(LotId(row.id)))
    return found
