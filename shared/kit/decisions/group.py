"""Group commit: commands that arrive together share a transaction.

Owns the queue in front of the decider, running a batch again after a lost race, and isolating the one item
whose writing fails. Must not look inside a command.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.exc import DBAPIError

from shared.kit import clock
from shared.kit.database import Database, is_unreachable, wants_rerun
from shared.kit.decisions.batch import Observe, Rules, decide_batch
from shared.kit.decisions.types import Failed, Item, Outcome, Overtaken
from shared.kit.errors import Unavailable

RERUNS_MAX = 8
ITEMS_PER_TRANSACTION = 200
ITEMS_WAITING_MAX = 8_000
COMPANY_S = 0.003  # longest wait for those that shared the transaction before

_log = structlog.get_logger(__name__)


class OutcomeUnknown(Unavailable):
    """The database went away under a command; whether it was kept is known when it is sent again."""

    slug = "outcome-unknown"
    detail = "The database went away while your request was being kept. Whether it was kept is not known yet."
    next_step = "Send the same request again in a few seconds, with the same key: nothing is done twice."


class TooBusy(Unavailable):
    """More commands wait than can be answered in time."""

    slug = "too-busy"
    detail = "Too many requests are waiting."
    next_step = "Send the same request again in a few seconds, with the same key."


class Decisions:
    """The door to the decider: submit items, get their outcomes after commit."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        *,
        on_commit: Callable[[Sequence[Outcome]], None],
        observe: Observe = lambda _: None,
        items_max: int = ITEMS_PER_TRANSACTION,
    ) -> None:
        self.rules = rules
        self._database = database
        self._on_commit = on_commit
        self._observe = observe
        self._items_max = items_max
        self._waiting: deque[tuple[Sequence[Item], asyncio.Future[list[Outcome]]]] = deque()
        self._items_waiting = 0
        self._company = 1
        self._arrived = asyncio.Event()
        self._stopping = False
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take items."""
        self._worker = asyncio.create_task(self._work(), name="decisions")

    async def stop(self) -> None:
        """Answer everything that waits, then take no more."""
        self._stopping = True
        self._arrived.set()
        if self._worker is not None:
            await self._worker

    async def submit(self, item: Item) -> Outcome:
        """Decide one item together with whatever else waits.

        Raises: OutcomeUnknown, TooBusy.
        """
        return (await self.submit_all((item,)))[0]

    async def submit_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Decide items in order, in one transaction as a rule; each has its own outcome.

        Raises: OutcomeUnknown, TooBusy.
        """
        if self._stopping or self._worker is None:
            raise OutcomeUnknown
        if self._items_waiting + len(items) > ITEMS_WAITING_MAX:
            raise TooBusy
        answer: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._waiting.append((items, answer))
        self._items_waiting += len(items)
        self._arrived.set()
        return await answer

    async def _work(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._await_company()
                groups = self._take()
                self._company = len(groups)
                await self._answer(groups)
            if self._stopping:
                return

    async def _await_company(self) -> None:
        """Wait a moment for as many as shared the transaction before: clients just answered ask again together.

        Without it the first of them has a transaction alone while all others wait for it: every second one held a
        single command. A command that comes alone never waits.
        """
        try:
            async with asyncio.timeout(COMPANY_S if self._lacks_company() else None):
                while self._lacks_company():
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return

    def _lacks_company(self) -> bool:
        return not self._stopping and len(self._waiting) < self._company and self._items_waiting < self._items_max

    def _take(self) -> list[tuple[Sequence[Item], asyncio.Future[list[Outcome]]]]:
        groups = [self._waiting.popleft()]
        count = len(groups[0][0])
        while self._waiting and count + len(self._waiting[0][0]) <= self._items_max:
            groups.append(self._waiting.popleft())
            count += len(groups[-1][0])
        self._items_waiting -= count
        return groups

    async def _answer(self, groups: Sequence[tuple[Sequence[Item], asyncio.Future[list[Outcome]]]]) -> None:
        items = [item for group, _ in groups for item in group]
        try:
            outcomes = await self._decide(items)
        except Exception as error:  # Every waiting caller must hear of it; nothing may end the worker.
            for _, answer in groups:
                if not answer.done():
                    answer.set_exception(OutcomeUnknown() if is_unreachable(error) else error)
            return
        place = 0
        for group, answer in groups:
            if not answer.done():
                answer.set_result(outcomes[place : place + len(group)])
            place += len(group)

    async def _decide(self, items: Sequence[Item]) -> list[Outcome]:
        try:
            return await self._together(items)
        except DBAPIError as error:
            if is_unreachable(error):
                raise
            if len(items) == 1:
                _log.error("item_failed", command=type(items[0].command).__name__, error=type(error.orig).__name__)
                return [Failed(error)]
        except Overtaken as error:
            if len(items) == 1:
                return [Failed(error)]
        return [outcome for item in items for outcome in await self._decide((item,))]

    async def _together(self, items: Sequence[Item]) -> list[Outcome]:
        for rerun in range(RERUNS_MAX):
            try:
                async with self._database.transaction() as connection:
                    outcomes = await decide_batch(connection, self.rules, items, now=clock.now(), observe=self._observe)
            except DBAPIError as error:
                if not wants_rerun(error) or rerun == RERUNS_MAX - 1:
                    raise
                continue
            self._observe("committed")
            self._on_commit(outcomes)
            return outcomes
        raise AssertionError("the last rerun raises or returns")
