"""What services do when what they stand on fails: the broker, the database, a backup that is too old.

Goal: writing goes on without the broker, nothing is lost when it forgets, and an older backup never serves.
Method: real processes on servers of the test's own, which are stopped, flushed, cut short and restored.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from shared.kit.streams.names import StreamId, partition_stream
from tests.kit.pairs import Load, assert_sound, client_of, mirrored, open_counter, pair, raise_once, until_mirrored
from tests.kit.processes import ServiceProcess
from tests.running import PATIENCE_S
from tests.servers import PrivateRedis, with_database

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

MakeDatabase = Callable[[], str]


async def more_answers(load: Load, count: int) -> None:
    """Wait until so many more requests were answered."""
    before = load.answered
    async with asyncio.timeout(PATIENCE_S):
        while load.answered < before + count:
            await asyncio.sleep(0.01)


async def test_writing_goes_on_while_the_broker_is_down_flushed_and_cut_short(
    make_database: MakeDatabase, private_redis: Callable[..., PrivateRedis], tmp_path: Path
) -> None:
    """The database is the record: a broker that is away or forgets only delays what others see."""
    broker = private_redis()
    async with pair(make_database, broker.url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        load = Load(client)
        load.start()
        await more_answers(load, 50)
        await asyncio.to_thread(broker.kill)
        await more_answers(load, 100)
        await asyncio.to_thread(broker.restart)
        await more_answers(load, 50)
        await asyncio.to_thread(broker.flush)
        await more_answers(load, 50)
        await asyncio.to_thread(broker.cut_aof, 4_000)
        await more_answers(load, 50)
        raised = await load.stop()
        await until_mirrored(mirror, raised)
        await assert_sound(toy, make_database(), entries=2 + raised)
        await assert_sound(mirror, make_database(), entries=1 + raised)


async def copy_database(url: str, name: str) -> str:
    """A copy of a database nobody is connected to: what a backup would restore."""
    engine = create_async_engine(
        with_database(url, "postgres", scheme="postgresql+asyncpg"), isolation_level="AUTOCOMMIT"
    )
    source = url.rpartition("/")[2]
    async with engine.connect() as connection:
        await connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{source}"'))
    await engine.dispose()
    return with_database(url, name, scheme="postgresql+asyncpg")


async def test_an_older_backup_refuses_to_serve(make_database: MakeDatabase, redis_url: str, tmp_path: Path) -> None:
    """A database that lacks what was signed or published must not hand out those positions again."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        await raise_once(client, "raise-0001")
        assert toy.stop() == 0
        backup = await copy_database(toy.database_url, toy.database_url.rpartition("/")[2] + "_old")
        toy.start()
        await toy.ready()
        await raise_once(client, "raise-0002")
        await until_mirrored(mirror, 2)
        assert toy.stop() == 0
        older = ServiceProcess("toy", backup, redis_url, toy.keys_dir)
        older.start()
        assert await older.ended() != 0
        toy.start()
        await toy.ready()
        await raise_once(client, "raise-0003")
        await until_mirrored(mirror, 3)


async def test_two_replicas_share_the_work_and_survive_each_other(
    make_database: MakeDatabase, redis_url: str, tmp_path: Path
) -> None:
    """Two replicas of both services, of which one of each dies: nothing is lost, doubled or out of order."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        others = [
            ServiceProcess(one.name, one.database_url, redis_url, toy.keys_dir, peers=one.peers)
            for one in (toy, mirror)
        ]
        try:
            for other in others:
                other.start()
            await asyncio.gather(*(other.ready() for other in others))
            await open_counter(client)
            async with client_of(others[0]) as second:
                loads = [Load(client), Load(second, label="other")]
                for load in loads:
                    load.start()
                await more_answers(loads[0], 50)
                mirror.kill()
                await more_answers(loads[1], 50)
                raised = sum([await load.stop() for load in loads])
            await until_mirrored(others[1], raised)
            await assert_sound(toy, make_database(), entries=2 + raised)
            await assert_sound(others[1], make_database(), entries=1 + raised)
        finally:
            for other in others:
                other.kill()


async def test_a_refused_entry_is_parked_with_what_follows_and_redriven_by_an_operator(
    make_database: MakeDatabase, redis_url: str, tmp_path: Path
) -> None:
    """Poison of one subject holds back that subject alone, visibly, until somebody acts."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        await open_counter(client, "b")
        await raise_once(client, "raise-0001", 13)
        await raise_once(client, "raise-0002", 1)
        await raise_once(client, "raise-0003", 5, "b")
        await until_mirrored(mirror, 5, counter_id="b")
        async with client_of(mirror, "operator") as operator:
            async with asyncio.timeout(PATIENCE_S):
                while len((await operator.get("/v1/parked")).json()["parked"]) < 2:
                    await asyncio.sleep(0.05)
            parked = (await operator.get("/v1/parked")).json()["parked"]
            assert (parked[0]["subject"], parked[0]["reason"]) == ("counter/a", "refused: unlucky")
            again = await operator.post("/v1/parked/redrive", json={"source": "toy", "subject": "counter/a"})
            assert (again.status_code, again.json()["type"]) == (409, "urn:tanggap:problem:still-parked")
        assert await mirrored(mirror) == 0


async def test_streams_hold_the_log_in_its_own_order(
    make_database: MakeDatabase, redis_url: str, tmp_path: Path
) -> None:
    """Each partition's stream is the log's partition, numbered without a gap."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        for counter_id in "abcdef":
            await open_counter(client, counter_id)
        await asyncio.gather(*(raise_once(client, f"raise-{n:05}", 1, "abcdef"[n % 6]) for n in range(60)))
        await until_mirrored(mirror, 10)
        async with redis.asyncio.Redis.from_url(redis_url) as broker:
            streams: list[Any] = [await broker.xrange(partition_stream("toy", partition)) for partition in range(4)]
        numbers = [[StreamId.parse(id_).number for id_, _ in stream] for stream in streams]
        assert all(found == list(range(1, len(found) + 1)) for found in numbers)
        assert sum(map(len, numbers)) == 1 + 6 + 60
