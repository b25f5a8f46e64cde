"""The publisher sends the log to the broker once and in order, whatever happens to either."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from asyncpg import Record
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts import catalogue
from shared.kit import clock
from shared.kit.database import fetch
from shared.kit.streams import names
from shared.kit.streams.append import Appended, Batch, StreamAppender, stream_tails
from shared.kit.streams.faults import StreamAhead
from shared.kit.streams.names import StreamId, checkpoint_stream, partition_stream
from shared.kit.streams.publisher import Publisher, raise_epoch
from tests.running import PATIENCE_S
from tests.servers import PrivateRedis
from tests.streams.reading import assert_streams_equal_log, ids, leaves, stored
from tests.streams.source import PARTITIONS, SourceLog

SUBJECTS = [f"household/{number}" for number in range(40)]


def subjects(count: int, seed: int = 1) -> list[str]:
    chosen = random.Random(seed)
    return [chosen.choice(SUBJECTS) for _ in range(count)]


def publisher_of(source: SourceLog, redis: Redis) -> Publisher:
    return Publisher(source.database, redis, "victims")


def test_streams_are_named_as_the_contracts_say() -> None:
    """Kit and contracts, which do not import each other, spell the same names."""
    assert partition_stream("victims", 3) == catalogue.stream_name("victims", 3)
    assert names.checkpoint_stream("victims") == catalogue.checkpoint_stream_name("victims")


async def test_everything_committed_is_sent_once_and_in_order(source: SourceLog, broker: Redis) -> None:
    """Each partition's stream becomes equal to the log, across several batches and passes."""
    publisher = publisher_of(source, broker)
    for seed in range(3):
        await source.write(subjects(900, seed))
        await publisher.publish_pending()
    await assert_streams_equal_log(broker, source)
    assert publisher.sent == 2_700


async def test_empty_log_sends_nothing(source: SourceLog, broker: Redis) -> None:
    """A log without entries makes no stream."""
    await publisher_of(source, broker).publish_pending()
    assert await broker.keys("*") == []


async def append(redis: Redis, first: StreamId, *envelopes: bytes, starts_epoch: bool = False) -> Appended:
    """Append to partition 0."""
    (appended,) = await StreamAppender(redis, "victims").append([Batch(0, first, envelopes, starts_epoch)])
    return appended


async def test_repeated_append_is_harmless(broker: Redis) -> None:
    """A batch sent again because its reply was lost is refused with the stream's tail."""
    assert await append(broker, StreamId(1, 1), b"a", b"b", starts_epoch=True) == (StreamId(1, 2), 2)
    assert await append(broker, StreamId(1, 1), b"a", b"b", starts_epoch=True) == (StreamId(1, 2), 0)
    assert await append(broker, StreamId(1, 3), b"c") == (StreamId(1, 3), 1)
    assert await broker.xlen(partition_stream("victims", 0)) == 3


async def test_batch_that_is_refused_costs_the_others_nothing(broker: Redis) -> None:
    """Batches of several partitions go together; each is taken or refused for itself."""
    batches = [Batch(partition, StreamId(1, 1 + partition), [b"a"], True) for partition in range(3)]
    batches[1] = Batch(1, StreamId(1, 2), [b"a"], False)
    appended = await StreamAppender(broker, "victims").append(batches)
    assert appended == [(StreamId(1, 1), 1), (StreamId(0, 0), 0), (StreamId(1, 3), 1)]


async def test_append_after_a_lost_tail_is_refused(broker: Redis) -> None:
    """Numbers never go in above a hole."""
    assert await append(broker, StreamId(1, 5), b"e") == (StreamId(0, 0), 0)
    assert await broker.exists(partition_stream("victims", 0)) == 0


async def test_large_numbers_keep_every_digit(broker: Redis) -> None:
    """The script's arithmetic is exact up to the largest number a log may give."""
    first = StreamId(2**40 + 1, 2**52 + 1)
    appended = await append(broker, first, b"a", b"b", starts_epoch=True)
    assert appended == (StreamId(first.epoch, 2**52 + 2), 2)
    assert await ids(broker, 0) == [first, StreamId(first.epoch, 2**52 + 2)]


async def test_script_is_loaded_again_after_the_broker_forgot_it(source: SourceLog, broker: Redis) -> None:
    """A restarted broker knows no script; the publisher does not notice."""
    publisher = publisher_of(source, broker)
    await source.write(subjects(50))
    await publisher.publish_pending()
    await broker.script_flush()
    await source.write(subjects(50))
    await publisher.publish_pending()
    await assert_streams_equal_log(broker, source)


