"""An export's files as an auditor opens them: nothing in them is believed, and nothing they hold is unlimited.

Owns the layout described in `docs/audit.md` and the limits on what is read. Written apart from the exporter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import zstandard

LEAF_BYTES_MAX = 1_048_576
SEGMENT_LEAVES_MAX = 1_048_576
CHECKPOINTS_BYTES_MAX = 1_073_741_824
SMALL_FILE_BYTES_MAX = 65_536
WINDOW_BYTES_MAX = 134_217_728
HASH_BYTES = 32
_READ_BYTES = 65_536  # so few that what is unpacked stays in the processor's cache until its leaves are judged


class BadArchive(ValueError):
    """A file of the export is missing, unreadable or beyond its limits."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The positions `first` to `last`, which stand in one file of entries and one of hashes."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many leaves it holds."""
        return self.last - self.first + 1

    @property
    def stem(self) -> str:
        """The name of its two files, without their endings."""
        return f"{self.first:012}-{self.last:012}"


@dataclass(frozen=True, slots=True)
class Archive:
    """An export's folder."""

    directory: Path
    segment_leaves: int

    @classmethod
    def open(cls, directory: Path) -> "Archive":
        """Read the layout. Raises: BadArchive."""
        try:
            layout = orjson.loads(_small_file(directory / "layout.json"))
            leaves = layout["segment_leaves"]
            known = layout["format"] == "tanggap-log-export/1" and isinstance(leaves, int)
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise BadArchive("layout.json is not a layout") from error
        if not known or not 0 < leaves <= SEGMENT_LEAVES_MAX:
            raise BadArchive("layout.json names a layout this verifier does not know")
        return cls(directory, leaves)

    def end(self) -> str:
        """The note of the checkpoint the export ends at. Raises: BadArchive."""
        return _text(_small_file(self.directory / "checkpoint"))

    def notes(self) -> list[str]:
        """The notes of all checkpoints, as listed. Raises: BadArchive."""
        path = self.directory / "checkpoints.jsonl"
        notes = []
        for line in _file(path, CHECKPOINTS_BYTES_MAX).splitlines():
            try:
                note = orjson.loads(line)["note"]
            except (orjson.JSONDecodeError, KeyError, TypeError) as error:
                raise BadArchive("a line of checkpoints.jsonl is not a checkpoint") from error
            if not isinstance(note, str):
                raise BadArchive("a line of checkpoints.jsonl is not a checkpoint")
            notes.append(note)
        return notes

    def segments(self, size: int) -> Iterator[Segment]:
        """The segments an export of `size` leaves consists of."""
        for before in range(0, size, self.segment_leaves):
            yield Segment(before + 1, min(before + self.segment_leaves, size))

    def segment_count(self, size: int) -> int:
        """How many segments that are."""
        return -(-size // self.segment_leaves)

    def segment_of(self, position: int, size: int) -> Segment:
        """The segment that holds a position."""
        first = (position - 1) // self.segment_leaves * self.segment_leaves + 1
        return Segment(first, min(first + self.segment_leaves - 1, size))

    def lines(self, segment: Segment) -> Iterator[list[bytes]]:
        """The lines of a segment's entries as they come, without line feeds; possibly more than it should hold.

        Reads on only as the caller asks, so that a file that unpacks without end costs what it should have held.
        Raises: BadArchive.
        """
        path = self.directory / "entries" / f"{segment.stem}.jsonl.zst"
        unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES_MAX)
        try:
            with path.open("rb") as file, unpacker.stream_reader(file, read_across_frames=True) as reader:
                yield from _lines(reader, path.name)
        except FileNotFoundError as error:
            raise BadArchive(f"entries/{path.name} is missing") from error
        except zstandard.ZstdError as error:
            raise BadArchive(f"entries/{path.name} cannot be unpacked") from error

    def hashes(self, segment: Segment) -> bytes:
        """The leaf hashes of a segment's tiles, 32 bytes each. Raises: BadArchive."""
        path = self.directory / "tiles" / f"{segment.stem}.sha256"
        joined = _file(path, segment.count * HASH_BYTES)
        if len(joined) != segment.count * HASH_BYTES:
            raise BadArchive(f"tiles/{path.name} is too short")
        return joined

    def is_absent(self, segment: Segment) -> bool:
        """Whether neither of the segment's files exists."""
        entries = self.directory / "entries" / f"{segment.stem}.jsonl.zst"
        return not entries.exists() and not (self.directory / "tiles" / f"{segment.stem}.sha256").exists()


def _lines(reader: zstandard.ZstdDecompressionReader, name: str) -> Iterator[list[bytes]]:
    carried = b""
    while chunk := reader.read(_READ_BYTES):
        lines = (carried + chunk).split(b"\n")
        carried = lines.pop()
        if len(carried) > LEAF_BYTES_MAX or max(map(len, lines), default=0) > LEAF_BYTES_MAX:
            raise BadArchive(f"entries/{name} holds a line beyond {LEAF_BYTES_MAX} bytes")
        yield lines
    if carried:
        raise BadArchive(f"entries/{name} ends within a line")


def _small_file(path: Path) -> bytes:
    return _file(path, SMALL_FILE_BYTES_MAX)


def _file(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except FileNotFoundError as error:
        raise BadArchive(f"{path.name} is missing") from error
    if len(content) > limit:
        raise BadArchive(f"{path.name} is longer than it may be")
    return content


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadArchive("a checkpoint is not text") from error
