"""What is on the broker, read without the code under test's consumer."""

from typing import Any

from redis.asyncio import Redis

from shared.kit.streams.names import StreamId, partition_stream
from shared.kit.streams.wire import decode
from tests.streams.source import SourceLog


async def stored(redis: Redis, stream: str, *, min_id: str = "-") -> list[tuple[StreamId, dict[bytes, bytes]]]:
    """Every entry of a stream from an id on, in order."""
    found: Any = await redis.xrange(stream, min=min_id)
    return [(StreamId.parse(id_), fields) for id_, fields in found]


async def ids(redis: Redis, partition: int) -> list[StreamId]:
    """Every id in a partition's stream, in order."""
    return [id_ for id_, _ in await stored(redis, partition_stream("victims", partition))]


async def leaves(redis: Redis, partition: int) -> list[bytes]:
    """Every leaf in a partition's stream, in order."""
    found = await stored(redis, partition_stream("victims", partition))
    return [decode(fields[b"__data__"])[0] for _, fields in found]


async def assert_streams_equal_log(redis: Redis, source: SourceLog) -> None:
    """Each stream holds exactly its partition of the log, in order, and nothing twice."""
    for partition in range(source.partitions):
        logged = await source.leaves(partition)
        assert [each.number for each in await ids(redis, partition)] == list(range(1, len(logged) + 1))
        assert await leaves(redis, partition) == logged
