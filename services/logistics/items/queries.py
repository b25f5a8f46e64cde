"""What is shown of the catalogue.

Owns the reads over the table of items. Must not write.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.items.tables import item
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of


async def items(connection: AsyncConnection, *, after: Key | None, limit: int) -> tuple[list[dict[str, Any]], int]:
    """A page of items and one row more, by code, with the position they show."""
    return await rows_of(connection, sa.select(item), [item.c.id], after=after, limit=limit), await as_of(connection)
