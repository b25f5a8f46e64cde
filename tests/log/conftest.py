"""Fixtures of the log's tests: a database with a log in it, and the files beside a service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.kit.log.keys import LogFiles, create_log_key
from tests.log import journal


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a fresh database that has the log's tables and no log yet."""
    made = create_async_engine(database_url)
    async with made.begin() as connection:
        await journal.create_tables(connection)
    yield made
    await made.dispose()


@pytest.fixture
def files(tmp_path: Path) -> LogFiles:
    """The keys directory of a service whose log key exists."""
    found = LogFiles(tmp_path / "keys", "toy")
    create_log_key(found, journal.ORIGIN)
    return found
