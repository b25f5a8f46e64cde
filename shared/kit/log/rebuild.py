"""State from the log alone: replay to a position, rebuild after a change of rules, compare with live.

Owns running `evolve` over stored leaves, batch by batch, with the same code that live work uses. Must not
decide anything and never writes to the log.
"""

import hashlib
import inspect
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.decisions.batch import ReadModel, Rules, evolved
from shared.kit.decisions.tables import fingerprint
from shared.kit.decisions.types import Ref, StateKind
from shared.kit.log.append import Placed
from shared.kit.log.decode import Decoder
from shared.kit.log.tables import entry, head
from shared.kit.memory import bulk_work

# So few that the events of a step stay in the processor's cache, so many that its statements do not weigh.
LEAVES_PER_STEP = 500

Leaf = tuple[int, bytes]


async def leaves_of(connection: AsyncConnection, to_position: int) -> AsyncIterator[list[Leaf]]:
    """The leaves 1…to_position of a database's log, in steps."""
    after = 0
    while after < to_position:
        query = sa.select(entry.c.position, entry.c.leaf)
        query = query.where(entry.c.position > after, entry.c.position <= min(to_position, after + LEAVES_PER_STEP))
        rows = (await connection.execute(query.order_by(entry.c.position))).all()
        if len(rows) != min(to_position - after, LEAVES_PER_STEP):
            raise LookupError(f"the log has a hole after position {after}")
        yield [(row.position, row.leaf) for row in rows]
        after = rows[-1].position


async def replay(leaves: AsyncIterator[list[Leaf]], connection: AsyncConnection, rules: Rules, decoder: Decoder) -> int:
    """Run every leaf through `evolve` into the state tables the connection sees. Gives the number of events.

    The tables must be empty; the caller owns the transaction.
    """
    count = 0
    with bulk_work():
        async for step in leaves:
            placed = [one for leaf in step if (one := _placed(leaf, decoder)) is not None]
            await _replay_step(connection, rules, placed)
            count += len(placed)
    return count


def _placed(leaf: Leaf, decoder: Decoder) -> Placed | None:
    position, written = leaf
    content = orjson.loads(written)
    event = decoder.read(content)
    return None if event is None else Placed(event, position, datetime.fromisoformat(content["recordedtime"]))


async def _replay_step(connection: AsyncConnection, rules: Rules, placed: Sequence[Placed]) -> None:
    refs = {one.event.ref for one in placed}
    before = await rules.stores.load(connection, refs, (), locked=False)
    after = evolve_all(rules, before, placed)
    await rules.stores.write(connection, before, after)
    for model in rules.read_models:
        if placed:
            await model.apply(connection, placed)


def evolve_all(rules: Rules, before: Mapping[Ref, Any], placed: Sequence[Placed]) -> dict[Ref, Any]:
    """The states after these events, in memory: the pure heart of a replay."""
    after: dict[Ref, Any] = {}
    for one in placed:
        ref = one.event.ref
        state = after.get(ref) or before.get(ref)
        after[ref] = evolved(rules.kinds[ref.kind], state, one.event)
    return after


def state_tables(rules: Rules) -> list[sa.Table]:
    """Every table a rebuild fills: states, their children, read models."""
    tables = [table for kind in rules.kinds.values() for table in (kind.table, *(c.table for c in kind.children))]
    return tables + [table for model in rules.read_models for table in model.tables]


def fingerprint_of(part: StateKind[Any] | ReadModel) -> str:
    """SHA-256 of the source a state or read model is derived by: its function's whole module.

    Why the module: `evolve` calls its neighbours, and a rebuild too many is cheap where one too few is a lie.
    """
    function = part.evolve if isinstance(part, StateKind) else part.apply
    source = inspect.getsource(sys.modules[function.__module__])
    return hashlib.sha256(source.encode()).hexdigest()


