"""The publisher: sends what the log holds and the broker does not.

Owns the service's partition streams, their epoch and the stream of checkpoints. Reads the log and never writes
it. Whatever was sent before is asked of the broker, not remembered, so a blind retry, a second publisher and a
broker that lost its tail are harmless; writes go on while the broker is down.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog
from redis.asyncio import Redis
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.log import tables as log_tables
from shared.kit.streams import tables
from shared.kit.streams.append import StreamAppender, stream_tails
from shared.kit.streams.entry import hash_leaf
from shared.kit.streams.faults import Backoff, StreamAhead, describe, surroundings_failed, wait_for
from shared.kit.streams.names import StreamId, checkpoint_stream
from shared.kit.streams.retention import RETAINED, first_retained
from shared.kit.streams.wire import encode

POLL_S = 0.25
ROUND_S = 0.04  # least time from one round to the next: what is committed meanwhile shares it, here and at consumers
TAIL_CHECK_S = 1.0  # how soon a flushed broker is noticed when nothing is written
BATCH_ENTRIES = 500
BATCH_BYTES = 1 << 20
CHECKPOINTS_KEPT = 1_000

logger = structlog.get_logger(__name__)
_entry = log_tables.entry


class _Row(NamedTuple):
    number: int
    position: int
    leaf: bytes
    recorded_at: datetime


class Publisher:
    """Sends one service's log to the broker, in order, exactly once a stream."""

    def __init__(
        self,
        database: Database,
        redis: Redis,
        service: str,
        *,
        retained: timedelta = RETAINED,
        poll_s: float = POLL_S,
    ) -> None:
        self.service = service
        self.sent = 0
        self.failures = 0
        self.fault: StreamAhead | None = None
        self._database = database
        self._redis = redis
        self._appender = StreamAppender(redis, service)
        self._retained = retained
        self._poll_s = poll_s
        self._woken = asyncio.Event()
        self._stopped = asyncio.Event()
        self._epoch = 0
        self._last_numbers: Sequence[int] = ()
        self._tails: list[StreamId] = []
        self._tails_read_at = float("-inf")
        self._hashes: dict[int, tuple[int, bytes]] = {}
        self._oldest_unsent: datetime | None = None
        self._note: str | None = None

    def wake(self) -> None:
        """Something was committed: send it now."""
        self._woken.set()

    def publish_checkpoint(self, note: str) -> None:
        """Publish a signed note after the entries before it; while the broker is down only the newest is kept."""
        self._note = note
        self._woken.set()

    async def run(self) -> None:
        """Publish until `stop`.

        Raises: StreamAhead when the broker holds numbers the log does not; the service must not go on.
        """
        backoff = Backoff()
        while not self._stopped.is_set():
            self._woken.clear()
            began = time.monotonic()
            try:
                await self.publish_pending()
                backoff.reset()
            except StreamAhead as ahead:
                self.fault = ahead
                raise
            except Exception as error:
                if not surroundings_failed(error):
                    raise
                self.failures += 1
                self._tails_read_at = float("-inf")
                await self._measure_backlog()
                wait_s = backoff.next_s()
                logger.warning("publisher-waits", reason=describe(error), wait_s=round(wait_s, 3))
                await wait_for(self._stopped, wait_s)
            else:
                await wait_for(self._stopped, began + ROUND_S - time.monotonic())
                await wait_for(self._woken, self._poll_s)

    def stop(self) -> None:
        """Let `run` return after the batch in flight."""
        self._stopped.set()
        self._woken.set()

    async def publish_pending(self) -> None:
        """Send everything committed so far, then the newest checkpoint."""
        await self._look()
        for partition, last in enumerate(self._last_numbers):
            if last:
                await self._send_partition(partition, last)
        self._oldest_unsent = None
        await self._send_checkpoint()

    def report(self) -> dict[str, Any]:
        """What metrics show: lag in entries a partition, the age of the oldest unsent entry in seconds."""
        behind = {
            partition: max(0, last - (tail.number if tail.epoch == self._epoch else 0))
            for partition, (last, tail) in enumerate(zip(self._last_numbers, self._tails, strict=False))
        }
        oldest = self._oldest_unsent
        return {
            "epoch": self._epoch,
            "sent": self.sent,
            "failures": self.failures,
            "unsent": behind,
            "age_s": max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0,
            "stream_ahead": self.fault is not None,
        }

    async def _look(self) -> None:
        """Read how far the log goes, and now and then how far the streams do.

        The streams are read first: a second publisher may send what is committed in between, and only a tail
        beyond a log read afterwards is ahead of it.
        """
        if not self._last_numbers:
            await self._read_log()
        if self._last_numbers and time.monotonic() - self._tails_read_at >= TAIL_CHECK_S:
            self._tails = await stream_tails(self._redis, self.service, len(self._last_numbers))
            self._tails_read_at = time.monotonic()
        await self._read_log()
        for partition, tail in enumerate(self._tails):
            self._refuse_ahead(partition, tail)

    async def _read_log(self) -> None:
        async with self._database.transaction() as connection:
            self._epoch, self._last_numbers = await _read_progress(connection)

    async def _send_partition(self, partition: int, last: int) -> None:
        while not self._stopped.is_set() and (tail := self._tails[partition]) < (self._epoch, last):
            starts_epoch = tail.epoch < self._epoch
            async with self._database.transaction() as connection:
                after = tail.number
                if starts_epoch:
                    after = await first_retained(connection, partition, clock.now() - self._retained) - 1
                rows = await _read_rows(connection, partition, after)
                previous = await self._previous_hash(connection, partition, after)
            self._oldest_unsent = min(rows[0].recorded_at, self._oldest_unsent or rows[0].recorded_at)
            await self._send_rows(partition, rows, previous, starts_epoch=starts_epoch)

    async def _measure_backlog(self) -> None:
        """While the broker is down, keep the lag and the age of the oldest unsent entry true."""
        try:
            await self._read_log()
            for partition, (last, tail) in enumerate(zip(self._last_numbers, self._tails, strict=False)):
                if tail.epoch == self._epoch and tail.number < last:
                    async with self._database.transaction() as connection:
                        oldest = (await _read_rows(connection, partition, tail.number))[0].recorded_at
                    self._oldest_unsent = min(oldest, self._oldest_unsent or oldest)
        except Exception as error:
            if not surroundings_failed(error):
                raise
            logger.warning("publisher-cannot-measure", reason=describe(error))

    async def _send_rows(
        self, partition: int, rows: Sequence[_Row], previous: bytes | None, *, starts_epoch: bool
    ) -> None:
        for chunk in _chunks(rows):
            envelopes = []
            for row in chunk:
                leaf_hash = hash_leaf(row.leaf)
                envelopes.append(encode(row.leaf, position=row.position, leaf_hash=leaf_hash, previous_hash=previous))
                previous = leaf_hash
            first = StreamId(self._epoch, chunk[0].number)
            tail, accepted = await self._appender.append(partition, first, envelopes, starts_epoch=starts_epoch)
            self._tails[partition] = tail
            if not accepted:
                await self._resume(partition, tail)
                return
            assert previous is not None
            self._hashes[partition] = (tail.number, previous)
            self.sent += accepted
            starts_epoch = False

    async def _resume(self, partition: int, tail: StreamId) -> None:
        """The stream ends elsewhere: go on from there, unless it is ahead of what is committed by now."""
        await self._read_log()
        self._refuse_ahead(partition, tail)

    def _refuse_ahead(self, partition: int, tail: StreamId) -> None:
        if tail > (self._epoch, self._last_numbers[partition]):
            raise StreamAhead(
                f"partition {partition} of {self.service} ends at {tail} on the broker and at "
                f"{self._epoch}-{self._last_numbers[partition]} in the log"
            )

    async def _previous_hash(self, connection: AsyncConnection, partition: int, number: int) -> bytes | None:
        """The hash of the leaf of that number, None for number 0."""
        if number == 0:
            return None
        known, leaf_hash = self._hashes.get(partition, (0, b""))
        if known == number:
            return leaf_hash
        query = sa.select(_entry.c.leaf).where(_entry.c.partition == partition, _entry.c.number == number)
        return hash_leaf((await connection.execute(query)).scalar_one())

    async def _send_checkpoint(self) -> None:
        note = self._note
        if note is None:
            return
        await self._redis.xadd(
            checkpoint_stream(self.service),
            {"note": note, "partitions": len(self._last_numbers)},
            maxlen=CHECKPOINTS_KEPT,
            approximate=True,
        )
        if self._note is note:
            self._note = None


