"""What is shown of recalls: how far their lots have spread, and the way back from a household to lots.

Owns the reads over recalls, and over lots and hand-outs as far as recalls need them. Must not write.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.handouts.tables import lot_given, received
from services.logistics.kits.tables import kit_part
from services.logistics.places.domain import TRANSIT, account_kind
from services.logistics.places.tables import place
from services.logistics.recalls.tables import recall
from services.logistics.shipments.tables import shipment, shipment_line
from services.logistics.stock.tables import balance, lot, reservation
from shared.contracts.ids import LotId, RequestId
from shared.contracts.vocabulary import PlaceKind
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, json_row, rows_of

_SAME = sa.and_(received.c.source == lot_given.c.source, received.c.item_code == lot_given.c.item_code)


async def recalls(
    connection: AsyncConnection, *, open_only: bool, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of recalls and one row more, by id, with the position they show."""
    query = sa.select(recall)
    if open_only:
        query = query.where(recall.c.lifted_on.is_(None))
    return await rows_of(connection, query, [recall.c.id], after=after, limit=limit), await as_of(connection)


async def recall_by_id(connection: AsyncConnection, recall_id: str) -> dict[str, Any] | None:
    """One recall, or None if nobody ordered it."""
    row = (await connection.execute(sa.select(recall).where(recall.c.id == recall_id))).mappings().one_or_none()
    return None if row is None else json_row(row)


async def lots_with_expiry(connection: AsyncConnection, item_code: str, expires_on: date) -> list[LotId]:
    """The lots of an item with a date."""
    query = sa.select(lot.c.id).where(lot.c.item_code == item_code, lot.c.expires_on == expires_on)
    return [LotId(id_) for id_ in (await connection.execute(query.order_by(lot.c.id))).scalars()]


async def kits_of(connection: AsyncConnection, lot_ids: Sequence[str]) -> dict[LotId, LotId]:
    """The kit lots that were built of these lots, each with one of the parts it has of them."""
    query = sa.select(kit_part.c.lot_id, sa.func.min(kit_part.c.part_lot_id).label("part_lot_id"))
    query = query.where(kit_part.c.part_lot_id == array(lot_ids)).group_by(kit_part.c.lot_id)
    rows = await connection.execute(query.order_by(kit_part.c.lot_id))
    return {LotId(row.lot_id): LotId(row.part_lot_id) for row in rows}


async def holders_of(connection: AsyncConnection, lot_ids: Sequence[str]) -> tuple[RequestId, ...]:
    """The requests that have goods of these lots reserved, wherever."""
    query = sa.select(reservation.c.request_id).where(reservation.c.parent == array(lot_ids))
    ids = (await connection.execute(query.distinct().order_by(reservation.c.request_id))).scalars()
    return tuple(RequestId(id_) for id_ in ids)


async def reach(connection: AsyncConnection, lot_ids: Sequence[str]) -> dict[str, Any]:
    """How far lots have spread: where they are, what left the stores, the kits built of them, and whom they reached."""
    return {
        "lots": await _lots(connection, lot_ids),
        "on_the_way": await _on_the_way(connection, lot_ids),
        "handed_out": await _areas(connection, lot_ids),
        "household_count": await _households(connection, lot_ids),
    }


async def _lots(connection: AsyncConnection, lot_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Each lot with its kind of goods, its balances, and the parts of it that were recalled before."""
    found = sa.select(lot.c.id, lot.c.item_code, lot.c.expires_on, lot.c.recall_id).where(lot.c.id == array(lot_ids))
    rows = (await connection.execute(found.order_by(lot.c.id))).mappings().all()
    where = await _whereabouts(connection, lot_ids)
    parts = await _parts(connection, lot_ids)
    return [{**json_row(row), **where[row["id"]], "parts": parts[row["id"]]} for row in rows]


async def _whereabouts(connection: AsyncConnection, lot_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By lot: the places that hold goods of it, and by kind of account what went out of the stores."""
    query = (
        sa.select(
            balance.c.parent,
            balance.c.entry.label("place_id"),
            balance.c.on_hand,
            balance.c.reserved,
            balance.c.field_deficit,
            place.c.place_kind,
            place.c.area_code,
        )
        .select_from(balance.outerjoin(place, place.c.id == balance.c.entry))
        .where(balance.c.parent == array(lot_ids), balance.c.on_hand != 0)
        .order_by(balance.c.parent, balance.c.entry)
    )
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"places": [], "accounts": {}})
    for row in (await connection.execute(query)).mappings():
        shown = {name: value for name, value in json_row(row).items() if name != "parent"}
        kind = account_kind(row["place_id"])
        if kind is None:
            if row["place_id"] == TRANSIT:
                shown["place_kind"] = PlaceKind.VEHICLE
            found[row["parent"]]["places"].append(shown)
        else:
            accounts = found[row["parent"]]["accounts"]
            accounts[kind] = accounts.get(kind, 0) + row["on_hand"]
    return found


