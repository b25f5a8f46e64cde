"""What is shown of counts, and what a decision about one needs to know of the book.

Owns the reads over counts, and the book of a place at a position: a movement that a count's counter had not seen and
that happened after the count's instant is no difference. Must not write.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.counts.deciding import Seen, Survey
from services.logistics.counts.reporting import Booked
from services.logistics.counts.tables import count, count_line
from services.logistics.stock.tables import balance, lot, movement, reservation
from shared.contracts.ids import LotId, PlaceId, RequestId
from shared.contracts.vocabulary import FieldFlag, MovementReason
from shared.kit import clock
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, json_row, rows_of

# What only writes down what was there before: at whatever time it is written, the goods have not moved.
_BOOKKEEPING = (MovementReason.COUNT.value, MovementReason.COUNT_OFFSET.value)
MOVEMENTS_SHOWN = 500


async def last_movement(connection: AsyncConnection, place_id: str) -> int:
    """The position of the last movement of a place: 0 if nothing ever moved there."""
    query = sa.select(sa.func.max(movement.c.position)).where(movement.c.place_id == place_id)
    return int(await connection.scalar(query) or 0)


async def count_by_id(connection: AsyncConnection, count_id: str) -> dict[str, Any] | None:
    """One count without its lines, or None if nobody opened it."""
    row = (await connection.execute(sa.select(count).where(count.c.id == count_id))).mappings().one_or_none()
    return json_row(row) if row is not None else None


async def counts(
    connection: AsyncConnection, place_id: str | None, *, still_open: bool | None, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of counts and one row more, by id, with the position they show."""
    query = sa.select(count)
    if place_id is not None:
        query = query.where(count.c.place_id == place_id)
    if still_open is not None:
        open_ = count.c.status.in_(("draft", "submitted"))
        query = query.where(open_ if still_open else ~open_)
    return await rows_of(connection, query, [count.c.id], after=after, limit=limit), await as_of(connection)


async def survey(connection: AsyncConnection, count_id: str, *, timezone: str) -> Survey | None:
    """What a decision about a count needs to know, or None if nobody opened it."""
    found = (await connection.execute(sa.select(count).where(count.c.id == count_id))).one_or_none()
    if found is None:
        return None
    since = await moved_since(connection, found.place_id, found.as_of, found.counted_at)
    there = await _on_hand(connection, found.place_id)
    seen = {
        lot_id: Seen(version, there.get(lot_id, 0) - since.get(lot_id, 0), since.get(lot_id, 0))
        for lot_id, version in await connection.execute(_versions(count_id))
    }
    holders = (
        sa.select(reservation.c.request_id)
        .where(reservation.c.place_id == found.place_id, reservation.c.parent.in_(_lots_of(count_id)))
        .distinct()
    )
    books = {lot_id: on_hand - since.get(lot_id, 0) for lot_id, on_hand in there.items()}
    return Survey(
        count_version=found.version,
        place_id=PlaceId(found.place_id),
        counted_on=clock.legal_date(found.counted_at, timezone),
        seen=seen,
        uncounted=sum(1 for lot_id, book in books.items() if book and lot_id not in seen),
        place_moved=await last_movement(connection, found.place_id) > 0,
        holders=tuple(RequestId(one) for one in sorted((await connection.execute(holders)).scalars())),
    )


def _lots_of(count_id: str) -> sa.Select[str]:
    return sa.select(count_line.c.entry).where(count_line.c.parent == count_id)


def _versions(count_id: str) -> sa.Select[str, int]:
    """The lots of a count with the version of each: 0 where nothing names the lot yet."""
    joined = count_line.outerjoin(lot, lot.c.id == count_line.c.entry)
    return (
        sa.select(count_line.c.entry, sa.func.coalesce(lot.c.version, 0))
        .select_from(joined)
        .where(count_line.c.parent == count_id)
    )


async def moved_since(
    connection: AsyncConnection, place_id: str, position: int, instant: datetime
) -> Mapping[str, int]:
    """By lot, what came to a place (went: below zero) after a position and an instant.

    What counts wrote is left out, and what takes a movement back counts as of that movement: the goods did not move. A
    report whose time cannot be believed is not taken for an earlier one.
    """
    original = movement.alias("original")
    taken_back = (original.c.event_id == movement.c.reverses) & (original.c.place_id == movement.c.place_id)
    query = (
        sa.select(movement.c.lot_id, sa.func.sum(movement.c.change))
        .select_from(movement.outerjoin(original, taken_back))
        .where(
            movement.c.place_id == place_id,
            movement.c.position > position,
            movement.c.reason.not_in(_BOOKKEEPING),
            sa.or_(
                sa.func.coalesce(original.c.happened_at, movement.c.happened_at) > instant,
                movement.c.flags.contains([FieldFlag.IMPLAUSIBLE_TIME.value]),
            ),
        )
        .group_by(movement.c.lot_id)
    )
    return {lot_id: int(change) for lot_id, change in await connection.execute(query)}


