"""What the areas still need.

Owns the reads over demand. Must not write.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.needs.stating import Counted
from services.logistics.needs.tables import demand_area, demand_line
from services.logistics.requests.tables import request_line
from services.logistics.tables import below
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, rows_of


class AskedBefore(NamedTuple):
    """What was asked for of an item, and what of it came back."""

    requested: int
    given_back: int

    @property
    def standing(self) -> int:
        """What is asked for and did not come back."""
        return self.requested - self.given_back


def matching(disaster_id: str, area_code: str | None) -> sa.ColumnElement[bool]:
    """The condition of a list of demands: a disaster's, in an area and all below it or in all areas."""
    of_disaster = demand_area.c.disaster_id == disaster_id
    return of_disaster if area_code is None else sa.and_(of_disaster, below(demand_area.c.area_code, area_code))


async def demands(
    connection: AsyncConnection, asked: sa.ColumnElement[bool], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of areas and one row more, by area, each with its items, and the position they show."""
    query = sa.select(demand_area).where(asked)
    rows = await rows_of(connection, query, [demand_area.c.area_code], after=after, limit=limit)
    items = await lines(connection, [row["demand_id"] for row in rows])
    return [{**row, "items": items.get(row["demand_id"], [])} for row in rows], await as_of(connection)


async def lines(connection: AsyncConnection, demand_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The items of these areas: needed, requested (what cancelled requests gave back taken off), and open."""
    standing = request_line.c.requested - request_line.c.given_back
    requested = (
        sa.select(
            request_line.c.demand_id,
            request_line.c.item_code,
            sa.cast(sa.func.sum(standing), sa.BigInteger).label("requested"),
            sa.cast(sa.func.sum(request_line.c.given_back), sa.BigInteger).label("given_back"),
        )
        .where(request_line.c.demand_id == array(demand_ids))
        .group_by(request_line.c.demand_id, request_line.c.item_code)
        .subquery()
    )
    same = sa.and_(requested.c.demand_id == demand_line.c.demand_id, requested.c.item_code == demand_line.c.item_code)
    query = (
        sa.select(
            demand_line,
            sa.func.coalesce(requested.c.requested, 0).label("requested"),
            sa.func.coalesce(requested.c.given_back, 0).label("given_back"),
        )
        .select_from(demand_line.outerjoin(requested, same))
        .where(demand_line.c.demand_id == array(demand_ids))
        .order_by(demand_line.c.demand_id, demand_line.c.item_code)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.demand_id, []).append(
            {
                "item_code": row.item_code,
                "needed": row.needed,
                "requested": row.requested,
                "given_back": row.given_back,
                "open": max(0, row.needed - row.requested),
            }
        )
    return found


async def counted(connection: AsyncConnection, demand_ids: Sequence[str]) -> dict[str, Counted]:
    """How many households and persons count in these areas."""
    query = sa.select(demand_area).where(demand_area.c.demand_id == array(demand_ids))
    return {
        row.demand_id: Counted(
            row.household_count, row.person_count, row.displaced_household_count, row.displaced_person_count
        )
        for row in await connection.execute(query)
    }


async def asked_before(connection: AsyncConnection, demand_ids: Sequence[str]) -> dict[str, dict[str, AskedBefore]]:
    """What was asked for out of the needs of these areas, by item, also of items no norm in force names."""
    query = (
        sa.select(
            request_line.c.demand_id,
            request_line.c.item_code,
            sa.cast(sa.func.sum(request_line.c.requested), sa.BigInteger).label("requested"),
            sa.cast(sa.func.sum(request_line.c.given_back), sa.BigInteger).label("given_back"),
        )
        .where(request_line.c.demand_id == array(demand_ids))
        .group_by(request_line.c.demand_id, request_line.c.item_code)
    )
    found: dict[str, dict[str, AskedBefore]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.demand_id, {})[row.item_code] = AskedBefore(row.requested, row.given_back)
    return found


async def demand_ids(connection: AsyncConnection, disaster_id: str, area_code: str | None) -> list[str]:
    """The demands of a disaster, in all areas or in one, in the order of their areas."""
    query = sa.select(demand_area.c.demand_id).where(demand_area.c.disaster_id == disaster_id)
    if area_code is not None:
        query = query.where(demand_area.c.area_code == area_code)
    return list((await connection.execute(query.order_by(demand_area.c.area_code))).scalars())
