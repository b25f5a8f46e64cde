"""The verdict on an export: every leaf hashed, every checkpoint met, every difference named.

Owns the order of the checks. Needs no server and no network, believes no key found in the export, and shares no
code with what wrote the log. A verdict without a key says only that the export agrees with itself.
"""

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path

from tanggap.verifier.archive import HASH_BYTES, Archive, BadArchive, Segment
from tanggap.verifier.checkpoints import Checkpoints
from tanggap.verifier.findings import Finding, Findings, Kind
from tanggap.verifier.merkle import Forest
from tanggap.verifier.notes import Checkpoint, Key
from tanggap.verifier.segments import Summary, summarise
from tanggap.verifier.structure import Structure

NO_HASH = bytes(HASH_BYTES)
SEGMENTS_AHEAD = 2  # for each process, so that none waits for the walk and no more is kept than is soon needed


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an export is worth.

    `trusted` is whether a key from outside vouches for it; `keys` are those that were trusted at its end.
    """

    origin: str
    size: int
    root: bytes
    checkpoints: int
    trusted: bool
    keys: tuple[Key, ...]
    findings: tuple[Finding, ...]
    count: int

    @property
    def first_bad_position(self) -> int | None:
        """The position of the first difference, if there is any."""
        return self.findings[0].first if self.findings else None


@dataclass(frozen=True, slots=True)
class _Step:
    """Neighbouring leaves with the hashes of their entries and the hashes their tiles hold."""

    first: int
    leaves: Sequence[bytes]
    entry_hashes: Sequence[bytes]
    tile_hashes: Sequence[bytes]


def verify(
    directory: Path, keys: Sequence[Key] = (), *, since: Checkpoint | None = None, processes: int = 1
) -> Verdict:
    """Verify an export against keys and a checkpoint from outside it.

    `since` is a checkpoint seen earlier and already found to be signed by one of the keys. The segments are read by at
    most as many `processes`, forked from the caller's: not for one whose threads are at work.
    Raises: BadArchive, BadNote when there is no export to verify: its layout or its end cannot be read.
    """
    archive = Archive.open(directory)
    findings = Findings()
    checkpoints = Checkpoints.read(archive, keys, since, findings)
    run = _Run(archive, checkpoints, findings)
    run.follow(processes)
    found = tuple(findings.in_order())
    return Verdict(
        origin=checkpoints.origin,
        size=checkpoints.size,
        root=checkpoints.end.root,
        checkpoints=len(checkpoints.notes),
        trusted=bool(keys) and checkpoints.end_is_trusted,
        keys=tuple(checkpoints.trusted),
        findings=found,
        count=sum(findings.counts.values()),
    )


class _Run:
    """One walk over the leaves, from the first to the last, with a tree over entries and one over tiles.

    The two trees are the same until entries and tiles differ; the next checkpoint then tells which is right.
    """

    def __init__(self, archive: Archive, checkpoints: Checkpoints, findings: Findings) -> None:
        self._archive = archive
        self._checkpoints = checkpoints
        self._findings = findings
        self._structure = Structure(checkpoints.origin, findings)
        self._entries = Forest()
        self._tiles: Forest | None = None
        self._runs: list[tuple[int, int]] = []
        self._lost: list[tuple[int, int]] = []
        self._hopeless = False

    def follow(self, processes: int) -> None:
        """Walk the whole export, or as far as there is any of it."""
        for segment, summary in self._summaries(processes):
            if self._archive.is_absent(segment):
                self._findings.add(
                    Kind.ENTRY_MISSING, segment.first, "the rest is not there", last=self._checkpoints.size
                )
                return
            if summary is not None and self._structure.follow(summary):
                self._pass(segment, summary)
                continue
            for step in self._steps(segment):
                self._take(step)

    def _summaries(self, processes: int) -> Iterator[tuple[Segment, Summary | None]]:
        """Each segment with its summary, if nothing is wrong with it."""
        archive, expected = self._archive, self._structure.expected
        segments = archive.segments(self._checkpoints.size)
        processes = min(processes, archive.segment_count(self._checkpoints.size))
        if processes < 2 or "fork" not in multiprocessing.get_all_start_methods():
            for segment in segments:
                yield segment, summarise(archive, segment, expected, self._sizes_in(segment))
            return
        ahead: deque[tuple[Segment, Future[Summary | None]]] = deque()
        with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("fork")) as pool:
            for segment in segments:
                ahead.append((segment, pool.submit(summarise, archive, segment, expected, self._sizes_in(segment))))
                if len(ahead) > processes * SEGMENTS_AHEAD:
                    read, summary = ahead.popleft()
                    yield read, summary.result()
            for read, summary in ahead:
                yield read, summary.result()

    def _sizes_in(self, segment: Segment) -> Sequence[int]:
        return self._checkpoints.sizes_between(segment.first, segment.last)

    def _pass(self, segment: Segment, summary: Summary) -> None:
        """Add a segment that is in order to both trees, stopping at every checkpoint on the way."""
        for following, size in zip_longest(summary.stretches, self._sizes_in(segment)):
            self._entries.join(following)
            if self._tiles is not None:
                self._tiles.join(following)
            if size is not None:
                self._meet(size)

    def _steps(self, segment: Segment) -> Iterator[_Step]:
        tiles = self._tile_hashes(segment)
        done = 0
        for leaves in self._entry_lines(segment):
            hashes = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
            yield _Step(segment.first + done, leaves, hashes, tiles[done : done + len(leaves)])
            done += len(leaves)
        if done < segment.count:
            self._findings.add(Kind.ENTRY_MISSING, segment.first + done, "the file ends here", last=segment.last)
            missing = [NO_HASH] * (segment.count - done)
            self._lost.append((segment.first + done, segment.last))
            yield _Step(segment.first + done, (), missing, tiles[done:])

    def _tile_hashes(self, segment: Segment) -> list[bytes]:
        try:
            joined = self._archive.hashes(segment)
        except BadArchive as error:
            self._findings.add(Kind.FILE_UNREADABLE, segment.first, str(error), last=segment.last)
            return [NO_HASH] * segment.count
        return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]

    def _entry_lines(self, segment: Segment) -> Iterator[Sequence[bytes]]:
        """The segment's lines, as many as it should hold. A file with more, or one that cannot be read, is noted."""
        done = 0
        try:
            for lines in self._archive.lines(segment):
                room = segment.count - done
                wanted = lines[:room]
                yield wanted
                done += len(wanted)
                if len(lines) > room:
                    self._findings.add(Kind.ENTRY_EXTRA, segment.last + 1, "its segment's file goes on")
                    return
        except BadArchive as error:
            self._findings.add(Kind.FILE_UNREADABLE, segment.first + done, str(error), last=segment.last)

    def _take(self, step: _Step) -> None:
        """Add a step to both trees, stopping at every checkpoint on the way."""
        self._structure.check(step.first, step.leaves)
        done = 0
        for size in self._checkpoints.sizes_between(step.first, step.first + len(step.entry_hashes) - 1):
            upto = size - step.first + 1
            self._grow(step, done, upto)
            self._meet(size)
            done = upto
        self._grow(step, done, len(step.entry_hashes))

    def _grow(self, step: _Step, start: int, end: int) -> None:
        entries, tiles = step.entry_hashes[start:end], step.tile_hashes[start:end]
        if entries != tiles:
            self._note_differences(step.first + start, entries, tiles)
            if self._tiles is None:
                self._tiles = self._entries.copy()
        if self._tiles is not None:
            self._tiles.add(tiles)
        self._entries.add(entries)

    def _note_differences(self, first: int, entries: Sequence[bytes], tiles: Sequence[bytes]) -> None:
        for position, (entry, tile) in enumerate(zip(entries, tiles, strict=True), first):
            if entry == tile:
                continue
            if self._runs and self._runs[-1][1] == position - 1:
                self._runs[-1] = (self._runs[-1][0], position)
            else:
                self._runs.append((position, position))

    def _meet(self, size: int) -> None:
        """Compare both trees with the checkpoint over `size` leaves, and say which of them is wrong since the last."""
        entries_root = self._entries.root()
        tiles_root = self._tiles.root() if self._tiles is not None else entries_root
        claimed = self._checkpoints.root(size)
        after = self._checkpoints.last_met
        self._checkpoints.meet(size, self._structure.keys_added, proven=claimed in (entries_root, tiles_root))
        if self._hopeless:
            return
        if claimed == entries_root:
            self._explain(Kind.TILE_DIFFERS, size)
            self._tiles = None
        elif claimed == tiles_root and self._tiles is not None:
            self._explain(Kind.ENTRY_DIFFERS, size)
            self._entries, self._tiles = self._tiles, None
        else:
            self._explain(Kind.ENTRY_OR_TILE_DIFFERS, size)
            detail = f"the checkpoints over {after} and {size} leaves"
            self._findings.add(Kind.INTERVAL_DIFFERS, after + 1, detail, last=size)
            self._hopeless = True

    def _explain(self, kind: Kind, size: int) -> None:
        """Turn the differences since the last checkpoint into findings."""
        for first, last in self._runs:
            if kind is not Kind.ENTRY_DIFFERS or (first, last) not in self._lost:
                self._findings.add(kind, first, f"found by the checkpoint over {size} leaves", last=last)
        self._runs = []
