"""What is shown of requests, and what a plan is made from.

Owns the reads over requests and their fulfilment. Must not write.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.places.tables import place
from services.logistics.requests.planner import Wanted, Where
from services.logistics.requests.tables import request, request_line
from services.logistics.stock.tables import lot, reservation
from services.logistics.tables import below
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import RequestId
from shared.contracts.vocabulary import Urgency
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, json_row, rows_of

_LINES = TypeAdapter(tuple[ItemQuantity, ...])
_SHORT = sa.func.jsonb_array_length(request.c.short) > 0


async def requests(
    connection: AsyncConnection, asked: sa.ColumnElement[bool], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of requests and one row more, by id, each with how far its lines are, and the position they show."""
    rows = await rows_of(connection, sa.select(request).where(asked), [request.c.id], after=after, limit=limit)
    lines = await lines_of(connection, [row["id"] for row in rows])
    shown = [{**row, "lines": lines[row["id"]]} for row in rows]
    return shown, await as_of(connection)


def matching(disaster_id: str | None, area_code: str | None, *, short: bool | None) -> sa.ColumnElement[bool]:
    """The condition of a list of requests."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if disaster_id is not None:
        conditions.append(request.c.disaster_id == disaster_id)
    if area_code is not None:
        conditions.append(below(request.c.area_code, area_code))
    if short is not None:
        open_ = sa.and_(_SHORT, sa.not_(request.c.cancelled))
        conditions.append(open_ if short else sa.not_(open_))
    return sa.and_(*conditions)


async def lines_of(connection: AsyncConnection, request_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """How far the lines of these requests are."""
    query = sa.select(request_line).where(request_line.c.request_id == array(request_ids))
    query = query.order_by(request_line.c.request_id, request_line.c.item_code)
    found: dict[str, list[dict[str, Any]]] = {request_id: [] for request_id in request_ids}
    for row in (await connection.execute(query)).mappings():
        shown = {name: value for name, value in json_row(row).items() if name not in ("request_id", "demand_id")}
        found[row["request_id"]].append(shown)
    return found


async def request_by_id(connection: AsyncConnection, request_id: str) -> dict[str, Any] | None:
    """One request with its lines and what is reserved for it, or None if nobody opened it."""
    row = (await connection.execute(sa.select(request).where(request.c.id == request_id))).mappings().one_or_none()
    if row is None:
        return None
    kept = (
        sa.select(
            reservation.c.entry.label("reservation_id"),
            reservation.c.parent.label("lot_id"),
            lot.c.item_code,
            reservation.c.place_id,
            reservation.c.quantity,
            reservation.c.expires_on,
        )
        .select_from(reservation.join(lot, lot.c.id == reservation.c.parent))
        .where(reservation.c.request_id == request_id)
        .order_by(reservation.c.place_id, reservation.c.entry)
    )
    reserved = (await connection.execute(kept)).mappings().all()
    lines = await lines_of(connection, [request_id])
    return {**json_row(row), "lines": lines[request_id], "reservations": [json_row(one) for one in reserved]}


async def wanted(connection: AsyncConnection, request_ids: Sequence[str]) -> list[Wanted]:
    """What these requests are short of; where the destination has no coordinates, those of its village count."""
    village = sa.alias(place)
    to = sa.alias(place)
    of_village = sa.and_(
        village.c.area_code == request.c.area_code,
        village.c.latitude_e7.is_not(None),
        village.c.place_kind == "village",
    )
    query = (
        sa.select(
            request.c.id,
            request.c.area_code,
            request.c.short,
            request.c.urgency,
            request.c.due_at,
            sa.func.coalesce(to.c.latitude_e7, village.c.latitude_e7).label("latitude_e7"),
            sa.func.coalesce(to.c.longitude_e7, village.c.longitude_e7).label("longitude_e7"),
        )
        .select_from(request.outerjoin(to, to.c.id == request.c.to_place_id).outerjoin(village, of_village))
        .where(request.c.id == array(request_ids))
        .ext(distinct_on(request.c.id))
        .order_by(request.c.id, village.c.id)
    )
    return [
        Wanted(
            request_id=RequestId(row.id),
            short=_LINES.validate_python(row.short),
            where=Where(row.area_code, row.latitude_e7, row.longitude_e7),
            urgency=Urgency(row.urgency),
            due_at=row.due_at,
        )
        for row in await connection.execute(query)
    ]


async def to_allocate(connection: AsyncConnection, disaster_id: str) -> list[str]:
    """The requests of a disaster, cancelled ones left out."""
    query = sa.select(request.c.id).where(request.c.disaster_id == disaster_id, sa.not_(request.c.cancelled))
    return list((await connection.execute(query.order_by(request.c.id))).scalars())


async def still_short(connection: AsyncConnection, request_ids: Sequence[str]) -> set[str]:
    """Which of these requests are open and short of something."""
    query = sa.select(request.c.id).where(request.c.id == array(request_ids), sa.not_(request.c.cancelled), _SHORT)
    return set((await connection.execute(query)).scalars())


async def areas_of(connection: AsyncConnection, request_ids: Sequence[str]) -> dict[str, sa.RowMapping]:
    """Area and lots of these requests, by id; unknown ones are left out."""
    query = sa.select(request.c.id, request.c.area_code, request.c.disaster_id, request.c.lot_ids)
    rows = (await connection.execute(query.where(request.c.id == array(request_ids)))).mappings()
    return {row["id"]: row for row in rows}


async def known(connection: AsyncConnection, request_ids: Sequence[str]) -> set[str]:
    """Which of these ids are requests."""
    query = sa.select(request.c.id).where(request.c.id == array(request_ids))
    return set((await connection.execute(query)).scalars())


async def with_expired(connection: AsyncConnection, on: date) -> list[str]:
    """The requests that have something reserved past its day."""
    query = sa.select(reservation.c.request_id).where(reservation.c.expires_on < on).distinct()
    return sorted((await connection.execute(query)).scalars())
