"""Erasure of a subject: requested, destroyed, completed.

Owns the steps between the request and its completion, each safe to repeat after a crash at any point, and their
repetition after a restore. The events of both ends are the service's to log. Must not decide whether a subject
may be erased.

The order, and what a crash after each step leaves:
1. `request_erasure`, in the transaction that logs the request: from here on nobody reads or writes the subject.
2. destruction in one transaction: the request is still pending, the next round finds nothing left to destroy.
3. the list outside the database: a restored older backup is erased again before it serves.
4. `announce`: the service logs the completion under an idempotency key, so that a repetition changes nothing.
5. completion: the round is over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.vault.documents import as_uuid
from shared.kit.vault.erasure_list import ErasureList, ErasureRecord
from shared.kit.vault.errors import ErasureNotRequested
from shared.kit.vault.keys import VaultKeys
from shared.kit.vault.rotation import check_keys
from shared.kit.vault.tables import erasure

LOCK_TIMEOUT_MS = 5000
ROUND_LIMIT_SUBJECTS = 500

Announce = Callable[[ErasureRecord], Awaitable[None]]

# Writers hold ROW EXCLUSIVE until they commit, so this waits for every report of the subject that is on its way;
# later ones see the request. The order is the batch's own, so the two never wait for each other.
_LOCK = sa.text("LOCK TABLE vault.document, vault.unique_key, vault.conflict IN SHARE ROW EXCLUSIVE MODE")
_DESTROY = (
    sa.text("DELETE FROM vault.document WHERE subject_id = ANY(CAST(:subjects AS uuid[]))"),
    sa.text("DELETE FROM vault.unique_key WHERE holder = ANY(CAST(CAST(:subjects AS uuid[]) AS text[]))"),
    sa.text("DELETE FROM vault.conflict WHERE subject_id = ANY(CAST(:subjects AS uuid[]))"),
)
_LEFT = sa.text(
    """
    SELECT subject_id FROM vault.document WHERE subject_id = ANY(CAST(:subjects AS uuid[]))
    UNION SELECT CAST(holder AS uuid) FROM vault.unique_key
           WHERE holder = ANY(CAST(CAST(:subjects AS uuid[]) AS text[]))
    UNION SELECT subject_id FROM vault.conflict WHERE subject_id = ANY(CAST(:subjects AS uuid[]))
    """
)
_NOT_COMPLETED = sa.text(
    """
    SELECT s.id FROM unnest(CAST(:subjects AS uuid[])) AS s(id)
     WHERE NOT EXISTS (SELECT FROM vault.erasure e WHERE e.subject_id = s.id AND e.completed_at IS NOT NULL)
    """
)


async def request_erasure(connection: AsyncConnection, record: ErasureRecord) -> None:
    """Close a subject's documents to every reader and writer, inside the transaction that logs the request.

    A second request changes nothing. The database refuses one approved by the person who requested it.
    Raises: vault-subject-malformed.
    """
    await connection.execute(insert(erasure).values(_row(record)).on_conflict_do_nothing())


async def pending_erasures(connection: AsyncConnection) -> list[ErasureRecord]:
    """Erasures requested and not completed, oldest first: at most a round's."""
    query = sa.select(erasure).where(erasure.c.completed_at.is_(None)).order_by(erasure.c.requested_at)
    rows = await connection.execute(query.limit(ROUND_LIMIT_SUBJECTS))
    return [ErasureRecord(str(row.subject_id), row.requested_at, row.requested_by, row.approved_by) for row in rows]


async def finish_erasures(database: Database, keys: VaultKeys, announce: Announce) -> list[ErasureRecord]:
    """Bring one round of pending erasures to completion; at the next start or call it goes on where it stopped.

    `announce` logs the completion of one erasure and must change nothing when repeated. Raises: what `announce`
    raises, and DBAPIError if writers held the vault longer than the lock timeout; the round is then still pending.
    """
    async with database.transaction() as connection:
        pending = await pending_erasures(connection)
    if not pending:
        return []
    async with database.transaction() as connection:
        await destroy(connection, [record.subject_id for record in pending])
    await asyncio.to_thread(ErasureList(keys.folder).add, pending)
    for record in pending:
        await announce(record)
        async with database.transaction() as connection:
            await _complete(connection, [record.subject_id])
    return pending


async def repeat_erasures(database: Database, keys: VaultKeys) -> int:
    """Erase again, before serving, every completed erasure that a restore has undone; returns how many subjects.

    The list lies beside the keys, so the keys must first be shown to be this database's. An ordinary start takes
    no lock. Raises: vault-key-wrong.
    """
    records = await asyncio.to_thread(ErasureList(keys.folder).read)
    async with database.transaction() as connection:
        await check_keys(connection, keys)
        return await erase_again(connection, records)


async def erase_again(connection: AsyncConnection, records: Sequence[ErasureRecord]) -> int:
    """Erase those of these subjects that the database does not know as erased, or of whom something is left.

    Why apart from the list: after a restore a service may also know of erasures from its own log.
    """
    by_subject = {as_uuid(record.subject_id): record for record in records}
    known = {"subjects": list(by_subject)}
    undone = {*(await connection.scalars(_NOT_COMPLETED, known)), *(await connection.scalars(_LEFT, known))}
    if not undone:
        return 0
    await connection.execute(insert(erasure).on_conflict_do_nothing(), [_row(by_subject[id_]) for id_ in undone])
    ids = [str(id_) for id_ in undone]
    await destroy(connection, ids)
    await _complete(connection, ids)
    return len(undone)


async def destroy(connection: AsyncConnection, subject_ids: Sequence[str]) -> None:
    """Remove every version, wrapped key, salt and keyed digest of subjects whose erasure was requested, and check it.

    A transaction of its own, which commits soon: while it is open nobody writes to the vault, and it must not hold
    or want the log head's lock. Raises: vault-erasure-not-requested.
    """
    subjects = [as_uuid(subject_id) for subject_id in subject_ids]
    await connection.execute(sa.text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))
    await connection.execute(_LOCK)
    query = sa.select(sa.func.count()).select_from(erasure).where(erasure.c.subject_id.in_(subjects))
    if await connection.scalar(query) != len(set(subjects)):
        raise ErasureNotRequested
    for statement in _DESTROY:
        await connection.execute(statement, {"subjects": subjects})
    if (await connection.scalars(_LEFT, {"subjects": subjects})).first() is not None:
        raise AssertionError("something of an erased subject is left")


async def _complete(connection: AsyncConnection, subject_ids: Sequence[str]) -> None:
    subjects = [as_uuid(subject_id) for subject_id in subject_ids]
    still_pending = erasure.c.subject_id.in_(subjects), erasure.c.completed_at.is_(None)
    await connection.execute(sa.update(erasure).where(*still_pending).values(completed_at=clock.now()))


def _row(record: ErasureRecord) -> dict[str, object]:
    return {
        "subject_id": as_uuid(record.subject_id),
        "requested_at": record.requested_at,
        "requested_by": record.requested_by,
        "approved_by": record.approved_by,
    }
