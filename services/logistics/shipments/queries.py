"""What is shown of shipments, and what is on its way to a post.

Owns the reads over the table of shipments. Must not write.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.places.tables import place
from services.logistics.shipments.tables import shipment
from shared.contracts.vocabulary import PlaceKind
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, json_row, rows_of


def matching(
    *, request_id: str | None, place_id: str | None, on_the_way: bool | None, differs: bool | None
) -> sa.ColumnElement[bool]:
    """The condition of a list of shipments; `place_id` is where they go or came."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if request_id is not None:
        conditions.append(shipment.c.request_id == request_id)
    if place_id is not None:
        conditions.append(sa.or_(shipment.c.to_place_id == place_id, shipment.c.received_at_place_id == place_id))
    for column, value in ((shipment.c.on_the_way, on_the_way), (shipment.c.differs, differs)):
        if value is not None:
            conditions.append(column if value else sa.not_(column))
    return sa.and_(*conditions)


async def shipments(
    connection: AsyncConnection, asked: sa.ColumnElement[bool], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of shipments and one row more, by id, with the position they show."""
    rows = await rows_of(connection, sa.select(shipment).where(asked), [shipment.c.id], after=after, limit=limit)
    return rows, await as_of(connection)


async def shipment_by_id(connection: AsyncConnection, shipment_id: str) -> dict[str, Any] | None:
    """One shipment, or None if nobody sent or reported it."""
    row = (await connection.execute(sa.select(shipment).where(shipment.c.id == shipment_id))).mappings().one_or_none()
    return None if row is None else json_row(row)


async def villages_served(connection: AsyncConnection, shipment_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """For the shipments that go to a village: the village's place and its area."""
    query = (
        sa.select(shipment.c.id, shipment.c.to_place_id, place.c.area_code)
        .select_from(shipment.join(place, place.c.id == shipment.c.to_place_id))
        .where(shipment.c.id == array(shipment_ids), place.c.place_kind == PlaceKind.VILLAGE.value)
    )
    return {row.id: (row.to_place_id, row.area_code or "") for row in await connection.execute(query)}


async def coming(connection: AsyncConnection, place_id: str) -> dict[str, int]:
    """What of each lot is on its way to a place and not counted yet."""
    line = (
        sa.func.jsonb_to_recordset(shipment.c.lines)
        .table_valued(sa.column("lot_id", sa.Text), sa.column("quantity", sa.BigInteger))
        .render_derived(with_types=True)
    )
    counted = sa.func.jsonb_build_array(sa.func.jsonb_build_object("lot_id", line.c.lot_id))
    query = (
        sa.select(line.c.lot_id, sa.cast(sa.func.sum(line.c.quantity), sa.BigInteger).label("quantity"))
        .select_from(shipment.join(line, sa.true()))
        .where(
            shipment.c.to_place_id == place_id,
            shipment.c.on_the_way,
            sa.not_(shipment.c.received.contains(counted)),
        )
        .group_by(line.c.lot_id)
    )
    return {row.lot_id: row.quantity for row in await connection.execute(query)}
