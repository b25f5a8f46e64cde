"""A service that consumes: a real table of effects, written by an apply that can be told to misbehave.

Owns what the delivery tests ask of it afterwards: every entry once, and in order.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import Database
from shared.kit.streams.entry import Applied, Entry, EntryResult, Rejected
from shared.kit.streams.runner import Consumers, Delivery, Pace, Source
from shared.kit.streams.tables import cursor, parked
from tests.running import PATIENCE_S
from tests.streams.source import PARTITIONS, SourceLog

metadata = sa.MetaData()
effect = sa.Table(
    "effect",
    metadata,
    sa.Column("place", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("partition", sa.SmallInteger, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
    sa.Column("worker", sa.Text, nullable=False),
)

Misbehave = Callable[[Entry], str | None]  # may raise, or answer a reason to reject

QUICK = Pace(batch=200, poll_ms=200, lease_s=3.0, watch_s=0.2, stop_deadline_s=5.0)


class Target:
    """The consuming service `logistics`, with its effects."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.misbehave: Misbehave = lambda _: None
        self.concerns: Callable[[Entry], bool] = lambda _: True
        self.before: Callable[[], Awaitable[None]] | None = None
        self.calls = 0

    async def create_tables(self) -> None:
        async with self.database.transaction() as connection:
            await connection.run_sync(metadata.create_all)

    def apply_as(self, worker: str) -> Callable[[AsyncConnection, Sequence[Entry]], Awaitable[list[EntryResult]]]:
        """The apply of one replica."""

        async def apply(connection: AsyncConnection, entries: Sequence[Entry]) -> list[EntryResult]:
            self.calls += 1
            if self.before is not None:
                await self.before()
            verdicts = [(entry, self.misbehave(entry)) for entry in entries]
            rows = [row_of(entry, worker) for entry, reason in verdicts if reason is None]
            if rows:
                await connection.execute(effect.insert(), rows)
            return [Applied() if reason is None else Rejected(reason) for _, reason in verdicts]

        return apply

    @contextlib.asynccontextmanager
    async def consuming(
        self, redis_url: str, *sources: Source, pace: Pace = QUICK, worker: str = "logistics-a"
    ) -> AsyncIterator[Consumers]:
        """Consumers of this service, running until the block ends."""
        delivery = Delivery("logistics", self.database, redis_url, self.apply_as(worker), self.concerns)
        sources = sources or (Source("victims", partitions=PARTITIONS),)
        consumers = Consumers(delivery, sources, pace=pace, owner=worker)
        await consumers.start()
        try:
            yield consumers
        finally:
            await consumers.stop()

    async def applied(self) -> int:
        return int(await self._one(sa.select(sa.func.count()).select_from(effect)))

    async def handled(self) -> int:
        """How far the cursors are, all partitions together."""
        return int(await self._one(sa.select(sa.func.coalesce(sa.func.sum(cursor.c.number), 0))))

    async def has_handled(self, count: int) -> bool:
        return await self.handled() >= count

    async def parked_numbers(self, partition: int) -> list[int]:
        query = sa.select(parked.c.number).where(parked.c.partition == partition).order_by(parked.c.number)
        async with self.database.transaction() as connection:
            return list((await connection.execute(query)).scalars())

    async def reasons(self) -> dict[int, str]:
        """The reason of each parked number; for tests that use one partition."""
        async with self.database.transaction() as connection:
            rows = (await connection.execute(sa.select(parked.c.number, parked.c.reason))).all()
        return {row.number: row.reason for row in rows}

    async def numbers(self, partition: int) -> list[int]:
        """The numbers applied in a partition, in the order of their effects."""
        query = sa.select(effect.c.number).where(effect.c.partition == partition).order_by(effect.c.place)
        async with self.database.transaction() as connection:
            return list((await connection.execute(query)).scalars())

    async def workers(self) -> set[str]:
        async with self.database.transaction() as connection:
            return set((await connection.execute(sa.select(effect.c.worker).distinct())).scalars())

    async def assert_equals(self, source: SourceLog) -> None:
        """Every entry of the log has exactly one effect, in the log's order, with the log's bytes."""
        from hashlib import sha256

        for partition in range(source.partitions):
            query = sa.select(effect.c.number, effect.c.leaf_hash).where(effect.c.partition == partition)
            async with self.database.transaction() as connection:
                rows = (await connection.execute(query.order_by(effect.c.place))).all()
            hashes = [sha256(leaf).digest() for leaf in await source.leaves(partition)]
            assert [row.number for row in rows] == list(range(1, len(hashes) + 1))
            assert [row.leaf_hash for row in rows] == hashes

    async def _one(self, query: Any) -> Any:
        async with self.database.transaction() as connection:
            return (await connection.execute(query)).scalar_one()


async def until(condition: Callable[[], Awaitable[bool] | bool], *, deadline_s: float = PATIENCE_S) -> None:
    """Wait for a condition, with a deadline."""
    end = time.monotonic() + deadline_s
    while True:
        holds = condition()
        if await holds if isinstance(holds, Awaitable) else holds:
            return
        assert time.monotonic() < end, "the condition did not come true in time"
        await asyncio.sleep(0.02)


def row_of(entry: Entry, worker: str) -> dict[str, Any]:
    """The effect of an entry."""
    return {
        "partition": entry.partition,
        "number": entry.number,
        "subject": entry.description().subject or "",
        "leaf_hash": entry.leaf_hash,
        "worker": worker,
    }
