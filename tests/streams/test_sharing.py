"""Replicas share partitions, hand them over, and a stale owner cannot write."""

import asyncio
import random

import pytest
import sqlalchemy as sa
from redis.asyncio import Redis

from shared.kit.streams.cursors import Cursor, Lease, Move, move_cursors, read_cursor
from shared.kit.streams.entry import Entry, hash_leaf
from shared.kit.streams.faults import LostLease
from shared.kit.streams.leases import Leases
from shared.kit.streams.publisher import Publisher
from shared.kit.streams.runner import Pace
from shared.kit.streams.tables import cursor, replica
from tests.streams.source import SourceLog
from tests.streams.target import QUICK, Target, until

SUBJECTS = [f"household/{number}" for number in range(40)]


def subjects(count: int, seed: int = 1) -> list[str]:
    chosen = random.Random(seed)
    return [chosen.choice(SUBJECTS) for _ in range(count)]


async def owners(target: Target) -> list[str | None]:
    async with target.database.transaction() as connection:
        query = sa.select(cursor.c.lease_owner).order_by(cursor.c.partition)
        return list((await connection.execute(query)).scalars())


async def shared_as(target: Target, shares: dict[str, int]) -> bool:
    found = await owners(target)
    return {worker: found.count(worker) for worker in set(found) if worker} == shares