async def books_at(connection: AsyncConnection, place_id: str, position: int, instant: datetime) -> Mapping[str, int]:
    """By lot, what the book of a place said at a position, with what is known now of before the instant."""
    since = await moved_since(connection, place_id, position, instant)
    there = await _on_hand(connection, place_id)
    return {lot_id: on_hand - since.get(lot_id, 0) for lot_id, on_hand in there.items()}


async def booked_items(
    connection: AsyncConnection, place_id: str, position: int, instant: datetime
) -> Mapping[str, tuple[Booked, ...]]:
    """By item, the lots a place had a book of at a position and instant, first expiry first."""
    books = {lot_id: book for lot_id, book in (await books_at(connection, place_id, position, instant)).items() if book}
    query = (
        sa.select(lot.c.id, lot.c.item_code)
        .where(lot.c.id == array(sorted(books)))
        .order_by(sa.func.coalesce(lot.c.expires_on, date.max), lot.c.id)
    )
    found: dict[str, tuple[Booked, ...]] = {}
    for row in await connection.execute(query):
        found[row.item_code] = (*found.get(row.item_code, ()), Booked(LotId(row.id), books[row.id]))
    return found


async def _on_hand(connection: AsyncConnection, place_id: str) -> Mapping[str, int]:
    query = sa.select(balance.c.parent, balance.c.on_hand).where(balance.c.entry == place_id)
    return dict((await connection.execute(query)).all())


async def movements_since(connection: AsyncConnection, place_id: str, position: int) -> Sequence[dict[str, Any]]:
    """The movements of a place after a position, oldest first."""
    query = (
        sa.select(
            movement.c.position,
            movement.c.lot_id,
            movement.c.event_id,
            movement.c.other_place_id,
            movement.c.change,
            movement.c.reason,
            movement.c.happened_at,
        )
        .where(movement.c.place_id == place_id, movement.c.position > position)
        .order_by(movement.c.position)
        .limit(MOVEMENTS_SHOWN)
    )
    return [json_row(row) for row in (await connection.execute(query)).mappings()]


async def lines_of(connection: AsyncConnection, count_id: str) -> Sequence[dict[str, Any]]:
    """The lines of a count, by lot."""
    query = sa.select(count_line).where(count_line.c.parent == count_id).order_by(count_line.c.entry)
    return [json_row(row) for row in (await connection.execute(query)).mappings()]


async def items_of(connection: AsyncConnection, lot_ids: Sequence[str]) -> Mapping[str, str]:
    """The item of each of these lots."""
    wanted = sa.any_(sa.bindparam("lots", list(lot_ids), type_=sa.ARRAY(sa.Text)))
    query = sa.select(lot.c.id, lot.c.item_code).where(lot.c.id == wanted)
    return {row.id: row.item_code for row in await connection.execute(query)}


async def shown(connection: AsyncConnection, count_id: str) -> dict[str, Any] | None:
    """A count with each lot's book at its position and instant, what moved since, what was counted, the difference."""
    found = (await connection.execute(sa.select(count).where(count.c.id == count_id))).mappings().one_or_none()
    if found is None:
        return None
    position, instant = found["as_of"], found["counted_at"]
    lines = {str(line["entry"]): line for line in await lines_of(connection, count_id)}
    since = await moved_since(connection, found["place_id"], position, instant)
    books = await books_at(connection, found["place_id"], position, instant)
    lot_ids = sorted({*lines, *(lot_id for lot_id, book in books.items() if book)})
    items = await items_of(connection, lot_ids)
    return {
        **json_row(found),
        "lines": [
            _line(lot_id, lines.get(lot_id, {}), items.get(lot_id), books.get(lot_id, 0), since.get(lot_id, 0))
            for lot_id in lot_ids
        ],
        "movements_since": list(await movements_since(connection, found["place_id"], position)),
        "shows": await as_of(connection),
    }


def _line(lot_id: str, line: Mapping[str, Any], item_code: str | None, book_now: int, moved: int) -> dict[str, Any]:
    """One lot beside the book. Once the count is in the books they agree, and what was posted stays shown."""
    counted = line.get("counted")
    book = line.get("book", book_now)
    return {
        "lot_id": lot_id,
        "item_code": line.get("item_code", item_code),
        "book": book,
        "moved_since": moved,
        **({} if counted is None else {"counted": counted, "difference": counted - book}),
        **{name: line[name] for name in ("found", "surplus_reason", "loss_reason") if name in line},
    }
