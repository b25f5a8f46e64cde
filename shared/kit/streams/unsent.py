"""What the log holds that may have to be sent.

Owns the publisher's reading of the log: how far it goes, the rows after a number, all partitions in one query. Must
not write, and knows no broker.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.log import tables as log_tables
from shared.kit.streams import tables
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
    row = (await connection.execute(_PROGRESS)).one_or_none()
    return (row[0], tuple(row[1])) if row else (1, ())


async def read_rows(
    connection: AsyncConnection, after: Mapping[int, int], *, limit: int = BATCH_ENTRIES
) -> dict[int, list[Row]]:
    """The rows after a number of each of these partitions, at least one and up to a limit each, in order."""
    values = {"partitions": list(after), "after": list(after.values()), "limit": limit}
    rows: dict[int, list[Row]] = {partition: [] for partition in after}
    for row in await connection.execute(_ROWS, values):
        rows[row.partition].append(Row(*row))
    for partition, number in after.items():
        found = rows[partition]
        if not found or found[0].number != number + 1 or found[-1].number != number + len(found):
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


_EPOCH = sa.func.coalesce(sa.select(tables.publisher.c.stream_epoch).scalar_subquery(), 1)
_PROGRESS = sa.select(_EPOCH, log_tables.head.c.numbers)
_ROWS = sa.text(
    "SELECT e.partition, e.number, e.position, e.leaf, e.recorded_at"
    " FROM unnest(CAST(:partitions AS smallint[]), CAST(:after AS bigint[])) AS t(partition, number)"
    " CROSS JOIN LATERAL (SELECT * FROM log.entry WHERE partition = t.partition AND number > t.number"
    " ORDER BY number LIMIT :limit) AS e ORDER BY e.partition, e.number"
)
