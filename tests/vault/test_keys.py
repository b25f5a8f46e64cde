"""A service with missing, unsafe or foreign keys does not start; a rotation loses nothing."""

import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.vault.conflicts import Conflict, keep_conflict, read_conflicts
from shared.kit.vault.documents import open_document, seal, seal_many
from shared.kit.vault.erasure import repeat_erasures
from shared.kit.vault.errors import (
    DocumentUnreadable,
    VaultKeyInUse,
    VaultKeyMissing,
    VaultKeyUnsafe,
    VaultKeyWrong,
)
from shared.kit.vault.keys import VaultKeys, add_key, destroy_key, load_keys, make_first_key
from shared.kit.vault.rotation import check_keys, retire_key, rewrap
from shared.kit.vault.store import read_documents, write_documents
from tests.vault.builders import BUDI, READER, SITI, SITI_NIK, new_keys


def test_a_missing_key_is_told_and_never_made_silently(tmp_path: Path) -> None:
    """A new key in the place of a lost one would hide that every older document became unreadable."""
    with pytest.raises(VaultKeyMissing) as missing:
        load_keys(tmp_path)
    assert missing.value.slug == "vault-key-missing"
    assert list(tmp_path.iterdir()) == []


def test_a_first_key_is_private_and_never_replaced(tmp_path: Path) -> None:
    """Only the service's own account may read the key file, and making it again fails."""
    make_first_key(tmp_path)
    before = (tmp_path / "vault.kek").read_bytes()
    assert (tmp_path / "vault.kek").stat().st_mode & 0o777 == 0o600
    assert len(before) == 32
    with pytest.raises(FileExistsError):
        make_first_key(tmp_path)
    assert (tmp_path / "vault.kek").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "mode"), [(b"x" * 31, 0o600), (b"", 0o600), (b"x" * 33, 0o600), (b"x" * 32, 0o640)]
)
def test_a_key_file_others_may_read_or_that_is_cut_is_refused(tmp_path: Path, content: bytes, mode: int) -> None:
    """A half-written or shared key is told at the start, not at the first document."""
    (tmp_path / "vault.kek").write_bytes(content)
    (tmp_path / "vault.kek").chmod(mode)
    with pytest.raises(VaultKeyUnsafe):
        load_keys(tmp_path)


async def test_a_foreign_key_refuses_to_start(database: Database, keys: VaultKeys, tmp_path: Path) -> None:
    """Keys of another installation neither write nor search in this database."""
    await repeat_erasures(database, keys)
    with pytest.raises(VaultKeyWrong):
        await repeat_erasures(database, new_keys(tmp_path / "foreign"))
    await repeat_erasures(database, keys)


async def test_the_wrapping_key_without_its_digest_root_refuses_to_start(database: Database, keys: VaultKeys) -> None:
    """After a rotation the digest root is a file of its own; another one would stop finding duplicates silently."""
    add_key(keys.folder)
    (keys.folder / "vault.digest").write_bytes(os.urandom(32))
    async with database.transaction() as connection:
        with pytest.raises(VaultKeyWrong):
            await check_keys(connection, load_keys(keys.folder))


async def test_nothing_is_written_under_a_key_not_in_use(database: Database, tmp_path: Path) -> None:
    """A replica with an old or foreign key cannot leave behind what nobody can open."""
    sealed, _ = seal(new_keys(tmp_path / "foreign"), clock.new_id(), "identity", SITI)
    with pytest.raises(DBAPIError, match="not in use"):
        async with database.transaction() as connection:
            await write_documents(connection, [sealed])


async def test_a_rotation_keeps_every_document_and_digest(database: Database, keys: VaultKeys) -> None:
    """After rotation the old key opens nothing, the new one everything, and duplicates are still found."""
    siti, budi = clock.new_id(), clock.new_id()
    sealed = [document for document, _ in seal_many(keys, [(siti, "identity", SITI), (budi, "identity", BUDI)])]
    letter = Conflict(clock.new_id(), "post-1", "k-1", clock.now(), siti, b"report")
    async with database.transaction() as connection:
        await write_documents(connection, [*sealed, *sealed])
        await keep_conflict(connection, keys, letter)

    add_key(keys.folder)
    newer = load_keys(keys.folder)
    async with database.transaction() as connection:
        await check_keys(connection, newer)
    with pytest.raises(VaultKeyInUse):
        await retire_key(database, newer, keys.current)
    assert await rewrap(database, newer) == 5
    assert await rewrap(database, newer) == 0
    await retire_key(database, newer, keys.current)

    only_new = load_keys(keys.folder)
    assert only_new.wrapping_ids == {newer.current}
    await repeat_erasures(database, only_new)
    async with database.transaction() as connection:
        found = await read_documents(connection, [siti, budi], groups=["identity"], reader=READER, keys=only_new)
        assert found == {siti: {"identity": SITI}, budi: {"identity": BUDI}}
        assert await read_conflicts(connection, reader=READER, keys=only_new) == [letter]
    assert only_new.digest("nik", SITI_NIK) == keys.digest("nik", SITI_NIK)
    assert only_new.fingerprint(b"x") == keys.fingerprint(b"x")
    with pytest.raises(DocumentUnreadable):
        open_document(only_new, sealed[0])


async def test_a_rotation_passes_over_more_rows_than_a_page(
    database: Database, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paging through the vault meets every row once."""
    monkeypatch.setattr("shared.kit.vault.rotation.PAGE_ROWS", 7)
    sealed = [document for document, _ in seal_many(keys, [(clock.new_id(), "identity", SITI) for _ in range(21)])]
    async with database.transaction() as connection:
        await write_documents(connection, sealed + sealed[:9])
    add_key(keys.folder)
    newer = load_keys(keys.folder)
    assert await rewrap(database, newer) == 30
    async with database.reading() as connection:
        ids = await connection.scalars(
            sa.text("SELECT DISTINCT substring(wrapped_key FROM 1 FOR 8) FROM vault.document")
        )
        assert list(ids) == [newer.current]


async def test_the_newest_key_is_never_destroyed(database: Database, keys: VaultKeys) -> None:
    """Retiring the key in use, or an unknown one, is refused and touches no file."""
    with pytest.raises(VaultKeyInUse):
        await retire_key(database, keys, keys.current)
    with pytest.raises(VaultKeyInUse):
        destroy_key(keys.folder, b"unknown!")
    assert (keys.folder / "vault.kek").exists()


async def test_a_replica_left_on_the_retired_key_cannot_write(database: Database, keys: VaultKeys) -> None:
    """A replica that missed the restart of a rotation fails loudly instead of writing what nobody can open."""
    add_key(keys.folder)
    newer = load_keys(keys.folder)
    async with database.transaction() as connection:
        await check_keys(connection, newer)
    await retire_key(database, newer, keys.current)
    with pytest.raises(DBAPIError, match="not in use"):
        async with database.transaction() as connection:
            await write_documents(connection, [seal(keys, clock.new_id(), "identity", SITI)[0]])
