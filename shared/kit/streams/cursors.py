"""Where this service stands in a partition of another service's log.

Owns every statement on a cursor's row but those on leases. The row is the first lock of a transaction that
applies entries, so whoever holds it sees parked entries and cursor as they are. Must not begin a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import fetch
from shared.kit.streams.entry import Entry, Unreadable
from shared.kit.streams.faults import LostLease
from shared.kit.streams.names import StreamId
from shared.kit.streams.tables import cursor as table


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to move one cursor: it ends when somebody else is given a higher epoch."""

    source: str
    partition: int
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last entry applied: its number, its hash, the epoch of the stream id it came under.

    `attempting` is the entry that was being tried, alone, when a process died, and `attempts` how often.
    """

    number: int
    stream_epoch: int
    last_hash: bytes | None
    attempting: int = 0
    attempts: int = 0

    @property
    def stream_id(self) -> StreamId:
        """The id after which reading goes on."""
        return StreamId(self.stream_epoch, self.number)


@dataclass(frozen=True, slots=True)
class Move:
    """A cursor to be moved under a lease, from where the caller knows it to stand to an entry."""

    lease: Lease
    before: Cursor
    last: Entry | Unreadable

    @property
    def after(self) -> Cursor:
        """The cursor once it is moved."""
        epoch = self.before.stream_epoch if self.last.epoch is None else self.last.epoch
        return Cursor(self.last.number, epoch, self.last.leaf_hash)


async def ensure_cursors(connection: AsyncConnection, source: str, partitions: int) -> None:
    """A cursor at 0 for every partition of a source that has none."""
    rows = [{"source": source, "partition": partition} for partition in range(partitions)]
    await connection.execute(insert(table).values(rows).on_conflict_do_nothing())


async def read_cursor(connection: AsyncConnection, lease: Lease) -> Cursor:
    """The committed cursor.

    Raises: LostLease when the lease is no longer the caller's.
    """
    row = (await connection.execute(_select(lease))).one_or_none()
    if row is None or row.lease_owner != lease.owner or row.lease_epoch != lease.epoch:
        raise LostLease(f"{lease.source}/{lease.partition}")
    return cursor_of(row)


async def move_cursors(connection: AsyncConnection, moves: Sequence[Move], *, lease_s: float) -> list[bool]:
    """Move cursors, and their leases' ends with them, if all are still as the caller knows them.

    Answers for each whether anything of its partition is parked, as read by the statement that takes the rows' locks.
    It cannot miss a parked entry: only the holder of a row parks, and that moves the number.
    Raises: LostLease when another replica took over or a cursor stands elsewhere.
    """
    leases, befores, afters = zip(*((move.lease, move.before, move.after) for move in moves), strict=True)
    rows = await fetch(
        connection,
        _MOVE,
        [lease.source for lease in leases],
        [lease.partition for lease in leases],
        [lease.owner for lease in leases],
        [lease.epoch for lease in leases],
        [before.number for before in befores],
        [after.number for after in afters],
        [after.stream_epoch for after in afters],
        [after.last_hash for after in afters],
        lease_s,
    )
    any_parked = {(row["source"], row["partition"]): row["any_parked"] for row in rows}
    places = [(lease.source, lease.partition) for lease in leases]
    lost = [f"{source}/{partition}" for source, partition in places if (source, partition) not in any_parked]
    if lost:
        raise LostLease(", ".join(lost))
    return [any_parked[place] for place in places]


async def lock_cursor(connection: AsyncConnection, source: str, partition: int) -> None:
    """Keep every consumer of the partition waiting until the transaction ends."""
    query = sa.select(table.c.number).where(table.c.source == source, table.c.partition == partition)
    (await connection.execute(query.with_for_update())).one_or_none()


async def count_attempt(connection: AsyncConnection, lease: Lease, number: int) -> int:
    """Record that the entry of this number is about to be tried, and return how often it was, this time included.

    Raises: LostLease.
    """
    again = sa.case((table.c.attempting == number, table.c.attempts + 1), else_=1)
    statement = _held(lease).where(table.c.number == number - 1).values(attempting=number, attempts=again)
    attempts: int | None = (await connection.execute(statement.returning(table.c.attempts))).scalar_one_or_none()
    if attempts is None:
        raise LostLease(f"{lease.source}/{lease.partition}")
    return attempts


async def forget_attempt(connection: AsyncConnection, lease: Lease) -> None:
    """Take back the last count: the attempt was stopped, not ended by it."""
    await connection.execute(_held(lease).where(table.c.attempts > 0).values(attempts=table.c.attempts - 1))


async def store_checkpoint(connection: AsyncConnection, source: str, partitions: Sequence[int], note: str) -> int:
    """Keep a source's newest signed note beside the cursors, as the witness of what was applied; how many took it.

    Cursors in use at this moment are passed over: waiting for one batch would hold up all supervision.
    """
    mine = sa.select(table.c.partition).where(table.c.source == source, table.c.partition.in_(partitions))
    free = table.c.partition.in_(mine.with_for_update(skip_locked=True))
    statement = sa.update(table).where(table.c.source == source, free).values(checkpoint=note)
    return (await connection.execute(statement)).rowcount


async def stored_checkpoints(connection: AsyncConnection, source: str) -> list[str]:
    """The notes kept beside a source's cursors."""
    query = sa.select(table.c.checkpoint).distinct()
    query = query.where(table.c.source == source, table.c.checkpoint.is_not(None))
    return [note for (note,) in await connection.execute(query)]


def cursor_of(row: sa.Row[Any]) -> Cursor:
    """The cursor a row of the table holds."""
    return Cursor(row.number, row.stream_epoch, row.last_hash, row.attempting, row.attempts)


def _select(lease: Lease) -> sa.Select[Any]:
    return sa.select(table).where(table.c.source == lease.source, table.c.partition == lease.partition)


def _held(lease: Lease) -> sa.Update:
    return sa.update(table).where(
        table.c.source == lease.source,
        table.c.partition == lease.partition,
        table.c.lease_owner == lease.owner,
        table.c.lease_epoch == lease.epoch,
    )


def lease_end(lease_s: sa.ColumnElement[float] | float) -> sa.ColumnElement[Any]:
    """So many seconds from now by the database's clock: replicas' clocks decide nothing."""
    return sa.func.now() + lease_s * sa.literal_column("interval '1 second'")


# Each place of the arrays is a cursor. Only an owner that lost its leases without knowing could meet another one here
# in another order of rows; the database then ends one of the two, which is run again.
_MOVE = """
UPDATE delivery.cursor AS c
SET number = m.number, stream_epoch = m.stream_epoch, last_hash = m.last_hash, attempting = 0, attempts = 0,
    lease_until = now() + $9::float8 * interval '1 second'
FROM unnest($1::text[], $2::smallint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[])
    AS m(source, partition, lease_owner, lease_epoch, old_number, number, stream_epoch, last_hash)
WHERE c.source = m.source AND c.partition = m.partition AND c.lease_owner = m.lease_owner
    AND c.lease_epoch = m.lease_epoch AND c.number = m.old_number
RETURNING c.source, c.partition,
    EXISTS (SELECT FROM delivery.parked p WHERE p.source = c.source AND p.partition = c.partition) AS any_parked
"""
