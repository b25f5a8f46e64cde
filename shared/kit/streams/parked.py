"""Entries set aside: what could not be applied, and what came later for the same subject.

Owns the parked rows; `redrive.py` runs them again. A parked entry keeps the bytes as they came. Must not decide
which entry is bad: the consumer and its apply do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import clock
from shared.kit.streams.entry import Entry, Unreadable
from shared.kit.streams.tables import parked as table
from shared.kit.streams.wire import encode


@dataclass(frozen=True, slots=True)
class Parked:
    """An entry set aside, as an operator sees it; `raw` is left out of lists."""

    source: str
    partition: int
    number: int
    subject: str | None
    type: str | None
    event_id: str | None
    reason: str
    attempts: int
    parked_at: datetime
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an entry is set aside, and after how many attempts."""

    reason: str
    attempts: int = 1


class NotParked(LookupError):
    """Nothing is parked under that subject or number."""

    slug = "not-parked"


async def park(connection: AsyncConnection, verdicts: Sequence[tuple[Entry | Unreadable, Verdict]]) -> None:
    """Set entries aside inside the open transaction that moves the cursor past them."""
    if not verdicts:
        return
    now = clock.now()
    rows = [_row(entry, verdict, now) for entry, verdict in verdicts]
    await connection.execute(table.insert(), rows)


async def held_subjects(
    connection: AsyncConnection, source: str, partition: int, subjects: Iterable[str | None]
) -> set[str]:
    """Which of these subjects have an entry parked, so that later ones must wait behind it."""
    named = {subject for subject in subjects if subject is not None}
    query = sa.select(table.c.subject).distinct()
    query = query.where(table.c.source == source, table.c.partition == partition, table.c.subject.in_(named))
    return set((await connection.execute(query)).scalars())


async def list_parked(
    connection: AsyncConnection,
    *,
    source: str | None = None,
    after: tuple[str, int, int] | None = None,
    limit: int = 200,
) -> list[Parked]:
    """Parked entries by source, partition and number, without their bytes. `after` is the last one of a page."""
    key = sa.tuple_(table.c.source, table.c.partition, table.c.number)
    query = sa.select(*_SHOWN).order_by(*key).limit(limit)
    if source is not None:
        query = query.where(table.c.source == source)
    if after is not None:
        query = query.where(key > sa.tuple_(*after))
    return [parked_of(row) for row in await connection.execute(query)]


async def show_parked(connection: AsyncConnection, source: str, partition: int, number: int) -> Parked:
    """One parked entry with its bytes.

    Raises: NotParked.
    """
    query = sa.select(table).where(*is_place(source, partition, number))
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotParked(f"{source}/{partition}/{number}")
    return parked_of(row)


async def count_parked(connection: AsyncConnection) -> dict[str, int]:
    """How many entries of each source are parked."""
    query = sa.select(table.c.source, sa.func.count()).group_by(table.c.source)
    return {row[0]: row[1] for row in await connection.execute(query)}


def parked_of(row: sa.Row[*tuple[Any, ...]]) -> Parked:
    """The parked entry a row of the table holds."""
    return Parked(**row._mapping)


def _row(entry: Entry | Unreadable, verdict: Verdict, now: datetime) -> dict[str, Any]:
    described = entry.description()
    return {
        "source": entry.source,
        "partition": entry.partition,
        "number": entry.number,
        "subject": described.subject,
        "type": described.type,
        "event_id": described.event_id,
        "raw": _bytes_of(entry),
        "reason": verdict.reason,
        "attempts": verdict.attempts,
        "parked_at": now,
    }


def _bytes_of(entry: Entry | Unreadable) -> bytes:
    """The bytes as they came; an entry read over HTTP is put into the envelope it would have come in."""
    if isinstance(entry, Unreadable):
        return entry.raw
    return encode(entry.leaf, position=entry.position, leaf_hash=entry.leaf_hash, previous_hash=entry.previous_hash)


def is_place(source: str, partition: int, number: int) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition that finds one parked entry."""
    return (table.c.source == source, table.c.partition == partition, table.c.number == number)


_SHOWN = (
    table.c.source,
    table.c.partition,
    table.c.number,
    table.c.subject,
    table.c.type,
    table.c.event_id,
    table.c.reason,
    table.c.attempts,
    table.c.parked_at,
)
