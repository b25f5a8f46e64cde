"""Entries applied: cursor, effects and parked entries in one transaction.

Owns how a batch is committed, and how the one entry that breaks it is found. Nothing is correct because of a
lock alone: every transaction moves the cursor from where the caller thinks it is, for the caller's lease only.
Must not read a stream.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import Database
from shared.kit.streams.cursors import Cursor, Lease, count_attempt, forget_attempt, move_cursor
from shared.kit.streams.entry import Apply, Entry, Rejected, Skipped, Unreadable
from shared.kit.streams.faults import Backoff, LostLease, lost_a_race, reason_of, surroundings_failed
from shared.kit.streams.parked import Verdict, held_subjects, park

RERUNS = 5  # of a transaction that lost a race to another
ATTEMPTS = 3  # of a single entry before it is set aside
KILLS = 3  # processes an entry may kill before it is set aside

Readable = Entry | Unreadable
Verdicts = Mapping[int, Verdict]


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

    `committed` is called after each commit, to wake the publisher. `alone` is held while an entry is tried that
    may have killed a process: then its count cannot be another partition's fault.
    """

    database: Database
    apply: Apply
    committed: Callable[[], None]
    lease_s: float
    kills: int = KILLS
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)


class Effects:
    """Commits entries of one partition under one lease."""

    def __init__(self, work: Work, lease: Lease) -> None:
        self.lease = lease
        self.counts = Counts()
        self._work = work
        self._counted: int | None = None

    async def apply_batch(self, before: Cursor, entries: Sequence[Readable]) -> Cursor:
        """Apply contiguous entries after the cursor, setting bad ones aside, and return the committed cursor.

        Raises: LostLease; and what says that the surroundings failed, with nothing changed or with the cursor
        moved past the first entries: the caller reads it again.
        """
        try:
            return await self._together(before, entries)
        except Exception as error:
            if isinstance(error, LostLease) or surroundings_failed(error):
                raise
        for entry in entries:
            before = await self._singly(before, entry)
        return before

    async def apply_suspects(self, before: Cursor, entries: Sequence[Readable]) -> Cursor:
        """Apply entries of which one may have killed a process, while no other suspect of this process is tried.

        One alone is counted before the attempt, once a process, so that waiting for a database is no kill; several
        are not, because a death would not say which of them it was. Raises as `apply_batch`.
        """
        async with self._work.alone:
            if len(entries) > 1:
                return await self.apply_batch(before, entries)
            (entry,) = entries
            attempts = 0
            if self._counted != entry.number:
                async with self._work.database.transaction() as connection:
                    attempts = await count_attempt(connection, self.lease, entry.number)
                self._counted = entry.number
            if attempts > self._work.kills:
                verdict = Verdict("killed-the-process", attempts - 1)
                return await self._attempt(before, [entry], {entry.number: verdict})
            return await self._singly(before, entry)

    async def forget_suspect(self, cursor: Cursor) -> None:
        """On a clean stop: an attempt that was counted but not made is no kill."""
        if self._counted == cursor.number + 1:
            async with self._work.database.transaction() as connection:
                await forget_attempt(connection, self.lease)
            self._counted = None

    async def _singly(self, before: Cursor, entry: Readable) -> Cursor:
        """One entry in a transaction of its own: an error at commit is found like any other."""
        pause = Backoff(base_s=0.02)
        reason = ""
        for _ in range(ATTEMPTS):
            try:
                return await self._together(before, [entry])
            except Exception as error:
                if isinstance(error, LostLease) or surroundings_failed(error):
                    raise
                reason = reason_of(error)
            await asyncio.sleep(pause.next_s())
        return await self._attempt(before, [entry], {entry.number: Verdict(reason, ATTEMPTS)})

    async def _together(self, before: Cursor, entries: Sequence[Readable]) -> Cursor:
        """Until nothing is rejected any more: each round sets aside what the last one rejected."""
        verdicts = {entry.number: Verdict(entry.reason) for entry in entries if isinstance(entry, Unreadable)}
        races = 0
        while True:
            try:
                return await self._attempt(before, entries, verdicts)
            except _SomeRejected as some:
                verdicts |= some.verdicts
            except Exception as error:
                races += 1
                if not lost_a_race(error) or races > RERUNS:
                    raise
                self.counts.reruns += 1

    async def _attempt(self, before: Cursor, entries: Sequence[Readable], verdicts: Verdicts) -> Cursor:
        async with self._work.database.transaction() as connection:
            moved = await move_cursor(connection, self.lease, before, entries[-1], lease_s=self._work.lease_s)
            held = await self._held(connection, entries) if moved.any_parked else frozenset[str]()
            good, bad = separate(entries, held, verdicts)
            skipped = await self._apply(connection, good) if good else Counter[str]()
            await park(connection, bad)
        self._count(len(good) - skipped.total(), skipped, [verdict for _, verdict in bad])
        self._work.committed()
        return moved.cursor

    async def _held(self, connection: AsyncConnection, entries: Sequence[Readable]) -> frozenset[str]:
        subjects = [entry.description().subject for entry in entries]
        return frozenset(await held_subjects(connection, self.lease.source, self.lease.partition, subjects))

    async def _apply(self, connection: AsyncConnection, entries: Sequence[Entry]) -> Counter[str]:
        """Run the effects; the reasons of those skipped. Raises: _SomeRejected, so that nothing of them stays."""
        results = await self._work.apply(connection, entries)
        rejected = {
            entry.number: Verdict(result.reason)
            for entry, result in zip(entries, results, strict=True)
            if isinstance(result, Rejected)
        }
        if rejected:
            raise _SomeRejected(rejected)
        return Counter(result.reason for result in results if isinstance(result, Skipped))

    def _count(self, applied: int, skipped: Counter[str], parked: Sequence[Verdict]) -> None:
        self.counts.applied += applied
        self.counts.batches += 1
        self.counts.skipped += skipped
        self.counts.parked.update(verdict.reason for verdict in parked)


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
        elif entry.number in verdicts or isinstance(entry, Unreadable):
            bad.append((entry, verdicts[entry.number]))
            if subject is not None:
                waiting.add(subject)
        else:
            good.append(entry)
    return good, bad


class _SomeRejected(Exception):
    """The transaction must not stay: it holds effects of entries that come after a rejected one."""

    def __init__(self, verdicts: dict[int, Verdict]) -> None:
        super().__init__(len(verdicts))
        self.verdicts = verdicts
