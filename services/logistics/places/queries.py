"""What is shown of places, and where they lie.

Owns the reads over the table of places. Must not write.
"""

from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.places.tables import place
from services.logistics.tables import below
from shared.contracts.vocabulary import Authority, PlaceKind
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of


class PlaceShown(BaseModel):
    """A place as it was opened."""

    id: str
    version: int
    place_kind: PlaceKind
    area_code: str | None
    authority: Authority | None
    post_id: str | None
    latitude_e7: int | None
    longitude_e7: int | None


async def place_by_id(connection: AsyncConnection, place_id: str) -> PlaceShown | None:
    """One place, or None if nobody opened it."""
    query = sa.select(place).where(place.c.id == place_id, _opened())
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else PlaceShown.model_validate(dict(row))


async def places(
    connection: AsyncConnection, kind: PlaceKind | None, area_code: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of places and one row more, by id, with the position they show."""
    query = sa.select(place).where(_opened())
    if kind is not None:
        query = query.where(place.c.place_kind == kind.value)
    if area_code is not None:
        query = query.where(below(place.c.area_code, area_code))
    return await rows_of(connection, query, [place.c.id], after=after, limit=limit), await as_of(connection)


async def destinations(connection: AsyncConnection, area_codes: list[str]) -> dict[str, str]:
    """Where goods for these areas go if nobody says: a post there, else the village's own place; none is left out."""
    wanted = (PlaceKind.POST.value, PlaceKind.VILLAGE.value)
    query = (
        sa.select(place.c.area_code, place.c.id)
        .where(place.c.area_code.in_(area_codes), place.c.place_kind.in_(wanted))
        .ext(distinct_on(place.c.area_code))
        .order_by(place.c.area_code, place.c.place_kind, place.c.id)
    )
    return {row.area_code: row.id for row in await connection.execute(query)}


def _opened() -> sa.ColumnElement[bool]:
    """The condition that a place was opened: until then only devices of a post may be known."""
    return place.c.place_kind.is_not(None)
