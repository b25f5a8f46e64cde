"""What is shown of kits, and which lots a store would make them of.

Owns the reads over kits and kit lots. Must not write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.kits.tables import kit, kit_lot
from services.logistics.stock.tables import balance, lot
from shared.contracts.ids import ItemCode, LotId
from shared.contracts.kits import KitPart
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, json_row, rows_of

_PARTS = TypeAdapter(tuple[KitPart, ...])


async def kits(connection: AsyncConnection, *, after: Key | None, limit: int) -> tuple[list[dict[str, Any]], int]:
    """A page of kits and one row more, by item, with the position they show."""
    return await rows_of(connection, sa.select(kit), [kit.c.id], after=after, limit=limit), await as_of(connection)


async def kit_lot_by_id(connection: AsyncConnection, lot_id: str) -> dict[str, Any] | None:
    """Kits made at once and their parts, or None if the lot was not made here."""
    row = (await connection.execute(sa.select(kit_lot).where(kit_lot.c.id == lot_id))).mappings().one_or_none()
    return None if row is None else json_row(row)


async def parts_of(connection: AsyncConnection, item_code: str) -> tuple[KitPart, ...]:
    """What a kit is made of now; nothing if nobody defined it."""
    parts = await connection.scalar(sa.select(kit.c.parts).where(kit.c.id == item_code))
    return _PARTS.validate_python(parts or [])


@dataclass(frozen=True, slots=True)
class Batch:
    """Kits to make: how many, where, of whose goods, on which day."""

    place_id: str
    owner_id: str
    count: int
    on: date


async def choose_lots(
    connection: AsyncConnection, batch: Batch, parts: Sequence[KitPart]
) -> list[tuple[ItemCode, LotId]]:
    """For each part the owner's lot in a store that expires first and has enough for all the kits, else the fullest."""
    free = balance.c.on_hand - balance.c.reserved
    chosen = []
    for part in parts:
        enough = free >= part.quantity * batch.count
        query = (
            sa.select(lot.c.id)
            .select_from(balance.join(lot, lot.c.id == balance.c.parent))
            .where(
                balance.c.entry == batch.place_id,
                balance.c.field_deficit == 0,
                lot.c.item_code == part.item_code,
                lot.c.owner_id == batch.owner_id,
                lot.c.recall_id.is_(None),
                sa.or_(lot.c.expires_on.is_(None), lot.c.expires_on >= batch.on),
                free > 0,
            )
            .order_by(enough.desc(), sa.func.coalesce(lot.c.expires_on, date.max), free.desc(), lot.c.id)
            .limit(1)
        )
        found = await connection.scalar(query)
        if found is not None:
            chosen.append((part.item_code, LotId(found)))
    return chosen
