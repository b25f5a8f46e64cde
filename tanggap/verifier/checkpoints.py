"""The checkpoints an export is measured by: those listed in it, and one seen earlier by the auditor.

Owns which key is trusted at which size. A key becomes trusted by standing in a `log_key_added` leaf that is covered
by a checkpoint signed by a key trusted before and by the new one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from tanggap.verifier.archive import Archive, BadArchive
from tanggap.verifier.findings import Findings, Kind
from tanggap.verifier.notes import BadNote, Checkpoint, Key, read_checkpoint


class Checkpoints:
    """The checkpoints to be met on the walk over the leaves, smallest first."""

    def __init__(self, end: Checkpoint, keys: Sequence[Key], findings: Findings) -> None:
        self.end = end
        self.origin, self.size = end.origin, end.size
        self.trusted = list(keys)
        self.notes: dict[int, str] = {}
        self.last_met = 0
        self.end_is_trusted = False
        self._with_key = bool(keys)
        self._roots: dict[int, bytes] = {}
        self._sizes: list[int] = []
        self._findings = findings

    @classmethod
    def read(cls, archive: Archive, keys: Sequence[Key], since: Checkpoint | None, findings: Findings) -> "Checkpoints":
        """Read the export's end and its list. Raises: BadArchive, BadNote if the end cannot be read."""
        found = cls(read_checkpoint(archive.end(), ()), keys, findings)
        try:
            notes = archive.notes()
        except BadArchive as error:
            findings.add(Kind.FILE_UNREADABLE, 1, str(error), last=found.size)
            notes = [found.end.note]
        for note in notes:
            found._list(note)
        if notes[-1:] != [found.end.note]:
            findings.add(Kind.CHECKPOINT_ORDER, found.size, "the list does not end with the export's checkpoint")
            found.notes[found.size], found._roots[found.size] = found.end.note, found.end.root
        if since is not None:
            found._remember(since)
        found._sizes = sorted(found._roots)
        return found

    def _list(self, note: str) -> None:
        try:
            checkpoint = read_checkpoint(note, ())
        except BadNote as error:
            self._findings.add(Kind.CHECKPOINT_INVALID, max(self.notes, default=0) + 1, str(error))
            return
        if checkpoint.origin != self.origin or not max(self.notes, default=0) < checkpoint.size <= self.size:
            place = min(max(checkpoint.size, 1), max(self.size, 1))
            self._findings.add(Kind.CHECKPOINT_ORDER, place, f"a checkpoint over {checkpoint.size} leaves")
            return
        self.notes[checkpoint.size], self._roots[checkpoint.size] = note, checkpoint.root

    def _remember(self, since: Checkpoint) -> None:
        """Measure the export by a checkpoint seen earlier, too."""
        if since.origin != self.origin:
            raise BadNote("the checkpoint to compare with is another log's")
        if since.size > self.size:
            detail = f"{since.size} leaves were signed, the export ends at {self.size}"
            self._findings.add(Kind.TRUNCATED, self.size + 1, detail, last=since.size)
        elif self._roots.setdefault(since.size, since.root) != since.root:
            detail = f"another root was signed over {since.size} leaves"
            self._findings.add(Kind.INTERVAL_DIFFERS, 1, detail, last=since.size)

    def sizes_between(self, first: int, last: int) -> list[int]:
        """The sizes from `first` to `last` at which a checkpoint is met."""
        return self._sizes[bisect_left(self._sizes, first) : bisect_right(self._sizes, last)]

    def root(self, size: int) -> bytes:
        """The root that was claimed over `size` leaves."""
        return self._roots[size]

    def meet(self, size: int, keys_added: Sequence[tuple[int, Key]], *, proven: bool) -> None:
        """Judge the signatures of the checkpoint over `size` leaves; `proven` is whether its root was found.

        `last_met` moves only to a checkpoint that is trusted, or to any proven one where no key was given.
        """
        trusted = size not in self.notes or self._is_trusted(size, keys_added, proven=proven)
        if proven and (trusted or not self._with_key):
            self.last_met = size
        if size == self.size:
            self.end_is_trusted = trusted and proven

    def _is_trusted(self, size: int, keys_added: Sequence[tuple[int, Key]], *, proven: bool) -> bool:
        if not self._with_key:
            return False
        pending = [key for position, key in keys_added if position <= size and key not in self.trusted]
        try:
            signed_by = read_checkpoint(self.notes[size], [*self.trusted, *pending]).signed_by
        except BadNote as error:
            self._findings.add(Kind.CHECKPOINT_INVALID, size, str(error))
            return False
        if not any(key in self.trusted for key in signed_by):
            self._findings.add(Kind.CHECKPOINT_NOT_TRUSTED, size, f"the checkpoint over {size} leaves")
            return False
        if proven:
            self.trusted += [key for key in pending if key in signed_by]
        return True
