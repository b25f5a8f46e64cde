"""Replaying a log into a scratch database, and comparing that with the live state.

Owns what `tanggap audit replay` and `tanggap audit diff` do: state built from the log alone, by the code of this
release, beside the live service and without touching it. Must not write to the live database.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.definition import ServiceDefinition
from shared.kit.log import rebuild
from shared.kit.log.errors import LogError
from shared.kit.log.notes import parse
from shared.kit.log.opening import Opening
from shared.kit.log.sources import LogSource
from shared.kit.log.tiles import open_head
from shared.kit.migrations import REBUILD_TIMEOUT_MS, migrate
from shared.kit.preparing import release_of, rules_of

LEAVES_A_STEP = 1_024


class ScratchNotEmpty(LogError):
    """The scratch database already holds something."""

    slug = "scratch-not-empty"
    status = 409
    next_step = "Give an empty database; nothing was written to this one."


class BeyondSource(LogError):
    """A replay was asked to go further than the log it reads."""

    slug = "beyond-log"
    status = 404
    next_step = "Ask for a position up to the log's end."


@dataclass(frozen=True, slots=True)
class Replayed:
    """A state built from the log alone, and its digest: equal states have equal digests."""

    position: int
    events: int
    digest: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Live state and replayed state as of one position."""

    position: int
    live_digest: str
    replayed_digest: str
    differences: tuple[rebuild.Difference, ...]


async def replay_into(
    scratch: Database, definition: ServiceDefinition, source: LogSource, *, to: int | None = None
) -> Replayed:
    """Build a service's state as of a position (the source's latest checkpoint, if not given) in an empty database.

    The source's leaves are taken as they are: verify an export before replaying it.
    Raises: ScratchNotEmpty, BeyondSource, LookupError for an event this release does not know.
    """
    end = parse(await source.latest_note()).size
    position = end if to is None else to
    if not 0 < position <= end:
        raise BeyondSource(f"the log is signed up to position {end}")
    await _make_tables(scratch, definition)
    return await _replay(scratch, definition, _placed(source.leaves(0, position)), position)


async def compare_with_live(live: Database, scratch: Database, definition: ServiceDefinition) -> Compared:
    """Replay a live database's own log into an empty database and compare every state row with the live one.

    Live state and log are read in one snapshot, so the service may go on working meanwhile.
    Raises: ScratchNotEmpty.
    """
    await _make_tables(scratch, definition)
    tables = rebuild.state_tables(rules_of(definition))
    async with live.reading() as connection:
        await connection.execute(sa.text(f"SET LOCAL statement_timeout = {REBUILD_TIMEOUT_MS}"))
        position = (await open_head(connection)).position
        present = await rebuild.dump(connection, tables)
        leaves = rebuild.leaves_of(connection, position)
        replayed = await _replay(scratch, definition, leaves, position)
    async with scratch.reading() as connection:
        found = rebuild.differences(present, await rebuild.dump(connection, tables))
    return Compared(position, rebuild.digest(present), replayed.digest, tuple(found))


async def _make_tables(scratch: Database, definition: ServiceDefinition) -> None:
    async with scratch.reading() as connection:
        if await _is_used(connection):
            raise ScratchNotEmpty("the scratch database is not empty")
    opening = Opening(definition.name, "scratch", clock.now().date())
    await migrate(scratch, release_of(definition), opening, role=None)


async def _is_used(connection: AsyncConnection) -> bool:
    query = sa.text(
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')"
    )
    return bool((await connection.execute(query)).scalar_one())


async def _replay(
    scratch: Database, definition: ServiceDefinition, leaves: AsyncIterator[list[rebuild.Leaf]], position: int
) -> Replayed:
    release = release_of(definition)
    async with scratch.transaction() as connection:
        await connection.execute(sa.text(f"SET LOCAL statement_timeout = {REBUILD_TIMEOUT_MS}"))
        events = await rebuild.replay(leaves, connection, release.rules, release.decoder)
        built = await rebuild.dump(connection, rebuild.state_tables(release.rules))
    return Replayed(position, events, rebuild.digest(built))


async def _placed(portions: AsyncIterator[list[bytes]]) -> AsyncIterator[list[rebuild.Leaf]]:
    position = 0
    async for portion in portions:
        for at in range(0, len(portion), LEAVES_A_STEP):
            step = portion[at : at + LEAVES_A_STEP]
            yield list(enumerate(step, position + 1))
            position += len(step)
