"""What is shown of shipments, and what is on its way to a post.

Owns the reads over the tables of shipments, returns and hand-overs. Must not write.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.places.tables import place
from services.logistics.shipments.tables import goods_return, handover, shipment, shipment_line, shipment_stop
from shared.contracts.ids import RequestId
from shared.contracts.vocabulary import PlaceKind
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, json_row, rows_of

_LINES = sa.literal_column(
    "(SELECT coalesce(jsonb_agg(to_jsonb(l) - 'parent' - 'entry' ORDER BY l.line_no), '[]') "
    "FROM shipment_line AS l WHERE l.parent = shipment.id)",
    JSONB,
).label("lines")
_SHOWN = sa.select(shipment, _LINES)


def matching(
    *,
    request_id: str | None,
    place_id: str | None,
    on_the_way: bool | None,
    differs: bool | None,
    unsigned: bool | None = None,
) -> sa.ColumnElement[bool]:
    """The condition of a list of shipments; `place_id` is where they go or came."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if request_id is not None:
        conditions.append(shipment.c.request_id == request_id)
    if place_id is not None:
        conditions.append(sa.or_(shipment.c.to_place_id == place_id, shipment.c.received_at_place_id == place_id))
    for column, value in (
        (shipment.c.on_the_way, on_the_way),
        (shipment.c.differs, differs),
        (shipment.c.unsigned, unsigned),
    ):
        if value is not None:
            conditions.append(column if value else sa.not_(column))
    return sa.and_(*conditions)


async def shipments(
    connection: AsyncConnection, asked: sa.ColumnElement[bool], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of shipments with their lines and one row more, by id, with the position they show."""
    rows = await rows_of(connection, _SHOWN.where(asked), [shipment.c.id], after=after, limit=limit)
    return rows, await as_of(connection)


async def shipment_by_id(connection: AsyncConnection, shipment_id: str) -> dict[str, Any] | None:
    """One shipment with its lines and stops, or None if nobody sent or reported it."""
    row = (await connection.execute(_SHOWN.where(shipment.c.id == shipment_id))).mappings().one_or_none()
    if row is None:
        return None
    stops = sa.select(shipment_stop).where(shipment_stop.c.shipment_id == shipment_id)
    rows = (await connection.execute(stops.order_by(shipment_stop.c.position))).mappings()
    return {**json_row(row), "stops": [json_row(one) for one in rows]}


async def sent_for(connection: AsyncConnection, shipment_ids: Sequence[str]) -> dict[str, RequestId]:
    """For the shipments that have left for a request: the request."""
    query = sa.select(shipment.c.id, shipment.c.request_id).where(
        shipment.c.id == array(shipment_ids), shipment.c.dispatched_on.is_not(None), shipment.c.request_id.is_not(None)
    )
    return {row.id: RequestId(row.request_id) for row in await connection.execute(query)}


async def villages_served(connection: AsyncConnection, shipment_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """For the shipments that go to a village: the village's place and its area."""
    query = (
        sa.select(shipment.c.id, shipment.c.to_place_id, place.c.area_code)
        .select_from(shipment.join(place, place.c.id == shipment.c.to_place_id))
        .where(shipment.c.id == array(shipment_ids), place.c.place_kind == PlaceKind.VILLAGE.value)
    )
    return {row.id: (row.to_place_id, row.area_code or "") for row in await connection.execute(query)}


async def coming(connection: AsyncConnection, place_id: str) -> dict[str, int]:
    """What of each lot is on its way to a place."""
    quantity = sa.cast(sa.func.sum(shipment_line.c.open), sa.BigInteger).label("quantity")
    query = (
        sa.select(shipment_line.c.lot_id, quantity)
        .select_from(shipment.join(shipment_line, shipment_line.c.parent == shipment.c.id))
        .where(shipment.c.to_place_id == place_id, shipment.c.on_the_way, shipment_line.c.open > 0)
        .group_by(shipment_line.c.lot_id)
    )
    return {row.lot_id: row.quantity for row in await connection.execute(query)}


async def returns(
    connection: AsyncConnection, place_id: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of returns and one row more, by id, with the position they show."""
    query = sa.select(goods_return)
    if place_id is not None:
        query = query.where(goods_return.c.at_place_id == place_id)
    return await rows_of(connection, query, [goods_return.c.id], after=after, limit=limit), await as_of(connection)


async def handovers(
    connection: AsyncConnection, place_id: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of hand-overs and one row more, by id, with the position they show."""
    query = sa.select(handover)
    if place_id is not None:
        query = query.where(handover.c.to_place_id == place_id)
    return await rows_of(connection, query, [handover.c.id], after=after, limit=limit), await as_of(connection)
