"""The victims service on real servers, for each test that asks for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.victims.office import Office, running, settings_of


@pytest.fixture
async def office(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """The running service with an empty log."""
    async with running(settings_of(database_url, redis_url, tmp_path / "keys")) as office:
        yield office
