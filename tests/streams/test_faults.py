"""Broker, database and source fail, forget and lie: effects stay complete, single and in order, or stop."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
import sqlalchemy as sa
from redis.asyncio import Redis

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.streams.names import partition_stream
from shared.kit.streams.publisher import Publisher, raise_epoch
from shared.kit.streams.runner import Source
from shared.kit.streams.tables import cursor
from tests.servers import PrivatePostgres, PrivateRedis
from tests.streams.peer import serving
from tests.streams.proxy import LossyProxy
from tests.streams.reading import assert_streams_equal_log, ids, stored
from tests.streams.source import SourceLog, create_tables
from tests.streams.target import Target, until

SUBJECTS = [f"household/{number}" for number in range(40)]


def subjects(count: int, seed: int = 1) -> list[str]:
    chosen = random.Random(seed)
    return [chosen.choice(SUBJECTS) for _ in range(count)]


@pytest.fixture
async def other(make_database: Callable[[], str]) -> AsyncIterator[SourceLog]:
    """Another log that calls itself `victims`: what an older backup becomes when it is written on."""
    database = Database(make_database())
    await create_tables(database)
    log = SourceLog(database, salt="other")
    await log.open()
    yield log
    await database.close()


async def test_reply_lost_after_reading_loses_nothing(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """Every third reply to XREAD never arrives; there is no pending list in which entries could be stranded."""
    for seed in range(6):
        await source.write(subjects(300, seed))
    await publisher.publish_pending()
    proxy = LossyProxy(redis_url, b"XREAD", every=3, only_with=b"__data__")
    async with proxy.running(), target.consuming(proxy.url):
        await until(lambda: target.has_handled(1_800))
    assert proxy.lost >= 2
    await target.assert_equals(source)


async def test_reply_lost_after_appending_sends_nothing_twice(source: SourceLog, broker: Redis, redis_url: str) -> None:
    """Every second reply to an append never arrives; the batch is sent again and refused."""
    proxy = LossyProxy(redis_url, b"EVALSHA", every=2)
    async with proxy.running():
        through = Redis.from_url(proxy.url, socket_timeout=2)
        publisher = Publisher(source.database, through, "victims")
        running = asyncio.create_task(publisher.run())
        for seed in range(5):
            await source.write(subjects(800, seed))
            publisher.wake()
            await until(lambda seed=seed: _published(broker, source, 800 * (seed + 1)))  # type: ignore[misc]
        publisher.stop()
        await running
        await through.aclose()
    assert proxy.lost >= 2
    await assert_streams_equal_log(broker, source)


async def _published(broker: Redis, source: SourceLog, count: int) -> bool:
    return sum([len(await ids(broker, partition)) for partition in range(source.partitions)]) == count


async def test_broker_killed_and_cut_short_while_consumed(
    source: SourceLog, target: Target, private_redis: Callable[..., PrivateRedis]
) -> None:
    """The broker is killed, loses the end of its file and comes back, twice, under load."""
    server = private_redis()
    redis = Redis.from_url(server.url, socket_timeout=2)
    publisher = Publisher(source.database, redis, "victims")
    publishing = asyncio.create_task(publisher.run())
    async with target.consuming(server.url):
        for seed in range(12):
            await source.write(subjects(200, seed))
            publisher.wake()
            if seed in (4, 8):
                await until(partial(target.has_handled, 200 * seed))
                await asyncio.to_thread(server.cut_aof, 150_000)
        await until(lambda: target.has_handled(2_400))
    publisher.stop()
    await publishing
    await target.assert_equals(source)
    await redis.aclose()


async def test_database_killed_while_consuming(
    source: SourceLog, publisher: Publisher, redis_url: str, private_postgres: Callable[..., PrivatePostgres]
) -> None:
    """A crash of the consumer's database leaves each batch done with its cursor, or not at all."""
    server = private_postgres()
    database = Database(server.create_database(), pool_size=20)
    await create_tables(database)
    target = Target(database)
    await target.create_tables()
    for seed in range(10):
        await source.write(subjects(300, seed))
    await publisher.publish_pending()
    async with target.consuming(redis_url):
        await until(lambda: target.calls >= 4)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.restart)
        await until(lambda: _answers(target, 3_000))
    await target.assert_equals(source)
    await database.close()