async def test_two_publishers_at_once_send_nothing_twice(source: SourceLog, broker: Redis) -> None:
    """Two replicas may publish the same log at the same time."""
    publishers = [publisher_of(source, broker) for _ in range(3)]
    for seed in range(8):
        await source.write(subjects(700, seed))
        await asyncio.gather(*(each.publish_pending() for each in publishers))
    await assert_streams_equal_log(broker, source)
    assert sum(each.sent for each in publishers) == 5_600


async def test_all_partitions_are_read_and_sent_together(source: SourceLog, broker: Redis) -> None:
    """A round takes one query for rows and one round trip to the broker, however many partitions it concerns."""
    publisher = publisher_of(source, broker)
    await source.write(subjects(100))
    await publisher.publish_pending()
    await source.write(subjects(100))
    queries, packets = 0, 0
    execute = Pipeline.execute

    async def fetched(connection: AsyncConnection, query: str, *values: object) -> list[Record]:
        nonlocal queries
        queries += 1
        return await fetch(connection, query, *values)

    async def executed(self: Pipeline, raise_on_error: bool = True) -> list[object]:
        nonlocal packets
        packets += 1
        return await execute(self, raise_on_error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.kit.streams.unsent.fetch", fetched)
        patch.setattr(Pipeline, "execute", executed)
        await publisher.publish_pending()
    assert (queries, packets) == (2, 1)  # how far the log goes, and the rows of all partitions
    await assert_streams_equal_log(broker, source)


async def test_what_was_committed_before_a_clean_stop_is_sent(source: SourceLog, broker: Redis) -> None:
    """A service that stops sends its last entries after its publisher was told to end."""
    publisher = publisher_of(source, broker)
    running = asyncio.create_task(publisher.run())
    publisher.stop()
    await running
    await source.write(subjects(100))
    await publisher.publish_pending()
    await assert_streams_equal_log(broker, source)


async def test_flushed_broker_is_filled_again(source: SourceLog, broker: Redis) -> None:
    """After every key is lost the streams are sent again, without any new event."""
    publisher = publisher_of(source, broker)
    await source.write(subjects(1_500))
    running = asyncio.create_task(publisher.run())
    await _until(lambda: publisher.sent == 1_500)
    await broker.flushall()
    await _until(lambda: publisher.sent == 3_000)
    publisher.stop()
    await running
    await assert_streams_equal_log(broker, source)


async def test_refilled_stream_begins_at_the_first_number_retained(source: SourceLog, broker: Redis) -> None:
    """What is older than the floor is not sent again: late readers read the log."""
    subject = SUBJECTS[0]
    partition = source.partition_of(subject)
    for age_days in (30, 20, 5, 1):
        await source.write([subject] * 10, recorded_at=clock.now() - timedelta(days=age_days))
    await publisher_of(source, broker).publish_pending()
    assert await ids(broker, partition) == [StreamId(1, number) for number in range(21, 41)]
    await source.write([subject])
    await publisher_of(source, broker).publish_pending()
    assert (await ids(broker, partition))[-1] == StreamId(1, 41)


async def test_old_log_still_sends_its_last_entry(source: SourceLog, broker: Redis) -> None:
    """A reader must be able to see that there is something to fetch, however old."""
    await source.write([SUBJECTS[0]] * 10, recorded_at=clock.now() - timedelta(days=400))
    await publisher_of(source, broker).publish_pending()
    assert await ids(broker, source.partition_of(SUBJECTS[0])) == [StreamId(1, 10)]


async def test_broker_that_lost_its_tail_is_completed(
    source: SourceLog, private_redis: Callable[..., PrivateRedis]
) -> None:
    """A broker restarted from an append-only file cut short gets exactly what it lost."""
    server = private_redis()
    redis = Redis.from_url(server.url, socket_timeout=5)
    publisher = publisher_of(source, redis)
    running = asyncio.create_task(publisher.run())
    for seed in range(10):
        await source.write(subjects(200, seed))
        publisher.wake()
    await _until(lambda: publisher.sent == 2_000)
    await asyncio.to_thread(server.cut_aof, 300_000)
    await source.write(subjects(200))
    publisher.wake()
    await _until(lambda: publisher.sent > 2_200)
    await _until(lambda: not any(publisher.report()["unsent"].values()))
    publisher.stop()
    await running
    await assert_streams_equal_log(redis, source)
    await redis.aclose()


async def test_publisher_outlives_a_broker_that_is_down(
    source: SourceLog, private_redis: Callable[..., PrivateRedis]
) -> None:
    """While the broker is down writes go on, the backlog's age shows, and afterwards everything is sent.

    What it had acknowledged without writing it to its file is sent once more: on a slow disk that is all of it.
    """
    server = private_redis()
    redis = Redis.from_url(server.url, socket_timeout=1)
    publisher = publisher_of(source, redis)
    running = asyncio.create_task(publisher.run())
    await source.write(subjects(100))
    await _until(lambda: publisher.sent == 100)
    await asyncio.to_thread(server.kill)
    await source.write(subjects(100))
    await _until(lambda: publisher.failures >= 2 and publisher.report()["age_s"] > 0)
    assert sum(publisher.report()["unsent"].values()) == 100
    await asyncio.to_thread(server.restart)
    await _until(lambda: not any(publisher.report()["unsent"].values()))
    publisher.stop()
    await running
    await assert_streams_equal_log(redis, source)
    await redis.aclose()


async def test_broker_ahead_of_the_log_stops_the_publisher(source: SourceLog, broker: Redis) -> None:
    """Numbers on the broker that the log does not have mean that an older backup was restored."""
    await source.write([SUBJECTS[0]] * 3)
    publisher = publisher_of(source, broker)
    await publisher.publish_pending()
    partition = source.partition_of(SUBJECTS[0])
    await broker.xadd(partition_stream("victims", partition), {"__data__": b"foreign"}, id="1-4")
    assert (await stream_tails(broker, "victims", PARTITIONS))[partition] == StreamId(1, 4)
    restarted = publisher_of(source, broker)
    with pytest.raises(StreamAhead):
        await asyncio.wait_for(restarted.run(), 10)
    assert restarted.report()["stream_ahead"]
    assert await broker.xlen(partition_stream("victims", partition)) == 4


async def test_raised_epoch_sends_everything_retained_again(source: SourceLog, broker: Redis) -> None:
    """An operator's answer to a stream that holds what the log does not: a new epoch above its tail."""
    await source.write(subjects(300))
    await publisher_of(source, broker).publish_pending()
    await broker.xadd(partition_stream("victims", 1), {"__data__": b"foreign"}, id="3-9")
    async with source.database.transaction() as connection:
        assert await raise_epoch(connection, above=3) == 4
    await publisher_of(source, broker).publish_pending()
    for partition in range(PARTITIONS):
        logged = await source.leaves(partition)
        again = [id_ for id_ in await ids(broker, partition) if id_.epoch == 4]
        assert again == [StreamId(4, number) for number in range(1, len(logged) + 1)]
        stream = await stored(broker, partition_stream("victims", partition), min_id="4-0")
        assert len(stream) == len(logged)


async def test_checkpoint_follows_the_entries_it_covers(source: SourceLog, broker: Redis) -> None:
    """A note is published after everything committed before it, with the number of partitions."""
    publisher = publisher_of(source, broker)
    await source.write(subjects(100))
    publisher.publish_checkpoint("origin\n90\n")
    publisher.publish_checkpoint("origin\n100\n")
    await publisher.publish_pending()
    ((_, fields),) = await stored(broker, checkpoint_stream("victims"))
    assert fields == {b"note": b"origin\n100\n", b"partitions": b"4"}
    assert sum([len(await leaves(broker, partition)) for partition in range(PARTITIONS)]) == 100


async def test_large_leaves_go_in_small_batches(source: SourceLog, broker: Redis) -> None:
    """Batches are bounded in bytes, so that no append blocks the broker for long."""
    source.salt = "x" * 200_000
    await source.write([SUBJECTS[0]] * 12)
    publisher = publisher_of(source, broker)
    await publisher.publish_pending()
    await assert_streams_equal_log(broker, source)
    calls = (await broker.info("commandstats"))["cmdstat_evalsha"]["calls"]
    assert calls >= 3


async def test_publisher_without_a_broker_keeps_its_error_to_itself(source: SourceLog) -> None:
    """A single pass tells its caller; `run` waits and goes on."""
    redis = Redis.from_url("redis://127.0.0.1:9", socket_timeout=1)
    await source.write(subjects(10))
    publisher = publisher_of(source, redis)
    with pytest.raises(RedisConnectionError):
        await publisher.publish_pending()
    running = asyncio.create_task(publisher.run())
    await _until(lambda: publisher.failures >= 2)
    publisher.stop()
    await running
    await redis.aclose()


async def _until(condition: Callable[[], bool], deadline_s: float = PATIENCE_S) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        await asyncio.sleep(0.01)
