"""Small exports to tamper with: made by the real exporter from a log in memory, and written anew after a change.

Owns reading and rewriting an export's files as an attacker who knows the layout would.
"""

import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import orjson
import zstandard

from shared.kit.log import merkle
from shared.kit.log.notes import Checkpoint, Signer, sign
from tests.log import journal


class Journal:
    """A log's leaves and what its owner signed, as an export's source."""

    def __init__(self, leaves: Sequence[bytes], sizes: Sequence[int], signers: Sequence[Signer]) -> None:
        self.all = list(leaves)
        self.hashes = merkle.leaf_hashes(self.all)
        self.signed = {size: sign(self.checkpoint(size), signers) for size in sizes}

    def checkpoint(self, size: int) -> Checkpoint:
        """What an honest owner says about the first `size` leaves."""
        edge = merkle.RightEdge()
        edge.extend(self.hashes[:size])
        return Checkpoint(journal.ORIGIN, size, edge.root())

    async def latest_note(self) -> str:
        """See LogSource."""
        return self.signed[max(self.signed)]

    async def notes(self, after: int) -> list[str]:
        """See LogSource."""
        return [self.signed[size] for size in sorted(self.signed) if size > after]

    async def leaves(self, after: int, to: int) -> AsyncIterator[list[bytes]]:
        """See LogSource."""
        yield self.all[after:to]

    async def leaf_hashes(self, after: int, to: int) -> bytes:
        """See LogSource."""
        return b"".join(self.hashes[after:to])


class Tampered:
    """A copy of an export whose leaves, tile hashes and checkpoints can be changed and written back."""

    def __init__(self, original: Path, copy: Path) -> None:
        shutil.copytree(original, copy)
        self.directory = copy
        self.width: int = orjson.loads((copy / "layout.json").read_bytes())["segment_leaves"]
        self.leaves = [leaf for path in self._files("entries") for leaf in self._unpack(path)]
        joined = b"".join(path.read_bytes() for path in self._files("tiles"))
        self.hashes = merkle.split_hashes(joined)
        self.notes = [orjson.loads(line)["note"] for line in (copy / "checkpoints.jsonl").read_bytes().splitlines()]

    def _files(self, folder: str) -> list[Path]:
        return sorted((self.directory / folder).iterdir())

    def _unpack(self, path: Path) -> list[bytes]:
        with path.open("rb") as file:
            return zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()

    def segments(self, size: int) -> list[tuple[int, int]]:
        """First and last position of each segment of an export of `size` leaves."""
        return [(at + 1, min(at + self.width, size)) for at in range(0, size, self.width)]

    def write_segment(self, first: int, last: int, leaves: Sequence[bytes]) -> None:
        """Write these lines into the file of a segment, whatever their number."""
        path = self.directory / "entries" / f"{first:012}-{last:012}.jsonl.zst"
        path.write_bytes(zstandard.compress(b"".join(leaf + b"\n" for leaf in leaves)))

    def write_tiles(self, first: int, last: int, hashes: Sequence[bytes]) -> None:
        """Write these hashes into the tiles' file of a segment."""
        (self.directory / "tiles" / f"{first:012}-{last:012}.sha256").write_bytes(b"".join(hashes))

    def write_notes(self, notes: Sequence[str]) -> None:
        """Replace the checkpoints; the export then ends at the last of them."""
        lines = [orjson.dumps({"note": note}) + b"\n" for note in notes]
        (self.directory / "checkpoints.jsonl").write_bytes(b"".join(lines))
        (self.directory / "checkpoint").write_text(notes[-1])

    def rewrite(self, leaves: Sequence[bytes], *, hashes: Sequence[bytes] | None = None, notes: Sequence[str]) -> None:
        """Write the whole export anew, laid out for as many leaves as there are."""
        for folder in ("entries", "tiles"):
            for path in self._files(folder):
                path.unlink()
        self.write_notes(notes)
        own = merkle.leaf_hashes(leaves) if hashes is None else hashes
        for first, last in self.segments(len(leaves)):
            self.write_segment(first, last, leaves[first - 1 : last])
            self.write_tiles(first, last, own[first - 1 : last])
