"""One partition of one source, consumed.

Owns the way from raw stream entries to a committed cursor: which entries are next, whether the source's history
is still the one applied before, and where reading goes on after a failure. FastStream moves its own position
before the handler runs, so every call here answers the position to read from next.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import structlog

from shared.kit.streams.append import StreamState
from shared.kit.streams.catchup import LogReader
from shared.kit.streams.cursors import read_cursor
from shared.kit.streams.effects import Effects, Readable, Work
from shared.kit.streams.entry import Entry, Unreadable
from shared.kit.streams.faults import Backoff, LostLease, SourceForked, Unavailable, describe, wait_for
from shared.kit.streams.leases import Claim
from shared.kit.streams.names import StreamId
from shared.kit.streams.wire import read_entry

Raw = tuple[StreamId, bytes]

IDLE_S = 0.5  # of a partition that may not go on, until its subscriber is stopped

logger = structlog.get_logger(__name__)


class PartitionConsumer:
    """Applies a partition's entries in order while its lease lasts.

    After the previous owner died holding the lease, the entries it may have had in hand (`batch` of them) are
    tried from one alone upwards, twice as many each time: one of them may have killed it. If it kills again, the next
    owner begins nearer to it, until it is tried alone.
    """

    def __init__(self, claim: Claim, work: Work, log: LogReader | None, *, batch: int) -> None:
        self.lease = claim.lease
        self.cursor = claim.cursor
        self.effects = Effects(work, claim.lease)
        self.stream: StreamState | None = None
        self.lost = False
        self.forked_at: float | None = None
        self.failures = 0
        self.last_number = claim.cursor.number
        self.active_at = time.monotonic()
        self.stopped = asyncio.Event()
        self._database = work.database
        self._log = log
        self._batch = batch
        self._suspect_to = claim.cursor.number + batch if claim.unclean else 0
        self._suspect_size = 1
        self._stale = False
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
        at = self.cursor.stream_id
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
            done = await self._guarded(batch)
            self.active_at = time.monotonic()
            return batch[-1][0] if done else self.read_after

    async def catch_up(self) -> None:
        """Read the source's log over HTTP up to its end, through the same code as the stream."""
        async with self._turn:
            await self._guarded(None)
            self.active_at = time.monotonic()

    async def finish(self) -> None:
        """Wait for the batch in hand and take back what only seemed to begin; call after `stopped` is set."""
        async with self._turn:
            if not self.lost:
                await self.effects.forget_suspect(self.cursor)

    async def _guarded(self, batch: Sequence[Raw] | None) -> bool:
        """Take a batch, or catch up if there is none; whether the whole batch is applied."""
        if self.stopped.is_set() or self.lost or self.forked_at is not None:
            await wait_for(self.stopped, IDLE_S)
            return False
        done = False
        try:
            if self._stale:
                await self._read_cursor()
            if batch is None:
                await self._catch_up()
            else:
                done = await self._take(batch)
            self._backoff.reset()
        except SourceForked as forked:
            self.forked_at = time.monotonic()
            self._logger.error("source-forked", detail=str(forked))
        except LostLease:
            await self._doubt()
        except asyncio.CancelledError:
            self._stale = True  # a commit may have been on its way
            raise
        except Exception as error:
            await self._wait_after(error)
        return done

    async def _doubt(self) -> None:
        """The cursor did not move: find out whether only our knowledge of it was old."""
        self._stale = True
        try:
            await self._read_cursor()
        except LostLease:
            self.lost = True
            self._logger.warning("lease-lost", lease_epoch=self.lease.epoch)
        except Exception as error:
            await self._wait_after(error)

    async def _wait_after(self, error: Exception) -> None:
        """Nothing is given up for a failure outside the entries: read the cursor again, later."""
        self._stale = True
        self.failures += 1
        wait_s = self._backoff.next_s()
        self._logger.warning("consumer-waits", reason=describe(error), wait_s=round(wait_s, 3))
        await wait_for(self.stopped, wait_s)

    async def _read_cursor(self) -> None:
        async with self._database.transaction() as connection:
            self.cursor = await read_cursor(connection, self.lease)
        self._stale = False

    async def _take(self, batch: Sequence[Raw]) -> bool:
        following, gap = self._following(batch)
        if following:
            entries = await self._readable(following)
            await self._apply(entries)
            return gap is None and self.cursor.number == entries[-1].number
        if gap is None:
            return True
        if self._gap_seen_at == self.cursor.number:
            await self._catch_up(gap - 1)
        else:
            self._gap_seen_at = self.cursor.number
            self._stale = True
        return False

    def _following(self, batch: Sequence[Raw]) -> tuple[list[Raw], int | None]:
        """The entries that come next without a gap, and the number at which a gap was seen.

        What is at or below the cursor was applied, under whatever epoch it comes again.
        Raises: SourceForked when the entry at the cursor is another than the one applied.
        """
        following: list[Raw] = []
        number = self.cursor.number
        for id_, raw in batch:
            if id_.number == self.cursor.number and not following:
                self._check_same(self._read(id_, raw))
            elif id_.number == number + 1:
                following.append((id_, raw))
                number += 1
            elif id_.number > number:
                return following, id_.number
        return following, None

    def _check_same(self, entry: Readable) -> None:
        known = self.cursor.last_hash
        if known is not None and entry.leaf_hash is not None and entry.leaf_hash != known:
            raise SourceForked(f"entry {entry.number} is not the one that was applied")

    async def _readable(self, following: Sequence[Raw]) -> list[Readable]:
        """The entries themselves; one that is damaged or does not follow its predecessor is fetched from the log."""
        entries: list[Readable] = []
        before = self.cursor.last_hash
        for id_, raw in following:
            entry = self._read(id_, raw)
            if isinstance(entry, Unreadable) or not _follows(entry, before):
                entry = await self._from_log(entry, before)
            entries.append(entry)
            before = entry.leaf_hash
        return entries

    def _read(self, id_: StreamId, raw: bytes) -> Readable:
        return read_entry(self.lease.source, self.lease.partition, id_.number, epoch=id_.epoch, raw=raw)

    async def _from_log(self, entry: Readable, before: bytes | None) -> Readable:
        """What the source's own log says; the entry as it is where no log can be asked.

        Raises: SourceForked when the log's history is not the one applied; Unavailable.
        """
        if self._log is None:
            if isinstance(entry, Entry):
                raise SourceForked(f"entry {entry.number} does not follow the one that was applied")
            return entry
        self._logger.warning("entry-read-from-log", number=entry.number)
        found = await self._log.read(self.lease.partition, after=max(0, entry.number - 2), limit=2)
        by_number = {each.number: each for each in found}
        predecessor = by_number.get(entry.number - 1)
        if before is not None and predecessor is not None and predecessor.leaf_hash != before:
            raise SourceForked(f"the log's entry {predecessor.number} is not the one that was applied")
        if entry.number not in by_number:
            raise Unavailable(f"the log of {self.lease.source} does not hold number {entry.number}")
        return replace(by_number[entry.number], epoch=entry.epoch)

    async def _apply(self, entries: Sequence[Readable]) -> None:
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

    async def _catch_up(self, until: int | None = None) -> None:
        """Apply the log's entries up to a number or its end. The first page begins at the cursor, to compare it."""
        if self._log is None:
            raise Unavailable(f"the stream of {self.lease.source} has a gap and its log has no address")
        self._logger.info("catching-up", after=self.cursor.number, until=until)
        page = await self._log.read(self.lease.partition, after=max(0, self.cursor.number - 1))
        if self.cursor.number:
            if not page:
                raise SourceForked(f"the log ends before entry {self.cursor.number}, which was applied")
            self._check_same(page.pop(0))
        while page and not self.stopped.is_set():
            await self._apply(page)
            if until is not None and self.cursor.number >= until:
                return
            page = await self._log.read(self.lease.partition, after=self.cursor.number)


def _follows(entry: Entry, before: bytes | None) -> bool:
    return before is None or entry.previous_hash is None or entry.previous_hash == before
