"""A vault of the test's own: its keys in a folder, its tables in a fresh database of the real server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.kit.database import Database
from shared.kit.vault.keys import VaultKeys
from shared.kit.vault.rotation import check_keys
from tests.vault.builders import create_vault, new_keys


@pytest.fixture
def keys(tmp_path: Path) -> VaultKeys:
    """The keys of a new installation."""
    return new_keys(tmp_path / "keys")


@pytest.fixture
async def database(database_url: str, keys: VaultKeys) -> AsyncIterator[Database]:
    """A database with an empty vault that has taken `keys` into use."""
    database = Database(database_url)
    await create_vault(database)
    async with database.transaction() as connection:
        await check_keys(connection, keys)
    yield database
    await database.close()
