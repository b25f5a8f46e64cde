"""The stock card as it is read: movements with the balance each left, and what places hold in sum.

Owns the reads over the read model of movements and the sums over balances. Must not write.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.stock.tables import balance, lot, movement
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of


@dataclass(frozen=True, slots=True)
class CardOf:
    """Whose card: a place's, of one item, one lot or one owner's goods in it."""

    place_id: str
    item_code: str | None = None
    lot_id: str | None = None
    owner_id: str | None = None

    @property
    def sums(self) -> bool:
        """Whether the changes of this card are of one item, so that they add up to a balance."""
        return self.item_code is not None or self.lot_id is not None


async def card(
    connection: AsyncConnection, of: CardOf, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of a stock card and one row more, by position, with the position they show.

    `after` is the last row's position and its running balance, from which the page goes on: no page costs more than
    the first. `balance` is what the movement left of its lot in the place, `running_balance` what it left of all the
    card is about.
    """
    query = (
        sa.select(movement, lot.c.owner_id)
        .select_from(movement.outerjoin(lot, lot.c.id == movement.c.lot_id))
        .where(movement.c.place_id == of.place_id)
    )
    for column, wanted in (
        (movement.c.item_code, of.item_code),
        (movement.c.lot_id, of.lot_id),
        (lot.c.owner_id, of.owner_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    position, running = (None, 0) if after is None else ((after[0],), int(after[1]))
    rows = await rows_of(connection, query, [movement.c.position], after=position, limit=limit)
    for row in rows if of.sums else ():
        running += row["change"]
        row["running_balance"] = running
    return rows, await as_of(connection)


@dataclass(frozen=True, slots=True)
class TotalOf:
    """What is summed: a place's goods, an item's, an owner's; with or without the accounts outside the stores."""

    place_id: str | None = None
    item_code: str | None = None
    owner_id: str | None = None
    accounts: bool = False


async def totals(
    connection: AsyncConnection, of: TotalOf, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of what places hold of each owner's items, and one row more, with the position they show.

    Accounts outside the stores are left out unless asked for; with them each item sums to zero. Goods whose owner is
    not known yet stand under an empty owner.
    """
    owner = sa.func.coalesce(lot.c.owner_id, "")
    keys = [balance.c.entry, lot.c.item_code, owner]
    query = (
        sa.select(
            balance.c.entry.label("place_id"),
            lot.c.item_code,
            owner.label("owner_id"),
            *(
                sa.cast(sa.func.sum(column), sa.BigInteger).label(column.name)
                for column in (balance.c.on_hand, balance.c.reserved, balance.c.field_deficit, balance.c.unexplained)
            ),
        )
        .select_from(balance.join(lot, lot.c.id == balance.c.parent))
        .group_by(*keys)
    )
    if not of.accounts:
        query = query.where(sa.not_(balance.c.account))
    for column, wanted in (
        (balance.c.entry, of.place_id),
        (lot.c.item_code, of.item_code),
        (lot.c.owner_id, of.owner_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)
