"""What the players asked and what they were answered, written down on their side.

Owns the journal's lines. The checker holds it against the services' logs, so it must hold what was answered and
nothing that was only hoped for. Must not hold personal data: of a report it keeps the id.

A line is a JSON object with a `kind`: `flood` (what was played, once), `command` (one request, one answer), `batch`
(one request, an answer for each item), `story` (a trouble that was played on purpose).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

FOLDER = "flood"


@dataclass(slots=True)
class Journal:
    """The journal of one flood; every line is handed to the operating system at once."""

    path: Path
    _file: BinaryIO

    @classmethod
    def begin(cls, home: Path, run: str, opening: Mapping[str, Any]) -> "Journal":
        """A new journal under a home, beginning with what is played."""
        folder = home / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"journal-{run}.jsonl"
        journal = cls(path, path.open("xb", buffering=0))
        journal.write({"kind": "flood", "run": run, **opening})
        return journal

    def write(self, line: Mapping[str, Any]) -> None:
        """One more line."""
        self._file.write(orjson.dumps(line) + b"\n")

    def story(self, name: str, **told: Any) -> None:
        """A trouble that was played on purpose, with what must be found of it."""
        self.write({"kind": "story", "name": name, **told})

    def close(self) -> None:
        """No more lines come."""
        self._file.close()


def command_line(service: str, sender: str, key: str, answer: "Answered") -> dict[str, Any]:
    """The line of a request with one answer."""
    line: dict[str, Any] = {"kind": "command", "service": service, "sender": sender, "key": key}
    return {**line, "status": answer.status, "attempts": answer.attempts, **_outcome(answer.content)}


def batch_line(service: str, sender: str, key: str, answer: "Answered", *, ids: Sequence[str] = ()) -> dict[str, Any]:
    """The line of a request that is answered item by item. `ids` are those of reports: each causes its own events."""
    line: dict[str, Any] = {"kind": "batch", "service": service, "sender": sender, "key": key, "causes": bool(ids)}
    line |= {"status": answer.status, "attempts": answer.attempts, "sent": list(ids)}
    items = answer.content.get("items") if answer.status == 200 else None
    if items is None:
        return {**line, "items": [], **_outcome(answer.content)}
    return {**line, "items": [{"id": item.get("id"), "status": item["status"], **_outcome(item)} for item in items]}


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer a sender finally got, after so many attempts."""

    status: int
    content: Mapping[str, Any]
    attempts: int
    replayed: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the request was taken."""
        return 200 <= self.status < 300

    @property
    def slug(self) -> str:
        """The problem's name, or nothing."""
        return slug_of(self.content)


def slug_of(content: Mapping[str, Any]) -> str:
    """The name of the problem an answer or an item of one tells, or nothing."""
    problem = content.get("problem", content)
    return str(problem.get("type", "")).rpartition(":")[2] if isinstance(problem, Mapping) else ""


def _outcome(content: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer says of one command: the events with their places, or why there are none."""
    outcome: dict[str, Any] = {}
    if "events" in content:
        outcome["events"] = [
            {name: event[name] for name in ("id", "type", "subject", "sequence", "position")}
            for event in content["events"]
        ]
    elif slug := slug_of(content):
        outcome["slug"] = slug
    if content.get("replayed"):
        outcome["replayed"] = True
    return outcome
