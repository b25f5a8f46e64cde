"""Migrations: run once, locked, before a service serves.

Owns running alembic, opening the log, granting the running role and rebuilding stale states. A service's
`migrations/env.py` only calls `run_env`. Must not know any table of a service by name.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import schema
from shared.kit.database import Database
from shared.kit.decisions.batch import Rules
from shared.kit.log.append import read_identity
from shared.kit.log.decode import Decoder
from shared.kit.log.opening import Opening, open_log
from shared.kit.log.rebuild import rebuild, record_fingerprints, stale_parts

LOCK_KEY = 0x7A6E67676170
REBUILD_TIMEOUT_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Release:
    """What a database is brought to: the folder of migrations, and the rules its states are built by."""

    migrations: Path
    rules: Rules
    decoder: Decoder


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a run of the migrations did."""

    revision: str
    opened_log: bool
    rebuilt: tuple[str, ...]
    events_replayed: int


def run_env() -> None:
    """The body of every service's `env.py`: run on the connection the caller opened."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, transaction_per_migration=False)
    with context.begin_transaction():
        context.run_migrations()


def _config(folder: Path, connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest_revision(folder: Path) -> str:
    """The revision this release expects a database to be at."""
    revision = ScriptDirectory.from_config(_config(folder)).get_current_head()
    if revision is None:
        raise LookupError(f"no migrations in {folder}")
    return revision


async def revision_of(connection: AsyncConnection) -> str | None:
    """The revision a database is at."""
    return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


async def unguarded() -> None:
    """Nothing stands against opening a log."""


async def make_tables(owner: Database, release: Release) -> None:
    """Bring a database's tables to this release and no more: its log is to be imported, not opened."""
    async with owner.transaction() as connection:
        await _upgrade(connection, release)


async def _upgrade(connection: AsyncConnection, release: Release) -> None:
    await connection.execute(sa.text(f"SET LOCAL statement_timeout = {REBUILD_TIMEOUT_MS}"))
    await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
    await connection.run_sync(lambda sync: command.upgrade(_config(release.migrations, sync), "head"))


async def migrate(
    owner: Database,
    release: Release,
    opening: Opening,
    *,
    role: str | None,
    before_opening: Callable[[], Awaitable[None]] = unguarded,
) -> Migrated:
    """Bring a database to this release: schema, grants, an opened log, states built by today's rules.

    One transaction under a lock: of several replicas starting at once the first migrates, the others wait and
    find nothing to do. `role` is the running role to grant to (None where owner and role are one).
    `before_opening` is asked before a database without a log is given a new one; if it raises, nothing is done.
    """
    async with owner.transaction() as connection:
        await _upgrade(connection, release)
        opened = await read_identity(connection) is None
        if opened:
            await before_opening()
            await open_log(connection, opening)
            await record_fingerprints(connection, release.rules, position=1)
        stale = await stale_parts(connection, release.rules)
        replayed = await rebuild(connection, release.rules, release.decoder) if stale else 0
        if role is not None:
            await connection.run_sync(lambda sync: schema.grant(sync, role))
        revision = await revision_of(connection)
    return Migrated(revision or "", opened, tuple(stale), replayed)
