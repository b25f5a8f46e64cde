"""One transaction that applies entries: cursors, effects and parked entries, all or nothing.

Owns what such a transaction does for the partitions that share it. Nothing is correct because of a lock alone: it
moves each cursor from where the caller thinks it is, for the caller's lease only. Must not isolate what fails.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import Database
from shared.kit.streams.cursors import Cursor, Lease, Move, move_cursors
from shared.kit.streams.entry import Apply, Entry, Rejected, Skipped, Unreadable
from shared.kit.streams.faults import lost_a_race
from shared.kit.streams.parked import Verdict, held_subjects, park

RERUNS = 5  # of a transaction that lost a race to another
KILLS = 3  # processes an entry may kill before it is set aside

Readable = Entry | Unreadable
Place = tuple[int, int]  # partition, number
Verdicts = Mapping[Place, Verdict]


@dataclass(slots=True)
class Counts:
    """What became of a partition's entries in this process."""

    applied: int = 0
    batches: int = 0
    reruns: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    parked: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Work:
    """What every partition of a process shares: the database, the service's apply, and how leases last.

    `concerns` says whether an entry may have an effect here at all. `committed` is called after each commit that may
    have logged something, to wake the publisher. `alone` is held while an entry is tried that may have killed a
    process: then its count cannot be another partition's fault.
    """

    database: Database
    apply: Apply
    concerns: Callable[[Entry], bool]
    committed: Callable[[], None]
    lease_s: float
    kills: int = KILLS
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Portion:
    """Contiguous entries of one partition after its cursor, to be applied under its lease."""

    lease: Lease
    before: Cursor
    entries: Sequence[Readable]
    counts: Counts

    @property
    def move(self) -> Move:
        """The cursor's move past these entries."""
        return Move(self.lease, self.before, self.entries[-1])


async def together(work: Work, portions: Sequence[Portion]) -> list[Cursor]:
    """Apply portions of different partitions in one transaction, setting aside what is rejected, and commit.

    Until nothing is rejected any more: each round sets aside what the last one rejected.
    Raises: LostLease; and whatever an entry, or the surroundings, made fail.
    """
    verdicts = {
        _place(entry): Verdict(entry.reason)
        for portion in portions
        for entry in portion.entries
        if isinstance(entry, Unreadable)
    }
    races = 0
    while True:
        try:
            return await attempt(work, portions, verdicts)
        except _SomeRejected as some:
            verdicts |= some.verdicts
        except Exception as error:
            races += 1
            if not lost_a_race(error) or races > RERUNS:
                raise
            for portion in portions:
                portion.counts.reruns += 1


async def attempt(work: Work, portions: Sequence[Portion], verdicts: Verdicts) -> list[Cursor]:
    """Apply portions once, what has a verdict set aside; each partition's committed cursor."""
    good: list[Entry] = []
    bad: list[tuple[Readable, Verdict]] = []
    async with work.database.transaction() as connection:
        moves = [portion.move for portion in portions]
        any_parked = await move_cursors(connection, moves, lease_s=work.lease_s)
        for portion, waits in zip(portions, any_parked, strict=True):
            held = await _held(connection, portion) if waits else frozenset[str]()
            fine, set_aside = separate(portion.entries, held, verdicts)
            good += fine
            bad += set_aside
        skipped = await _apply(connection, work.apply, good)
        await park(connection, bad)
    for portion in portions:
        _count(portion, skipped, bad)
    if len(skipped) < len(good):
        work.committed()
    return [move.after for move in moves]


async def _held(connection: AsyncConnection, portion: Portion) -> frozenset[str]:
    subjects = [entry.description().subject for entry in portion.entries]
    return frozenset(await held_subjects(connection, portion.lease.source, portion.lease.partition, subjects))


async def _apply(connection: AsyncConnection, apply: Apply, entries: Sequence[Entry]) -> dict[Place, str]:
    """Run the effects; those skipped, and why. Raises: _SomeRejected, so that nothing of them stays."""
    if not entries:
        return {}
    results = dict(zip(map(_place, entries), await apply(connection, entries), strict=True))
    rejected = {place: Verdict(result.reason) for place, result in results.items() if isinstance(result, Rejected)}
    if rejected:
        raise _SomeRejected(rejected)
    return {place: result.reason for place, result in results.items() if isinstance(result, Skipped)}


def separate(
    entries: Sequence[Readable], held: frozenset[str], verdicts: Verdicts
) -> tuple[list[Entry], list[tuple[Readable, Verdict]]]:
    """Those to apply, and those to set aside: the bad ones and, behind them, later ones of the same subject."""
    good: list[Entry] = []
    bad: list[tuple[Readable, Verdict]] = []
    if not held and not verdicts:
        return [entry for entry in entries if isinstance(entry, Entry)], bad
    waiting = set(held)
    for entry in entries:
        subject = entry.description().subject
        if subject in waiting:
            bad.append((entry, Verdict("behind-parked", 0)))
        elif _place(entry) in verdicts or isinstance(entry, Unreadable):
            bad.append((entry, verdicts[_place(entry)]))
            if subject is not None:
                waiting.add(subject)
        else:
            good.append(entry)
    return good, bad


def _place(entry: Readable) -> Place:
    return entry.partition, entry.number


def _count(portion: Portion, skipped: Mapping[Place, str], bad: Sequence[tuple[Readable, Verdict]]) -> None:
    partition, counts = portion.lease.partition, portion.counts
    passed = Counter(reason for (its, _), reason in skipped.items() if its == partition)
    parked = Counter(verdict.reason for entry, verdict in bad if entry.partition == partition)
    counts.applied += len(portion.entries) - passed.total() - parked.total()
    counts.batches += 1
    counts.skipped += passed
    counts.parked += parked


class _SomeRejected(Exception):
    """The transaction must not stay: it holds effects of entries that come after a rejected one."""

    def __init__(self, verdicts: Verdicts) -> None:
        super().__init__(len(verdicts))
        self.verdicts = verdicts
