"""What is shown of routes, and the network a plan goes by.

Owns the reads over the table of routes. Must not write.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.places.tables import place
from services.logistics.routes.domain import Route
from services.logistics.routes.network import Network
from services.logistics.routes.tables import route
from shared.contracts.routes import ClosureReason, RouteMode
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, rows_of


async def routes(
    connection: AsyncConnection, asked: sa.ColumnElement[bool], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of routes and one row more, by id, with the position they show."""
    rows = await rows_of(connection, sa.select(route).where(asked), [route.c.id], after=after, limit=limit)
    return rows, await as_of(connection)


def matching(end: str | None, open_on: date | None) -> sa.ColumnElement[bool]:
    """The condition of a list of routes: those from or to an end, and those open on a day."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if end is not None:
        conditions.append(sa.or_(route.c.from_end == end, route.c.to_end == end))
    if open_on is not None:
        conditions.append(_open(open_on))
    return sa.and_(*conditions)


def _open(day: date) -> sa.ColumnElement[bool]:
    valid = sa.and_(route.c.valid_from <= day, sa.or_(route.c.valid_until.is_(None), route.c.valid_until >= day))
    closed = sa.and_(route.c.closed_from <= day, sa.or_(route.c.closed_until.is_(None), route.c.closed_until >= day))
    return sa.and_(valid, sa.or_(route.c.closed_from.is_(None), sa.not_(closed)))


async def network(connection: AsyncConnection, day: date) -> Network:
    """The routes open on a day."""
    rows = (await connection.execute(sa.select(route).where(_open(day)))).mappings().all()
    open_ = [
        Route(**{**row, "mode": RouteMode(row["mode"]), "closure": row["closure"] and ClosureReason(row["closure"])})
        for row in rows
    ]
    areas = await areas_of(connection, sorted({end for one in open_ for end in (one.from_end, one.to_end)}))
    return Network(open_, areas, day)


async def stops(connection: AsyncConnection, from_place: str, to_place: str, day: date) -> tuple[str, ...]:
    """The places that the shortest way between two places passes over the routes open on a day."""
    areas = await areas_of(connection, [from_place, to_place])
    open_ = await network(connection, day)
    return open_.stops(from_place, areas.get(from_place), to_place, areas.get(to_place))


async def areas_of(connection: AsyncConnection, place_ids: Sequence[str]) -> dict[str, str]:
    """The areas of those of these places that were opened and lie in one."""
    query = sa.select(place.c.id, place.c.area_code).where(
        place.c.id == array(place_ids), place.c.place_kind.is_not(None), place.c.area_code.is_not(None)
    )
    return {row.id: row.area_code for row in await connection.execute(query)}
