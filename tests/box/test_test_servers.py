"""The tests' own servers are real, empty at the start of each test, and can be broken where a test asks."""

import os
from collections.abc import Callable

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.servers import PrivatePostgres, PrivateRedis


async def scalar(url: str, statement: str) -> object:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return (await connection.execute(text(statement))).scalar_one_or_none()
    finally:
        await engine.dispose()


async def write(url: str, *statements: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
async def test_a_test_database_starts_empty(database_url: str, turn: int) -> None:
    """What one test leaves in a database the next never sees."""
    assert await scalar(database_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await write(database_url, f"CREATE TABLE left_behind_{turn} (n int)")


@pytest.mark.parametrize("turn", [1, 2])
def test_redis_starts_empty(redis_url: str, turn: int) -> None:
    """What one test leaves in Redis the next never sees."""
    client = redis.Redis.from_url(redis_url)
    assert client.dbsize() == 0
    client.set("left-behind", turn)
    client.close()


async def test_a_killed_postgres_keeps_what_was_committed(private_postgres: Callable[..., PrivatePostgres]) -> None:
    """A commit answered before a power cut is there afterwards."""
    private = private_postgres()
    url = private.create_database()
    await write(url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    private.kill()
    private.restart()
    assert await scalar(url, "SELECT n FROM kept") == 7


def test_a_cut_append_only_file_loses_its_tail_only(private_redis: Callable[..., PrivateRedis]) -> None:
    """A broker restarted from a file cut short has lost its last entry and kept the earlier ones."""
    private = private_redis(append_fsync="always")
    client = redis.Redis.from_url(private.url)
    for number in range(1, 4):
        client.xadd("tanggap.toy.0", {"n": number}, id=f"1-{number}")
    client.close()
    private.cut_aof(3)
    client = redis.Redis.from_url(private.url)
    assert client.xinfo_stream("tanggap.toy.0")["last-generated-id"] == b"1-2"
    assert client.xlen("tanggap.toy.0") == 2
    client.close()


def test_the_forced_way_is_taken(postgres_server: object) -> None:
    """A forced run never falls back silently."""
    forced = os.environ.get("TANGGAP_TEST_SERVERS")
    if forced is None:
        pytest.skip("no way is forced in this run")
    assert getattr(postgres_server, "origin", None) == forced
