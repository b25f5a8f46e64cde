"""A copy of a flood's evidence that may be damaged, to see the checker find it.

Owns how a careful forger would leave the rest consistent. Must not judge.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import zstandard

from tanggap.checker.check import CheckResult, examine
from tanggap.checker.findings import Kind
from tests.flows.conftest import Played

Event = dict[str, Any]


class Copy:
    """A copy of a flood's evidence that may be damaged."""

    def __init__(self, played: Played, folder: Path) -> None:
        self._keys = played.log_keys
        self.folder = folder / "evidence"
        self.journal = folder / "journal.jsonl"
        shutil.copytree(played.folder, self.folder)
        shutil.copyfile(played.flood.journal, self.journal)

    def examine(self) -> CheckResult:
        return examine(self.folder, self.journal, self._keys)

    def found(self) -> set[Kind]:
        """The kinds of findings, but for the signature that no edited log has."""
        return {finding.kind for finding in self.examine().findings} - {Kind.NOT_VERIFIED}

    def events(self, service: str) -> list[Event]:
        packed = next((self.folder / service / "entries").glob("*.zst")).read_bytes()
        unpacked = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
        return [orjson.loads(line) for line in unpacked.splitlines()]

    def rewrite(self, service: str, events: list[Event]) -> None:
        """Put other events into a log; served places and the checkpoint's size follow, as a careful forger's would."""
        path = next((self.folder / service / "entries").glob("*.zst"))
        lines = b"".join(orjson.dumps(event, option=orjson.OPT_SORT_KEYS) + b"\n" for event in events)
        path.unlink()
        renamed = path.with_name(f"{1:012}-{len(events):012}.jsonl.zst")
        renamed.write_bytes(zstandard.ZstdCompressor().compress(lines))
        checkpoint = self.folder / service / "checkpoint"
        note = checkpoint.read_text().split("\n")
        note[1] = str(len(events))
        checkpoint.write_text("\n".join(note))
        served = orjson.loads((self.folder / service / "served.json").read_bytes())
        (self.folder / service / "served.json").write_bytes(orjson.dumps(served[: len(events)]))

    def first(self, service: str, name: str, **said: Any) -> int:
        """The place of the first event of a name whose content says this."""
        return next(
            place
            for place, event in enumerate(self.events(service))
            if event["type"] == f"{service}.{name}.v1" and said.items() <= event["data"].items()
        )

    def change(self, service: str, place: int, **data: Any) -> None:
        """Change the content of one event."""
        events = self.events(service)
        events[place]["data"] |= data
        self.rewrite(service, events)

    def change_line(self, kind: str, chosen: Callable[[Event], bool], change: Callable[[Event], None]) -> None:
        """Change the first line of the journal of a kind for which something holds."""
        lines = [orjson.loads(line) for line in self.journal.read_bytes().splitlines()]
        line = next(line for line in lines if line["kind"] == kind and chosen(line))
        change(line)
        self.journal.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in lines))

    def change_shown(self, change: Callable[[Event], None]) -> None:
        """Change what the services are said to show."""
        shown = orjson.loads((self.folder / "shown.json").read_bytes())
        change(shown)
        (self.folder / "shown.json").write_bytes(orjson.dumps(shown))