async def _on_the_way(connection: AsyncConnection, lot_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The shipments that carry goods of these lots now: whom to call, and where they would arrive."""
    query = (
        sa.select(
            shipment.c.id.label("shipment_id"),
            shipment_line.c.lot_id,
            shipment_line.c.open.label("quantity"),
            shipment_line.c.carried_in.label("vehicle_place_id"),
            shipment.c.carrier_id,
            shipment.c.to_place_id,
        )
        .select_from(shipment.join(shipment_line, shipment_line.c.parent == shipment.c.id))
        .where(shipment.c.on_the_way, shipment_line.c.open > 0, shipment_line.c.lot_id == array(lot_ids))
        .order_by(shipment.c.id, shipment_line.c.line_no)
    )
    return [json_row(row) for row in (await connection.execute(query)).mappings()]


async def _parts(connection: AsyncConnection, lot_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """By kit lot: the lots among these that it was built of."""
    query = sa.select(kit_part.c.lot_id, kit_part.c.part_lot_id, kit_part.c.item_code, kit_part.c.quantity).where(
        kit_part.c.lot_id == array(lot_ids), kit_part.c.part_lot_id == array(lot_ids)
    )
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in (await connection.execute(query.order_by(kit_part.c.lot_id, kit_part.c.part_lot_id))).mappings():
        found[row["lot_id"]].append({name: value for name, value in json_row(row).items() if name != "lot_id"})
    return found


async def _areas(connection: AsyncConnection, lot_ids: Sequence[str]) -> list[dict[str, Any]]:
    """By village, post and item what was handed out, and on how many occasions nobody was named."""
    query = (
        sa.select(
            lot_given.c.area_code,
            lot_given.c.place_id,
            lot_given.c.item_code,
            sa.cast(sa.func.sum(lot_given.c.quantity), sa.BigInteger).label("quantity"),
            sa.func.min(lot_given.c.given_on).label("first_on"),
            sa.func.max(lot_given.c.given_on).label("last_on"),
            sa.func.count().filter(lot_given.c.household_count == 0).label("without_names"),
        )
        .where(lot_given.c.lot_id == array(lot_ids), lot_given.c.quantity > 0)
        .group_by(lot_given.c.area_code, lot_given.c.place_id, lot_given.c.item_code)
        .order_by(lot_given.c.area_code, lot_given.c.place_id, lot_given.c.item_code)
    )
    return [json_row(row) for row in (await connection.execute(query)).mappings()]


async def _households(connection: AsyncConnection, lot_ids: Sequence[str]) -> int:
    query = (
        sa.select(sa.func.count(received.c.household_id.distinct()))
        .select_from(lot_given.join(received, _SAME))
        .where(lot_given.c.lot_id == array(lot_ids), lot_given.c.quantity > 0)
    )
    return int(await connection.scalar(query) or 0)


async def recipients(
    connection: AsyncConnection, lot_ids: Sequence[str], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of the households lots reached, by household, lot and hand-out, and the position they show."""
    query = (
        sa.select(
            received.c.household_id,
            lot_given.c.lot_id,
            lot_given.c.source,
            lot_given.c.item_code,
            lot_given.c.place_id,
            lot_given.c.area_code,
            received.c.received_on,
        )
        .select_from(lot_given.join(received, _SAME))
        .where(lot_given.c.lot_id == array(lot_ids), lot_given.c.quantity > 0)
    )
    keys = [received.c.household_id, lot_given.c.lot_id, lot_given.c.source]
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)


async def lots_of_household(
    connection: AsyncConnection, household_id: str, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of the lots a household may have goods of, by lot and hand-out; `recall_id` where one is recalled."""
    query = (
        sa.select(
            lot_given.c.lot_id,
            lot_given.c.source,
            lot_given.c.item_code,
            lot_given.c.place_id,
            lot_given.c.area_code,
            received.c.received_on,
            lot.c.expires_on,
            lot.c.recall_id,
        )
        .select_from(lot_given.join(received, _SAME).join(lot, lot.c.id == lot_given.c.lot_id))
        .where(received.c.household_id == household_id, lot_given.c.quantity > 0)
    )
    keys = [lot_given.c.lot_id, lot_given.c.source]
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)
