"""Fixtures every test may ask for: real servers, fresh databases, an empty Redis."""

import contextlib
import os
from collections.abc import Callable, Iterator

import pytest
import redis
from xdist.remote import Producer

from tests import servers
from tests.running import PreparedDatabases
from tests.servers import PostgresServer, PrivatePostgres, PrivateRedis
from tests.workers import FilesOfOneFlood, long_first

# Commands are quoted in English; tests/box/test_language.py shows that they speak Indonesian.
os.environ["TANGGAP_LANG"] = "en"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: see `tests/workers.py`."""
    long_first(items)


@pytest.hookimpl(optionalhook=True)  # there is no such hook where pytest-xdist is turned off
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesOfOneFlood | None:
    """Who runs what under `--dist loadfile`; any other way is pytest-xdist's own."""
    return FilesOfOneFlood(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """`async def` tests and fixtures run on asyncio's own loop."""
    return ("asyncio", {"use_uvloop": False})


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The session's PostgreSQL server."""
    with servers.postgres_server() as server:
        yield server


@pytest.fixture
def database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL (`postgresql+asyncpg://`) of a fresh, empty database, dropped afterwards."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def make_database(postgres_server: PostgresServer) -> Iterator[Callable[[], str]]:
    """Makes as many fresh databases as the test asks for; all are dropped afterwards."""
    urls: list[str] = []

    def make() -> str:
        urls.append(postgres_server.create_database())
        return urls[-1]

    yield make
    for url in urls:
        postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def prepared_databases(postgres_server: PostgresServer) -> Iterator[PreparedDatabases]:
    """Databases a service has been prepared on, made by copying one: see `tests/running.py`."""
    databases = PreparedDatabases(postgres_server)
    yield databases
    databases.drop_all()


@pytest.fixture(scope="session")
def redis_server_url() -> Iterator[str]:
    """The URL of the session's Redis; tests ask for `redis_url` instead, which is empty."""
    with servers.redis_server() as url:
        yield url


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """The URL of the session's Redis, emptied before the test."""
    with contextlib.closing(redis.Redis.from_url(redis_server_url)) as client:
        client.flushall()
    return redis_server_url


@pytest.fixture
def private_redis() -> Iterator[Callable[..., PrivateRedis]]:
    """Starts Redis servers of the test's own: `private_redis(services=["victims"], append_fsync="always")`."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(servers.private_redis(**options))


@pytest.fixture
def private_postgres() -> Iterator[Callable[..., PrivatePostgres]]:
    """Starts PostgreSQL servers of the test's own: `private_postgres(durable=False)`."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(servers.private_postgres(**options))
