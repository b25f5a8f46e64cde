"""Processes are killed with SIGKILL in the middle of their work; an entry that kills them is set aside."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Iterator

import pytest

from shared.kit.streams.publisher import Publisher
from tests.streams.source import SourceLog
from tests.streams.target import Target, until

SUBJECTS = [f"household/{number}" for number in range(40)]


class Workers:
    """Processes of the replica under test; all are gone when the test ends."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self.database_url = database_url
        self.redis_url = redis_url
        self.running: list[asyncio.subprocess.Process] = []

    async def start(self, name: str = "worker") -> asyncio.subprocess.Process:
        arguments = ("-m", "tests.streams.worker", self.database_url, self.redis_url, name)
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.DEVNULL)
        self.running.append(process)
        return process

    def end(self) -> None:
        for process in self.running:
            if process.returncode is None:
                os.kill(process.pid, signal.SIGKILL)


@pytest.fixture
def workers(target: Target, redis_url: str) -> Iterator[Workers]:
    found = Workers(target.database.engine.url.render_as_string(hide_password=False), redis_url)
    yield found
    found.end()


async def test_killed_replicas_lose_and_double_nothing(
    source: SourceLog, publisher: Publisher, target: Target, workers: Workers
) -> None:
    """Two replicas, one killed at random moments and replaced, five times: effects are complete and in order."""
    chosen = random.Random(11)
    for _ in range(6):
        await source.write([chosen.choice(SUBJECTS) for _ in range(500)])
    await publisher.publish_pending()
    steady = await workers.start("slow-steady")
    for round_ in range(5):
        victim = await workers.start(f"slow-{round_}")
        handled = await target.handled()
        await until(lambda handled=handled: target.has_handled(min(3_000, handled + 150)))  # type: ignore[misc]
        await asyncio.sleep(chosen.random() * 0.3)
        victim.kill()
        await victim.wait()
    await until(lambda: target.has_handled(3_000))
    steady.terminate()
    assert await steady.wait() == 0
    await target.assert_equals(source)
    assert await target.reasons() == {}


async def test_entry_that_kills_the_process_is_parked_after_three_kills(
    source: SourceLog, publisher: Publisher, target: Target, workers: Workers
) -> None:
    """After it killed a batch, it is tried alone and counted; then the partition goes on without it."""
    subject = "household/1"
    partition = source.partition_of(subject)
    others = [name for name in SUBJECTS if source.partition_of(name) == partition and name != subject][:2]
    source.salt = "harmless"
    await source.write(others * 10)
    source.salt = "kills"
    await source.write([subject])
    source.salt = "harmless"
    await source.write([*others * 10, subject])
    await publisher.publish_pending()
    deaths = 0
    while deaths < 12:
        process = await workers.start()
        done = asyncio.create_task(until(lambda: target.has_handled(42)))
        died = asyncio.create_task(process.wait())
        await asyncio.wait([done, died], return_when=asyncio.FIRST_COMPLETED)
        if done.done():
            await done
            break
        done.cancel()
        deaths += 1
        assert process.returncode == -signal.SIGKILL
    assert deaths == 8  # in batches of 42, 16, 4, 2 and 2 after the cursor, then three times alone
    assert await target.numbers(partition) == [number for number in range(1, 42) if number != 21]
    assert await target.reasons() == {21: "killed-the-process", 42: "behind-parked"}
    process.terminate()
    assert await process.wait() == 0
    died.cancel()


async def test_innocent_entries_are_not_parked_for_another_partitions_killer(
    source: SourceLog, publisher: Publisher, target: Target, workers: Workers
) -> None:
    """While one partition's entry kills every process, the other partitions lose nothing to suspicion."""
    killer = "household/1"
    source.salt = "kills"
    await source.write([killer])
    source.salt = "harmless"
    innocent = [name for name in SUBJECTS if source.partition_of(name) != source.partition_of(killer)]
    await source.write(innocent * 4)
    await publisher.publish_pending()
    total = 1 + len(innocent) * 4
    for _ in range(8):
        process = await workers.start()
        waiting = asyncio.create_task(until(lambda: target.has_handled(total)))
        died = asyncio.create_task(process.wait())
        await asyncio.wait([waiting, died], return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            await waiting
            break
        waiting.cancel()
    assert await target.applied() == total - 1
    assert await target.parked_numbers(source.partition_of(killer)) == [1]
    assert list((await target.reasons()).values()) == ["killed-the-process"]
    process.terminate()
    assert await process.wait() == 0
    died.cancel()


async def test_killed_idle_replica_makes_nothing_suspect_for_long(
    source: SourceLog, publisher: Publisher, target: Target, workers: Workers
) -> None:
    """After an unrelated kill the first entry is tried alone, then batches that double: catching up is not slow."""
    await source.write([SUBJECTS[0]] * 10)
    await publisher.publish_pending()
    process = await workers.start()
    await until(lambda: target.has_handled(10))
    process.kill()
    await process.wait()
    await source.write([SUBJECTS[0]] * 600)
    await publisher.publish_pending()
    async with target.consuming(workers.redis_url) as consumers:
        await until(lambda: target.has_handled(610))
        found = [each for each in consumers.report()["partitions"] if each["applied"]]
    assert [each["applied"] for each in found] == [600]
    assert 8 <= found[0]["batches"] <= 14  # 1, 2, 4 … 128, then 200 at a time
    await target.assert_equals(source)
