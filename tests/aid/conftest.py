"""The aid service on real servers, for each test that asks for it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.aid.service import SERVICE
from tests.aid.neighbour import Neighbour, neighbour
from tests.aid.office import Office, running, settings_of
from tests.running import PreparedDatabases


@pytest.fixture
async def office(prepared_databases: PreparedDatabases, redis_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """The running service with an empty log, and nobody else there."""
    url = prepared_databases.copy(SERVICE, redis_url)
    async with running(settings_of(url, redis_url, tmp_path / "keys")) as office:
        yield office
    prepared_databases.drop(url)


@pytest.fixture
async def victims(make_database: Callable[[], str], redis_url: str) -> AsyncIterator[Neighbour]:
    """The victims service's log and streams."""
    async with neighbour(make_database(), redis_url) as one:
        yield one