def _parts(rules: Rules) -> dict[str, str]:
    parts: list[StateKind[Any] | ReadModel] = [*rules.kinds.values(), *rules.read_models]
    return {part.name: fingerprint_of(part) for part in parts}


async def stale_parts(connection: AsyncConnection, rules: Rules) -> list[str]:
    """The states and read models whose stored fingerprint is not that of this release."""
    rows = (await connection.execute(sa.select(fingerprint.c.name, fingerprint.c.fingerprint))).all()
    stored = {row.name: row.fingerprint for row in rows}
    return sorted(name for name, value in _parts(rules).items() if stored.get(name) != value)


async def rebuild(connection: AsyncConnection, rules: Rules, decoder: Decoder) -> int:
    """Build every state table anew from the log as a shadow and swap it in. Needs the owner's role.

    Runs in the caller's transaction under the log head's lock, so no write slips between. Gives the number of
    events replayed.
    """
    position = (await connection.execute(sa.select(head.c.position).with_for_update())).scalar_one()
    tables = state_tables(rules)
    await connection.execute(sa.text("DROP SCHEMA IF EXISTS shadow CASCADE"))
    await connection.execute(sa.text("CREATE SCHEMA shadow"))
    for table in tables:
        await connection.execute(
            sa.text(f'CREATE TABLE shadow."{table.name}" (LIKE public."{table.name}" INCLUDING ALL)')
        )
    await connection.execute(sa.text("SET LOCAL search_path = shadow"))
    count = await replay(leaves_of(connection, position), connection, rules, decoder)
    for table in tables:
        await connection.execute(sa.text(f'DROP TABLE public."{table.name}"'))
        await connection.execute(sa.text(f'ALTER TABLE shadow."{table.name}" SET SCHEMA public'))
    await connection.execute(sa.text("SET LOCAL search_path = public"))
    await connection.execute(sa.text("DROP SCHEMA shadow"))
    await record_fingerprints(connection, rules, position)
    return count


async def record_fingerprints(connection: AsyncConnection, rules: Rules, position: int) -> None:
    """Note which code the state tables are built by, up to a position."""
    await connection.execute(sa.delete(fingerprint))
    rows = [{"name": name, "fingerprint": value, "built_to": position} for name, value in _parts(rules).items()]
    if rows:
        await connection.execute(sa.insert(fingerprint), rows)


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that live and replay do not agree on; a side is None where it lacks the row."""

    table: str
    key: str
    live: str | None
    replayed: str | None


async def dump(connection: AsyncConnection, tables: Sequence[sa.Table]) -> dict[str, dict[str, str]]:
    """Every row of these tables as canonical JSON text, by table and primary key."""
    content: dict[str, dict[str, str]] = {}
    for table in tables:
        keys = [column.name for column in table.primary_key]
        query = sa.text(f'SELECT to_jsonb(t)::text AS row FROM "{table.name}" AS t')
        rows: dict[str, str] = {}
        async for row in await connection.stream(query):
            fields = orjson.loads(row.row)
            text = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS).decode()
            rows["/".join(str(fields[name]) for name in keys)] = text
        content[table.name] = rows
    return content


def differences(live: Mapping[str, Mapping[str, str]], replayed: Mapping[str, Mapping[str, str]]) -> list[Difference]:
    """Where two dumps differ, in a stable order: empty means equal byte for byte."""
    found = []
    for table in sorted(live.keys() | replayed.keys()):
        ours, theirs = live.get(table, {}), replayed.get(table, {})
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key) != theirs.get(key):
                found.append(Difference(table, key, ours.get(key), theirs.get(key)))
    return found


def digest(content: Mapping[str, Mapping[str, str]]) -> str:
    """SHA-256 of a dump: equal dumps, equal digests."""
    sha = hashlib.sha256()
    for table in sorted(content):
        for key in sorted(content[table]):
            sha.update(f"{table}\x00{key}\x00{content[table][key]}\n".encode())
    return sha.hexdigest()
