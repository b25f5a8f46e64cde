"""One segment that is as it should be, told in few words: what the walk over the log needs of it, and no leaf.

Owns showing that a segment's entries have the hashes of its tiles, that each is an event in canonical form, and that
they are in order among themselves. Needs nothing of the segments before, so that several can be read at once. Must
not say what is wrong with a segment: that is `structure` and `verify`, which then look at its leaves one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from operator import itemgetter
from typing import Any

import orjson

from tanggap.verifier.archive import Archive, BadArchive, Segment
from tanggap.verifier.merkle import Subtree, subtrees

LEAVES_A_STEP = 32  # so few that leaves and what is parsed from them stay in the processor's cache
TIME_LENGTH = len("2026-11-24T01:02:03.000004Z")
_attributes = itemgetter("id", "source", "type", "subject", "recordedtime", "sequence")


@dataclass(frozen=True, slots=True)
class Expected:
    """What every leaf of a log must name as its source, and the type of those that name a key."""

    source: str
    key_added: str


@dataclass(slots=True)
class Summary:
    """A segment in order by itself.

    `stretches` are its leaves as subtrees: those up to each size at which a checkpoint stands, and the rest.
    `subjects` holds each subject once, `before` the sequence it must have had and `after` the one it has now.
    `closer` are the leaves whose content the verifier reads, with their positions.
    """

    stretches: list[list[Subtree]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    recorded_first: str = ""
    recorded_last: str = ""
    closer: list[tuple[int, bytes]] = field(default_factory=list)


class _OutOfOrder(Exception):
    """The segment needs a closer look."""


def summarise(archive: Archive, segment: Segment, expected: Expected, sizes: Sequence[int]) -> Summary | None:
    """The summary of a segment in which nothing is wrong, else None; `sizes` are those of checkpoints within it."""
    try:
        return _Reading(segment, expected).read(archive, sizes)
    except (BadArchive, _OutOfOrder, orjson.JSONDecodeError, orjson.JSONEncodeError, KeyError, TypeError):
        return None


class _Reading:
    """One pass over a segment's leaves."""

    def __init__(self, segment: Segment, expected: Expected) -> None:
        self._segment = segment
        self._expected = expected
        self._summary = Summary()
        self._sequences: dict[str, int] = {}
        self._before: dict[str, int] = {}
        self._hashes: list[bytes] = []

    def read(self, archive: Archive, sizes: Sequence[int]) -> Summary:
        tiles = archive.hashes(self._segment)
        for lines in archive.lines(self._segment):
            _demand(len(self._hashes) + len(lines) <= self._segment.count)
            for at in range(0, len(lines), LEAVES_A_STEP):
                self._take(lines[at : at + LEAVES_A_STEP])
        _demand(b"".join(self._hashes) == tiles)
        self._cut(sizes)
        summary = self._summary
        _demand(len(set(summary.ids)) == self._segment.count)
        summary.subjects = list(self._sequences)
        summary.before, summary.after = list(self._before.values()), list(self._sequences.values())
        return summary

    def _take(self, leaves: Sequence[bytes]) -> None:
        """Leaves are parsed one by one, so that none can borrow from its neighbour, and written anew together."""
        events = list(map(orjson.loads, leaves))
        _demand(orjson.dumps(events, option=orjson.OPT_SORT_KEYS) == b"[" + b",".join(leaves) + b"]")
        ids, sources, types, subjects, recorded, sequences = zip(*map(_attributes, events), strict=True)
        _demand({*map(type, ids), *map(type, types), *map(type, subjects), *map(type, recorded)} == {str})
        _demand(set(sources) == {self._expected.source} and set(map(type, sequences)) == {int})
        self._follow_time(recorded)
        self._follow_sequences(subjects, sequences)
        first = self._segment.first + len(self._hashes)
        if first == 1 or self._expected.key_added in types:
            self._keep_closer(first, leaves, types)
        self._summary.ids += ids
        self._hashes += [sha256(b"\x00" + leaf).digest() for leaf in leaves]

    def _follow_time(self, recorded: Sequence[str]) -> None:
        in_order = [self._summary.recorded_last, *recorded]
        _demand(set(map(len, recorded)) == {TIME_LENGTH} and in_order == sorted(in_order))
        self._summary.recorded_first = self._summary.recorded_first or recorded[0]
        self._summary.recorded_last = recorded[-1]

    def _follow_sequences(self, subjects: Sequence[str], sequences: Sequence[int]) -> None:
        known = self._sequences
        for subject, sequence in zip(subjects, sequences, strict=True):
            if subject in known:
                _demand(sequence == known[subject] + 1)
            else:
                self._before[subject] = sequence - 1
            known[subject] = sequence

    def _keep_closer(self, first: int, leaves: Sequence[bytes], types: Sequence[str]) -> None:
        for position, (leaf, type_) in enumerate(zip(leaves, types, strict=True), first):
            if position == 1 or type_ == self._expected.key_added:
                self._summary.closer.append((position, leaf))

    def _cut(self, sizes: Sequence[int]) -> None:
        done = 0
        for size in (*sizes, self._segment.last):
            upto = size - self._segment.first + 1
            self._summary.stretches.append(subtrees(self._segment.first - 1 + done, self._hashes[done:upto]))
            done = upto


def _demand(holds: Any) -> None:
    if not holds:
        raise _OutOfOrder
