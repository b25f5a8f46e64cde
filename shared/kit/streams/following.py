"""Which of the entries read come next, and what they truly are.

Owns gaps, entries applied before, damaged entries, and whether the source's history is still the one applied. Must
not apply anything or move a cursor.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from shared.kit.streams.attempt import Readable
from shared.kit.streams.catchup import LogReader
from shared.kit.streams.cursors import Cursor, Lease
from shared.kit.streams.entry import Entry, Unreadable
from shared.kit.streams.faults import SourceForked, Unavailable
from shared.kit.streams.names import StreamId
from shared.kit.streams.wire import read_entry

Raw = tuple[StreamId, bytes]

logger = structlog.get_logger(__name__)


class Following:
    """Tells for one partition what comes after a cursor; `log` is the source's, where it has an address."""

    def __init__(self, lease: Lease, log: LogReader | None) -> None:
        self._source = lease.source
        self._partition = lease.partition
        self._log = log
        self._logger = logger.bind(source=lease.source, partition=lease.partition)

    def after(self, at: Cursor, batch: Sequence[Raw]) -> tuple[list[Raw], int | None]:
        """The entries that come next without a gap, and the number at which a gap was seen.

        What is at or below the cursor was applied, under whatever epoch it comes again.
        Raises: SourceForked when the entry at the cursor is another than the one applied.
        """
        following: list[Raw] = []
        number = at.number
        for id_, raw in batch:
            if id_.number == at.number and not following:
                check_same(at, self._read(id_, raw))
            elif id_.number == number + 1:
                following.append((id_, raw))
                number += 1
            elif id_.number > number:
                return following, id_.number
        return following, None

    async def readable(self, at: Cursor, following: Sequence[Raw]) -> list[Readable]:
        """The entries themselves; one that is damaged or does not follow its predecessor is fetched from the log.

        Raises: SourceForked, Unavailable.
        """
        entries: list[Readable] = []
        before = at.last_hash
        for id_, raw in following:
            entry = self._read(id_, raw)
            if isinstance(entry, Unreadable) or not _follows(entry, before):
                entry = await self._from_log(entry, before)
            entries.append(entry)
            before = entry.leaf_hash
        return entries

    def _read(self, id_: StreamId, raw: bytes) -> Readable:
        return read_entry(self._source, self._partition, id_.number, epoch=id_.epoch, raw=raw)

    async def _from_log(self, entry: Readable, before: bytes | None) -> Readable:
        """What the source's own log says; the entry as it is where no log can be asked.

        Raises: SourceForked when the log's history is not the one applied; Unavailable.
        """
        if self._log is None:
            if isinstance(entry, Entry):
                raise SourceForked(f"entry {entry.number} does not follow the one that was applied")
            return entry
        self._logger.warning("entry-read-from-log", number=entry.number)
        found = await self._log.read(self._partition, after=max(0, entry.number - 2), limit=2)
        by_number = {each.number: each for each in found}
        predecessor = by_number.get(entry.number - 1)
        if before is not None and predecessor is not None and predecessor.leaf_hash != before:
            raise SourceForked(f"the log's entry {predecessor.number} is not the one that was applied")
        if entry.number not in by_number:
            raise Unavailable(f"the log of {self._source} does not hold number {entry.number}")
        return replace(by_number[entry.number], epoch=entry.epoch)


def check_same(at: Cursor, entry: Readable) -> None:
    """The entry at the cursor is the one that was applied, as far as both are known.

    Raises: SourceForked.
    """
    known = at.last_hash
    if known is not None and entry.leaf_hash is not None and entry.leaf_hash != known:
        raise SourceForked(f"entry {entry.number} is not the one that was applied")


def _follows(entry: Entry, before: bytes | None) -> bool:
    return before is None or entry.previous_hash is None or entry.previous_hash == before
