"""What the reads of all services have in common.

Owns the position a read shows, keyset order, and rows as JSON. Must not know a table.
"""

from collections.abc import Iterable
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
    # SQLAlchemy names columns by a subclass of str, which orjson takes for no key.
    return {
        str(name): timestamp(value) if isinstance(value, datetime) else value
        for name, value in row.items()
        if value is not None
    }


async def rows_of(
    connection: AsyncConnection,
    query: sa.Select[Any],
    keys: Iterable[sa.ColumnElement[Any]],
    *,
    after: Key | None,
    limit: int,
) -> list[dict[str, Any]]:
    """A page of a query in the order of its key, and one row more, after a key."""
    ordered = tuple(keys)
    query = query.order_by(*ordered).limit(limit + 1)
    if after is not None:
        query = query.where(sa.tuple_(*ordered) > sa.tuple_(*after))
    return [json_row(row) for row in (await connection.execute(query)).mappings()]


def array(values: Iterable[str]) -> sa.ColumnElement[Any]:
    """Texts as one bound array, for `= ANY(…)`."""
    return sa.any_(sa.bindparam(None, sorted(set(values)), type_=sa.ARRAY(sa.Text)))
