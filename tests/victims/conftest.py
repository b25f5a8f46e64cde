"""The victims service on real servers, for each test that asks for it."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis

from tests.servers import PostgresServer
from tests.victims.office import Office, running, settings_of

# Two services of one name never share streams: the shared one has a logical database of its own.
SHARED_REDIS_DATABASE = 5


@pytest.fixture(scope="module")
async def office(
    postgres_server: PostgresServer, redis_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Office]:
    """The running service, shared by a module's tests: each declares disasters of its own."""
    url = postgres_server.create_database()
    redis_url = f"{redis_server_url.rstrip('/').removesuffix('/0')}/{SHARED_REDIS_DATABASE}"
    with contextlib.closing(redis.Redis.from_url(redis_url)) as client:
        client.flushdb()
    async with running(settings_of(url, redis_url, tmp_path_factory.mktemp("victims") / "keys")) as office:
        yield office
    postgres_server.drop_database(url)


@pytest.fixture
async def fresh_office(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """A running service with an empty log, for tests that look at all there is."""
    async with running(settings_of(database_url, redis_url, tmp_path / "keys")) as office:
        yield office
