"""Appending to the log: positions under the head's lock, canonical bytes, one COPY.

Owns how an event becomes a leaf and where it stands. The head's row is the last lock of every write, so
position order is commit order. Must not decide anything, and never changes an entry once written.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import SPEC_VERSION, timestamp
from shared.kit.canonical import canonical
from shared.kit.database import copy_rows, fetch
from shared.kit.decisions.types import Event
from shared.kit.log.tables import entry, head

PARTITION_HASH = "crc32"
_COLUMNS = ("position", "partition", "number", "id", "type", "subject", "sequence", "recorded_at", "leaf")

# Increments arrive as one array; the row's lock is held until commit.
_ADVANCE = (
    "UPDATE log.head SET position = position + $1, recorded_at = greatest(recorded_at, $2), numbers = ARRAY("
    "SELECT n + i FROM unnest(numbers, CAST($3 AS bigint[])) WITH ORDINALITY AS t(n, i, place) ORDER BY place"
    ") RETURNING position, recorded_at, numbers"
)


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """What the log's first leaf fixed for good: its source URN and how keys are spread over partitions."""

    source: str
    partitions: int

    def partition(self, key: str) -> int:
        """The partition of a partition key: crc32 of its UTF-8 bytes, modulo the number of partitions."""
        return zlib.crc32(key.encode()) % self.partitions


class Placed(NamedTuple):
    """An event with its place in the log."""

    event: Event
    position: int
    recorded_at: datetime


async def read_identity(connection: AsyncConnection) -> LogIdentity | None:
    """The identity of this database's log, or None if the log was not opened yet."""
    row = (await connection.execute(sa.select(head.c.source, head.c.partitions, head.c.hash))).one_or_none()
    if row is None:
        return None
    if row.hash != PARTITION_HASH:
        raise RuntimeError(f"the log spreads keys by {row.hash}, this release by {PARTITION_HASH}")
    return LogIdentity(source=row.source, partitions=row.partitions)


async def append(
    connection: AsyncConnection, identity: LogIdentity, events: Sequence[Event], now: datetime
) -> list[Placed]:
    """Give events the next positions and write their leaves. Takes the head's lock; the caller commits next."""
    if not events:
        return []
    partitions = [identity.partition(event.payload.partition_key) for event in events]
    increments = [0] * identity.partitions
    for partition in partitions:
        increments[partition] += 1
    ((last_position, recorded_at, last_numbers),) = await fetch(connection, _ADVANCE, len(events), now, increments)
    numbers = [last - grown for last, grown in zip(last_numbers, increments, strict=True)]
    position = last_position - len(events)
    recorded = timestamp(recorded_at)
    rows = []
    for event, partition in zip(events, partitions, strict=True):
        position += 1
        numbers[partition] += 1
        leaf = canonical(leaf_content(event, identity.source, recorded))
        place = (position, partition, numbers[partition])
        rows.append((*place, event.id, event.payload.type, event.ref.subject, event.sequence, recorded_at, leaf))
    await copy_rows(connection, entry, _COLUMNS, rows)
    return [Placed(event, row[0], recorded_at) for event, row in zip(events, rows, strict=True)]


def leaf_content(event: Event, source: str, recorded: str) -> dict[str, Any]:
    """The CloudEvents JSON object of an event: attributes at the top, absent ones left out, never null."""
    payload = event.payload
    content: dict[str, Any] = {
        "specversion": SPEC_VERSION,
        "id": event.id,
        "source": source,
        "type": payload.type,
        "subject": event.ref.subject,
        "time": timestamp(event.time),
        "dataschema": f"urn:tanggap:schema:{payload.type}",
        "recordedtime": recorded,
        "sequence": event.sequence,
        "partitionkey": payload.partition_key,
        "actor": event.actor,
        "actorrole": event.role,
        "correlationid": event.correlation_id,
        "data": payload.__pydantic_serializer__.to_python(payload, mode="json", exclude_none=True),
    }
    if event.disaster_id is not None:
        content["disasterid"] = event.disaster_id
    if event.causation_id is not None:
        content["causationid"] = event.causation_id
    if event.traceparent is not None:
        content["traceparent"] = event.traceparent
    return content
