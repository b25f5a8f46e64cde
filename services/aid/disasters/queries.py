"""What is shown of the disasters aid has heard of.

Owns the reads over the table of disasters. Must not write.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.aid.disasters.tables import disaster
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of


async def disasters(connection: AsyncConnection, *, after: Key | None, limit: int) -> tuple[list[dict[str, Any]], int]:
    """A page of disasters and one row more, by id, with the position they show."""
    rows = await rows_of(connection, sa.select(disaster), (disaster.c.id,), after=after, limit=limit)
    return rows, await as_of(connection)
