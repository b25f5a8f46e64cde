"""How long entries stay on the broker.

Owns trimming of a service's own streams: below what every listed consumer has applied and older than a floor,
or above a memory cap whatever anybody has read. Never by length: a burst must not push out what nobody read.
The log keeps everything; who comes too late for the stream reads the log over HTTP.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.log import tables as log_tables
from shared.kit.streams.append import StreamState, stream_states
from shared.kit.streams.faults import describe, surroundings_failed
from shared.kit.streams.names import StreamId, partition_stream

RETAINED = timedelta(days=7)
CAP_BYTES = 256 << 20  # a stream
TRIM_EVERY_S = 60.0

logger = structlog.get_logger(__name__)
_entry = log_tables.entry


async def first_retained(connection: AsyncConnection, partition: int, floor: datetime) -> int:
    """The first number of a partition recorded at or after `floor`, or its last number if all are older.

    Recorded times never decrease with the number, so a binary search over the key finds it. Keeping the last
    entry lets a reader who is behind see that there is something to fetch.
    """
    last = (
        await connection.execute(sa.select(sa.func.max(_entry.c.number)).where(_entry.c.partition == partition))
    ).scalar_one() or 1
    low, high = 1, last
    while low < high:
        middle = (low + high) // 2
        query = sa.select(_entry.c.recorded_at).where(_entry.c.partition == partition, _entry.c.number == middle)
        recorded_at: datetime = (await connection.execute(query)).scalar_one()
        if recorded_at < floor:
            low = middle + 1
        else:
            high = middle
    return low


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """Whom the streams are kept for, how long at least, and how much memory one may take at most."""

    consumers: tuple[str, ...]
    retained: timedelta = RETAINED
    cap_bytes: int = CAP_BYTES


class Retention:
    """Trims the partition streams of one service."""

    def __init__(
        self,
        database: Database,
        redis: Redis,
        service: str,
        policy: RetentionPolicy,
    ) -> None:
        self.trimmed = 0
        self.trimmed_unread = 0
        self._database = database
        self._redis = redis
        self._service = service
        self._policy = policy

    async def run(self, *, every_s: float = TRIM_EVERY_S) -> None:
        """Trim again and again until cancelled; a broker or database that is down only puts it off."""
        while True:
            try:
                await self.trim()
            except Exception as error:
                if not surroundings_failed(error):
                    raise
                logger.warning("retention-waits", reason=describe(error))
            await asyncio.sleep(every_s)

    async def trim(self) -> int:
        """Trim every partition's stream once and return how many entries went."""
        async with self._database.transaction() as connection:
            numbers = (await connection.execute(sa.select(log_tables.head.c.numbers))).scalar_one_or_none()
        streams = [partition_stream(self._service, partition) for partition in range(len(numbers or ()))]
        states = await stream_states(self._redis, streams)
        trimmed = 0
        for partition, (stream, state) in enumerate(zip(streams, states, strict=True)):
            if state is not None and state.first is not None:
                trimmed += await self._trim_stream(partition, stream, state)
        self.trimmed += trimmed
        return trimmed

    async def _trim_stream(self, partition: int, stream: str, state: StreamState) -> int:
        applied = await self._applied_by_all(stream, state)
        async with self._database.transaction() as connection:
            kept = min(await first_retained(connection, partition, clock.now() - self._policy.retained), applied + 1)
        capped = await self._first_under_cap(stream, state)
        if capped > applied + 1:
            self.trimmed_unread += capped - applied - 1
            logger.warning("retention-cap-reached", stream=stream, first_kept=capped, applied_by_all=applied)
        minimum = StreamId(state.tail.epoch, min(max(kept, capped), state.tail.number))
        if state.first is None or minimum <= state.first:
            return 0
        return int(await self._redis.xtrim(stream, minid=str(minimum), approximate=False))

    async def _applied_by_all(self, stream: str, state: StreamState) -> int:
        """The number every listed consumer has applied; 0 while one of them shows none."""
        groups: list[dict[str, Any]] = await self._redis.xinfo_groups(stream)
        shown = {_text(group["name"]): StreamId.parse(group["last-delivered-id"]).number for group in groups}
        return min((shown.get(consumer, 0) for consumer in self._policy.consumers), default=state.tail.number)

    async def _first_under_cap(self, stream: str, state: StreamState) -> int:
        """The first number to keep so that the stream shrinks to the memory cap; 0 if it is below it."""
        usage_bytes = int(await self._redis.memory_usage(stream) or 0)
        if usage_bytes <= self._policy.cap_bytes:
            return 0
        kept = state.length * self._policy.cap_bytes // usage_bytes
        return state.tail.number - kept + 1


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
