"""One partition of one source, consumed.

Owns the way from raw stream entries to a committed cursor, and where reading goes on after a failure. FastStream
moves its own position before the handler runs, so every call here answers the position to read from next.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from shared.kit.streams.append import StreamState
from shared.kit.streams.attempt import Readable, Work
from shared.kit.streams.catchup import LogReader
from shared.kit.streams.cursors import Cursor, Move, read_cursor
from shared.kit.streams.effects import Effects
from shared.kit.streams.entry import Entry
from shared.kit.streams.faults import Backoff, LostLease, SourceForked, Unavailable, describe, wait_for
from shared.kit.streams.following import Following, Raw, check_same
from shared.kit.streams.joint import Joint
from shared.kit.streams.leases import Claim
from shared.kit.streams.names import StreamId

IDLE_S = 0.5  # of a partition that may not go on, until its subscriber is stopped
PASSED_MAX = 1_000  # entries that concern nobody here, until the cursor is moved past them at once

logger = structlog.get_logger(__name__)


class PartitionConsumer:
    """Applies a partition's entries in order while its lease lasts.

    After the previous owner died holding the lease, the entries it may have had in hand (`batch` of them) are
    tried from one alone upwards, twice as many each time: one of them may have killed it. If it kills again, the next
    owner begins nearer to it, until it is tried alone.

    Entries that concern nobody here are passed: read on from, while the cursor waits a moment to move past them with
    what comes next. Nothing is lost with them: who takes over reads them again.
    """

    def __init__(self, claim: Claim, work: Work, joint: Joint, log: LogReader | None, *, batch: int) -> None:
        self.lease = claim.lease
        self.cursor = claim.cursor
        self.effects = Effects(work, joint, claim.lease)
        self.stream: StreamState | None = None
        self.lost = False
        self.forked_at: float | None = None
        self.failures = 0
        self.last_number = claim.cursor.number
        self.active_at = time.monotonic()
        self.stopped = asyncio.Event()
        self._database = work.database
        self._concerns = work.concerns
        self._log = log
        self._following = Following(claim.lease, log)
        self._batch = batch
        self._suspect_to = claim.cursor.number + batch if claim.unclean else 0
        self._suspect_size = 1
        self._stale = False
        self._passed: list[Readable] = []
        self._gap_seen_at: int | None = None
        self._turn = asyncio.Lock()
        self._backoff = Backoff()
        self._logger = logger.bind(source=claim.lease.source, partition=claim.lease.partition)

    @property
    def busy(self) -> bool:
        """Whether entries are being applied right now."""
        return self._turn.locked()

    @property
    def read_after(self) -> StreamId:
        """The id after which reading the stream gives the next entry.

        A stream that went back to a lower epoch (its source was restored) is read from there.
        """
        at = self._at.stream_id
        return at if self.stream is None else StreamId(min(at.epoch, self.stream.tail.epoch), at.number)

    @property
    def too_late(self) -> bool:
        """Whether the stream no longer holds the next entry although the source published it."""
        if self.stream is None or self.stream.tail.number <= self.cursor.number:
            return False
        return self.stream.first is None or self.stream.first.number > self.cursor.number + 1

    def observe(self, state: StreamState | None) -> None:
        """Note what the stream holds now."""
        self.stream = state
        if state is not None:
            self.last_number = max(self.cursor.number, state.tail.number)

    async def take(self, batch: Sequence[Raw]) -> StreamId:
        """Apply a batch as it was read and answer the id to read after next. A failure is waited for, not raised."""
        async with self._turn:
            self.last_number = max(self.last_number, batch[-1][0].number)
            done = await self._guarded(lambda: self._take(batch))
            self.active_at = time.monotonic()
            return batch[-1][0] if done else self.read_after

    async def catch_up(self) -> None:
        """Read the source's log over HTTP up to its end, through the same code as the stream."""
        async with self._turn:
            await self._guarded(self._catch_up)
            self.active_at = time.monotonic()

    async def settle(self) -> None:
        """Move the cursor past entries that were passed."""
        if self._passed:
            async with self._turn:
                await self._guarded(self._settle)

    async def finish(self) -> None:
        """Wait for the batch in hand and take back what only seemed to begin; call after `stopped` is set."""
        async with self._turn:
            if not self.lost:
                await self._attempted(self._settle)
                await self.effects.forget_suspect(self.cursor)

    async def _guarded(self, step: Callable[[], Awaitable[bool]]) -> bool:
        """Take a step unless the partition may not go on; whether it was taken whole."""
        if self.stopped.is_set() or self.lost or self.forked_at is not None:
            await wait_for(self.stopped, IDLE_S)
            return False
        return await self._attempted(step)

    async def _attempted(self, step: Callable[[], Awaitable[bool]]) -> bool:
        done = False
        try:
            if self._stale:
                await self._read_cursor()
            done = await step()
            self._backoff.reset()
        except SourceForked as forked:
            self.forked_at = time.monotonic()
            self._logger.error("source-forked", detail=str(forked))
        except LostLease:
            await self._doubt()
        except asyncio.CancelledError:
            self._distrust()  # a commit may have been on its way
            raise
        except Exception as error:
            await self._wait_after(error)
        return done

    def _distrust(self) -> None:
        """The cursor may stand elsewhere: it is read before anything else, and what was passed is read again."""
        self._stale = True
        self._passed = []

    async def _doubt(self) -> None:
        """The cursor did not move: find out whether only our knowledge of it was old."""
        self._distrust()
        try:
            await self._read_cursor()
        except LostLease:
            self.lost = True
            self._logger.warning("lease-lost", lease_epoch=self.lease.epoch)
        except Exception as error:
            await self._wait_after(error)

    async def _wait_after(self, error: Exception) -> None:
        """Nothing is given up for a failure outside the entries: read the cursor again, later."""
        self._distrust()
        self.failures += 1
        wait_s = self._backoff.next_s()
        self._logger.warning("consumer-waits", reason=describe(error), wait_s=round(wait_s, 3))
        await wait_for(self.stopped, wait_s)

    async def _read_cursor(self) -> None:
        async with self._database.transaction() as connection:
            self.cursor = await read_cursor(connection, self.lease)
        self._stale = False

    @property
    def _at(self) -> Cursor:
        """Where reading stands: the cursor, or beyond it past entries that concern nobody here."""
        return Move(self.lease, self.cursor, self._passed[-1]).after if self._passed else self.cursor

    async def _take(self, batch: Sequence[Raw]) -> bool:
        following, gap = self._following.after(self._at, batch)
        if following:
            entries = await self._following.readable(self._at, following)
            if self._may_pass(entries):
                self._passed += entries
            else:
                await self._apply([*self._passed, *entries])
            return gap is None and self._at.number == entries[-1].number
        if gap is None:
            return True
        if self._gap_seen_at == self._at.number:
            await self._catch_up(gap - 1)
        else:
            self._gap_seen_at = self._at.number
            self._distrust()
        return False

    def _may_pass(self, entries: Sequence[Readable]) -> bool:
        """Whether none has an effect here, few enough wait to be moved past, and none is suspected of a death."""
        return (
            entries[0].number > self._suspect_to
            and len(self._passed) + len(entries) <= PASSED_MAX
            and not any(not isinstance(entry, Entry) or self._concerns(entry) for entry in entries)
        )

    async def _settle(self) -> bool:
        if self._passed:
            self.cursor = await self.effects.apply_batch(self.cursor, self._passed)
            self._passed = []
        return True

    async def _apply(self, entries: Sequence[Readable]) -> None:
        self._passed = []
        rest = list(entries)
        while rest and not self.stopped.is_set():
            if rest[0].number <= self._suspect_to:
                tried, rest = rest[: self._suspect_size], rest[self._suspect_size :]
                self.cursor = await self.effects.apply_suspects(self.cursor, tried)
                self._suspect_size = min(self._suspect_size * 2, self._batch)
                continue
            batch, rest = rest[: self._batch], rest[self._batch :]
            self.cursor = await self.effects.apply_batch(self.cursor, batch)
        self._gap_seen_at = None

    async def _catch_up(self, until: int | None = None) -> bool:
        """Apply the log's entries up to a number or its end. The first page begins at the cursor, to compare it."""
        await self._settle()
        if self._log is None:
            raise Unavailable(f"the stream of {self.lease.source} has a gap and its log has no address")
        self._logger.info("catching-up", after=self.cursor.number, until=until)
        page = await self._log.read(self.lease.partition, after=max(0, self.cursor.number - 1))
        if self.cursor.number:
            if not page:
                raise SourceForked(f"the log ends before entry {self.cursor.number}, which was applied")
            check_same(self.cursor, page.pop(0))
        while page and not self.stopped.is_set():
            await self._apply(page)
            if until is not None and self.cursor.number >= until:
                break
            page = await self._log.read(self.lease.partition, after=self.cursor.number)
        return True
