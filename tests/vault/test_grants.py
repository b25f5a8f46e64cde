"""The role a service runs under can do all the vault's work, and cannot cover its tracks."""

import secrets
from collections.abc import AsyncIterator
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from shared.kit import clock, schema
from shared.kit.database import Database
from shared.kit.decisions.keys import write_holders
from shared.kit.vault.documents import Erased, seal
from shared.kit.vault.erasure import finish_erasures, repeat_erasures, request_erasure
from shared.kit.vault.keys import VaultKeys, add_key, load_keys
from shared.kit.vault.rotation import retire_key, rewrap
from shared.kit.vault.store import read_documents, write_documents
from tests.vault import erasing
from tests.vault.builders import READER, SITI, SITI_NIK, erasure_of


@pytest.fixture
async def service_database(database_url: str) -> AsyncIterator[Database]:
    """A database made as migrations make it, whose connections have the rights of the service's role."""
    owner, role = Database(database_url), f"test_{secrets.token_hex(8)}"
    name = sa.make_url(database_url).database
    async with owner.transaction() as connection:
        await connection.run_sync(schema.create)
        await connection.execute(sa.text("CREATE TABLE public.announced (subject_id text PRIMARY KEY)"))
        await connection.execute(sa.text(f"CREATE ROLE {role} NOLOGIN"))
        await connection.run_sync(schema.grant, role)
        await connection.execute(sa.text(f'ALTER DATABASE "{name}" SET role = {role}'))
    service = Database(database_url)
    yield service
    await service.close()
    async with owner.transaction() as connection:
        await connection.execute(sa.text("RESET ROLE"))
        await connection.execute(sa.text(f'ALTER DATABASE "{name}" RESET role'))
        await connection.execute(sa.text(f"DROP OWNED BY {role}"))
        await connection.execute(sa.text(f"DROP ROLE {role}"))
    await owner.close()


async def test_a_service_keeps_reads_rotates_and_erases_under_its_own_role(
    service_database: Database, keys: VaultKeys
) -> None:
    """Nothing in the life of a document needs the owner of the tables."""
    siti = clock.new_id()
    await repeat_erasures(service_database, keys)
    async with service_database.transaction() as connection:
        await write_documents(connection, [seal(keys, siti, "identity", SITI)[0]])
        await write_holders(connection, {keys.digest("nik", SITI_NIK): siti})
    add_key(keys.folder)
    newer = load_keys(keys.folder)
    await repeat_erasures(service_database, newer)
    assert await rewrap(service_database, newer) == 1
    await retire_key(service_database, newer, keys.current)
    async with service_database.transaction() as connection:
        found = await read_documents(connection, [siti], groups=["identity"], reader=READER, keys=newer)
        assert found == {siti: {"identity": SITI}}
        await request_erasure(connection, erasure_of(siti))
    await finish_erasures(service_database, newer, partial(erasing.announce, service_database))
    async with service_database.transaction() as connection:
        gone = await read_documents(connection, [siti], groups=["identity"], reader=READER, keys=newer)
    assert isinstance(gone[siti], Erased)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM vault.access",
        "ALTER TABLE vault.access DISABLE TRIGGER ALL",
        "DROP TRIGGER document_written ON vault.document",
        "SET session_replication_role = replica",
    ],
)
async def test_a_service_cannot_remove_access_records_or_the_rules(service_database: Database, change: str) -> None:
    """Whoever takes over the service's connection can still not hide what was read."""
    async with service_database.transaction() as connection:
        assert await connection.scalar(sa.text("SELECT current_user")) != "postgres"
    with pytest.raises(DBAPIError, match=r"insert-only|must be owner|permission denied"):
        async with service_database.transaction() as connection:
            await connection.execute(sa.text(change))