async def test_replicas_share_the_partitions_and_hand_them_over(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """A second replica gets half, and gives it back when it stops; nothing is lost, doubled or out of order."""
    publishing = asyncio.create_task(publisher.run())
    async with target.consuming(redis_url, worker="a"):
        await until(lambda: shared_as(target, {"a": 4}))
        await _write(source, publisher, range(5))
        async with target.consuming(redis_url, worker="b"):
            await until(lambda: shared_as(target, {"a": 2, "b": 2}))
            await _write(source, publisher, range(5, 10))
            await until(lambda: target.has_handled(2_000))
        await until(lambda: shared_as(target, {"a": 4}))
        await _write(source, publisher, range(10, 15))
        await until(lambda: target.has_handled(3_000))
    publisher.stop()
    await publishing
    assert await owners(target) == [None] * 4
    assert await target.workers() == {"a", "b"}
    await target.assert_equals(source)


async def test_five_replicas_of_four_partitions_leave_one_idle(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """Nobody takes more than a fair share, and every partition has an owner."""
    await _write(source, publisher, range(2))
    await publisher.publish_pending()
    async with (
        target.consuming(redis_url, worker="a"),
        target.consuming(redis_url, worker="b"),
        target.consuming(redis_url, worker="c"),
        target.consuming(redis_url, worker="d"),
        target.consuming(redis_url, worker="e"),
    ):

        async def one_each() -> bool:
            found = await owners(target)
            return None not in found and len(set(found)) == 4

        await until(one_each)
        await until(lambda: target.has_handled(400))
    await target.assert_equals(source)


async def _write(source: SourceLog, publisher: Publisher, seeds: range) -> None:
    for seed in seeds:
        await source.write(subjects(200, seed))
        publisher.wake()
        await asyncio.sleep(0)


def _next(before: Cursor) -> Entry:
    leaf = b"{}"
    return Entry("victims", 0, before.number + 1, 1, leaf, hash_leaf(leaf), epoch=1)


async def _claim(target: Target, leases: Leases) -> Lease:
    await leases.round()
    return leases.held["victims", 0]


@pytest.fixture
async def cursors(target: Target) -> None:
    async with target.database.transaction() as connection:
        await connection.execute(cursor.insert().values(source="victims", partition=0))


@pytest.mark.usefixtures("cursors")
async def test_stale_owner_writing_on_is_refused(target: Target) -> None:
    """After another replica took over, the old one's transaction moves nothing, whatever it believes."""
    old = await _claim(target, Leases(target.database, ["victims"], lease_s=0.0, owner="old"))
    new = await _claim(target, Leases(target.database, ["victims"], lease_s=30, owner="new"))
    assert new.epoch == old.epoch + 1
    start = Cursor(0, 1, None)
    with pytest.raises(LostLease):
        async with target.database.transaction() as connection:
            await move_cursors(connection, [Move(old, start, _next(start))], lease_s=30)
    async with target.database.transaction() as connection:
        assert await move_cursors(connection, [Move(new, start, _next(start))], lease_s=30) == [False]
        assert (await read_cursor(connection, new)).number == 1


@pytest.mark.usefixtures("cursors")
async def test_older_lease_of_the_same_name_is_refused(target: Target) -> None:
    """Two processes that go by one name do not share a lease: the epoch tells them apart."""
    old = await _claim(target, Leases(target.database, ["victims"], lease_s=30, owner="twin"))
    await _claim(target, Leases(target.database, ["victims"], lease_s=30, owner="twin"))
    start = Cursor(0, 1, None)
    with pytest.raises(LostLease):
        async with target.database.transaction() as connection:
            await move_cursors(connection, [Move(old, start, _next(start))], lease_s=30)
    with pytest.raises(LostLease):
        async with target.database.transaction() as connection:
            await read_cursor(connection, old)


@pytest.mark.usefixtures("cursors")
async def test_owner_with_an_old_cursor_is_refused(target: Target) -> None:
    """The same replica cannot apply an entry twice either."""
    lease = await _claim(target, Leases(target.database, ["victims"], lease_s=30, owner="a"))
    start = Cursor(0, 1, None)
    async with target.database.transaction() as connection:
        await move_cursors(connection, [Move(lease, start, _next(start))], lease_s=30)
    with pytest.raises(LostLease):
        async with target.database.transaction() as connection:
            await move_cursors(connection, [Move(lease, start, _next(start))], lease_s=30)
    async with target.database.transaction() as connection:
        assert (await read_cursor(connection, lease)).last_hash == hash_leaf(b"{}")


@pytest.mark.usefixtures("cursors")
async def test_released_lease_moves_no_cursor(target: Target) -> None:
    """A batch that outlives the clean stop of its process changes nothing."""
    leases = Leases(target.database, ["victims"], lease_s=30, owner="a")
    lease = await _claim(target, leases)
    await leases.release(lease)
    start = Cursor(0, 1, None)
    with pytest.raises(LostLease):
        async with target.database.transaction() as connection:
            await move_cursors(connection, [Move(lease, start, _next(start))], lease_s=30)


@pytest.mark.usefixtures("cursors")
async def test_lease_in_use_is_not_taken_though_it_ran_out(target: Target) -> None:
    """A long batch holds the cursor's row: its partition is not taken away in the middle."""
    lease = await _claim(target, Leases(target.database, ["victims"], lease_s=0.0, owner="slow"))
    start = Cursor(0, 1, None)
    eager = Leases(target.database, ["victims"], lease_s=30, owner="eager")
    async with target.database.transaction() as connection:
        await move_cursors(connection, [Move(lease, start, _next(start))], lease_s=30)
        await eager.round()
        assert eager.held == {}
    await eager.round()
    assert eager.held == {}  # the batch renewed the lease with its commit


@pytest.mark.usefixtures("cursors")
async def test_clean_release_is_not_suspected_and_a_death_is(target: Target) -> None:
    """Only a lease that ran out on its owner makes the next one careful."""
    first = Leases(target.database, ["victims"], lease_s=0.0, owner="first")
    assert not (await first.round()).claimed[0].unclean
    second = Leases(target.database, ["victims"], lease_s=30, owner="second")
    assert (await second.round()).claimed[0].unclean
    await second.release(second.held["victims", 0])
    await second.leave()
    third = Leases(target.database, ["victims"], lease_s=30, owner="third")
    assert not (await third.round()).claimed[0].unclean


async def test_dead_replica_is_replaced_when_its_lease_ends(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """A replica that vanished keeps its partitions no longer than a lease."""
    await source.write(subjects(100))
    await publisher.publish_pending()
    dead = Leases(target.database, ["victims"], lease_s=1.0, owner="dead")
    async with target.database.transaction() as connection:
        for partition in range(4):
            await connection.execute(cursor.insert().values(source="victims", partition=partition))
    await dead.round()
    assert len(dead.held) == 4
    async with target.consuming(redis_url, worker="alive"):
        await until(lambda: target.has_handled(100))
    async with target.database.transaction() as connection:
        assert (await connection.execute(sa.select(replica.c.owner))).all() == []
    await target.assert_equals(source)


async def test_clean_stop_under_load_finishes_the_batch_in_hand(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """Stopping in the middle of thousands of entries leaves cursor and effects equal, and the leases free."""
    for seed in range(5):
        await source.write(subjects(1_000, seed))
    await publisher.publish_pending()

    async def slowly() -> None:
        await asyncio.sleep(0.05)

    target.before = slowly
    for _ in range(3):
        calls = target.calls
        async with target.consuming(redis_url):
            await until(lambda calls=calls: target.calls > calls + 2)  # type: ignore[misc]
        assert await target.applied() == await target.handled() > 0
        assert await owners(target) == [None] * 4
    target.before = None
    async with target.consuming(redis_url):
        await until(lambda: target.has_handled(5_000))
    await target.assert_equals(source)


async def test_batch_longer_than_the_stop_deadline_is_undone_whole(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """A stop does not wait for ever: the batch is rolled back with its cursor and done again later."""
    await source.write(["household/1"] * 50)
    await publisher.publish_pending()
    stuck = asyncio.Event()

    async def hang() -> None:
        stuck.set()
        await asyncio.Event().wait()

    target.before = hang
    async with target.consuming(redis_url, pace=Pace(poll_ms=200, watch_s=0.2, stop_deadline_s=0.5)):
        await asyncio.wait_for(stuck.wait(), 10)
    assert (await target.applied(), await target.handled()) == (0, 0)
    target.before = None
    async with target.consuming(redis_url, pace=QUICK):
        await until(lambda: target.has_handled(50))
    await target.assert_equals(source)


async def test_dead_subscriber_is_started_again(
    source: SourceLog, publisher: Publisher, target: Target, redis_url: str
) -> None:
    """A subscriber that stopped by itself is noticed and replaced at the cursor."""
    await source.write(subjects(100))
    await publisher.publish_pending()
    async with target.consuming(redis_url) as consumers:
        await until(lambda: target.has_handled(100))
        for subscriber in consumers.broker.subscribers:
            await subscriber.stop()
        await source.write(subjects(100, 2))
        await publisher.publish_pending()
        await until(lambda: target.has_handled(200))
        assert all(each["alive"] for each in consumers.report()["partitions"])
        assert sum(each["restarts"] for each in consumers.report()["partitions"]) >= 4
    await target.assert_equals(source)


async def test_more_partitions_are_taken_up_when_the_source_says_so(
    target: Target, broker: Redis, redis_url: str
) -> None:
    """A source with more partitions than was assumed is consumed whole once its first checkpoint is seen."""
    await broker.xadd("tanggap.victims.checkpoints", {"note": "origin\n1\nroot\n", "partitions": 6})
    async with target.consuming(redis_url) as consumers:
        await until(lambda: len(consumers.report()["partitions"]) == 6)
