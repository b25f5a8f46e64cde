"""Which keys a vault is written with, and how one gives way to the next.

Owns the start's check of keys against the database, and wrapping every data key anew. Must not read what is
sealed: only data keys are opened.

A rotation: `keys.add_key`, restart every replica, `rewrap`, `retire_key`. When the old key
is gone, what it alone opened is unreadable wherever it still lies: old backups, WAL, free pages of the disk.
"""

import os
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.vault.errors import VaultKeyInUse, VaultKeyWrong
from shared.kit.vault.keys import KEY_ID_BYTES, NONCE_BYTES, VaultKeys, destroy_key
from shared.kit.vault.tables import key_in_use

PAGE_ROWS = 1000

_FIRST = UUID(int=0)
_PAGE = sa.text(
    """
    SELECT subject_id, field_group, version, wrapped_key FROM vault.document
     WHERE (subject_id, field_group, version)
           > (CAST(:subject AS uuid), CAST(:group AS text), CAST(:version AS integer))
     ORDER BY subject_id, field_group, version LIMIT :limit
    """
)
_CHANGE = sa.text(
    """
    UPDATE vault.document d SET wrapped_key = n.wrapped_key
      FROM unnest(CAST(:subjects AS uuid[]), CAST(:groups AS text[]), CAST(:versions AS integer[]),
                  CAST(:keys AS bytea[]))
           AS n(subject_id, field_group, version, wrapped_key)
     WHERE (d.subject_id, d.field_group, d.version) = (n.subject_id, n.field_group, n.version)
    """
)
_CONFLICTS = sa.text("SELECT id, wrapped_key FROM vault.conflict WHERE substring(wrapped_key FROM 1 FOR 8) <> :current")
_CHANGE_CONFLICTS = sa.text(
    """
    UPDATE vault.conflict c SET wrapped_key = n.wrapped_key
      FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS bytea[])) AS n(id, wrapped_key) WHERE c.id = n.id
    """
)
_LOCK = sa.text("LOCK TABLE vault.document, vault.conflict IN SHARE ROW EXCLUSIVE MODE")
_STILL_USED = sa.text(
    """
    SELECT EXISTS (SELECT FROM vault.document WHERE substring(wrapped_key FROM 1 FOR 8) = :id)
        OR EXISTS (SELECT FROM vault.conflict WHERE substring(wrapped_key FROM 1 FOR 8) = :id)
    """
)


async def check_keys(connection: AsyncConnection, keys: VaultKeys) -> None:
    """Refuse to start unless these keys are the database's; a new database takes them as its own.

    Must run before the first write: nothing is kept under a key that was not taken in use here.
    Raises: vault-key-wrong.
    """
    at = clock.now()
    own = [{"id": keys.current, "use": "wrap", "since": at}, {"id": keys.digest_id, "use": "digest", "since": at}]
    await connection.execute(insert(key_in_use).on_conflict_do_nothing(), own)
    expected = {"wrap": keys.wrapping_ids, "digest": frozenset({keys.digest_id})}
    for id_, use in await connection.execute(sa.select(key_in_use.c.id, key_in_use.c.use)):
        if id_ not in expected[use]:
            raise VaultKeyWrong(key_id=id_.hex())


async def rewrap(database: Database, keys: VaultKeys) -> int:
    """Wrap every data key under the newest key, a page a transaction, while the service runs; returns how many.

    Safe to stop and repeat: what is done already is passed over. Raises: vault-document-unreadable.
    """
    changed, place = 0, (_FIRST, "", 0)
    while True:
        async with database.transaction() as connection:
            page = (await connection.execute(_PAGE, {**_named(place), "limit": PAGE_ROWS})).all()
            stale = [row for row in page if row.wrapped_key[:KEY_ID_BYTES] != keys.current]
            if stale:
                await connection.execute(_CHANGE, _renewed(keys, stale))
        changed += len(stale)
        if len(page) < PAGE_ROWS:
            break
        place = page[-1][:3]
    return changed + await _rewrap_conflicts(database, keys)


async def retire_key(database: Database, keys: VaultKeys, key_id: bytes) -> None:
    """Destroy an older key that opens nothing any more. Writers wait while every wrapped key is looked at.

    Raises: vault-key-in-use.
    """
    if key_id == keys.current:
        raise VaultKeyInUse(key_id=key_id.hex())
    async with database.transaction() as connection:
        await connection.execute(_LOCK)
        if await connection.scalar(_STILL_USED, {"id": key_id}):
            raise VaultKeyInUse(key_id=key_id.hex())
        await connection.execute(sa.delete(key_in_use).where(key_in_use.c.id == key_id, key_in_use.c.use == "wrap"))
    destroy_key(keys.folder, key_id)


async def _rewrap_conflicts(database: Database, keys: VaultKeys) -> int:
    async with database.transaction() as connection:
        stale = (await connection.execute(_CONFLICTS, {"current": keys.current})).all()
        if stale:
            renewed = {"ids": [row.id for row in stale], "keys": [_again(keys, row.wrapped_key) for row in stale]}
            await connection.execute(_CHANGE_CONFLICTS, renewed)
    return len(stale)


def _renewed(keys: VaultKeys, rows: Sequence[sa.Row[Any]]) -> dict[str, list[Any]]:
    return {
        "subjects": [row.subject_id for row in rows],
        "groups": [row.field_group for row in rows],
        "versions": [row.version for row in rows],
        "keys": [_again(keys, row.wrapped_key) for row in rows],
    }


def _again(keys: VaultKeys, wrapped_key: bytes) -> bytes:
    return keys.wrap(keys.unwrap(wrapped_key), os.urandom(NONCE_BYTES))


def _named(place: tuple[UUID, str, int]) -> dict[str, Any]:
    return dict(zip(("subject", "group", "version"), place, strict=True))
