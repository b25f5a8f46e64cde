"""What is shown of stock: lots, balances, deficits; and what can still be given out.

Owns the reads over lots and their read models. Must not write.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.partners.restriction import in_force
from services.logistics.places.tables import place
from services.logistics.requests.candidates import Offer, Where
from services.logistics.stock.owners import EVERY_OWNER, Owners
from services.logistics.stock.tables import balance, lot, movement, reservation
from shared.contracts.ids import ItemCode, LotId, PlaceId, RequestId
from shared.contracts.partners import Restriction
from shared.contracts.vocabulary import PlaceKind
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, json_row, rows_of

_TIED = TypeAdapter(Restriction | None)


# What a place holds of a lot, and what its last count found beyond the books that nothing has explained yet.
_HELD = (
    balance.c.on_hand,
    balance.c.reserved,
    balance.c.field_deficit,
    balance.c.counted_at,
    balance.c.count_id,
    balance.c.unexplained,
)


async def lot_by_id(connection: AsyncConnection, lot_id: str) -> dict[str, Any] | None:
    """One lot with its balances and open reservations, or None if nothing names it."""
    row = (await connection.execute(sa.select(lot).where(lot.c.id == lot_id))).mappings().one_or_none()
    if row is None:
        return None
    there = sa.select(balance.c.entry.label("place_id"), *_HELD).where(balance.c.parent == lot_id)
    kept = sa.select(
        reservation.c.entry.label("reservation_id"),
        reservation.c.request_id,
        reservation.c.place_id,
        reservation.c.quantity,
        reservation.c.expires_on,
    ).where(reservation.c.parent == lot_id)
    balances_ = (await connection.execute(there.order_by(balance.c.entry))).mappings().all()
    reservations = (await connection.execute(kept.order_by(reservation.c.entry))).mappings().all()
    return {
        **json_row(row),
        "balances": [json_row(one) for one in balances_],
        "reservations": [json_row(one) for one in reservations],
    }


async def lots(
    connection: AsyncConnection, item_code: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of lots and one row more, by id, with the position they show."""
    query = sa.select(lot)
    if item_code is not None:
        query = query.where(lot.c.item_code == item_code)
    return await rows_of(connection, query, [lot.c.id], after=after, limit=limit), await as_of(connection)


async def balances(
    connection: AsyncConnection, place_id: str, item_code: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of what is in a place and one row more, by lot, with the position they show."""
    query = (
        sa.select(
            balance.c.parent.label("lot_id"),
            lot.c.item_code,
            lot.c.expires_on,
            lot.c.owner_id,
            *_HELD,
        )
        .select_from(balance.join(lot, lot.c.id == balance.c.parent))
        .where(balance.c.entry == place_id)
    )
    if item_code is not None:
        query = query.where(lot.c.item_code == item_code)
    return await rows_of(connection, query, [balance.c.parent], after=after, limit=limit), await as_of(connection)


async def movement_of(connection: AsyncConnection, event_id: str) -> sa.RowMapping | None:
    """The side of a movement that gave the goods away, or None if no movement has this id."""
    query = sa.select(movement).where(movement.c.event_id == event_id, movement.c.change < 0)
    return (await connection.execute(query)).mappings().one_or_none()


async def deficits(
    connection: AsyncConnection, place_id: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of balances that reports from the field took below what was there, by place and lot."""
    query = (
        sa.select(
            balance.c.entry.label("place_id"),
            balance.c.parent.label("lot_id"),
            lot.c.item_code,
            balance.c.on_hand,
            balance.c.reserved,
            balance.c.field_deficit,
        )
        .select_from(balance.join(lot, lot.c.id == balance.c.parent))
        .where(balance.c.field_deficit > 0)
    )
    if place_id is not None:
        query = query.where(balance.c.entry == place_id)
    keys = [balance.c.entry, balance.c.parent]
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)


async def offers(
    connection: AsyncConnection,
    item_codes: Sequence[str],
    *,
    on: date,
    place_ids: Sequence[str] | None,
    owners: Owners,
) -> list[Offer]:
    """What warehouses can give of these owners' items, expired and recalled goods left out.

    `place_ids` None: in all of them.
    """
    free = balance.c.on_hand - balance.c.reserved
    query = (
        sa.select(
            balance.c.parent,
            balance.c.entry,
            free.label("free"),
            lot.c.item_code,
            lot.c.expires_on,
            lot.c.owner_id,
            lot.c.restriction,
            place.c.area_code,
            place.c.latitude_e7,
            place.c.longitude_e7,
        )
        .select_from(balance.join(lot, lot.c.id == balance.c.parent).join(place, place.c.id == balance.c.entry))
        .where(
            lot.c.item_code == array(item_codes),
            place.c.place_kind == PlaceKind.WAREHOUSE.value,
            free > 0,
            balance.c.field_deficit == 0,
            sa.or_(lot.c.expires_on.is_(None), lot.c.expires_on >= on),
            lot.c.recall_id.is_(None),
        )
        .order_by(balance.c.entry, balance.c.parent)
    )
    if place_ids is not None:
        query = query.where(balance.c.entry == array(place_ids))
    if EVERY_OWNER not in owners:
        query = query.where(lot.c.owner_id == array(owners))
    return [
        Offer(
            lot_id=LotId(row.parent),
            item_code=ItemCode(row.item_code),
            place_id=PlaceId(row.entry),
            available=row.free,
            expires_on=row.expires_on,
            where=Where(row.area_code, row.latitude_e7, row.longitude_e7),
            owner_id=row.owner_id,
            restriction=in_force(_TIED.validate_python(row.restriction), on),
        )
        for row in await connection.execute(query)
    ]


async def reserving(connection: AsyncConnection, place_ids: Sequence[str]) -> dict[str, tuple[RequestId, ...]]:
    """For each lot that has reservations in these places: the requests they are for.

    A hint for facts and counts, which may break them and must name whom they break.
    """
    query = (
        sa.select(reservation.c.parent, reservation.c.request_id)
        .where(reservation.c.place_id == array(place_ids))
        .order_by(reservation.c.parent, reservation.c.request_id)
        .distinct()
    )
    found: dict[str, tuple[RequestId, ...]] = {}
    for row in await connection.execute(query):
        found[row.parent] = (*found.get(row.parent, ()), RequestId(row.request_id))
    return found


async def reserved_for(connection: AsyncConnection, request_id: str, place_id: str) -> list[sa.RowMapping]:
    """What is reserved for a request in a place."""
    query = (
        sa.select(reservation.c.entry, reservation.c.parent, reservation.c.quantity)
        .where(reservation.c.request_id == request_id, reservation.c.place_id == place_id)
        .order_by(reservation.c.entry)
    )
    return list((await connection.execute(query)).mappings())
