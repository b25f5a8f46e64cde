"""What came under an idempotency key already used for something else: kept encrypted until somebody reviews it.

Owns `vault.conflict`. A post that reuses a key may hold a report nobody else has, so its content is not thrown
away; it may hold personal data, so it is sealed, dropped after a time, and reached by erasure.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import clock
from shared.kit.canonical import canonical
from shared.kit.vault.documents import as_uuid
from shared.kit.vault.errors import DocumentUnreadable
from shared.kit.vault.keys import KEY_BYTES, NONCE_BYTES, VaultKeys
from shared.kit.vault.store import Reader
from shared.kit.vault.tables import access, conflict, erasure

KEPT_DAYS = 90
PAGE_ROWS = 100
FIELD_GROUP = "reused_key"

_DOMAIN = b"tanggap-conflict-v1\x00"
_ONLY_NONCE = bytes(NONCE_BYTES)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Content that came under the key `key` of `scope`, with the bytes as they came."""

    id: str
    scope: str
    key: str
    received_at: datetime
    subject_id: str | None
    content: bytes


async def keep_conflict(connection: AsyncConnection, keys: VaultKeys, found: Conflict) -> None:
    """Seal and keep the content of a reused key. `subject_id` names whom it is about, if it names one.

    The same id again changes nothing, so an id derived from the content keeps a resent conflict once.
    """
    random = os.urandom(KEY_BYTES + NONCE_BYTES)
    cipher = AESGCM(random[:KEY_BYTES])
    row = {
        "id": as_uuid(found.id),
        "scope": found.scope,
        "key": found.key,
        "received_at": found.received_at,
        "subject_id": None if found.subject_id is None else as_uuid(found.subject_id),
        "wrapped_key": keys.wrap(random[:KEY_BYTES], random[KEY_BYTES:]),
        "ciphertext": cipher.encrypt(_ONLY_NONCE, found.content, _bound_to(found.id, found.scope, found.key)),
    }
    await connection.execute(insert(conflict).values(row).on_conflict_do_nothing())


async def read_conflicts(
    connection: AsyncConnection, *, reader: Reader, keys: VaultKeys, after: str | None = None
) -> list[Conflict]:
    """A page of kept content in the order of ids, with an access record for each that names a subject.

    Content of a subject whose erasure was requested is left out. The caller commits before it shows anything.
    Raises: vault-document-unreadable.
    """
    open_subjects = sa.or_(
        conflict.c.subject_id.is_(None), conflict.c.subject_id.not_in(sa.select(erasure.c.subject_id))
    )
    query = sa.select(conflict).where(open_subjects).order_by(conflict.c.id).limit(PAGE_ROWS)
    if after is not None:
        query = query.where(conflict.c.id > as_uuid(after))
    rows = (await connection.execute(query)).all()
    subjects = sorted({row.subject_id for row in rows if row.subject_id is not None})
    if subjects:
        await connection.execute(sa.insert(access), [_access(subject, reader) for subject in subjects])
    return [_open(keys, row) for row in rows]


async def drop_conflicts(connection: AsyncConnection) -> int:
    """Remove content kept longer than `KEPT_DAYS`; returns how much."""
    too_old = conflict.c.received_at < clock.now() - timedelta(days=KEPT_DAYS)
    return (await connection.execute(sa.delete(conflict).where(too_old))).rowcount


def _access(subject_id: UUID, reader: Reader) -> dict[str, object]:
    return {
        "at": clock.now(),
        "actor": reader.actor,
        "role": reader.role,
        "purpose": reader.purpose,
        "subject_id": subject_id,
        "field_groups": [FIELD_GROUP],
        "request_id": reader.request_id,
    }


def _open(keys: VaultKeys, row: sa.Row[Any]) -> Conflict:
    cipher = AESGCM(keys.unwrap(row.wrapped_key))
    try:
        content = cipher.decrypt(_ONLY_NONCE, row.ciphertext, _bound_to(str(row.id), row.scope, row.key))
    except InvalidTag as error:
        raise DocumentUnreadable from error
    subject_id = None if row.subject_id is None else str(row.subject_id)
    return Conflict(str(row.id), row.scope, row.key, row.received_at, subject_id, content)


def _bound_to(id_: str, scope: str, key: str) -> bytes:
    return _DOMAIN + canonical([id_, scope, key])