async def _answers(target: Target, count: int) -> bool:
    try:
        return await target.has_handled(count)
    except (OSError, sa.exc.SQLAlchemyError):
        return False


async def test_reader_that_comes_after_the_stream_was_trimmed_reads_the_log(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """A new service reads what the stream lost over HTTP, then goes on with the stream."""
    for seed in range(8):
        await source.write(subjects(1_000, seed))
    await publisher.publish_pending()
    for partition in range(source.partitions):
        last = (await ids(broker, partition))[-1]
        await broker.xtrim(partition_stream("victims", partition), minid=f"1-{last.number - 5}", approximate=False)
    async with serving(source) as log, target.consuming(redis_url, Source("victims", log)):
        await until(lambda: target.has_handled(8_000))
        await source.write(subjects(200, 9))
        await publisher.publish_pending()
        await until(lambda: target.has_handled(8_200))
        assert log.pages >= 8
    await target.assert_equals(source)


async def test_reader_of_a_stream_trimmed_to_nothing_reads_the_log(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """Even when no entry is left to show the gap, and none is written."""
    await source.write(subjects(100))
    await publisher.publish_pending()
    for partition in range(source.partitions):
        await broker.xtrim(partition_stream("victims", partition), maxlen=0, approximate=False)
    async with serving(source) as log, target.consuming(redis_url, Source("victims", log)):
        await until(lambda: target.has_handled(100))
    await target.assert_equals(source)


async def test_hole_in_the_middle_of_a_stream_is_filled_from_the_log(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """Entries that somebody deleted from a stream are read from the log, in their place."""
    await source.write(["household/1"] * 60)
    await publisher.publish_pending()
    stream = partition_stream("victims", source.partition_of("household/1"))
    await broker.xdel(stream, *[f"1-{number}" for number in range(20, 30)])
    async with serving(source) as log, target.consuming(redis_url, Source("victims", log)):
        await until(lambda: target.has_handled(60))
    await target.assert_equals(source)


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign"])
async def test_damaged_entry_is_read_from_the_log(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str, damage: str
) -> None:
    """An entry whose bytes are not the log's is replaced by the log's; nothing is parked."""
    await source.write(["household/1"] * 20)
    await publisher.publish_pending()
    partition = source.partition_of("household/1")
    await _damage(broker, partition_stream("victims", partition), "1-10", damage)
    async with serving(source) as log, target.consuming(redis_url, Source("victims", log)):
        await until(lambda: target.has_handled(20))
    await target.assert_equals(source)
    assert await target.reasons() == {}


async def test_undecodable_entry_without_a_log_is_parked_with_its_bytes(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """Where the source has no address the bytes are kept as they came, and the rest goes on."""
    await source.write(["household/1"] * 20)
    await publisher.publish_pending()
    partition = source.partition_of("household/1")
    await _damage(broker, partition_stream("victims", partition), "1-10", "cut")
    async with target.consuming(redis_url):
        await until(lambda: target.has_handled(20))
    assert await target.reasons() == {10: "undecodable-entry"}
    assert await target.numbers(partition) == [number for number in range(1, 21) if number != 10]


async def _damage(broker: Redis, stream: str, id_: str, damage: str) -> None:
    """Write the stream anew with one entry damaged."""
    kept = await stored(broker, stream)
    await broker.delete(stream)
    for found, fields in kept:
        raw = fields[b"__data__"]
        content = {b"__data__": raw}
        if str(found) == id_ and damage == "cut":
            content = {b"__data__": raw[:40]}
        elif str(found) == id_ and damage == "flipped":
            content = {b"__data__": raw[:-20] + b"X" + raw[-19:]}
        elif str(found) == id_:
            content = {b"payload": b"something else"}
        await broker.xadd(stream, content, id=str(found))  # type: ignore[arg-type]


async def test_forked_source_is_refused(
    source: SourceLog, other: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """A source that was restored and wrote other entries under numbers already applied is not believed."""
    subject = "household/1"
    await source.write([subject] * 10)
    await publisher.publish_pending()
    async with target.consuming(redis_url):
        await until(lambda: target.has_handled(10))
    await broker.flushall()
    await other.write([subject] * 12)
    await Publisher(other.database, broker, "victims").publish_pending()
    async with target.consuming(redis_url) as consumers:
        await until(lambda: any(each["forked"] for each in consumers.report()["partitions"]))
    assert await target.applied() == 10
    assert await target.handled() == 10


async def test_forked_log_is_refused_over_http_too(
    source: SourceLog, other: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """The first page begins at the cursor, so catching up notices the same."""
    await source.write(["household/1"] * 10)
    await publisher.publish_pending()
    async with target.consuming(redis_url):
        await until(lambda: target.has_handled(10))
    await other.write(["household/1"] * 30)
    await Publisher(other.database, broker, "victims").publish_pending()
    await broker.xtrim(partition_stream("victims", source.partition_of("household/1")), maxlen=1, approximate=False)
    async with serving(other) as log, target.consuming(redis_url, Source("victims", log)) as consumers:
        await until(lambda: any(each["forked"] for each in consumers.report()["partitions"]))
    assert await target.applied() == 10


async def test_restored_source_that_agrees_is_read_on(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """A source whose epoch went back with its backup, but whose history agrees, goes on being read."""
    await source.write(subjects(200))
    async with source.database.transaction() as connection:
        await raise_epoch(connection)
    await publisher.publish_pending()
    async with target.consuming(redis_url) as consumers:
        await until(lambda: target.has_handled(200))
        await broker.flushall()
        async with source.database.transaction() as connection:
            await connection.execute(sa.text("DELETE FROM delivery.publisher"))
        await source.write(subjects(200, 2))
        await Publisher(source.database, broker, "victims").publish_pending()
        await until(lambda: target.has_handled(400))
        assert not any(each["forked"] for each in consumers.report()["partitions"])
    await target.assert_equals(source)


async def test_cursor_keeps_the_sources_newest_checkpoint(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """The note is stored beside the cursors; an older one never replaces it."""
    await source.write(subjects(50))
    publisher.publish_checkpoint("origin\n50\nroot\n")
    await publisher.publish_pending()

    async def notes() -> set[str | None]:
        async with target.database.transaction() as connection:
            return set((await connection.execute(sa.select(cursor.c.checkpoint))).scalars())

    async def has(note: str) -> bool:
        return await notes() == {note}

    async with target.consuming(redis_url) as consumers:
        await until(lambda: has("origin\n50\nroot\n"))
        publisher.publish_checkpoint("origin\n40\nroot\n")
        await publisher.publish_pending()
        await until(lambda: consumers.report()["checkpoints_regressed"] > 0)
    async with target.consuming(redis_url) as restarted:
        await until(lambda: restarted.report()["checkpoints_regressed"] > 0)
    assert await notes() == {"origin\n50\nroot\n"}


async def test_lag_is_shown_in_redis_own_tools(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """A group of the consumer's name on each stream shows its cursor and a lag of nothing."""
    await source.write(["household/1"] * 30, recorded_at=clock.now())
    await publisher.publish_pending()
    stream = partition_stream("victims", source.partition_of("household/1"))

    async def shown() -> bool:
        if not await broker.exists(stream):
            return False
        groups: list[dict[str, object]] = await broker.xinfo_groups(stream)
        return [(each["name"], each["last-delivered-id"], each["lag"]) for each in groups] == [
            (b"logistics", b"1-30", 0)
        ]

    async with target.consuming(redis_url):
        await until(shown)
        await broker.flushall()
        await Publisher(source.database, broker, "victims").publish_pending()
        await until(shown)
