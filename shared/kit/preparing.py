"""Making a service ready to start: its database at this release, its log opened, its keys in place.

Owns what `tanggap migrate` does for one service. Safe to repeat; keys are made once and never replaced, and a log
that was lost with its database is never followed by a new one. Must not serve anything.
"""

import asyncio
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog
from redis.asyncio import Redis

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.decisions.batch import Rules
from shared.kit.definition import ServiceDefinition
from shared.kit.log import guard, tables, tiles
from shared.kit.log.append import LogIdentity
from shared.kit.log.decode import Decoder
from shared.kit.log.errors import KeyProblem
from shared.kit.log.keys import LogFiles, create_log_key
from shared.kit.log.opening import Opening
from shared.kit.log.streamed import last_numbers
from shared.kit.migrations import Migrated, Release, migrate
from shared.kit.settings import Settings
from shared.kit.streams.faults import describe, surroundings_failed
from shared.kit.vault import tables as vault
from shared.kit.vault.errors import VaultKeyMissing
from shared.kit.vault.keys import FIRST_FILE, load_keys, make_first_key

# Before a log is opened nothing can be placed in it; migrations need rules only to rebuild states.
_UNOPENED = LogIdentity(source="", partitions=1)
REDIS_TIMEOUT_S = 5

_log = structlog.get_logger(__name__)


def rules_of(definition: ServiceDefinition, identity: LogIdentity = _UNOPENED) -> Rules:
    """A service's rules over a log."""
    return Rules(definition.kinds, definition.deciders, definition.read_models, identity)


def release_of(definition: ServiceDefinition) -> Release:
    """What this release of a service brings its database to."""
    decoder = Decoder.of(definition.payloads, definition.upcasters)
    return Release(definition.migrations, rules_of(definition), decoder)


async def prepare(definition: ServiceDefinition, settings: Settings) -> Migrated:
    """Migrate a service's database, open its log, make the keys it does not have yet.

    Raises: LogBehind where the database holds no log although one is known of, so it was lost with the database;
    KeyProblem or VaultKeyMissing where a key is gone that the database's content needs.
    """
    owner = Database(settings.owner_database_url or settings.database_url, pool_size=2)
    try:
        opening = Opening(definition.name, settings.installation, clock.legal_date(clock.now(), settings.timezone))
        migrated = await migrate(
            owner,
            release_of(definition),
            opening,
            role=_running_role(settings),
            before_opening=lambda: _check_never_opened(definition.name, settings),
        )
        await _make_keys(owner, definition.name, settings)
    finally:
        await owner.close()
    return migrated


async def _check_never_opened(service: str, settings: Settings) -> None:
    """The checkpoint kept beside the key and the broker are asked; without a broker, the file alone."""
    tails: dict[int, int] = {}
    redis = Redis.from_url(settings.redis_url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S)
    try:
        tails = await last_numbers(redis, service)
    except Exception as error:
        if not surroundings_failed(error):
            raise
        _log.warning("broker-not-asked", reason=describe(error))
    finally:
        await redis.aclose()
    await guard.check_never_opened(LogFiles(settings.keys_dir, service), tails=tails)


def _running_role(settings: Settings) -> str | None:
    role = urlsplit(settings.database_url).username
    owner = urlsplit(settings.owner_database_url or settings.database_url).username
    return role if role != owner else None


async def _make_keys(owner: Database, service: str, settings: Settings) -> None:
    files = LogFiles(settings.keys_dir, service)
    async with owner.reading() as connection:
        head = await tiles.open_head(connection)
        signed = await connection.scalar(sa.select(sa.exists(sa.select(tables.checkpoint.c.size))))
        sealed = await connection.scalar(sa.select(sa.exists(sa.select(vault.document.c.subject_id))))
    await asyncio.to_thread(_make_missing, files, head.origin, has_signed=bool(signed), has_sealed=bool(sealed))


def _make_missing(files: LogFiles, origin: str, *, has_signed: bool, has_sealed: bool) -> None:
    files.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not files.key.exists():
        if has_signed:
            raise KeyProblem("the log was signed before, and its key is not in the keys folder")
        create_log_key(files, origin)
    if not (files.directory / FIRST_FILE).exists():
        if has_sealed:
            raise VaultKeyMissing(file=FIRST_FILE)
        make_first_key(files.directory)
    load_keys(files.directory)
