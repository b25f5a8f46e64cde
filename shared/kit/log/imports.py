"""Bringing missing leaves back into a database that was restored from an older backup.

Owns the repair that the refusal of `shared.kit.log.guard` asks for. Writes leaves byte for byte, in one transaction,
and keeps them only if the whole then has the root that the log's own key signed. The same transaction brings back
which commands were answered, and forgets which code the state tables were built by: the service does not start until
`tanggap migrate` has rebuilt them.
"""

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
import zstandard
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.kit.clock import now
from shared.kit.database import copy_rows, sqlstate
from shared.kit.decisions.answers import recall_answers
from shared.kit.decisions.tables import fingerprint
from shared.kit.log import merkle, tables, tiles
from shared.kit.log.append import PARTITION_HASH, LogIdentity
from shared.kit.log.errors import LogDamaged, LogEmpty, LogForked
from shared.kit.log.notes import Checkpoint, Verifier, parse, verified
from shared.kit.log.sources import LogSource
from shared.kit.log.tiles import Signed

_COLUMNS = ("position", "partition", "number", "id", "type", "subject", "sequence", "recorded_at", "leaf")


UNIQUE_VIOLATION = "23505"
TIMEOUT_MS = 3_600_000  # of one statement: recalling the answers of a long log takes minutes

# Leaves after a position as they were published, whoever may have written them to the broker.
Beyond = Callable[[int], AsyncIterator[list[bytes]]]


@dataclass(frozen=True, slots=True)
class Imported:
    """How far the log reached before and reaches now; the last `unsigned` of its leaves no checkpoint vouches for."""

    before: int
    after: int
    unsigned: int = 0


@dataclass(slots=True)
class _Place:
    """Where the next leaf goes."""

    identity: LogIdentity
    position: int
    numbers: list[int]
    recorded_at: datetime


async def signed_end(source: LogSource, verifiers: Sequence[Verifier]) -> Signed:
    """The checkpoint an import from this source would go to. Raises: LogForked if none of the keys signed it."""
    note = await source.latest_note()
    checkpoint = verified(note, verifiers)
    if checkpoint is None:
        raise LogForked("the source's checkpoint is signed by none of the given keys")
    return Signed(checkpoint, note)


async def import_leaves(
    engine: AsyncEngine, source: LogSource, verifiers: Sequence[Verifier], *, beyond: Beyond | None = None
) -> Imported:
    """Append the leaves that the source has and the database lacks, up to the source's signed checkpoint.

    A database without a log is given the source's. `beyond` gives the leaves published after that checkpoint, which
    nothing but the broker vouches for; they are taken as far as they follow. Raises: LogForked when the database's
    own leaves, or the source's, do not lead to the root that one of the keys signed; nothing is kept then.
    """
    end = await signed_end(source, verifiers)
    async with engine.begin() as connection:
        await connection.execute(sa.text(f"SET LOCAL statement_timeout = {TIMEOUT_MS}"))
        place = await _locked_place(connection, source)
        if f"urn:{end.checkpoint.origin.replace('/', ':')}" != place.identity.source:
            raise LogForked("the source is another log's")
        before = place.position
        await _bring_signed(connection, source, place, end)
        vouched = max(end.checkpoint.size, before)
        if beyond is not None:
            async for leaves in beyond(place.position):
                await _write(connection, place, leaves)
        if place.position > before:
            moved = {"position": place.position, "numbers": place.numbers, "recorded_at": place.recorded_at}
            await connection.execute(sa.update(tables.head).values(moved))
            await connection.execute(sa.delete(fingerprint))
            await recall_answers(connection, after=before, to=place.position)
    return Imported(before, place.position, place.position - vouched)


async def _locked_place(connection: AsyncConnection, source: LogSource) -> _Place:
    row = (await connection.execute(sa.select(tables.head).with_for_update())).one_or_none()
    if row is None:
        await _open_like(connection, source)
        row = (await connection.execute(sa.select(tables.head).with_for_update())).one()
    if row.hash != PARTITION_HASH:
        raise LogForked(f"the log spreads keys by {row.hash}, this release by {PARTITION_HASH}")
    return _Place(LogIdentity(row.source, row.partitions), row.position, list(row.numbers), row.recorded_at)


async def _open_like(connection: AsyncConnection, source: LogSource) -> None:
    """Make the head's row of a database that has no log, from what the source's first leaf fixed."""
    event: dict[str, Any] = {}
    async for leaves in source.leaves(0, 1):
        event = orjson.loads(leaves[0])
    if not event.get("type", "").endswith(".log_opened.v1"):
        raise LogDamaged("the source does not begin with the log's opening")
    opened = event["data"]
    head = {"log_id": opened["log_id"], "source": event["source"], "partitions": opened["partitions"]}
    head |= {"hash": opened["hash"], "position": 0, "numbers": [0] * opened["partitions"]}
    recorded = datetime.fromisoformat(event["recordedtime"])
    await connection.execute(sa.insert(tables.head).values(recorded_at=recorded, **head))


