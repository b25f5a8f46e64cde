"""Entries of one partition applied, and the one that breaks them found.

Owns how a partition goes on when a transaction fails: alone, then entry by entry, then without the offender. Must
not read a stream.
"""

import asyncio
from collections.abc import Sequence

from shared.kit.streams.attempt import Counts, Portion, Readable, Work, attempt, together
from shared.kit.streams.cursors import Cursor, Lease, count_attempt, forget_attempt
from shared.kit.streams.faults import Backoff, LostLease, reason_of, surroundings_failed
from shared.kit.streams.joint import GoAlone, Joint
from shared.kit.streams.parked import Verdict

ATTEMPTS = 3  # of a single entry before it is set aside


class Effects:
    """Commits entries of one partition under one lease."""

    def __init__(self, work: Work, joint: Joint, lease: Lease) -> None:
        self.lease = lease
        self.counts = Counts()
        self._work = work
        self._joint = joint
        self._counted: int | None = None

    async def apply_batch(self, before: Cursor, entries: Sequence[Readable]) -> Cursor:
        """Apply contiguous entries after the cursor, setting bad ones aside, and return the committed cursor.

        Raises: LostLease; and what says that the surroundings failed, with nothing changed or with the cursor
        moved past the first entries: the caller reads it again.
        """
        try:
            return await self._joint.apply(self._portion(before, entries))
        except GoAlone:
            return await self._alone(before, entries)

    async def _alone(self, before: Cursor, entries: Sequence[Readable]) -> Cursor:
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
                return await self._alone(before, entries)
            (entry,) = entries
            attempts = 0
            if self._counted != entry.number:
                async with self._work.database.transaction() as connection:
                    attempts = await count_attempt(connection, self.lease, entry.number)
                self._counted = entry.number
            if attempts > self._work.kills:
                return await self._set_aside(before, entry, Verdict("killed-the-process", attempts - 1))
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
        return await self._set_aside(before, entry, Verdict(reason, ATTEMPTS))

    async def _set_aside(self, before: Cursor, entry: Readable, verdict: Verdict) -> Cursor:
        verdicts = {(entry.partition, entry.number): verdict}
        (cursor,) = await attempt(self._work, [self._portion(before, [entry])], verdicts)
        return cursor

    async def _together(self, before: Cursor, entries: Sequence[Readable]) -> Cursor:
        (cursor,) = await together(self._work, [self._portion(before, entries)])
        return cursor

    def _portion(self, before: Cursor, entries: Sequence[Readable]) -> Portion:
        return Portion(self.lease, before, entries, self.counts)
