"""Writing a log out for auditors: a folder of plain files that proves itself without us.

Owns the export's layout (`docs/audit.md`) and that a crash at any moment leaves the last complete export intact:
files are renamed into place, `checkpoint` last. Must not judge the log, and writes the leaves' exact bytes.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import orjson
import zstandard

from shared.kit.log.errors import LogBehind, LogDamaged, LogError, LogForked
from shared.kit.log.keys import sync_directory, write_durably
from shared.kit.log.notes import Checkpoint, parse
from shared.kit.log.sources import LogSource

SEGMENT_LEAVES = 8_192  # 32 tiles: so few that a verifier's processes can share even a small log's segments
LAYOUT = "tanggap-log-export/1"
_LEVEL = 6
_NAME = re.compile(r"([0-9]{12})-([0-9]{12})\.(jsonl\.zst|sha256)")


class ExportRefused(LogError):
    """The folder cannot take this export: it holds another log's, or another export is writing to it."""

    slug = "export-refused"
    status = 409
    next_step = "Choose an empty folder, or wait for the other export to end."


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export now holds, and how much of it is new."""

    checkpoint: Checkpoint
    segments_written: int
    segments_kept: int


@dataclass(frozen=True, slots=True)
class _Segment:
    """The leaves of positions `first` to `last`, which stand in one file each of entries and hashes."""

    directory: Path
    first: int
    last: int

    @property
    def entries(self) -> Path:
        return self.directory / "entries" / f"{self.first:012}-{self.last:012}.jsonl.zst"

    @property
    def hashes(self) -> Path:
        return self.directory / "tiles" / f"{self.first:012}-{self.last:012}.sha256"


async def export_log(
    source: LogSource,
    directory: Path,
    *,
    segment_leaves: int = SEGMENT_LEAVES,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Exported:
    """Write the log up to its latest checkpoint into a folder, or bring the folder's export up to it.

    Complete segments that are there already are kept; an interrupted export is continued by exporting again.
    `progress` is told leaves done and leaves in all. Raises: LogError, ExportRefused.
    """
    with _locked(directory):
        note = await source.latest_note()
        checkpoint = parse(note)
        _check_extends(directory, checkpoint, segment_leaves)
        segments = [
            _Segment(directory, first + 1, min(first + segment_leaves, checkpoint.size))
            for first in range(0, checkpoint.size, segment_leaves)
        ]
        written = 0
        for segment in segments:
            if not (segment.entries.exists() and segment.hashes.exists()):
                await _write_segment(source, segment)
                written += 1
            progress(segment.last, checkpoint.size)
        await _write_checkpoints(source, directory, checkpoint)
        await asyncio.to_thread(write_durably, directory / "checkpoint", note.encode())
        _remove_outgrown(directory, segments)
        return Exported(checkpoint, written, len(segments) - written)


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    for folder in (directory / "entries", directory / "tiles"):
        folder.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ExportRefused("another export is writing to this folder") from error
        yield


def _check_extends(directory: Path, checkpoint: Checkpoint, segment_leaves: int) -> None:
    layout = directory / "layout.json"
    wanted = {"format": LAYOUT, "segment_leaves": segment_leaves}
    if not layout.exists():
        write_durably(layout, json.dumps(wanted).encode() + b"\n")
    elif json.loads(layout.read_bytes()) != wanted:
        raise ExportRefused("the folder holds an export in another layout")
    if not (directory / "checkpoint").exists():
        return
    before = parse((directory / "checkpoint").read_text(encoding="utf-8"))
    if before.origin != checkpoint.origin:
        raise ExportRefused("the folder holds another log's export")
    if before.size > checkpoint.size:
        raise LogBehind(f"the export holds {before.size} leaves, the log has signed {checkpoint.size}")
    if before.size == checkpoint.size and before.root != checkpoint.root:
        raise LogForked(f"the log's root at {before.size} leaves is not the exported one")


async def _write_segment(source: LogSource, segment: _Segment) -> None:
    async with _renamed(segment.entries) as file:
        compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        with compressor.stream_writer(file, closefd=False) as writer:
            async for leaves in source.leaves(segment.first - 1, segment.last):
                if any(b"\n" in leaf for leaf in leaves):
                    raise LogDamaged(f"a leaf of the positions {segment.first} to {segment.last} holds a line feed")
                await asyncio.to_thread(writer.write, b"\n".join(leaves) + b"\n")
    hashes = await source.leaf_hashes(segment.first - 1, segment.last)
    await asyncio.to_thread(write_durably, segment.hashes, hashes)


@contextlib.asynccontextmanager
async def _renamed(path: Path) -> AsyncIterator[IO[bytes]]:
    """A file that takes its name, whole and on disk, only when the block ends well."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        yield file
        await asyncio.to_thread(_sync, file)
    temporary.replace(path)
    sync_directory(path.parent)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


async def _write_checkpoints(source: LogSource, directory: Path, end: Checkpoint) -> None:
    """Rewrite `checkpoints.jsonl` whole: those there already, then the new ones up to the export's end."""
    path = directory / "checkpoints.jsonl"
    lines = path.read_bytes().splitlines() if path.exists() else []
    size = parse(orjson.loads(lines[-1])["note"]).size if lines else 0
    while size < end.size:
        notes = await source.notes(size)
        if not notes:
            raise LogDamaged(f"the checkpoint over {end.size} leaves is missing from the list")
        for note in notes:
            size = parse(note).size
            if size <= end.size:
                lines.append(orjson.dumps({"note": note}))
    await asyncio.to_thread(write_durably, path, b"\n".join(lines) + b"\n")


def _remove_outgrown(directory: Path, segments: list[_Segment]) -> None:
    """Remove the shorter files of a last segment that has grown since, and what an interrupted export left."""
    needed = {path for segment in segments for path in (segment.entries, segment.hashes)}
    for folder in (directory / "entries", directory / "tiles"):
        for path in folder.iterdir():
            if path not in needed and (_NAME.fullmatch(path.name) or path.name.endswith(".part")):
                path.unlink()
