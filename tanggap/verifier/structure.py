"""What every log's leaves must be, whatever they say: events of one source, in order, none twice.

Owns the checks that the tree cannot make. Reads leaves as they come and remembers ids and sequences (about 250
bytes of memory an entry). Must not know any event's meaning but the log's own two: `log_opened`, `log_key_added`.
"""

import contextlib
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import orjson

from tanggap.verifier.findings import Findings, Kind
from tanggap.verifier.notes import BadNote, Key, make_key

TIME_LENGTH = len("2026-11-24T01:02:03.000004Z")
_attributes = itemgetter("id", "subject", "sequence", "recordedtime", "source", "type")
_STRINGS = ("id", "source", "type", "subject", "recordedtime")


class Structure:
    """Checks leaves in the order of the log."""

    def __init__(self, origin: str, findings: Findings) -> None:
        self._source = "urn:" + origin.replace("/", ":")
        self._origin = origin
        self._key_added = f"{_service(origin)}.log_key_added.v1"
        self._findings = findings
        self._ids: set[str] = set()
        self._sequences: dict[str, int] = {}
        self._recorded = ""
        self.keys_added: list[tuple[int, Key]] = []

    def check(self, first: int, leaves: Sequence[bytes]) -> None:
        """Check the leaves that stand from position `first` on."""
        events = self._parsed(first, leaves)
        ids, sequences, recorded = self._ids, self._sequences, self._recorded
        expected, key_added = self._source, self._key_added
        for position, event in enumerate(events, first):
            try:
                id_, subject, sequence, at, source, kind = _attributes(event)
                follows = sequence == sequences.get(subject, 0) + 1 and type(sequence) is int
                in_time = at >= recorded and len(at) == TIME_LENGTH
                plain = source == expected and kind != key_added
                if not (follows and in_time and plain) or id_ in ids or position == 1:
                    self._recorded = recorded
                    self._explain(position, event)
                ids.add(id_)
                sequences[subject] = sequence
                if in_time:
                    recorded = at
            except (KeyError, TypeError) as error:
                if event is not None:
                    self._findings.add(Kind.LEAF_MALFORMED, position, type(error).__name__)
        self._recorded = recorded

    def _parsed(self, first: int, leaves: Sequence[bytes]) -> list[Any]:
        """The events of leaves; None, and a finding, for one that is not JSON.

        Leaves are parsed one by one, so that none can borrow from its neighbour. Their canonical form is compared
        in one go, for speed, and one by one only where that differs.
        """
        with contextlib.suppress(orjson.JSONDecodeError, orjson.JSONEncodeError):
            events = list(map(orjson.loads, leaves))
            if orjson.dumps(events, option=orjson.OPT_SORT_KEYS) == b"[" + b",".join(leaves) + b"]":
                return events
        return [self._parsed_one(position, leaf) for position, leaf in enumerate(leaves, first)]

    def _parsed_one(self, position: int, leaf: bytes) -> Any:
        try:
            event = orjson.loads(leaf)
            if orjson.dumps(event, option=orjson.OPT_SORT_KEYS) != leaf:
                self._findings.add(Kind.LEAF_NOT_CANONICAL, position, "written anew it is not the same bytes")
        except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
            self._findings.add(Kind.LEAF_MALFORMED, position, type(error).__name__)
            return None
        return event

    def _explain(self, position: int, event: dict[str, Any]) -> None:
        """Say what is out of order with an event; nothing for one that only needs a closer look."""
        if type(event["sequence"]) is not int or not all(isinstance(event[name], str) for name in _STRINGS):
            raise TypeError("an attribute is of another type")
        add = self._findings.add
        if event["id"] in self._ids:
            add(Kind.ID_REPEATED, position, f"id {event['id']}")
        before = self._sequences.get(event["subject"], 0)
        if event["sequence"] != before + 1:
            add(Kind.SEQUENCE_GAP, position, f"sequence {event['sequence']} of {event['subject']} follows {before}")
        if event["recordedtime"] < self._recorded or len(event["recordedtime"]) != TIME_LENGTH:
            add(Kind.TIME_DECREASES, position, f"{event['recordedtime']} follows {self._recorded or 'nothing'}")
        if event["source"] != self._source:
            add(Kind.SOURCE_DIFFERS, position, "its source is not the checkpoint's origin")
        if position == 1:
            self._check_opening(event)
        if event["type"] == self._key_added:
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
