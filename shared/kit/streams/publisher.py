"""The publisher: sends what the log holds and the broker does not.

Owns the service's partition streams, their epoch and the stream of checkpoints. Reads the log and never writes
it. Whatever was sent before is asked of the broker, not remembered, so a blind retry, a second publisher and a
broker that lost its tail are harmless; writes go on while the broker is down.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from redis.asyncio import Redis
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.streams import tables
from shared.kit.streams.append import Batch, StreamAppender, stream_tails
from shared.kit.streams.entry import hash_leaf
from shared.kit.streams.faults import Backoff, StreamAhead, describe, surroundings_failed, wait_for
from shared.kit.streams.names import StreamId, checkpoint_stream
from shared.kit.streams.retention import RETAINED, first_retained
from shared.kit.streams.unsent import Row, read_hash, read_progress, read_rows, runs
from shared.kit.streams.wire import encode

POLL_S = 0.25
ROUND_S = 0.06  # least time from one round to the next: what is committed meanwhile shares it, here and at consumers
TAIL_CHECK_S = 1.0  # how soon a flushed broker is noticed when nothing is written
CHECKPOINTS_KEPT = 1_000

logger = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Unsent:
    """Rows of one partition that follow `previous`, the hash of the leaf before them, in runs of one append each."""

    partition: int
    runs: deque[list[Row]]
    previous: bytes | None
    starts_epoch: bool


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
        """Let `run` return once it has sent what it is at."""
        self._stopped.set()
        self._woken.set()

    async def publish_pending(self) -> None:
        """Send everything committed so far, then the newest checkpoint."""
        await self._look_at_tails()
        while unsent := await self._read_unsent():
            while unsent := [each for each in unsent if each.runs]:
                await self._send(unsent)
            if not self._behind():
                break
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

    async def _look_at_tails(self) -> None:
        """Now and then read how far the streams go.

        Before the log: a second publisher may send what is committed in between, and only a tail beyond a log read
        afterwards is ahead of it.
        """
        if not self._last_numbers:
            async with self._database.transaction() as connection:
                await self._learn_progress(connection)
        if self._last_numbers and time.monotonic() - self._tails_read_at >= TAIL_CHECK_S:
            self._tails = await stream_tails(self._redis, self.service, len(self._last_numbers))
            self._tails_read_at = time.monotonic()

    def _behind(self) -> list[int]:
        """The partitions whose stream ends before the log does, as far as both are known."""
        ends = enumerate(zip(self._tails, self._last_numbers, strict=True))
        return [partition for partition, (tail, last) in ends if last and tail < (self._epoch, last)]

    async def _read_unsent(self) -> list[_Unsent]:
        """The next rows of every partition that is behind, read together. Raises: StreamAhead."""
        async with self._database.transaction() as connection:
            await self._learn_progress(connection)
            if not self._tails:
                return []
            for partition, tail in enumerate(self._tails):
                self._refuse_ahead(partition, tail)
            after: dict[int, int] = {}
            for partition in self._behind():
                after[partition] = self._tails[partition].number
                if self._starts_epoch(partition):
                    floor = clock.now() - self._retained
                    after[partition] = await first_retained(connection, partition, floor) - 1
            rows = await read_rows(connection, after) if after else {}
            unsent = [
                _Unsent(
                    partition,
                    deque(runs(rows[partition])),
                    await self._previous_hash(connection, partition, after[partition]),
                    self._starts_epoch(partition),
                )
                for partition in after
            ]
        if rows:
            oldest = min(each[0].recorded_at for each in rows.values())
            self._oldest_unsent = min(oldest, self._oldest_unsent or oldest)
        return unsent

    def _starts_epoch(self, partition: int) -> bool:
        return self._tails[partition].epoch < self._epoch

    async def _learn_progress(self, connection: AsyncConnection) -> None:
        self._epoch, self._last_numbers = await read_progress(connection)

    async def _measure_backlog(self) -> None:
        """While the broker is down, keep the lag and the age of the oldest unsent entry true."""
        try:
            async with self._database.transaction() as connection:
                await self._learn_progress(connection)
                ends = enumerate(zip(self._last_numbers, self._tails, strict=False))
                after = {
                    partition: tail.number
                    for partition, (last, tail) in ends
                    if tail.epoch == self._epoch and tail.number < last
                }
                rows = await read_rows(connection, after, limit=1) if after else {}
            for first, *_ in rows.values():
                self._oldest_unsent = min(first.recorded_at, self._oldest_unsent or first.recorded_at)
        except Exception as error:
            if not surroundings_failed(error):
                raise
            logger.warning("publisher-cannot-measure", reason=describe(error))

    async def _send(self, unsent: Sequence[_Unsent]) -> None:
        """Append the next run of each partition, all in one round trip."""
        batches = [self._batch(each) for each in unsent]
        for each, appended in zip(unsent, await self._appender.append(batches), strict=True):
            self._tails[each.partition] = appended.tail
            if not appended.accepted:  # the stream ends elsewhere: go on from there, with what is committed by now
                each.runs.clear()
                continue
            assert each.previous is not None
            self._hashes[each.partition] = (appended.tail.number, each.previous)
            self.sent += appended.accepted

    def _batch(self, unsent: _Unsent) -> Batch:
        run, starts_epoch = unsent.runs.popleft(), unsent.starts_epoch
        envelopes = []
        for row in run:
            leaf_hash = hash_leaf(row.leaf)
            envelopes.append(
                encode(row.leaf, position=row.position, leaf_hash=leaf_hash, previous_hash=unsent.previous)
            )
            unsent.previous, unsent.starts_epoch = leaf_hash, False
        return Batch(unsent.partition, StreamId(self._epoch, run[0].number), envelopes, starts_epoch)

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
        return await read_hash(connection, partition, number)

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
        epoch, _ = await read_progress(connection)
    tails = await stream_tails(redis, service, partitions)
    return {partition: tail.number for partition, tail in enumerate(tails) if tail.epoch >= epoch}