async def _bring_signed(connection: AsyncConnection, source: LogSource, place: _Place, end: Signed) -> None:
    checkpoint = end.checkpoint
    last = await tiles.latest_signed(connection, checkpoint.origin)
    tiled = last.checkpoint.size if last else 0
    if checkpoint.size <= place.position:
        if await tiles.root_at(connection, checkpoint.size, tiled=tiled) != checkpoint.root:
            raise LogForked(f"the database's root at {checkpoint.size} leaves is not the signed one")
        return
    changed = await _append_missing(connection, source, place, checkpoint, tiled)
    await tiles.write_tiles(connection, changed)
    signed = {"size": checkpoint.size, "root": checkpoint.root, "note": end.note, "signed_at": now()}
    await connection.execute(sa.insert(tables.checkpoint).values(signed))


async def _append_missing(
    connection: AsyncConnection, source: LogSource, place: _Place, checkpoint: Checkpoint, tiled: int
) -> dict[tuple[int, int], bytes]:
    edge = await tiles.edge_at(connection, tiled)
    changed: dict[tuple[int, int], bytes] = {}
    async for leaves in tiles.read_leaves(connection, tiled, place.position):
        changed.update(edge.extend(merkle.leaf_hashes(leaves)))
    async for leaves in source.leaves(place.position, checkpoint.size):
        await _write(connection, place, leaves)
        changed.update(edge.extend(merkle.leaf_hashes(leaves)))
    if (edge.size, edge.root()) != (checkpoint.size, checkpoint.root):
        raise LogForked(f"database and source together do not have the root signed over {checkpoint.size} leaves")
    return changed


async def _write(connection: AsyncConnection, place: _Place, leaves: Sequence[bytes]) -> None:
    first = place.position + 1
    try:
        await copy_rows(connection, tables.entry, _COLUMNS, [_row(place, leaf) for leaf in leaves])
    except DBAPIError as error:
        if sqlstate(error) != UNIQUE_VIOLATION:
            raise
        repeated = f"a leaf at positions {first} to {place.position} repeats an event of the log"
        raise LogDamaged(repeated) from error


def _row(place: _Place, leaf: bytes) -> tuple[object, ...]:
    """The row of the next leaf, whose place follows from the leaf and those before it."""
    try:
        event = orjson.loads(leaf)
        partition = place.identity.partition(event["partitionkey"])
        recorded = datetime.fromisoformat(event["recordedtime"])
        place.recorded_at = max(place.recorded_at, recorded)
        place.position += 1
        place.numbers[partition] += 1
        kept = (uuid.UUID(event["id"]), event["type"], event["subject"], event["sequence"])
        source = event["source"]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise LogDamaged(f"the source's leaf at position {place.position} is not an event") from error
    if source != place.identity.source:
        raise LogForked(f"the leaf at position {place.position} is another log's")
    return (place.position, partition, place.numbers[partition], *kept, recorded, leaf)


class FolderSource:
    """A log read from an export's folder. Its checkpoint's signature and root are checked by the import."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._width: int = orjson.loads((directory / "layout.json").read_bytes())["segment_leaves"]

    async def latest_note(self) -> str:
        """See LogSource."""
        path = self._directory / "checkpoint"
        if not path.exists():
            raise LogEmpty("the folder holds no complete export")
        return path.read_text(encoding="utf-8")

    async def leaves(self, after: int, to: int) -> AsyncIterator[list[bytes]]:
        """See LogSource."""
        for path in sorted((self._directory / "entries").glob("*.jsonl.zst")):
            first, last = (int(number) for number in path.name.partition(".")[0].split("-"))
            if first <= to and last > after:
                lines = _unpacked(path)
                yield lines[max(after + 1, first) - first : min(to, last) - first + 1]

    async def notes(self, after: int) -> list[str]:
        """See LogSource."""
        lines = (self._directory / "checkpoints.jsonl").read_bytes().splitlines()
        notes: list[str] = [orjson.loads(line)["note"] for line in lines]
        return [note for note in notes if parse(note).size > after]

    async def leaf_hashes(self, after: int, to: int) -> bytes:
        """See LogSource."""
        joined = b""
        async for leaves in self.leaves(after, to):
            joined += b"".join(merkle.leaf_hashes(leaves))
        return joined


def _unpacked(path: Path) -> list[bytes]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        return reader.read().split(b"\n")[:-1]
