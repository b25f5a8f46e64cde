"""Fixtures of the delivery tests: a source's log on PostgreSQL, a broker, and what a stream holds."""

from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis

from shared.kit.database import Database
from shared.kit.streams.publisher import Publisher
from tests.streams.source import SourceLog, create_tables
from tests.streams.target import Target


@pytest.fixture
async def source(make_database: Callable[[], str]) -> AsyncIterator[SourceLog]:
    """The opened, empty log of the service `victims` in its own database."""
    database = Database(make_database())
    await create_tables(database)
    log = SourceLog(database)
    await log.open()
    yield log
    await database.close()


@pytest.fixture
async def broker(redis_url: str) -> AsyncIterator[Redis]:
    """A client of the session's broker, which is empty."""
    client = Redis.from_url(redis_url, socket_timeout=5)
    yield client
    await client.aclose()


@pytest.fixture
async def target(make_database: Callable[[], str]) -> AsyncIterator[Target]:
    """The service `logistics` with its own empty database."""
    database = Database(make_database(), pool_size=20)
    await create_tables(database)
    service = Target(database)
    await service.create_tables()
    yield service
    await database.close()


@pytest.fixture
async def publisher(source: SourceLog, broker: Redis) -> Publisher:
    """The source's publisher; tests call `publish_pending` or `run`."""
    return Publisher(source.database, broker, "victims")