async def raise_epoch(connection: AsyncConnection, *, above: int = 0) -> int:
    """Make every partition be sent again from the first number retained, under a new epoch, and return it.

    For numbers below an existing tail that must be sent again: a stream that holds entries the log does not
    know, or lost some in its middle. `above` is the highest epoch seen on a tail. Readers skip what they have.
    """
    statement = insert(tables.publisher).values(stream_epoch=max(2, above + 1))
    raised = statement.on_conflict_do_update(
        index_elements=[tables.publisher.c.one],
        set_={"stream_epoch": sa.func.greatest(tables.publisher.c.stream_epoch, above) + 1},
    ).returning(tables.publisher.c.stream_epoch)
    return int((await connection.execute(raised)).scalar_one())


async def published_tails(database: Database, redis: Redis, service: str, partitions: int) -> dict[int, int]:
    """The last number the broker holds of each partition under this service's epoch; an older epoch is passed over.

    Why: a raised epoch says that what stands under older ones is not this log's, and is sent again.
    """
    async with database.transaction() as connection:
        epoch, _ = await _read_progress(connection)
    tails = await stream_tails(redis, service, partitions)
    return {partition: tail.number for partition, tail in enumerate(tails) if tail.epoch >= epoch}


async def _read_progress(connection: AsyncConnection) -> tuple[int, Sequence[int]]:
    """The epoch to publish under, 1 until raised, and each partition's last number, none until the log is opened."""
    epoch = sa.func.coalesce(sa.select(tables.publisher.c.stream_epoch).scalar_subquery(), 1)
    row = (await connection.execute(sa.select(epoch, log_tables.head.c.numbers))).one_or_none()
    return (row[0], tuple(row[1])) if row else (1, ())


async def _read_rows(connection: AsyncConnection, partition: int, after: int) -> Sequence[_Row]:
    columns = (_entry.c.number, _entry.c.position, _entry.c.leaf, _entry.c.recorded_at)
    query = sa.select(*columns).where(_entry.c.partition == partition, _entry.c.number > after)
    rows = [_Row(*row) for row in await connection.execute(query.order_by(_entry.c.number).limit(BATCH_ENTRIES))]
    if not rows or rows[0].number != after + 1 or rows[-1].number != after + len(rows):
        raise RuntimeError(f"partition {partition} of the log has a hole after number {after}")
    return rows


def _chunks(rows: Sequence[_Row]) -> list[list[_Row]]:
    """Runs of rows of at most BATCH_BYTES of leaves, at least one row each."""
    chunks: list[list[_Row]] = []
    size = BATCH_BYTES
    for row in rows:
        if not chunks or size + len(row.leaf) > BATCH_BYTES:
            chunks.append([])
            size = 0
        chunks[-1].append(row)
        size += len(row.leaf)
    return chunks
