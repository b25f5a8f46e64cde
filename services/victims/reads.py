"""What the reads of all capabilities have in common.

Owns the position a read shows, keyset order, and rows as JSON. Must not know a table.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import timestamp
from shared.kit.http.paging import Key
from shared.kit.log.tables import head


async def as_of(connection: AsyncConnection) -> int:
    """The log position that this connection's snapshot shows."""
    return int(await connection.scalar(sa.select(head.c.position)) or 0)


def json_row(row: sa.RowMapping) -> dict[str, Any]:
    """A row with instants in the one spelling; absent values are left out."""
    return {
        str(name): timestamp(value) if isinstance(value, datetime) else value
        for name, value in row.items()
        if value is not None
    }


def by_area(table: sa.Table, after: Key | None, limit: int) -> sa.Select[Any]:
    """A page of a table in the order of area and id, and one row more, after a key of these two."""
    query = sa.select(table).order_by(table.c.area_code, table.c.id).limit(limit + 1)
    if after is None:
        return query
    return query.where(sa.tuple_(table.c.area_code, table.c.id) > sa.tuple_(*after))
