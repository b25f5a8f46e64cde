"""What is shown of preparedness: what stores lack, what expires, villages that stand ready, and checks that are due.

Owns the reads over buffers, villages and checks, and over stock as far as they need it. Must not write.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.places.tables import place
from services.logistics.preparedness.domain import KEEPING
from services.logistics.preparedness.prepositioning import Holding
from services.logistics.preparedness.tables import buffer, ksb, stock_check
from services.logistics.requests.candidates import Where
from services.logistics.stock.tables import balance, lot
from services.logistics.tables import below
from shared.contracts.ids import ItemCode, PlaceId
from shared.contracts.vocabulary import PlaceKind
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, json_row, rows_of

_KEEPING = tuple(kind.value for kind in KEEPING)
_FREE = balance.c.on_hand - balance.c.reserved


def _sound(on: date) -> sa.ColumnElement[bool]:
    """The condition that goods of a lot can be given out to anybody: not expired, not recalled, not tied to a use."""
    return sa.and_(
        balance.c.field_deficit == 0,
        lot.c.recall_id.is_(None),
        lot.c.restriction.is_(None),
        sa.or_(lot.c.expires_on.is_(None), lot.c.expires_on >= on),
    )


def _held(on: date) -> sa.Subquery:
    """By place and item, what is there, free and sound."""
    return (
        sa.select(
            balance.c.entry.label("place_id"),
            lot.c.item_code,
            sa.cast(sa.func.sum(_FREE), sa.BigInteger).label("held"),
        )
        .select_from(balance.join(lot, lot.c.id == balance.c.parent))
        .where(_FREE > 0, _sound(on))
        .group_by(balance.c.entry, lot.c.item_code)
        .subquery("held")
    )


async def buffers(
    connection: AsyncConnection, place_id: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of buffers and one row more, by place and item, with the position they show."""
    query = sa.select(buffer)
    if place_id is not None:
        query = query.where(buffer.c.place_id == place_id)
    keys = [buffer.c.place_id, buffer.c.item_code]
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)


async def low_stock(
    connection: AsyncConnection, area_code: str | None, *, on: date, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of stores that hold less of an item than they should, by place and item, and the position they show."""
    held_ = _held(on)
    there = sa.func.coalesce(held_.c.held, 0)
    same = sa.and_(held_.c.place_id == buffer.c.place_id, held_.c.item_code == buffer.c.item_code)
    query = (
        sa.select(
            buffer.c.place_id,
            place.c.place_kind,
            place.c.area_code,
            buffer.c.item_code,
            buffer.c.target,
            there.label("held"),
            (buffer.c.target - there).label("missing"),
            buffer.c.legal_basis,
            buffer.c.assumed,
        )
        .select_from(buffer.join(place, place.c.id == buffer.c.place_id).outerjoin(held_, same))
        .where(there < buffer.c.target)
    )
    if area_code is not None:
        query = query.where(below(place.c.area_code, area_code))
    keys = [buffer.c.place_id, buffer.c.item_code]
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)


async def expiring(
    connection: AsyncConnection, place_id: str | None, *, before: date, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of what is in stores, posts and vehicles and expires before a day, soonest first, and the position."""
    query = (
        sa.select(
            lot.c.expires_on,
            lot.c.id.label("lot_id"),
            balance.c.entry.label("place_id"),
            lot.c.item_code,
            lot.c.owner_id,
            balance.c.on_hand,
            balance.c.reserved,
            lot.c.recall_id,
        )
        .select_from(lot.join(balance, balance.c.parent == lot.c.id))
        .where(lot.c.expires_on < before, sa.not_(balance.c.account), balance.c.on_hand > 0)
    )
    if place_id is not None:
        query = query.where(balance.c.entry == place_id)
    # As text, since a cursor holds texts; dates written YYYY-MM-DD sort alike.
    keys = [sa.cast(lot.c.expires_on, sa.Text), lot.c.id, balance.c.entry]
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)


