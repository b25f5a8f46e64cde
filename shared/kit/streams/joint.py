"""Partitions of one source that have something ready share a transaction.

Owns the queue in front of it: one transaction at a time, and what comes meanwhile shares the next. Must not decide
what becomes of an entry that breaks it: its partition is told to go on alone.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from shared.kit.streams.attempt import Portion, Work, together
from shared.kit.streams.cursors import Cursor
from shared.kit.streams.faults import surroundings_failed

ENTRIES_MAX = 400  # of a transaction, unless one portion alone has more
COMPANY_S = 0.003  # longest wait for partitions that had something a moment ago


class GoAlone(Exception):
    """Something in the shared transaction failed; nothing of it stays, and who is to blame is found one by one."""


@dataclass(eq=False, slots=True)
class _Waiting:
    portion: Portion
    cursor: "asyncio.Future[Cursor]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Joint:
    """The transactions of one source's partitions in this process.

    Whoever comes first runs the transaction, for all that wait by then; so a partition that is cancelled takes only
    its own turn along.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Lock()
        self._arrived = asyncio.Event()
        self._recent: deque[frozenset[int]] = deque(maxlen=2)  # the partitions of the last transactions

    async def apply(self, portion: Portion) -> Cursor:
        """Apply a portion together with whatever else waits, and give its committed cursor.

        Raises: GoAlone; and what says that the surroundings failed.
        """
        mine = _Waiting(portion)
        self._waiting.append(mine)
        self._arrived.set()
        try:
            async with self._turn:
                while mine in self._waiting:
                    await self._await_company()
                    await self._run()
        finally:
            if mine in self._waiting:
                self._waiting.remove(mine)
        return await mine.cursor

    async def _await_company(self) -> None:
        """Wait a moment for the partitions of the last two transactions: they read the same rounds of the publisher."""
        try:
            async with asyncio.timeout(COMPANY_S if self._lacks_company() else None):
                while self._lacks_company():
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return

    def _lacks_company(self) -> bool:
        entries = sum(len(each.portion.entries) for each in self._waiting)
        return entries < ENTRIES_MAX and len(self._waiting) < len(frozenset[int]().union(*self._recent))

    async def _run(self) -> None:
        taken = self._take()
        try:
            cursors = await together(self._work, [each.portion for each in taken])
        except asyncio.CancelledError:
            self._waiting = [*taken, *self._waiting]
            raise
        except Exception as error:
            for each in taken:
                each.cursor.set_exception(error if surroundings_failed(error) else GoAlone())
                each.cursor.exception()  # looked at here, for whoever was cancelled and does not ask
            return
        for each, cursor in zip(taken, cursors, strict=True):
            each.cursor.set_result(cursor)

    def _take(self) -> list[_Waiting]:
        """Those that wait, up to the bound, first come first; at least one."""
        count, entries = 0, 0
        for each in self._waiting:
            entries += len(each.portion.entries)
            if count and entries > ENTRIES_MAX:
                break
            count += 1
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        self._recent.append(frozenset(each.portion.lease.partition for each in taken))
        return taken
