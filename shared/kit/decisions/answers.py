"""Answers given before: under idempotency keys, and what the log itself tells after a restore.

Owns the idempotency table and the stored form of an answer. A key is never claimed ahead of its answer: two
transactions that race for one key meet at the log head's lock, and the later one's insert fails and is run again.

A restored database lacks answers and cursors newer than its backup, while its log is whole again. What the log knows
is used: the id under which a device sent a report is the `causationid` of what it caused, and the id of an event that
a foreign event caused is derived from it. Deciding either again would have its effect twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import timestamp
from shared.kit import clock
from shared.kit.canonical import canonical
from shared.kit.database import copy_rows, fetch
from shared.kit.decisions.tables import idempotency
from shared.kit.decisions.types import Accepted, Item, KeyReused, Logged, Outcome, Refusal, Refused

# The scope of answers recalled from the log: it tells who sent a report, not under which scope the key was kept.
# No person or post has it. The ids are the devices' own UUIDs, so they need no scope to differ.
RECALLED_SCOPE = ""

# Every key in every scope of the batch, the keys as one text: no key holds a line feed, and the driver looks into each
# element of an array, which costs more than reading it.
_READ = (
    "SELECT scope, key, fingerprint, answer FROM intake.idempotency "
    "WHERE scope = ANY($1) AND key = ANY(string_to_array($2, chr(10)))"
)
_READ_DECIDED = (
    "SELECT id, type, subject, sequence, position FROM log.entry "
    "WHERE id = ANY(CAST(string_to_array($1, ',') AS uuid[]))"
)

# Reactions' events have derived ids (UUIDv8) and no client that could ask again. One command's events stand together;
# where an import ended between them, the next one adds the rest.
_RECALL = sa.text(
    """
    WITH caused AS (
      SELECT e.position, e.id, e.type, e.subject, e.sequence, leaf.content ->> 'causationid' AS key,
             leaf.content ->> 'time' AS time, coalesce(leaf.content -> 'data' -> 'flags', '[]') AS flags
        FROM log.entry e, LATERAL (SELECT CAST(convert_from(e.leaf, 'UTF8') AS json) AS content) AS leaf
       WHERE e.position > :after AND e.position <= :to AND substr(CAST(e.id AS text), 15, 1) <> '8'
    )
    INSERT INTO intake.idempotency AS t (scope, key, fingerprint, answer)
    SELECT CAST(:scope AS text), key, convert_to(CAST(:mark AS text) || min(time), 'UTF8'),
           convert_to(CAST(json_build_object('events', json_agg(
             json_build_array(id, type, subject, sequence, position, flags) ORDER BY position)) AS text), 'UTF8')
      FROM caused WHERE key IS NOT NULL GROUP BY key
    ON CONFLICT (scope, key) DO UPDATE SET answer = convert_to(CAST(jsonb_build_object('events',
      (CAST(convert_from(t.answer, 'UTF8') AS jsonb) -> 'events')
        || (CAST(convert_from(excluded.answer, 'UTF8') AS jsonb) -> 'events')) AS text), 'UTF8')
    """
)
_MARK = "recalled, time "


@dataclass(frozen=True, slots=True)
class Recalled(Accepted):
    """The answer to the first repetition of a command whose answer was lost with the database and read from its log.

    What commits with a command beside its events was lost too: documents, unique keys, the answer under its own key.
    The batch keeps them now.
    """


async def read_answers(connection: AsyncConnection, items: Sequence[Item]) -> list[Outcome | None]:
    """The answer each item was given before, or None where it has none and must be decided."""
    stored = await _read_stored(connection, items)
    first_ids = [_first_event_id(item) for item in items]
    decided = await _read_decided(connection, [id_ for id_ in first_ids if id_ is not None])
    return [decided.get(id_) or _answer_of(item, stored) for item, id_ in zip(items, first_ids, strict=True)]


async def _read_stored(
    connection: AsyncConnection, items: Sequence[Item]
) -> dict[tuple[str, str], tuple[bytes, bytes]]:
    wanted = [item.idempotency for item in items if item.idempotency is not None]
    if not wanted:
        return {}
    scopes = {one.scope for one in wanted}
    if any(map(_is_report, items)):
        scopes.add(RECALLED_SCOPE)
    rows = await fetch(connection, _READ, list(scopes), "\n".join({one.key for one in wanted}))
    return {(scope, key): (fingerprint, answer) for scope, key, fingerprint, answer in rows}


async def _read_decided(connection: AsyncConnection, ids: Sequence[str]) -> dict[str | None, Outcome]:
    """What reactions decided before, by the id of their first event: the log may be ahead of a restored cursor.

    Why not wait for the unique id to clash: the states are those after the decision, and deciding on them again may
    refuse, fail, or come to other events.
    """
    if not ids:
        return {}
    rows = await fetch(connection, _READ_DECIDED, ",".join(ids))
    return {
        str(id_): Accepted((Logged(str(id_), type_, subject, sequence, position),), replayed=True)
        for id_, type_, subject, sequence, position in rows
    }


def _first_event_id(item: Item) -> str | None:
    origin = item.origin
    if origin.reaction is None or origin.causation_id is None:
        return None
    return clock.derived_id(origin.causation_id, origin.reaction, 0)


def _is_report(item: Item) -> bool:
    """Whether the item came as an event of its sender's, whose id is both its key and what its events name."""
    return item.idempotency is not None and item.idempotency.key == item.origin.causation_id


