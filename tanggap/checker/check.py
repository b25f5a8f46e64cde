"""The independent check of a flood: what was answered, what was logged, what is shown, and whether they agree.

Owns the order of the checks and their sum. Uses HTTP, the exported logs, the players' journal and the auditors'
verifier; never a service's code, a database or a stream.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tanggap.checker.cash import check_cash
from tanggap.checker.collecting import collect
from tanggap.checker.delivery import check_delivery
from tanggap.checker.effects import check_effects
from tanggap.checker.evidence import Evidence, Journal, load
from tanggap.checker.findings import Finding, Kind
from tanggap.checker.office_pages import check_office_pages
from tanggap.checker.order import check_order
from tanggap.checker.stock import check_stock
from tanggap.checker.stories import check_stories
from tanggap.checker.supply import check_supply
from tanggap.verifier.archive import BadArchive
from tanggap.verifier.notes import BadNote, parse_key
from tanggap.verifier.verify import verify

NAMED_MAX = 100
PARTS = (
    check_delivery,
    check_order,
    check_effects,
    check_stock,
    check_supply,
    check_office_pages,
    check_cash,
    check_stories,
)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was found, out of how much. Nothing found means that every promise held."""

    findings: tuple[Finding, ...]
    entries: Mapping[str, int]
    answers: int
    logs_verified: int
    logs: int
    folder: Path

    @property
    def sound(self) -> bool:
        """Whether every invariant holds."""
        return not self.findings and self.logs_verified == self.logs > 0

    def size(self, kind: Kind) -> int:
        """How much of one kind is wrong: things, units or rupiah."""
        return sum(finding.size for finding in self.findings if finding.kind is kind)

    @property
    def document(self) -> dict[str, Any]:
        """The result as a JSON document; it names the first hundred findings."""
        named = [
            {"kind": one.kind, "service": one.service, "place": one.place, "detail": one.detail, "size": one.size}
            for one in self.findings[:NAMED_MAX]
        ]
        counts = Counter(one.kind for one in self.findings)
        return {
            "sound": self.sound,
            **{kind.value: self.size(kind) for kind in Kind},
            "logs_verified": self.logs_verified,
            "logs": self.logs,
            "entries": dict(self.entries),
            "answers": self.answers,
            "findings": named,
            "findings_by_kind": {kind.value: count for kind, count in counts.items()},
            "evidence": str(self.folder),
        }


async def check(
    urls: Mapping[str, str], token: str, log_keys: Mapping[str, Path], journal: Path, folder: Path
) -> CheckResult:
    """Collect the evidence of one flood into a folder and examine it. `token` is an auditor's. Raises: NotCollected."""
    told = Journal.read(journal)
    await collect(urls, token, folder, told)
    return await asyncio.to_thread(examine, folder, journal, log_keys)


def examine(folder: Path, journal: Path, log_keys: Mapping[str, Path]) -> CheckResult:
    """Examine collected evidence; needs no network. Raises: BadArchive where a log cannot be read at all."""
    evidence = load(folder, journal)
    findings = list(_verified(evidence, log_keys))
    unverified = len({finding.service for finding in findings})
    for part in PARTS:
        findings += part(evidence)
    findings += _parked(evidence)
    return CheckResult(
        findings=tuple(findings),
        entries={service: len(log.entries) for service, log in evidence.logs.items()},
        answers=sum(1 for _ in evidence.journal.answers()),
        logs_verified=len(evidence.logs) - unverified,
        logs=len(evidence.logs),
        folder=folder,
    )


def _verified(evidence: Evidence, log_keys: Mapping[str, Path]) -> Iterator[Finding]:
    """Each log is as its service signed it, by the key an auditor has from elsewhere."""
    for service in evidence.logs:
        if service not in log_keys:
            yield Finding(Kind.NOT_VERIFIED, service, "log", "no key from outside vouches for it")
            continue
        try:
            key = parse_key(log_keys[service].read_text(encoding="utf-8"))
            verdict = verify(evidence.folder / service, [key])
        except (BadArchive, BadNote) as error:
            yield Finding(Kind.NOT_VERIFIED, service, "log", str(error))
            continue
        if verdict.findings:
            first = verdict.findings[0]
            yield Finding(Kind.NOT_VERIFIED, service, str(first.first), str(first), 1)
        elif not verdict.trusted:
            yield Finding(Kind.NOT_VERIFIED, service, "log", "its end is not signed by the trusted key")


def _parked(evidence: Evidence) -> Iterator[Finding]:
    for service, count in evidence.shown["parked"].items():
        if count:
            yield Finding(Kind.PARKED, service, "parked", f"{count} entries wait for somebody", count)
