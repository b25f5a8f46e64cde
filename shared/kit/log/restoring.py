"""Mending a restored database, or filling an empty one, with what its log's owner signed.

Owns the order: tables if there are none, leaves, then under which epoch publishing goes on. Building the states is
left to `tanggap migrate`, which the service's start insists on.
"""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from shared.kit.database import Database
from shared.kit.log.imports import Imported, import_leaves, signed_end
from shared.kit.log.notes import Verifier
from shared.kit.log.sources import LogSource
from shared.kit.log.streamed import StreamSource
from shared.kit.migrations import Release, make_tables
from shared.kit.streams.tables import publisher


async def restore(
    owner: Database, source: LogSource, verifiers: Sequence[Verifier], release_of: Callable[[str], Release]
) -> Imported:
    """Bring back every leaf the source has and the database lacks, up to the last one signed.

    `release_of` gives the release of the service a checkpoint names; it is asked only if the database is empty.
    Raises: LogForked, LogDamaged, StreamIncomplete; the log is then as it was.
    """
    end = await signed_end(source, verifiers)
    if not await _has_tables(owner):
        await make_tables(owner, release_of(end.checkpoint.origin.split("/")[2]))
    return await import_leaves(owner.engine, source, verifiers)


async def restore_from_streams(
    owner: Database,
    source: StreamSource,
    verifiers: Sequence[Verifier],
    release_of: Callable[[str], Release],
    *,
    unsigned: bool = False,
) -> Imported:
    """As `restore`, from the broker's streams; with `unsigned` also what was published in the last moments unsigned.

    The publisher's epoch is brought back too: under a lower one nothing could be appended to the streams.
    """
    imported = await restore(owner, source, verifiers, release_of)
    if unsigned:
        more = await import_leaves(owner.engine, source, verifiers, beyond=source.beyond)
        imported = Imported(imported.before, more.after, more.unsigned)
    await _continue_epoch(owner, await source.epoch())
    return imported


async def _has_tables(owner: Database) -> bool:
    async with owner.reading() as connection:
        return bool(await connection.scalar(sa.text("SELECT to_regclass('log.head') IS NOT NULL")))


async def _continue_epoch(owner: Database, epoch: int) -> None:
    if epoch <= 1:
        return
    statement = insert(publisher).values(stream_epoch=epoch)
    higher = sa.func.greatest(publisher.c.stream_epoch, epoch)
    async with owner.transaction() as connection:
        await connection.execute(
            statement.on_conflict_do_update(index_elements=[publisher.c.one], set_={"stream_epoch": higher})
        )
