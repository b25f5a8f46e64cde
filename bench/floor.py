"""The floor: the same bytes through the same servers with nothing in between.

Owns one run of binary COPY and pipelined XADD and XREAD over leaves as they stand in a log. No rule, no check, no
service: what is left of a number when everything a programme needs is taken away.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from redis.asyncio import Redis

from bench.stage import Stage

CHUNK = 200
STREAM = "bench.floor"
TABLE = "CREATE TABLE IF NOT EXISTS floor (position bigint PRIMARY KEY, leaf bytea NOT NULL)"


@dataclass(frozen=True, slots=True)
class Floor:
    """Entries a second of each step over the same leaves."""

    copy_per_s: float
    xadd_per_s: float
    xread_per_s: float


async def measure_floor(stage: Stage, leaves: Sequence[bytes]) -> Floor:
    """Store, append and read the leaves in chunks of 200."""
    chunks = [leaves[first : first + CHUNK] for first in range(0, len(leaves), CHUNK)]
    connection = await asyncpg.connect(stage.admin_url("usual_producer"))
    redis: Redis = Redis.from_url(stage.redis_url)
    try:
        return Floor(
            copy_per_s=len(leaves) / await _copy(connection, chunks),
            xadd_per_s=len(leaves) / await _xadd(redis, chunks),
            xread_per_s=len(leaves) / await _xread(redis, len(leaves)),
        )
    finally:
        await redis.delete(STREAM)
        await redis.aclose()
        await connection.close()


async def _copy(connection: "asyncpg.Connection[asyncpg.Record]", chunks: Sequence[Sequence[bytes]]) -> float:
    """A commit a chunk, as a batch has one."""
    await connection.execute(TABLE)
    await connection.execute("TRUNCATE floor")
    position = 0
    begun = time.monotonic()
    for chunk in chunks:
        rows = list(enumerate(chunk, position))
        await connection.copy_records_to_table("floor", columns=["position", "leaf"], records=rows)
        position += len(chunk)
    return time.monotonic() - begun


async def _xadd(redis: Redis, chunks: Sequence[Sequence[bytes]]) -> float:
    await redis.delete(STREAM)
    begun = time.monotonic()
    for chunk in chunks:
        pipeline = redis.pipeline(transaction=False)
        for leaf in chunk:
            pipeline.xadd(STREAM, {"__data__": leaf})
        await pipeline.execute()
    return time.monotonic() - begun


async def _xread(redis: Redis, count: int) -> float:
    last: bytes | str = "0"
    seen = 0
    begun = time.monotonic()
    while seen < count:
        answered: Any = await redis.xread({STREAM: last}, count=CHUNK)
        entries = answered[0][1]
        seen += len(entries)
        last = entries[-1][0]
    return time.monotonic() - begun
