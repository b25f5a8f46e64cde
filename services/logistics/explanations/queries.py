"""What is shown of flagged facts: those to be explained, and those explained with their explanation.

Owns these reads and the look-up an explanation is decided on. Must not write.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.explanations.domain import Flagged
from services.logistics.explanations.tables import to_explain
from services.logistics.stock.tables import movement
from shared.contracts.ids import EventId, LotId, PlaceId
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, json_row, rows_of

_EXPLANATION = sa.literal_column(
    "(SELECT jsonb_strip_nulls(to_jsonb(e) - 'id' - 'version') FROM explanation AS e WHERE e.id = to_explain.event_id)",
    JSONB,
).label("explanation")
_SHOWN = sa.select(to_explain, _EXPLANATION)


async def flagged(
    connection: AsyncConnection, place_id: str | None, *, explained: bool, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of facts accepted with a flag and one row more, by position, with the position they show."""
    query = _SHOWN.where(to_explain.c.explained if explained else sa.not_(to_explain.c.explained))
    if place_id is not None:
        query = query.where(to_explain.c.place_id == place_id)
    return await rows_of(connection, query, [to_explain.c.position], after=after, limit=limit), await as_of(connection)


async def flagged_by_id(connection: AsyncConnection, event_id: str) -> dict[str, Any] | None:
    """One fact accepted with a flag, with its explanation if there is one, or None."""
    row = (await connection.execute(_SHOWN.where(to_explain.c.event_id == event_id))).mappings().one_or_none()
    return None if row is None else json_row(row)


async def to_be_explained(connection: AsyncConnection, event_id: str) -> Flagged | None:
    """A flagged fact as its explanation is decided on, or None where no such fact was flagged."""
    row = (await connection.execute(sa.select(to_explain).where(to_explain.c.event_id == event_id))).one_or_none()
    if row is None:
        return None
    place_id = PlaceId(row.place_id) if row.place_id is not None else None
    return Flagged(EventId(row.event_id), place_id, tuple((LotId(lot), quantity) for lot, quantity in row.lots))


async def is_reversal(connection: AsyncConnection, event_id: str) -> bool:
    """Whether this is a movement that took another back."""
    query = sa.select(sa.exists().where(movement.c.event_id == event_id, movement.c.reverses.is_not(None)))
    return bool(await connection.scalar(query))
