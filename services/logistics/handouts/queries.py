"""What is shown of hand-outs: where a lot went and to which households.

Owns the reads over hand-outs and their read model. Must not write.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.handouts.tables import lot_given, received
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of


async def given_of(
    connection: AsyncConnection, lot_id: str, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of the hand-outs and lists by which a lot was given, by source, and the position they show.

    `household_count` 0: nobody was named, so the place and the day are all there is to find them by.
    """
    query = sa.select(lot_given).where(lot_given.c.lot_id == lot_id, lot_given.c.quantity > 0)
    return await rows_of(connection, query, [lot_given.c.source], after=after, limit=limit), await as_of(connection)


async def recipients_of(
    connection: AsyncConnection, lot_id: str, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of the households that goods of a lot reached, by source and household, and the position they show.

    A hand-out that took an item out of several lots tells who got the item, not of which lot: all are named.
    """
    same = sa.and_(received.c.source == lot_given.c.source, received.c.item_code == lot_given.c.item_code)
    query = (
        sa.select(
            received.c.household_id,
            lot_given.c.source,
            lot_given.c.item_code,
            received.c.quantity,
            lot_given.c.disaster_id,
            lot_given.c.place_id,
            lot_given.c.area_code,
            received.c.received_on,
        )
        .select_from(lot_given.join(received, same))
        .where(lot_given.c.lot_id == lot_id, lot_given.c.quantity > 0)
    )
    keys = [lot_given.c.source, received.c.household_id]
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)
