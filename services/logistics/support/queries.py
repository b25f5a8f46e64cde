"""What is shown of support asked for requests.

Owns the reads over its read model. Must not write.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.requests.tables import request
from services.logistics.support.tables import support
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of


def matching(*, of_owner_id: str | None, request_id: str | None, answer: str | None) -> sa.ColumnElement[bool]:
    """The condition of a list of support."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    asked = ((support.c.of_owner_id, of_owner_id), (support.c.request_id, request_id), (support.c.answer, answer))
    conditions += [column == value for column, value in asked if value is not None]
    return sa.and_(*conditions)


async def supports(
    connection: AsyncConnection, asked: sa.ColumnElement[bool], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of support and one row more, by id, with the position they show."""
    rows = await rows_of(connection, sa.select(support).where(asked), [support.c.id], after=after, limit=limit)
    return rows, await as_of(connection)


async def owners_of(connection: AsyncConnection, support_id: str) -> tuple[str, str] | None:
    """The request a support is for and the owner asked, or None if nobody asked under this id."""
    query = sa.select(support.c.request_id, support.c.of_owner_id).where(support.c.id == support_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else (row.request_id, row.of_owner_id)


async def addressee_of(connection: AsyncConnection, request_id: str) -> str | None:
    """Whom a request is addressed to, or None if nobody opened it."""
    query = sa.select(request.c.addressed_to).where(request.c.id == request_id)
    return (await connection.execute(query)).scalar_one_or_none()
