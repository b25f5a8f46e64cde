"""Where an export reads a log from: its database, or the running service over HTTP.

Owns one small reading interface with two implementations. Must not judge what it reads: that is the verifier's.
"""

from collections.abc import AsyncIterator
from typing import Protocol

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.kit.log import merkle, tables, tiles
from shared.kit.log.errors import LogDamaged, LogEmpty

PAGE_CHECKPOINTS = 1_000


class LogSource(Protocol):
    """A log that can be read from outside."""

    async def latest_note(self) -> str:
        """The latest checkpoint's note. Raises: LogEmpty."""
        ...

    async def notes(self, after: int) -> list[str]:
        """The next notes over more than `after` leaves, smallest first; none when there are no more."""
        ...

    def leaves(self, after: int, to: int) -> AsyncIterator[list[bytes]]:
        """The leaves of the positions after `after` up to `to`. Raises: LogDamaged when one is missing."""
        ...

    async def leaf_hashes(self, after: int, to: int) -> bytes:
        """The leaf hashes the log's tiles hold for these positions, as the writer stored them when it signed."""
        ...


class DatabaseSource:
    """A log read from its database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def latest_note(self) -> str:
        """See LogSource."""
        async with self._engine.connect() as connection:
            head = await tiles.open_head(connection)
            signed = await tiles.latest_signed(connection, head.origin)
        if signed is None:
            raise LogEmpty("nothing of the log is signed yet")
        return signed.note

    async def notes(self, after: int) -> list[str]:
        """See LogSource."""
        table = tables.checkpoint
        query = sa.select(table.c.note).where(table.c.size > after).order_by(table.c.size).limit(PAGE_CHECKPOINTS)
        async with self._engine.connect() as connection:
            return list(await connection.scalars(query))

    async def leaves(self, after: int, to: int) -> AsyncIterator[list[bytes]]:
        """See LogSource."""
        async with self._engine.connect() as connection:
            async for portion in tiles.read_leaves(connection, after, to):
                yield portion

    async def leaf_hashes(self, after: int, to: int) -> bytes:
        """See LogSource."""
        first = after // merkle.TILE_WIDTH
        table = tables.tile
        query = sa.select(table.c.index, table.c.hashes).where(
            table.c.level == 0, table.c.index >= first, table.c.index * merkle.TILE_WIDTH < to
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query.order_by(table.c.index))).all()
        if [index for index, _ in rows] != list(range(first, -(-to // merkle.TILE_WIDTH))):
            raise LogDamaged(f"a tile of the leaves {after + 1} to {to} is missing")
        return _cut(b"".join(hashes for _, hashes in rows), first, after, to)


class HttpSource:
    """A log read from the running service; the client carries its address and the token of an auditor."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def latest_note(self) -> str:
        """See LogSource."""
        answer = await self._client.get("/v1/log/checkpoint")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise LogEmpty("nothing of the log is signed yet")
        return answer.raise_for_status().text

    async def notes(self, after: int) -> list[str]:
        """See LogSource."""
        answer = await self._client.get("/v1/log/checkpoints", params={"after": after})
        found: list[str] = answer.raise_for_status().json()["checkpoints"]
        return found

    async def leaves(self, after: int, to: int) -> AsyncIterator[list[bytes]]:
        """See LogSource."""
        while after < to:
            params = {"after": after, "limit": min(tiles.LEAVES_A_READ, to - after)}
            answer = await self._client.get("/v1/log/entries", params=params)
            entries = answer.raise_for_status().json()["entries"]
            if [entry["position"] for entry in entries] != list(range(after + 1, after + params["limit"] + 1)):
                raise LogDamaged(f"an entry of the positions {after + 1} to {after + params['limit']} is missing")
            yield [entry["leaf"].encode() for entry in entries]
            after += params["limit"]

    async def leaf_hashes(self, after: int, to: int) -> bytes:
        """See LogSource."""
        first = after // merkle.TILE_WIDTH
        joined = b""
        while len(joined) < (to - first * merkle.TILE_WIDTH) * merkle.HASH_BYTES:
            reached = first + len(joined) // (merkle.TILE_WIDTH * merkle.HASH_BYTES)
            answer = await self._client.get("/v1/log/tiles", params={"level": 0, "first": reached, "limit": 256})
            part = answer.raise_for_status().content
            if not part or len(joined) % (merkle.TILE_WIDTH * merkle.HASH_BYTES):
                raise LogDamaged(f"a tile of the leaves {after + 1} to {to} is missing")
            joined += part
        return _cut(joined, first, after, to)


def _cut(joined: bytes, first_tile: int, after: int, to: int) -> bytes:
    skipped = after - first_tile * merkle.TILE_WIDTH
    hashes = joined[skipped * merkle.HASH_BYTES : (skipped + to - after) * merkle.HASH_BYTES]
    if len(hashes) != (to - after) * merkle.HASH_BYTES:
        raise LogDamaged(f"the tiles of the leaves {after + 1} to {to} are too short")
    return hashes
