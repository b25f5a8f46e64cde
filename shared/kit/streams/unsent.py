"""What the log holds that may have to be sent.

Owns the publisher's reading of the log: how far it goes, the rows after a number, all partitions in one query. Must
not write, and knows no broker.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import fetch
from shared.kit.log import tables as log_tables
from shared.kit.streams.entry import hash_leaf

BATCH_ENTRIES = 500
BATCH_BYTES = 1 << 20

_entry = log_tables.entry


class Row(NamedTuple):
    """An entry of the log, as far as sending needs it."""

    partition: int
    number: int
    position: int
    leaf: bytes
    recorded_at: datetime


async def read_progress(connection: AsyncConnection) -> tuple[int, Sequence[int]]:
    """The epoch to publish under, 1 until raised, and each partition's last number, none until the log is opened."""
    rows = await fetch(connection, _PROGRESS)
    return (rows[0]["epoch"], tuple(rows[0]["numbers"])) if rows else (1, ())


async def read_rows(
    connection: AsyncConnection, after: Mapping[int, int], *, limit: int = BATCH_ENTRIES
) -> dict[int, list[Row]]:
    """The rows after a number of each of these partitions, at least one and up to a limit each, in order."""
    rows: dict[int, list[Row]] = {partition: [] for partition in after}
    for found in await fetch(connection, _ROWS, list(after), list(after.values()), limit):
        row = Row(*found)
        rows[row.partition].append(row)
    for partition, number in after.items():
        its = rows[partition]
        if not its or its[0].number != number + 1 or its[-1].number != number + len(its):
            raise RuntimeError(f"partition {partition} of the log has a hole after number {number}")
    return rows


async def read_hash(connection: AsyncConnection, partition: int, number: int) -> bytes:
    """The hash of the leaf of that number."""
    query = sa.select(_entry.c.leaf).where(_entry.c.partition == partition, _entry.c.number == number)
    return hash_leaf((await connection.execute(query)).scalar_one())


def runs(rows: Sequence[Row]) -> list[list[Row]]:
    """Runs of rows of at most BATCH_BYTES of leaves, at least one row each: no append blocks the broker for long."""
    found: list[list[Row]] = []
    size = BATCH_BYTES
    for row in rows:
        if not found or size + len(row.leaf) > BATCH_BYTES:
            found.append([])
            size = 0
        found[-1].append(row)
        size += len(row.leaf)
    return found


_PROGRESS = "SELECT coalesce((SELECT stream_epoch FROM delivery.publisher), 1) AS epoch, numbers FROM log.head"
_ROWS = """
SELECT e.partition, e.number, e.position, e.leaf, e.recorded_at
FROM unnest($1::smallint[], $2::bigint[]) AS t(partition, number)
CROSS JOIN LATERAL (
    SELECT * FROM log.entry WHERE partition = t.partition AND number > t.number ORDER BY number LIMIT $3
) AS e
ORDER BY e.partition, e.number
"""
