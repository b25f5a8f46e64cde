"""A flood from beginning to end on a box that runs: played, then checked by the independent checker.

Owns the order of the two and what is told of them. Must not start or stop services.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tanggap.checker.check import CheckResult, check
from tanggap.flood.box import Box
from tanggap.flood.faults import HomeFaults
from tanggap.flood.journal import FOLDER
from tanggap.flood.player import FloodResult, play
from tanggap.flood.telling import Telling


class NoJournal(Exception):
    """No flood was played on this home."""

    slug = "flood-not-played"
    next_step = "Play one: tanggap up --demo"


@dataclass(frozen=True, slots=True)
class Shown:
    """A flood as it was played, and what the checker found."""

    flood: FloodResult
    check: CheckResult

    @property
    def document(self) -> dict[str, Any]:
        """Both as one JSON document."""
        return {"flood": self.flood.document, "check": self.check.document}


async def show(home: Path, *, scale: float, seed: int, faults: bool, telling: Telling) -> Shown:
    """Play a flood on the box of a home and check it. Raises: as `play` and `check`."""
    box = Box.of_home(home)
    harm = HomeFaults(home) if faults else None
    flood = await play(box, scale=scale, seed=seed, faults=harm, progress=telling.progress, report=telling.report)
    return Shown(flood, await check_flood(box, flood.journal, telling))


async def check_flood(box: Box, journal: Path, telling: Telling) -> CheckResult:
    """Check a flood that was played on a box. The evidence is kept beside the journal."""
    telling.progress("checking", 0, 1)
    token = box.token("flood-checker", "auditor")
    folder = journal.with_name(journal.stem.replace("journal", "evidence"))
    result = await check(box.urls, token, box.log_keys, journal, folder)
    telling.progress("checking", 1, 1)
    return result


def latest_journal(home: Path) -> Path:
    """The journal of the flood played last on a home. Raises: NoJournal."""
    journals = sorted((home / FOLDER).glob("journal-*.jsonl"))
    if not journals:
        raise NoJournal(f"No flood was played on {home}.")
    return journals[-1]
