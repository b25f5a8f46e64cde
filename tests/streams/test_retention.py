"""Streams keep what somebody still needs, what is young, and no more memory than allowed."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from shared.kit import clock
from shared.kit.streams.names import StreamId, partition_stream
from shared.kit.streams.publisher import Publisher
from shared.kit.streams.retention import Retention, RetentionPolicy, first_retained
from tests.streams.reading import ids
from tests.streams.source import SourceLog

SUBJECT = "household/1"


@pytest.fixture
async def aged(source: SourceLog, broker: Redis) -> int:
    """Forty entries of one partition, ten each of 30, 20, 5 and 1 days ago, all on the broker. The partition."""
    for age_days in (30, 20, 5, 1):
        await source.write([SUBJECT] * 10, recorded_at=clock.now() - timedelta(days=age_days))
    await Publisher(source.database, broker, "victims", retained=timedelta(days=100)).publish_pending()
    return source.partition_of(SUBJECT)


def retention(source: SourceLog, broker: Redis, policy: RetentionPolicy) -> Retention:
    return Retention(source.database, broker, "victims", policy)


async def applied(broker: Redis, partition: int, consumer: str, number: int) -> None:
    await broker.xgroup_create(partition_stream("victims", partition), consumer, f"1-{number}")


async def kept(broker: Redis, partition: int) -> list[int]:
    return [id_.number for id_ in await ids(broker, partition)]


async def test_entries_all_consumers_applied_and_older_than_the_floor_go(
    aged: int, source: SourceLog, broker: Redis
) -> None:
    """Both must hold: applied by everybody listed, and older than seven days."""
    await applied(broker, aged, "logistics", 40)
    await applied(broker, aged, "aid", 35)
    trimming = retention(source, broker, RetentionPolicy(("logistics", "aid")))
    assert await trimming.trim() == 20
    assert await kept(broker, aged) == list(range(21, 41))
    assert await trimming.trim() == 0


async def test_slowest_listed_consumer_holds_entries_back(aged: int, source: SourceLog, broker: Redis) -> None:
    """What one of them has not applied stays, however old."""
    await applied(broker, aged, "logistics", 40)
    await applied(broker, aged, "aid", 12)
    assert await retention(source, broker, RetentionPolicy(("logistics", "aid"))).trim() == 12
    assert await kept(broker, aged) == list(range(13, 41))


async def test_consumer_that_never_showed_itself_holds_everything_back(
    aged: int, source: SourceLog, broker: Redis
) -> None:
    """The list is explicit: a consumer that is not there yet is waited for."""
    await applied(broker, aged, "logistics", 40)
    assert await retention(source, broker, RetentionPolicy(("logistics", "aid"))).trim() == 0


async def test_consumers_that_are_not_listed_hold_nothing_back(aged: int, source: SourceLog, broker: Redis) -> None:
    """A group somebody made by hand does not fill the broker."""
    await applied(broker, aged, "logistics", 40)
    await applied(broker, aged, "somebody", 1)
    assert await retention(source, broker, RetentionPolicy(("logistics",))).trim() == 20


async def test_memory_cap_wins_over_readers(source: SourceLog, broker: Redis) -> None:
    """Above the cap the oldest entries go even unread, and it is counted; the last one always stays."""
    await source.write([SUBJECT] * 2_000)
    await Publisher(source.database, broker, "victims").publish_pending()
    partition = source.partition_of(SUBJECT)
    usage_bytes = await broker.memory_usage(partition_stream("victims", partition))
    assert usage_bytes is not None
    trimming = retention(source, broker, RetentionPolicy(("logistics",), cap_bytes=usage_bytes // 4))
    assert await trimming.trim() > 1_000
    left = await kept(broker, partition)
    assert 200 < len(left) < 800
    assert left[-1] == 2_000
    assert trimming.trimmed_unread > 1_000
    assert await retention(source, broker, RetentionPolicy((), cap_bytes=1)).trim() > 0
    assert await kept(broker, partition) == [2_000]


async def test_publisher_goes_on_after_trimming(aged: int, source: SourceLog, broker: Redis) -> None:
    """The tail is the stream's memory, not its entries."""
    await applied(broker, aged, "logistics", 40)
    await retention(source, broker, RetentionPolicy(("logistics",), retained=timedelta(0))).trim()
    assert await kept(broker, aged) == [40]
    await source.write([SUBJECT])
    await Publisher(source.database, broker, "victims").publish_pending()
    assert (await ids(broker, aged))[-1] == StreamId(1, 41)


async def test_first_number_retained_is_found_by_its_time(aged: int, source: SourceLog) -> None:
    """The first entry at or after the floor, the last one if all are older, the first if none is."""
    async with source.database.transaction() as connection:
        for days, number in ((100, 1), (25, 11), (7, 21), (2, 31), (0, 40)):
            assert await first_retained(connection, aged, clock.now() - timedelta(days=days)) == number
        empty = (aged + 1) % source.partitions
        assert await first_retained(connection, empty, clock.now()) == 1
