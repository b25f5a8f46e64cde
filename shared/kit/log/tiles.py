"""The tree in the database: tiles, leaves and checkpoints read as the tree's arithmetic needs them.

Owns the SQL over log.tile, log.entry, log.head and log.checkpoint that the checkpointer, the proofs and the export
share. Every function works in the caller's transaction. Must not sign, and must not commit.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.log import merkle, tables
from shared.kit.log.errors import LogDamaged, LogEmpty
from shared.kit.log.notes import Checkpoint, origin_of

LEAVES_A_READ = 1_024


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log stands: leaves written, and the last number of each partition."""

    source: str
    position: int
    numbers: tuple[int, ...]

    @property
    def origin(self) -> str:
        """The origin its checkpoints carry."""
        return origin_of(self.source)


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint the log has signed, with its note."""

    checkpoint: Checkpoint
    note: str


async def read_head(connection: AsyncConnection) -> Head | None:
    """Where the log stands, or None before it was opened."""
    columns = (tables.head.c.source, tables.head.c.position, tables.head.c.numbers)
    row = (await connection.execute(sa.select(*columns))).one_or_none()
    return None if row is None else Head(row.source, row.position, tuple(row.numbers))


async def open_head(connection: AsyncConnection) -> Head:
    """Where an opened log stands. Raises: LogEmpty."""
    head = await read_head(connection)
    if head is None:
        raise LogEmpty("the log has not been opened")
    return head


async def latest_signed(connection: AsyncConnection, origin: str) -> Signed | None:
    """The last checkpoint the log signed."""
    table = tables.checkpoint
    query = sa.select(table.c.size, table.c.root, table.c.note).order_by(table.c.size.desc()).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Signed(Checkpoint(origin, row.size, row.root), row.note)


async def read_tiles(connection: AsyncConnection, places: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], bytes]:
    """The tiles at these levels and indexes; those that do not exist are left out."""
    wanted = sorted(set(places))
    if not wanted:
        return {}
    table = tables.tile
    query = sa.select(table.c.level, table.c.index, table.c.hashes).where(
        sa.tuple_(table.c.level, table.c.index).in_(wanted)
    )
    return {(level, index): hashes for level, index, hashes in await connection.execute(query)}


async def write_tiles(connection: AsyncConnection, tiles: Mapping[tuple[int, int], bytes]) -> None:
    """Store tiles that are new or have grown."""
    if not tiles:
        return
    statement = insert(tables.tile)
    statement = statement.on_conflict_do_update(
        index_elements=["level", "index"], set_={"hashes": statement.excluded.hashes}
    )
    rows = [{"level": level, "index": index, "hashes": joined} for (level, index), joined in sorted(tiles.items())]
    await connection.execute(statement, rows)


async def read_leaves(connection: AsyncConnection, after: int, to: int) -> AsyncIterator[list[bytes]]:
    """The leaves of positions after `after` up to `to`, in portions. Raises: LogDamaged if one is missing."""
    table = tables.entry
    query = (
        sa.select(table.c.position, table.c.leaf)
        .where(table.c.position > sa.bindparam("after"), table.c.position <= sa.bindparam("to"))
        .order_by(table.c.position)
    )
    while after < to:
        upper = min(to, after + LEAVES_A_READ)
        rows = (await connection.execute(query, {"after": after, "to": upper})).all()
        for expected, row in enumerate(rows, after + 1):
            if row.position != expected:
                raise LogDamaged(f"the entry at position {expected} is missing")
        if len(rows) != upper - after:
            raise LogDamaged(f"the entry at position {after + len(rows) + 1} is missing")
        yield [row.leaf for row in rows]
        after = upper


async def edge_at(connection: AsyncConnection, size: int) -> merkle.RightEdge:
    """The tree's right edge at a size its tiles reach. Raises: LogDamaged when they do not."""
    stored = await read_tiles(connection, merkle.right_edge_tiles(size))
    try:
        return merkle.RightEdge.at(size, stored)
    except merkle.TileMissing as error:
        raise LogDamaged(str(error)) from error


async def root_at(connection: AsyncConnection, size: int, *, tiled: int) -> bytes:
    """The root at any size up to the head: from tiles up to `tiled` leaves, hashing the entries above.

    Raises: LogDamaged.
    """
    edge = await edge_at(connection, min(size, tiled))
    async for leaves in read_leaves(connection, edge.size, size):
        edge.extend(merkle.leaf_hashes(leaves))
    return edge.root()


async def span_hashes(connection: AsyncConnection, spans: list[merkle.Span]) -> list[bytes]:
    """The hashes a proof is made of. Raises: LogDamaged."""
    stored = await read_tiles(connection, merkle.tiles_of(spans))
    try:
        return [merkle.span_hash(span, stored) for span in spans]
    except merkle.TileMissing as error:
        raise LogDamaged(str(error)) from error
