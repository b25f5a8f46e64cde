"""What an owner's book says: what crossed the border of its stores, what keeps a period open, what was closed.

Owns the reads over movements by owner and day. A movement stands on its own day: one that takes another back on the
other's, a fact of a closed period on the fact's. Must not write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.periods.domain import Obstacles
from services.logistics.periods.figures import SOURCES, Crossing, Section, Worth
from services.logistics.periods.tables import closed_period, period
from services.logistics.places.domain import ACCOUNT_KINDS
from services.logistics.stock.tables import lot, movement
from shared.contracts.vocabulary import PlaceKind
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, json_row, rows_of

_ACCOUNTS = sorted(kind.value for kind in ACCOUNT_KINDS)
# The owner of a place: an authority of the state, of regencies the one whose area it is in.
_PLACE_OWNER = "CASE p.authority WHEN 'regency' THEN 'regency:' || left(p.area_code, 5) ELSE p.authority END"

# What left or entered the stores stands on the cards of the accounts. Goods that went from one account to another are
# taken once, from the card they left. What left the stores for good is summed over lots: what it is worth depends on
# what is there, not on the lot.
_CROSSINGS = sa.text("""
WITH closes AS (
    SELECT number, until, position
    FROM unnest(CAST(:untils AS date[]), CAST(:positions AS bigint[])) WITH ORDINALITY AS c(until, position, number)
), crossed AS (
    SELECT m.position, l.item_code, m.change,
           CASE WHEN m.change > 0 AND split_part(m.place_id, ':', 1) <> ALL (:sources)
                THEN '' ELSE m.lot_id END AS lot_id,
           split_part(m.place_id, ':', 1) AS account,
           CASE WHEN split_part(m.other_place_id, ':', 1) = ANY (:accounts)
                THEN split_part(m.other_place_id, ':', 1) END AS onward,
           m.place_id = 'supplier:opening' AS first_book,
           COALESCE(m.occurred_on, o.occurred_on, o.moved_on, m.moved_on) AS dated
    FROM movement AS m
    JOIN lot AS l ON l.id = m.lot_id
    LEFT JOIN movement AS o ON o.event_id = m.reverses AND o.place_id = m.place_id
    WHERE l.owner_id = :owner_id AND m.position <= :as_of AND split_part(m.place_id, ':', 1) = ANY (:accounts)
), booked AS (
    SELECT crossed.*, (
        SELECT min(number) FROM closes
        WHERE crossed.position <= closes.position AND crossed.dated <= closes.until
    ) AS period
    FROM crossed
    WHERE dated <= :until AND (onward IS NULL OR change < 0)
)
SELECT item_code, lot_id, account, onward, first_book, dated, period, sum(-change) AS quantity
FROM booked
GROUP BY item_code, lot_id, account, onward, first_book, dated, period, change > 0
ORDER BY period NULLS LAST, dated, min(position)
""")

# What of lots past their last day is in the stores: what their account cards miss.
_EXPIRED = sa.text("""
SELECT l.item_code, sum(-m.change) AS quantity
FROM lot AS l
JOIN movement AS m ON m.lot_id = l.id
LEFT JOIN movement AS o ON o.event_id = m.reverses AND o.place_id = m.place_id
WHERE l.owner_id = :owner_id AND l.expires_on < :until AND m.position <= :as_of
  AND split_part(m.place_id, ':', 1) = ANY (:accounts)
  AND COALESCE(m.occurred_on, o.occurred_on, o.moved_on, m.moved_on) <= :until
GROUP BY l.item_code
""")

_OBSTACLES = sa.text("""
WITH unvalued AS (
    SELECT id FROM lot WHERE owner_id = :owner_id AND unit_value_idr IS NULL
), deficits AS (
    SELECT b.parent AS lot_id FROM lot_balance AS b JOIN lot AS l ON l.id = b.parent
    WHERE l.owner_id = :owner_id AND b.field_deficit > 0
), counts AS (
    SELECT c.id FROM count AS c
    WHERE c.status IN ('draft', 'submitted') AND EXISTS (
        SELECT 1 FROM lot_balance AS b JOIN lot AS l ON l.id = b.parent
        WHERE b.entry = c.place_id AND l.owner_id = :owner_id
    )
)
SELECT
    (SELECT count(*) FROM unvalued) AS unvalued, (SELECT min(id) FROM unvalued) AS unvalued_lot,
    (SELECT count(*) FROM counts) AS counts, (SELECT min(id) FROM counts) AS count_id,
    (SELECT count(*) FROM deficits) AS deficits, (SELECT min(lot_id) FROM deficits) AS deficit_lot
""")
_HELD_FOR_OTHERS = sa.text(f"""
SELECT l.owner_id, l.item_code, sum(m.change) AS quantity
FROM movement AS m
JOIN lot AS l ON l.id = m.lot_id
JOIN place AS p ON p.id = m.place_id
LEFT JOIN movement AS o ON o.event_id = m.reverses AND o.place_id = m.place_id
WHERE l.owner_id <> :owner_id AND {_PLACE_OWNER} = :owner_id
  AND COALESCE(m.occurred_on, o.occurred_on, o.moved_on, m.moved_on) <= :until
