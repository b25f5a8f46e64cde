"""Partitions of a source share transactions, and no partition pays for another; what concerns nobody costs nothing."""

import asyncio
import time
from collections.abc import Iterable, Sequence

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from shared.kit.canonical import canonical
from shared.kit.streams.entry import Entry, type_of
from shared.kit.streams.names import partition_stream
from shared.kit.streams.publisher import Publisher
from shared.kit.streams.runner import SETTLE_S
from shared.kit.streams.tables import cursor
from tests.streams.source import PARTITIONS, SourceLog
from tests.streams.target import Target, until


def one_of_each_partition(source: SourceLog) -> list[str]:
    """A subject of every partition, in the partitions' order."""
    names = [f"household/{number}" for number in range(100)]
    return [next(name for name in names if source.partition_of(name) == each) for each in range(source.partitions)]


async def rounds(source: SourceLog, publisher: Publisher, target: Target, subjects: Sequence[str], count: int) -> None:
    """Log and publish these subjects so many times, each time waiting until the cursors have moved past them."""
    handled = await target.handled()
    for number in range(1, count + 1):
        await source.write(subjects)
        await publisher.publish_pending()
        await until(lambda number=number: target.has_handled(handled + number * len(subjects)))  # type: ignore[misc]


async def test_partitions_that_have_something_share_a_transaction(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """Ten rounds of an entry in each of four partitions take far fewer than forty transactions."""
    subjects = one_of_each_partition(source)
    async with target.consuming(redis_url):
        await rounds(source, publisher, target, subjects, 1)
        calls = target.calls
        await rounds(source, publisher, target, subjects, 10)
    assert target.calls - calls <= 20
    await target.assert_equals(source)


async def test_entry_that_raises_costs_other_partitions_nothing(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """A transaction that one entry breaks is done again by each partition alone; only the offender is set aside."""
    subjects = one_of_each_partition(source)
    await source.write(subjects * 5)
    await publisher.publish_pending()

    def misbehave(entry: Entry) -> None:
        if (entry.partition, entry.number) == (2, 3):
            raise ValueError("the third entry of one partition")

    target.misbehave = misbehave
    async with target.consuming(redis_url):
        await until(lambda: target.has_handled(20))
    assert [len(await target.numbers(partition)) for partition in range(PARTITIONS)] == [5, 5, 2, 5]
    assert await target.reasons() == {3: "failed: ValueError", 4: "behind-parked", 5: "behind-parked"}


async def test_rejected_entries_of_two_partitions_are_set_aside_together(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """Numbers are told apart by partition: what is rejected in one is applied in another."""
    subjects = one_of_each_partition(source)
    await source.write(subjects * 3)
    await publisher.publish_pending()
    bad = {(1, 1), (3, 2)}
    target.misbehave = lambda entry: "bad-content" if (entry.partition, entry.number) in bad else None
    async with target.consuming(redis_url):
        await until(lambda: target.has_handled(12))
    assert [await target.numbers(each) for each in range(PARTITIONS)] == [[1, 2, 3], [], [1, 2, 3], [1]]
    assert [await target.parked_numbers(each) for each in range(PARTITIONS)] == [[], [1, 2, 3], [], [2, 3]]


async def test_lease_lost_in_one_partition_stops_that_partition_only(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """A cursor that went to another replica moves nothing and holds up none of the others."""
    subjects = one_of_each_partition(source)
    async with target.consuming(redis_url):
        await rounds(source, publisher, target, subjects, 1)
        async with target.database.transaction() as connection:
            later = sa.func.now() + sa.literal_column("interval '1 hour'")
            taken = sa.update(cursor).where(cursor.c.partition == 1)
            await connection.execute(taken.values(lease_owner="other", lease_epoch=99, lease_until=later))
        await source.write(subjects * 3)
        await publisher.publish_pending()
        await until(lambda: target.has_handled(4 + 9))
    assert [len(await target.numbers(partition)) for partition in range(PARTITIONS)] == [4, 1, 4, 4]


async def test_partition_that_is_cancelled_takes_no_other_along(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """The subscriber that happens to run the shared transaction is cut off in the middle; all is applied once."""
    subjects = one_of_each_partition(source)
    begun, hanging = asyncio.Event(), True

    async def hang_once() -> None:
        nonlocal hanging
        if hanging:
            hanging = False
            begun.set()
            await asyncio.Event().wait()

    target.before = hang_once
    await source.write(subjects * 5)
    await publisher.publish_pending()
    async with target.consuming(redis_url) as consumers:
        await asyncio.wait_for(begun.wait(), 10)
        for subscriber in consumers.broker.subscribers:
            for task in subscriber.tasks:  # type: ignore[attr-defined]
                task.cancel()
        await until(lambda: target.has_handled(20))
    await target.assert_equals(source)


async def test_cursor_moves_past_what_concerns_nobody_without_being_asked(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """Many small rounds of entries that mean nothing here cost few transactions, and lag is gone a moment later."""
    subjects = one_of_each_partition(source)
    target.concerns = lambda _: False
    async with target.consuming(redis_url) as consumers:
        await until(lambda: len(consumers.report()["partitions"]) == PARTITIONS)
        began = time.monotonic()
        for _ in range(60):
            await source.write(subjects)
            await publisher.publish_pending()
        await until(lambda: target.has_handled(240))
        settled = (time.monotonic() - began) / SETTLE_S + 1
        assert target.calls <= 2 * settled  # by itself a round would take one transaction or two
    assert await target.handled() == 240


async def test_entry_that_concerns_takes_the_passed_ones_before_it_along(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """What was passed and what has an effect are in the log's order, whoever reads them again after a stop."""
    subject = one_of_each_partition(source)[0]
    target.concerns = lambda entry: entry.number % 7 == 0
    for _ in range(4):
        async with target.consuming(redis_url):
            await rounds(source, publisher, target, [subject] * 9, 1)
    await target.assert_equals(source)


async def test_clean_stop_leaves_nothing_passed_behind(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """The cursor stands at the last entry read when a process has stopped in order."""
    subject = one_of_each_partition(source)[0]
    target.concerns = lambda _: False
    async with target.consuming(redis_url) as consumers:
        await until(lambda: len(consumers.report()["partitions"]) == PARTITIONS)
        await source.write([subject] * 10)
        await publisher.publish_pending()
        await until(lambda: _was_read(consumers.report()["partitions"]))
    assert await target.handled() == await broker.xlen(partition_stream("victims", source.partition_of(subject))) == 10


def _was_read(partitions: Iterable[dict[str, object]]) -> bool:
    return any(each["cursor"] == 10 or each["lag"] == 10 for each in partitions)


async def test_gap_after_passed_entries_is_waited_for(
    source: SourceLog, publisher: Publisher, target: Target, broker: Redis, redis_url: str
) -> None:
    """An entry missing behind passed ones is noticed like any other; nothing is skipped over it."""
    subject = one_of_each_partition(source)[0]
    stream = partition_stream("victims", source.partition_of(subject))
    target.concerns = lambda entry: entry.number > 5
    await source.write([subject] * 10)
    await publisher.publish_pending()
    await broker.xdel(stream, "1-6")
    async with target.consuming(redis_url):
        await until(lambda: target.has_handled(5))
        await broker.delete(stream)
        await Publisher(source.database, broker, "victims").publish_pending()
        await until(lambda: target.has_handled(10))
    await target.assert_equals(source)


json_values = st.recursive(
    st.text(max_size=20) | st.integers(-(2**40), 2**40) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "a", "zone"]), inner),
    max_leaves=8,
)


@given(
    type_=st.from_regex(r"[a-z]{1,8}\.[a-z_]{1,12}\.v[1-9]", fullmatch=True),
    rest=st.dictionaries(st.sampled_from(["data", "subject", "id", "traceparent"]), json_values),
)
def test_type_is_told_from_the_end_of_a_leaf(type_: str, rest: dict[str, object]) -> None:
    """Whatever an event holds, text that looks like a type included, its own type is found."""
    assert type_of(canonical({"a": 1, **rest, "type": type_})) == type_


@given(content=st.dictionaries(st.sampled_from(["data", "type", "zone", "zz"]), json_values))
def test_type_that_is_not_surely_the_events_own_is_not_told(content: dict[str, object]) -> None:
    """A leaf of another shape gets no answer rather than a wrong one; then it is parsed."""
    assert type_of(canonical(content)) in (None, content.get("type"))


@pytest.mark.parametrize("leaf", [b"", b"{}", b'{"type":"a.b.v1"}', b'{"a":"\\",\\"type\\":\\"b"}', b"not json"])
def test_leaf_without_a_plain_type_is_left_to_the_parser(leaf: bytes) -> None:
    """The shortest and the oddest leaves."""
    assert type_of(leaf) is None