async def holdings(connection: AsyncConnection, *, on: date) -> list[Holding]:
    """What every store may give of each owner's goods, and what it should hold of the item."""
    owned = (
        sa.select(
            balance.c.entry.label("place_id"),
            lot.c.item_code,
            lot.c.owner_id,
            sa.cast(sa.func.sum(_FREE), sa.BigInteger).label("free"),
        )
        .select_from(balance.join(lot, lot.c.id == balance.c.parent))
        .where(_FREE > 0, _sound(on), lot.c.owner_id.is_not(None))
        .group_by(balance.c.entry, lot.c.item_code, lot.c.owner_id)
        .subquery("owned")
    )
    same = sa.and_(owned.c.place_id == buffer.c.place_id, owned.c.item_code == buffer.c.item_code)
    place_id = sa.func.coalesce(owned.c.place_id, buffer.c.place_id)
    item_code = sa.func.coalesce(owned.c.item_code, buffer.c.item_code)
    query = (
        sa.select(
            place_id.label("place_id"),
            item_code.label("item_code"),
            sa.func.coalesce(owned.c.owner_id, "").label("owner_id"),
            sa.func.coalesce(owned.c.free, 0).label("free"),
            sa.func.coalesce(buffer.c.target, 0).label("target"),
            place.c.area_code,
            place.c.latitude_e7,
            place.c.longitude_e7,
        )
        .select_from(owned.outerjoin(buffer, same, full=True).join(place, place.c.id == place_id))
        .where(place.c.place_kind.in_(_KEEPING))
        .order_by(place_id, item_code, owned.c.owner_id)
    )
    return [
        Holding(
            place_id=PlaceId(row.place_id),
            item_code=ItemCode(row.item_code),
            owner_id=row.owner_id,
            free=row.free,
            target=row.target,
            where=Where(row.area_code, row.latitude_e7, row.longitude_e7),
        )
        for row in await connection.execute(query)
    ]


async def ksbs(
    connection: AsyncConnection, area_code: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of villages that stand ready, by id, with the last check of their food store, and the position."""
    query = sa.select(ksb, stock_check.c.checked_on, stock_check.c.due_on).select_from(
        ksb.outerjoin(stock_check, stock_check.c.id == ksb.c.lumbung_place_id)
    )
    if area_code is not None:
        query = query.where(below(ksb.c.area_code, area_code))
    return await rows_of(connection, query, [ksb.c.id], after=after, limit=limit), await as_of(connection)


async def ksb_by_id(connection: AsyncConnection, ksb_id: str, *, on: date) -> dict[str, Any] | None:
    """One village that stands ready with what its food store holds and should hold; None if nobody reported it."""
    joined = ksb.outerjoin(stock_check, stock_check.c.id == ksb.c.lumbung_place_id)
    query = sa.select(ksb, stock_check.c.checked_on, stock_check.c.due_on).select_from(joined)
    row = (await connection.execute(query.where(ksb.c.id == ksb_id))).mappings().one_or_none()
    if row is None:
        return None
    held_ = _held(on)
    same = sa.and_(held_.c.place_id == buffer.c.place_id, held_.c.item_code == buffer.c.item_code)
    item_code = sa.func.coalesce(held_.c.item_code, buffer.c.item_code)
    stock = (
        sa.select(
            item_code.label("item_code"),
            sa.func.coalesce(held_.c.held, 0).label("held"),
            sa.func.coalesce(buffer.c.target, 0).label("target"),
        )
        .select_from(held_.outerjoin(buffer, same, full=True))
        .where(sa.func.coalesce(held_.c.place_id, buffer.c.place_id) == row["lumbung_place_id"])
        .order_by(item_code)
    )
    found = (await connection.execute(stock)).mappings().all()
    return {**json_row(row), "stock": [json_row(one) for one in found]}


async def checks_due(
    connection: AsyncConnection, *, by: date, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of the stores that must be looked through by a day: lumbung always, others that hold a buffer."""
    keeps = sa.select(buffer.c.place_id).where(buffer.c.target > 0)
    query = (
        sa.select(place.c.id.label("place_id"), place.c.place_kind, place.c.area_code, stock_check.c.checked_on)
        .add_columns(stock_check.c.due_on)
        .select_from(place.outerjoin(stock_check, stock_check.c.id == place.c.id))
        .where(
            sa.or_(place.c.place_kind == PlaceKind.LUMBUNG.value, place.c.id.in_(keeps)),
            sa.or_(stock_check.c.due_on.is_(None), stock_check.c.due_on <= by),
        )
    )
    return await rows_of(connection, query, [place.c.id], after=after, limit=limit), await as_of(connection)