GROUP BY l.owner_id, l.item_code HAVING sum(m.change) <> 0
ORDER BY l.owner_id, l.item_code
""")


@dataclass(frozen=True, slots=True)
class Close:
    """A period that was closed: its last day, and the position its figures show."""

    until: date
    as_of: int


@dataclass(frozen=True, slots=True)
class Span:
    """The days of an owner that are asked for, as the book stands at a position.

    With `closes` the order is that in which periods were closed, and what each of them held stays before the next.
    Without, `since` alone says what was before.
    """

    owner_id: str
    until: date
    as_of: int
    closes: Sequence[Close] = ()
    since: date | None = None


async def crossings(connection: AsyncConnection, span: Span) -> list[Crossing]:
    """What crossed the border of an owner's stores until a day, in order."""
    rows = await connection.execute(
        _CROSSINGS,
        {
            "owner_id": span.owner_id,
            "until": span.until,
            "as_of": span.as_of,
            "accounts": _ACCOUNTS,
            "sources": sorted(kind.value for kind in SOURCES),
            "untils": [one.until for one in span.closes],
            "positions": [one.as_of for one in span.closes],
        },
    )
    return [
        Crossing(
            item_code=row.item_code,
            lot_id=row.lot_id,
            account=PlaceKind(row.account),
            quantity=int(row.quantity),
            when=_when(row.period, row.dated, span),
            onward=PlaceKind(row.onward) if row.onward is not None else None,
            first_book=row.first_book,
        )
        for row in rows
    ]


async def expired(connection: AsyncConnection, span: Span) -> Mapping[str, int]:
    """By item, what of an owner's goods is past its last day at the end of a day and still in the stores."""
    rows = await connection.execute(
        _EXPIRED,
        {"owner_id": span.owner_id, "until": span.until, "as_of": span.as_of, "accounts": _ACCOUNTS},
    )
    return {row.item_code: int(row.quantity) for row in rows}


def _when(period: int | None, dated: date, span: Span) -> Section | None:
    if span.closes:
        late = Section.PRIOR_PERIOD if dated <= span.closes[-1].until else None
        return Section.OPENING if period is not None else late
    return Section.OPENING if span.since is not None and dated < span.since else None


async def worths(connection: AsyncConnection, owner_id: str) -> Mapping[str, Worth]:
    """What each of an owner's lots is worth."""
    query = sa.select(lot.c.id, lot.c.unit_value_idr, lot.c.valued_quantity).where(lot.c.owner_id == owner_id)
    return {row.id: Worth(row.unit_value_idr, row.valued_quantity) for row in await connection.execute(query)}


async def obstacles(connection: AsyncConnection, owner_id: str) -> Obstacles:
    """What keeps an owner's period open."""
    row = (await connection.execute(_OBSTACLES, {"owner_id": owner_id})).one()
    return Obstacles(
        row.unvalued, row.unvalued_lot or "", row.counts, row.count_id or "", row.deficits, row.deficit_lot or ""
    )


async def held_for_others(connection: AsyncConnection, owner_id: str, until: date) -> list[dict[str, Any]]:
    """What other owners have in an owner's places at the end of a day (titipan), by owner and item."""
    rows = await connection.execute(_HELD_FOR_OTHERS, {"owner_id": owner_id, "until": until})
    return [{"owner_id": row.owner_id, "item_code": row.item_code, "quantity": int(row.quantity)} for row in rows]


async def closes_of(connection: AsyncConnection, owner_id: str) -> list[Close]:
    """The periods closed for an owner, oldest first."""
    query = (
        sa.select(closed_period.c.until, closed_period.c.as_of)
        .where(closed_period.c.owner_id == owner_id)
        .order_by(closed_period.c.until)
    )
    return [Close(row.until, row.as_of) for row in await connection.execute(query)]


async def closed(connection: AsyncConnection, owner_id: str, until: date) -> dict[str, Any] | None:
    """A period as it was closed, or None if none ended on that day."""
    query = sa.select(closed_period).where(closed_period.c.owner_id == owner_id, closed_period.c.until == until)
    row = (await connection.execute(query)).mappings().one_or_none()
    return json_row(row) if row is not None else None


async def closed_until(connection: AsyncConnection, on: date) -> dict[str, date]:
    """The owners whose book is closed for a day, and until when."""
    query = sa.select(period.c.id, period.c.until).where(period.c.until >= on)
    return {row.id: row.until for row in await connection.execute(query)}


async def periods(
    connection: AsyncConnection, owner_id: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of closed periods without their lines and one row more, by position, with the position they show."""
    query = sa.select(*(column for column in closed_period.columns if column.name != "lines"))
    if owner_id is not None:
        query = query.where(closed_period.c.owner_id == owner_id)
    rows = await rows_of(connection, query, [closed_period.c.position], after=after, limit=limit)
    return rows, await as_of(connection)


async def corrections(
    connection: AsyncConnection, closed_: Mapping[str, Any], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of what was posted later for the days of a closed period, by position, with the position it shows."""
    query = (
        sa.select(
            movement.c.position,
            movement.c.event_id,
            movement.c.lot_id,
            movement.c.item_code,
            movement.c.place_id.label("from_place_id"),
            movement.c.other_place_id.label("to_place_id"),
            sa.func.abs(movement.c.change).label("quantity"),
            movement.c.reason,
            movement.c.cause,
            movement.c.reverses,
            movement.c.moved_on,
            movement.c.occurred_on,
            movement.c.flags,
        )
        .select_from(movement.join(lot, lot.c.id == movement.c.lot_id))
        .where(
            lot.c.owner_id == closed_["owner_id"],
            movement.c.change < 0,
            movement.c.position > closed_["as_of"],
            movement.c.occurred_on <= closed_["until"],
        )
    )
    if "opened_on" in closed_:
        query = query.where(movement.c.occurred_on >= closed_["opened_on"])
    return await rows_of(connection, query, [movement.c.position], after=after, limit=limit), await as_of(connection)
