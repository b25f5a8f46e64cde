"""A log for the tests: leaves as a service writes them, in a database or as bare bytes.

Owns making valid leaves without a service's contracts. Imports nothing of the verifier.
"""

import uuid
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.canonical import canonical
from shared.kit.decisions.tables import fingerprint, idempotency
from shared.kit.log import tables

LOG_ID = "01936000-0000-7000-8000-000000000001"
SOURCE = f"urn:tanggap:test:toy:{LOG_ID}"
ORIGIN = f"tanggap/test/toy/{LOG_ID}"
PARTITIONS = 4
BEGAN = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def event_id(position: int, *, branch: int = 0) -> str:
    """The id of the event at a position; another branch gives another event there."""
    return f"01936000-{branch:04x}-7000-8000-{position:012x}"


def content(position: int, *, branch: int = 0, **changes: Any) -> dict[str, Any]:
    """The event at a position: the opening first, then five subjects in turn."""
    subject, sequence = f"toy/t-{position % 5}", (position - 2) // 5 + 1
    instant = (BEGAN + timedelta(seconds=position // 3)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    leaf = {
        "specversion": "1.0",
        "id": event_id(position, branch=branch),
        "source": SOURCE,
        "type": "toy.counted.v1",
        "subject": subject,
        "time": instant,
        "dataschema": "urn:tanggap:schema:toy.counted.v1",
        "recordedtime": instant,
        "sequence": sequence,
        "partitionkey": subject.partition("/")[2],
        "actor": "person-1",
        "actorrole": "post",
        "correlationid": event_id(position, branch=branch),
        "data": {"toy_id": subject.partition("/")[2], "count": position, "note": "baris “satu” \\ dua"},
    }
    if position == 1:
        opened = {"log_id": LOG_ID, "service": "toy", "installation": "test", "partitions": PARTITIONS}
        leaf |= {"type": "toy.log_opened.v1", "subject": f"log/{LOG_ID}", "sequence": 1, "partitionkey": LOG_ID}
        leaf["dataschema"] = "urn:tanggap:schema:toy.log_opened.v1"
        leaf["data"] = opened | {"hash": "crc32", "opened_on": "2026-11-24"}
    return leaf | changes


def leaves(count: int, *, branch_after: int | None = None) -> list[bytes]:
    """The first leaves of the log; after `branch_after` they are another history's."""
    return [
        canonical(content(at, branch=1 if branch_after is not None and at > branch_after else 0))
        for at in range(1, count + 1)
    ]


async def create_tables(connection: AsyncConnection) -> None:
    """The log's tables alone, without the triggers that would keep a test from tampering with them."""
    for schema in ("log", "intake"):
        await connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    await connection.run_sync(tables.metadata.create_all)
    for table in (fingerprint, idempotency):
        await connection.run_sync(table.create)


async def write(connection: AsyncConnection, new: Sequence[bytes]) -> None:
    """Append leaves to the database's log as its writer does, opening it first if need be."""
    head = (await connection.execute(sa.select(tables.head))).one_or_none()
    position, numbers = (head.position, list(head.numbers)) if head else (0, [0] * PARTITIONS)
    recorded = head.recorded_at if head else BEGAN
    rows = []
    for leaf in new:
        event = orjson.loads(leaf)
        partition = zlib.crc32(event["partitionkey"].encode()) % PARTITIONS
        position += 1
        numbers[partition] += 1
        recorded = datetime.fromisoformat(event["recordedtime"])
        row = {"position": position, "partition": partition, "number": numbers[partition], "leaf": leaf}
        row |= {"id": uuid.UUID(event["id"]), "recorded_at": recorded}
        rows.append(row | {name: event[name] for name in ("type", "subject", "sequence")})
    moved = {"position": position, "numbers": numbers, "recorded_at": recorded}
    if head is None:
        identity = {"log_id": LOG_ID, "source": SOURCE, "partitions": PARTITIONS, "hash": "crc32"}
        await connection.execute(sa.insert(tables.head).values(identity | moved))
    else:
        await connection.execute(sa.update(tables.head).values(moved))
    await connection.execute(sa.insert(tables.entry), rows)
