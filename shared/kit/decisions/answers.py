"""Answers kept under idempotency keys: read before a batch decides, written with what it decided.

Owns the idempotency table and the stored form of an answer. A key is never claimed ahead of its answer: two
transactions that race for one key meet at the log head's lock, and the later one's insert fails and is run again.
"""

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.canonical import canonical
from shared.kit.database import copy_rows
from shared.kit.decisions.tables import idempotency
from shared.kit.decisions.types import Accepted, Item, KeyReused, Logged, Outcome, Refusal, Refused

_READ = sa.text(
    "SELECT scope, key, fingerprint, answer FROM intake.idempotency "
    "WHERE (scope, key) IN (SELECT * FROM unnest(CAST(:scopes AS text[]), CAST(:keys AS text[])))"
)


async def read_answers(connection: AsyncConnection, items: Sequence[Item]) -> list[Outcome | None]:
    """The stored answer of each item, or None where it has none and must be decided."""
    keyed = {(item.idempotency.scope, item.idempotency.key) for item in items if item.idempotency is not None}
    if not keyed:
        return [None] * len(items)
    wanted = {"scopes": [scope for scope, _ in keyed], "keys": [key for _, key in keyed]}
    rows = (await connection.execute(_READ, wanted)).all()
    stored = {(row.scope, row.key): (row.fingerprint, row.answer) for row in rows}
    return [_answer_of(item, stored) for item in items]


def _answer_of(item: Item, stored: dict[tuple[str, str], tuple[bytes, bytes]]) -> Outcome | None:
    if item.idempotency is None:
        return None
    found = stored.get((item.idempotency.scope, item.idempotency.key))
    if found is None:
        return None
    fingerprint, answer = found
    return _decode(answer) if fingerprint == item.idempotency.fingerprint else KeyReused()


async def write_answers(connection: AsyncConnection, items: Sequence[Item], outcomes: Sequence[Outcome]) -> None:
    """Keep the answers this batch gave first; a replayed, reused or failed item leaves nothing."""
    rows = []
    for item, outcome in zip(items, outcomes, strict=True):
        if item.idempotency is None or not isinstance(outcome, Accepted | Refused) or outcome.replayed:
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
    events = (
        Logged(id_, type_, subject, sequence, position, tuple(flags))
        for id_, type_, subject, sequence, position, flags in content["events"]
    )
    return Accepted(tuple(events), replayed=True)
