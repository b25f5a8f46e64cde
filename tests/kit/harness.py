"""What the kit's suites share: a migrated database for a definition, and the parts a service is built of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.decisions.batch import Rules
from shared.kit.decisions.types import Command, IdempotencyKey, Item, Origin, UniqueKey
from shared.kit.definition import ServiceDefinition
from shared.kit.log.append import read_identity
from shared.kit.log.decode import Decoder
from shared.kit.log.opening import Opening
from shared.kit.log.rebuild import Difference, differences, dump, leaves_of, replay, state_tables
from shared.kit.log.tables import head
from shared.kit.migrations import migrate
from shared.kit.preparing import release_of, rules_of


@dataclass
class Bench:
    """One service's database and rules, without its process."""

    database: Database
    rules: Rules
    decoder: Decoder
    definition: ServiceDefinition


@asynccontextmanager
async def workbench(definition: ServiceDefinition, url: str) -> AsyncIterator[Bench]:
    """A migrated database with an opened log."""
    await _migrate(definition, url)
    async with attached(definition, url) as bench:
        yield bench


@asynccontextmanager
async def attached(definition: ServiceDefinition, url: str) -> AsyncIterator[Bench]:
    """The database of a service that is prepared already."""
    database = Database(url)
    try:
        async with database.reading() as connection:
            identity = await read_identity(connection)
        assert identity is not None
        decoder = Decoder.of(definition.payloads, definition.upcasters)
        yield Bench(database, rules_of(definition, identity), decoder, definition)
    finally:
        await database.close()


async def _migrate(definition: ServiceDefinition, url: str) -> None:
    database = Database(url, pool_size=2)
    try:
        opening = Opening(definition.name, "test", date(2026, 1, 1))
        await migrate(database, release_of(definition), opening, role=None)
    finally:
        await database.close()


def item(command: Command, key: str | None = None, *, claims: dict[UniqueKey, str] | None = None) -> Item:
    """A command on its way, from a test actor; `key` makes it idempotent, fingerprinted by its repr."""
    origin = Origin(actor="tester", role="post", correlation_id="c-1", time=clock.now())
    idempotency = IdempotencyKey("tester", key, repr(command).encode()) if key is not None else None
    return Item(command, origin, idempotency, claims=claims or {})


async def rebuilt_differs(bench: Bench, scratch_url: str) -> list[Difference]:
    """Where the live state differs from one rebuilt from the log alone in a scratch database."""
    await _migrate(bench.definition, scratch_url)
    scratch = Database(scratch_url, pool_size=2)
    try:
        async with bench.database.reading() as live, scratch.transaction() as target:
            position = int(await live.scalar(sa.select(head.c.position)) or 0)
            replayed = await replay(leaves_of(live, position), target, bench.rules, bench.decoder)
            assert replayed > 0, "an empty log shows nothing"
            tables = state_tables(bench.rules)
            return differences(await dump(live, tables), await dump(target, tables))
    finally:
        await scratch.close()
