"""The collected files as the checks look at them: logs entry by entry, the journal line by line, what was shown.

Owns reading them. Believes nothing in them: what cannot be read is an error of its own. Must not judge.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from tanggap.verifier.archive import Archive

# The files of what was shown, and beside each log of where its service said the entries stand.
SHOWN = "shown.json"
SERVED = "served.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a log as its leaf says, and the position it stands at."""

    position: int
    id: str
    type: str
    subject: str
    sequence: int
    recorded: str
    partition_key: str
    actor: str
    role: str
    cause: str | None
    disaster_id: str | None
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The event's type without service and version."""
        return self.type.split(".")[1]


@dataclass(frozen=True)
class Log:
    """One service's log. `served` is where the service said each entry stands: position, partition, number."""

    service: str
    entries: Sequence[Entry]
    served: Sequence[tuple[int, int, int]]

    @cached_property
    def by_id(self) -> Mapping[str, Sequence[Entry]]:
        """The entries of each id: one, if all is well."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            found[entry.id].append(entry)
        return found

    @cached_property
    def by_cause(self) -> Mapping[str, Sequence[Entry]]:
        """The entries caused by each event."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if entry.cause is not None:
                found[entry.cause].append(entry)
        return found

    @cached_property
    def partitions(self) -> int:
        """How many partitions the log has, as its first leaf says."""
        return int(self.entries[0].data["partitions"])

    @cached_property
    def numbers(self) -> Mapping[str, tuple[int, int]]:
        """The partition of each event id and its number there, counted anew."""
        counts: Counter[int] = Counter()
        numbers: dict[str, tuple[int, int]] = {}
        for entry in self.entries:
            partition = self.partition_of(entry)
            counts[partition] += 1
            numbers.setdefault(entry.id, (partition, counts[partition]))
        return numbers

    def partition_of(self, entry: Entry) -> int:
        """The partition an entry belongs to, by its partition key."""
        return zlib.crc32(entry.partition_key.encode()) % self.partitions

    def named(self, *names: str) -> Iterator[Entry]:
        """The entries of these event names, in order."""
        return (entry for entry in self.entries if entry.name in names)


@dataclass(frozen=True)
class Journal:
    """What the players asked and were answered."""

    lines: Sequence[Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path) -> "Journal":
        """The journal in a file. Raises: orjson.JSONDecodeError."""
        return cls([orjson.loads(line) for line in path.read_bytes().splitlines()])

    def reached(self, service: str) -> int:
        """The last position a service said it had given: its log's export must reach it."""
        told = (
            event["position"]
            for line, answer in self.answers()
            if line["service"] == service
            for event in answer.get("events", ())
        )
        return max(told, default=1)

    @property
    def opening(self) -> Mapping[str, Any]:
        """What was played."""
        return self.lines[0]

    @property
    def actors(self) -> frozenset[str]:
        """Everybody who wrote in this flood."""
        return frozenset(self.opening["actors"])

    def stories(self) -> Iterator[Mapping[str, Any]]:
        """The troubles that were played on purpose."""
        return (line for line in self.lines if line["kind"] == "story")

    def answers(self) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Each request's line with each of its answers: the line itself, or its items."""
        for line in self.lines:
            if line["kind"] == "command":
                yield line, line
            elif line["kind"] == "batch":
                for item in line["items"]:
                    yield line, item


@dataclass(frozen=True)
class Evidence:
    """Everything a check looks at."""

    folder: Path
    logs: Mapping[str, Log]
    journal: Journal
    shown: Mapping[str, Any]


def load(folder: Path, journal: Path) -> Evidence:
    """The evidence in a folder and a journal. Raises: BadArchive, orjson.JSONDecodeError, KeyError."""
    services = sorted(path.parent.name for path in folder.glob("*/layout.json"))
    return Evidence(
        folder=folder,
        logs={service: _log(service, folder / service) for service in services},
        journal=Journal.read(journal),
        shown=orjson.loads((folder / SHOWN).read_bytes()),
    )


def _log(service: str, directory: Path) -> Log:
    archive = Archive.open(directory)
    size = int(archive.end().split("\n")[1])
    leaves = [line for segment in archive.segments(size) for lines in archive.lines(segment) for line in lines]
    served = [(one[0], one[1], one[2]) for one in orjson.loads((directory / SERVED).read_bytes())]
    return Log(service, [_entry(position, leaf) for position, leaf in enumerate(leaves, 1)], served)


def _entry(position: int, leaf: bytes) -> Entry:
    event = orjson.loads(leaf)
    return Entry(
        position=position,
        id=event["id"],
        type=event["type"],
        subject=event["subject"],
        sequence=event["sequence"],
        recorded=event["recordedtime"],
        partition_key=event["partitionkey"],
        actor=event["actor"],
        role=event["actorrole"],
        cause=event.get("causationid"),
        disaster_id=event.get("disasterid"),
        data=event["data"],
    )
