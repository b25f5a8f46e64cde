"""What every log's leaves must be, whatever they say: events of one source, in order, none twice.

Owns the checks that the tree cannot make. Remembers ids and sequences (about 250 bytes of memory an entry). Must not
know any event's meaning but the log's own two: `log_opened`, `log_key_added`.
"""

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import orjson

from tanggap.verifier.findings import Findings, Kind
from tanggap.verifier.notes import BadNote, Key, make_key
from tanggap.verifier.segments import TIME_LENGTH, Expected, Summary

_STRINGS = ("id", "source", "type", "subject", "recordedtime")


class Structure:
    """Checks leaves in the order of the log: whole segments by their summaries, or leaf by leaf."""

    def __init__(self, origin: str, findings: Findings) -> None:
        self.expected = Expected("urn:" + origin.replace("/", ":"), f"{_service(origin)}.log_key_added.v1")
        self._origin = origin
        self._findings = findings
        self._ids: set[str] = set()
        self._sequences: dict[str, int] = {}
        self._recorded = ""
        self.keys_added: list[tuple[int, Key]] = []

    def follow(self, summary: Summary) -> bool:
        """Go on by a segment that is in order by itself, if it also follows what was before; else nothing is taken."""
        before = list(map(self._sequences.get, summary.subjects, repeat(0)))
        if summary.recorded_first < self._recorded or before != summary.before:
            return False
        if not self._ids.isdisjoint(summary.ids):
            return False
        self._ids.update(summary.ids)
        self._sequences.update(zip(summary.subjects, summary.after, strict=True))
        self._recorded = summary.recorded_last
        for position, leaf in summary.closer:
            self._look_closer(position, orjson.loads(leaf))
        return True

    def check(self, first: int, leaves: Sequence[bytes]) -> None:
        """Check the leaves that stand from position `first` on, one by one, and say what is out of order."""
        for position, leaf in enumerate(leaves, first):
            try:
                event = orjson.loads(leaf)
                if orjson.dumps(event, option=orjson.OPT_SORT_KEYS) != leaf:
                    self._findings.add(Kind.LEAF_NOT_CANONICAL, position, "written anew it is not the same bytes")
                self._check_one(position, event)
            except (orjson.JSONDecodeError, orjson.JSONEncodeError, KeyError, TypeError) as error:
                self._findings.add(Kind.LEAF_MALFORMED, position, type(error).__name__)

    def _check_one(self, position: int, event: dict[str, Any]) -> None:
        id_, subject, sequence, recorded = (event[name] for name in ("id", "subject", "sequence", "recordedtime"))
        if type(sequence) is not int or not all(isinstance(event[name], str) for name in _STRINGS):
            raise TypeError("an attribute is of another type")
        add = self._findings.add
        if id_ in self._ids:
            add(Kind.ID_REPEATED, position, f"id {id_}")
        before = self._sequences.get(subject, 0)
        if sequence != before + 1:
            add(Kind.SEQUENCE_GAP, position, f"sequence {sequence} of {subject} follows {before}")
        in_time = recorded >= self._recorded and len(recorded) == TIME_LENGTH
        if not in_time:
            add(Kind.TIME_DECREASES, position, f"{recorded} follows {self._recorded or 'nothing'}")
        if event["source"] != self.expected.source:
            add(Kind.SOURCE_DIFFERS, position, "its source is not the checkpoint's origin")
        self._look_closer(position, event)
        self._ids.add(id_)
        self._sequences[subject] = sequence
        if in_time:
            self._recorded = recorded

    def _look_closer(self, position: int, event: dict[str, Any]) -> None:
        """Read what the log says of itself: how it was opened, and which keys may sign it."""
        if position == 1:
            self._check_opening(event)
        if event["type"] == self.expected.key_added:
            self._add_key(position, event)

    def _check_opening(self, event: dict[str, Any]) -> None:
        opened = event.get("data")
        if event["type"] != f"{_service(self._origin)}.log_opened.v1" or not isinstance(opened, dict):
            self._findings.add(Kind.FIRST_LEAF, 1, "its type is not log_opened")
            return
        partitions = opened.get("partitions")
        if opened.get("log_id") != self._origin.rpartition("/")[2] or opened.get("hash") != "crc32":
            self._findings.add(Kind.FIRST_LEAF, 1, "it opens another log")
        if not isinstance(partitions, int) or partitions < 1:
            self._findings.add(Kind.FIRST_LEAF, 1, "it does not say how many partitions there are")

    def _add_key(self, position: int, event: dict[str, Any]) -> None:
        try:
            self.keys_added.append((position, make_key(event["data"]["key_name"], event["data"]["public_key"])))
        except (BadNote, KeyError, TypeError) as error:
            self._findings.add(Kind.LEAF_MALFORMED, position, f"the key it adds: {type(error).__name__}")


def _service(origin: str) -> str:
    parts = origin.split("/")
    return parts[-2] if len(parts) > 1 else ""
