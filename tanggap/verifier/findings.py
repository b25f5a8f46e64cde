"""What a verification found: each difference with the place in the log where it is.

Owns the words and their order. Must not look anything up.
"""

from dataclasses import dataclass, field
from enum import StrEnum

FINDINGS_A_KIND_MAX = 20


class Kind(StrEnum):
    """What is wrong."""

    ENTRY_DIFFERS = "entry_differs"
    ENTRY_MISSING = "entry_missing"
    ENTRY_EXTRA = "entry_extra"
    TILE_DIFFERS = "tile_differs"
    ENTRY_OR_TILE_DIFFERS = "entry_or_tile_differs"
    INTERVAL_DIFFERS = "interval_differs"
    TRUNCATED = "truncated"
    FILE_UNREADABLE = "file_unreadable"
    CHECKPOINT_INVALID = "checkpoint_invalid"
    CHECKPOINT_NOT_TRUSTED = "checkpoint_not_trusted"
    CHECKPOINT_ORDER = "checkpoint_order"
    LEAF_MALFORMED = "leaf_malformed"
    LEAF_NOT_CANONICAL = "leaf_not_canonical"
    FIRST_LEAF = "first_leaf"
    SOURCE_DIFFERS = "source_differs"
    ID_REPEATED = "id_repeated"
    SEQUENCE_GAP = "sequence_gap"
    TIME_DECREASES = "time_decreases"


MEANINGS = {
    Kind.ENTRY_DIFFERS: "the entries are not those that were signed; the tiles are",
    Kind.ENTRY_MISSING: "entries that were signed are missing",
    Kind.ENTRY_EXTRA: "there are more entries than were signed",
    Kind.TILE_DIFFERS: "the tile hashes are not those that were signed; the entries are",
    Kind.ENTRY_OR_TILE_DIFFERS: "entries and tiles differ, and neither is what was signed",
    Kind.INTERVAL_DIFFERS: "entries and tiles were changed together somewhere between two checkpoints",
    Kind.TRUNCATED: "the log was cut back behind a checkpoint that was seen before",
    Kind.FILE_UNREADABLE: "a file is missing or cannot be read",
    Kind.CHECKPOINT_INVALID: "a checkpoint is malformed or its signature is wrong",
    Kind.CHECKPOINT_NOT_TRUSTED: "a checkpoint is not signed by a key that is trusted there",
    Kind.CHECKPOINT_ORDER: "the checkpoints are not in order or do not end where the export ends",
    Kind.LEAF_MALFORMED: "an entry is not an event",
    Kind.LEAF_NOT_CANONICAL: "an entry is not in canonical form",
    Kind.FIRST_LEAF: "the log does not begin with its opening",
    Kind.SOURCE_DIFFERS: "an entry belongs to another log",
    Kind.ID_REPEATED: "an event id is used twice",
    Kind.SEQUENCE_GAP: "a subject's events are not numbered without gap",
    Kind.TIME_DECREASES: "an entry was recorded before the one it follows",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference at the positions `first` to `last`."""

    kind: Kind
    first: int
    last: int
    detail: str

    def __str__(self) -> str:
        place = f"position {self.first}" if self.first == self.last else f"positions {self.first} to {self.last}"
        return f"{place}: {MEANINGS[self.kind]} ({self.detail})"


@dataclass(slots=True)
class Findings:
    """What was found so far; of each kind the first twenty are kept and all are counted."""

    kept: list[Finding] = field(default_factory=list)
    counts: dict[Kind, int] = field(default_factory=dict)

    def add(self, kind: Kind, first: int, detail: str, *, last: int | None = None) -> None:
        """Note a difference."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self.counts[kind] <= FINDINGS_A_KIND_MAX:
            self.kept.append(Finding(kind, first, first if last is None else last, detail))

    def in_order(self) -> list[Finding]:
        """The kept differences, those nearest the log's beginning first; where equal, the narrowest first."""
        return sorted(self.kept, key=lambda each: (each.first, each.last, each.kind))