def _answer_of(item: Item, stored: dict[tuple[str, str], tuple[bytes, bytes]]) -> Outcome | None:
    if item.idempotency is None:
        return None
    found = stored.get((item.idempotency.scope, item.idempotency.key))
    if found is not None:
        fingerprint, answer = found
        return _decode(answer) if fingerprint == item.idempotency.fingerprint else KeyReused()
    recalled = stored.get((RECALLED_SCOPE, item.idempotency.key)) if _is_report(item) else None
    if recalled is None:
        return None
    mark, answer = recalled
    return Recalled(_events_of(orjson.loads(answer)), replayed=True) if mark == _mark(item) else KeyReused()


def _mark(item: Item) -> bytes:
    """What stands for the fingerprint in a recalled answer: all that the log still knows of what was sent."""
    return (_MARK + timestamp(item.origin.time)).encode()


async def recall_answers(connection: AsyncConnection, *, after: int, to: int) -> None:
    """Bring back, from the leaves of these positions, which reports of devices were accepted, and with what events.

    For a database whose log was mended. A report sent again is then answered as before, whatever its scope, if its
    time is the logged one. Refusals and office commands' keys do not stand in the log and are not known again.
    """
    values = {"after": after, "to": to, "scope": RECALLED_SCOPE, "mark": _MARK}
    await connection.execute(_RECALL, values)


async def write_answers(connection: AsyncConnection, items: Sequence[Item], outcomes: Sequence[Outcome]) -> None:
    """Keep the answers this batch gave first; a replayed, reused or failed item leaves nothing."""
    rows = []
    for item, outcome in zip(items, outcomes, strict=True):
        if item.idempotency is None or not isinstance(outcome, Accepted | Refused):
            continue
        if outcome.replayed and not isinstance(outcome, Recalled):
            continue
        key = item.idempotency
        rows.append((key.scope, key.key, key.fingerprint, _encode(outcome)))
    rows.sort(key=lambda row: row[:2])
    await copy_rows(connection, idempotency, ("scope", "key", "fingerprint", "answer"), rows)


def _encode(outcome: Accepted | Refused) -> bytes:
    if isinstance(outcome, Accepted):
        return canonical(
            {"events": [[e.id, e.type, e.subject, e.sequence, e.position, e.flags] for e in outcome.events]}
        )
    refusal = outcome.refusal
    return canonical(
        {
            "refusal": {
                "slug": refusal.slug,
                "detail": refusal.detail,
                "next_step": refusal.next_step,
                "params": dict(refusal.params),
                "status": refusal.status,
            }
        }
    )


def _decode(answer: bytes) -> Outcome:
    content: dict[str, Any] = orjson.loads(answer)
    if "refusal" in content:
        return Refused(Refusal(**content["refusal"]), replayed=True)
    return Accepted(_events_of(content), replayed=True)


def _events_of(content: dict[str, Any]) -> tuple[Logged, ...]:
    return tuple(
        Logged(id_, type_, subject, sequence, position, tuple(flags))
        for id_, type_, subject, sequence, position, flags in content["events"]
    )
