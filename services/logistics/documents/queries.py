"""What is shown of letters: the register, and what it lacks.

Owns the reads over letters and registers. Must not write.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.documents.tables import document, register
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, json_row, rows_of

_REGISTER_ID = (document.c.document_kind + ":" + sa.cast(document.c.year, sa.Text) + ":" + document.c.office).label(
    "register_id"
)
# What a row of the list of what is missing lacks: its letter, or its signature.
LETTER, SIGNATURE = "letter", "signature"


async def documents(  # noqa: PLR0913 -- a page of three filters
    connection: AsyncConnection,
    *,
    kind: str | None,
    office: str | None,
    subject: str | None,
    after: Key | None,
    limit: int,
) -> tuple[list[dict[str, Any]], int]:
    """A page of the register and one row more, by kind, year, office and number, with the position it shows."""
    query = sa.select(document)
    for column, value in ((document.c.document_kind, kind), (document.c.office, office)):
        if value is not None:
            query = query.where(column == value)
    if subject is not None:
        query = query.where(document.c.content["subject"].astext == subject)
    keys = [document.c.document_kind, document.c.year, document.c.office, document.c.number]
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)


async def missing(
    connection: AsyncConnection, *, kind: str | None, office: str | None, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of what the registers lack and one row more, by register and number.

    Numbers that went out on paper and whose letter was not entered, and letters that nobody signed.
    """
    out = sa.select(
        register.c.id.label("register_id"),
        sa.cast(sa.func.jsonb_array_elements_text(register.c.set_aside), sa.BigInteger).label("number"),
        sa.null().label("document_id"),
        sa.literal(LETTER).label("lacks"),
    )
    unsigned = sa.select(
        _REGISTER_ID, document.c.number, document.c.id.label("document_id"), sa.literal(SIGNATURE).label("lacks")
    ).where(document.c.signed_on.is_(None), sa.not_(document.c.cancelled))
    both = sa.union_all(out, unsigned).subquery()
    query = sa.select(both)
    if kind is not None:
        query = query.where(sa.func.split_part(both.c.register_id, ":", 1) == kind)
    if office is not None:
        query = query.where(sa.func.regexp_replace(both.c.register_id, "^[^:]*:[^:]*:", "") == office)
    rows = await rows_of(connection, query, [both.c.register_id, both.c.number], after=after, limit=limit)
    return rows, await as_of(connection)


async def document_by_id(connection: AsyncConnection, document_id: str) -> dict[str, Any] | None:
    """One letter, or None if it was never issued."""
    row = (await connection.execute(sa.select(document).where(document.c.id == document_id))).mappings().one_or_none()
    return None if row is None else json_row(row)


async def letter_numbers(connection: AsyncConnection, document_ids: Sequence[str]) -> list[str]:
    """The numbers of these letters, in their order."""
    query = sa.select(document.c.id, document.c.content["letter_number"].astext.label("said")).where(
        document.c.id == array(document_ids)
    )
    said = {row.id: row.said for row in await connection.execute(query)}
    return [said[id_] for id_ in document_ids if id_ in said]
