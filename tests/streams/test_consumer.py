"""What a source logs takes effect in another service once and in order, whatever fails on the way."""

import asyncio
import random

from redis.asyncio import Redis

from shared.kit.streams.entry import Entry
from shared.kit.streams.names import partition_stream
from shared.kit.streams.publisher import Publisher, raise_epoch
from tests.streams.source import SourceLog
from tests.streams.target import Target, until

SUBJECTS = [f"household/{number}" for number in range(40)]


def subjects(count: int, seed: int = 1) -> list[str]:
    chosen = random.Random(seed)
    return [chosen.choice(SUBJECTS) for _ in range(count)]


async def test_every_entry_takes_effect_once_and_in_order(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """Entries published before and after the start are applied, each once, in the log's order."""
    await source.write(subjects(700))
    await publisher.publish_pending()
    async with target.consuming(redis_url) as consumers:
        await source.write(subjects(700, 2))
        await publisher.publish_pending()
        await until(lambda: target.has_handled(1_400))
        report = consumers.report()
    await target.assert_equals(source)
    assert sum(each["applied"] for each in report["partitions"]) == 1_400


async def kill_connections(redis_url: str) -> None:
    """Cut every connection to the broker but the one that says so."""
    async with Redis.from_url(redis_url) as killer:
        await killer.client_kill_filter(_type="normal", skipme=True)


async def test_thousands_of_entries_through_killed_connections_and_failing_applies(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """4,000 entries stay complete and in order while connections are killed and one apply in ten fails."""
    chosen = random.Random(7)

    async def fail_sometimes() -> None:
        if chosen.random() < 0.1:
            raise ConnectionResetError("the database went away")

    target.before = fail_sometimes
    publishing = asyncio.create_task(publisher.run())
    async with target.consuming(redis_url):
        for seed in range(40):
            await source.write(subjects(100, seed))
            publisher.wake()
            if seed % 4 == 0:
                await kill_connections(redis_url)
            await asyncio.sleep(0.02)
        await until(lambda: target.has_handled(4_000))
    publisher.stop()
    await publishing
    await target.assert_equals(source)


async def test_failed_batch_is_read_again_by_the_same_subscriber(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """A failure outside the entries sets the reader back to the cursor; nobody has to notice that it went deaf."""
    failures = 2

    async def fail_twice() -> None:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise ConnectionResetError("the database went away")

    target.before = fail_twice
    await source.write(["household/1"] * 450)
    await publisher.publish_pending()
    async with target.consuming(redis_url) as consumers:
        await until(lambda: target.has_handled(450))
        assert sum(each["failures"] for each in consumers.report()["partitions"]) == 2
        assert sum(each["restarts"] for each in consumers.report()["partitions"]) == 0
    await target.assert_equals(source)


async def test_flushed_broker_loses_nothing(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """Every key of the broker is lost in the middle; the streams are refilled and the effects are complete."""
    publishing = asyncio.create_task(publisher.run())
    async with target.consuming(redis_url):
        for seed in range(10):
            await source.write(subjects(200, seed))
            publisher.wake()
            if seed in (3, 7):
                await broker.flushall()
        await until(lambda: target.has_handled(2_000))
    publisher.stop()
    await publishing
    await target.assert_equals(source)


async def test_duplicates_and_foreign_entries_below_the_cursor_change_nothing(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """Entries sent again under a new epoch are skipped, and new ones under it are applied."""
    await source.write(subjects(300))
    await publisher.publish_pending()
    async with target.consuming(redis_url):
        await until(lambda: target.has_handled(300))
        async with source.database.transaction() as connection:
            await raise_epoch(connection)
        await source.write(subjects(300, 2))
        await publisher.publish_pending()
        await until(lambda: target.has_handled(600))
    await target.assert_equals(source)
    assert await broker.xlen(partition_stream("victims", 0)) > len(await target.numbers(0))


async def test_rejected_entry_is_parked_and_the_rest_goes_on(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """A bad entry is set aside with its reason; others of its subject wait behind it, other subjects do not."""
    poison, fine = "household/1", _same_partition(source, "household/1")
    partition = source.partition_of(poison)
    await source.write([fine, poison, fine, poison, fine])
    await publisher.publish_pending()
    target.misbehave = lambda entry: "bad-content" if entry.number == 2 else None
    async with target.consuming(redis_url):
        await until(lambda: target.has_handled(5))
        await source.write([poison, fine])
        await publisher.publish_pending()
        await until(lambda: target.has_handled(7))
    assert await target.numbers(partition) == [1, 3, 5, 7]
    assert await target.reasons() == {2: "bad-content", 4: "behind-parked", 6: "behind-parked"}


async def test_entry_that_raises_is_found_alone_and_parked(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """A batch that fails for an unknown reason is run entry by entry; only the offender is parked."""

    def misbehave(entry: Entry) -> None:
        if entry.number == 50:
            raise ValueError("secret name of a person")

    subject = "household/1"
    partition = source.partition_of(subject)
    others = [_same_partition(source, subject, nth) for nth in range(3)]
    await source.write([*others * 16, others[0], subject, *others * 10])
    await publisher.publish_pending()
    target.misbehave = misbehave
    async with target.consuming(redis_url):
        await until(lambda: target.has_handled(80))
    assert await target.numbers(partition) == [number for number in range(1, 81) if number != 50]
    assert await target.reasons() == {50: "failed: ValueError"}


def _same_partition(source: SourceLog, subject: str, nth: int = 0) -> str:
    """Another subject of the same partition."""
    wanted = source.partition_of(subject)
    found = [f"person/{number}" for number in range(100) if source.partition_of(f"person/{number}") == wanted]
    return found[nth]
