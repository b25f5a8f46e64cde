"""A service's log as the broker's partition streams hold it, for a database that lost what they still have.

Owns putting the partitions back into the log's one order by the position each entry carries. Reads only, and judges
nothing: the import believes the leaves because of the root that the log's key signed.
"""

import heapq
from collections.abc import AsyncIterator, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from redis.asyncio import Redis

from shared.kit.log import merkle
from shared.kit.log.errors import LogEmpty, StreamIncomplete
from shared.kit.log.notes import Checkpoint, NoteMalformed, Verifier, verified
from shared.kit.log.tiles import LEAVES_A_READ
from shared.kit.streams.append import NOTHING, StreamState, stream_states
from shared.kit.streams.entry import Entry, Unreadable
from shared.kit.streams.names import FIELD, StreamId, checkpoint_stream, partition_stream
from shared.kit.streams.wire import read_entry

PARTITIONS_MAX = 256  # looked for; how many there are stands in the log's first leaf, which may be lost
NUMBER_MAX = 2**64 - 1
ENTRIES_A_READ = 500


async def last_numbers(redis: Redis, service: str) -> dict[int, int]:
    """The last number ever published in each partition of a service that has a stream."""
    return {partition: state.tail.number for partition, state in (await _states(redis, service)).items()}


async def _states(redis: Redis, service: str) -> dict[int, StreamState]:
    names = [partition_stream(service, partition) for partition in range(PARTITIONS_MAX)]
    return {partition: state for partition, state in enumerate(await stream_states(redis, names)) if state is not None}


class _Signed(NamedTuple):
    checkpoint: Checkpoint
    note: str


class StreamSource:
    """A log read from its streams. `kept` is the note kept beside the key, which may be newer than the published.

    Only what one of `verifiers` signed counts as a checkpoint: anybody may have written to the broker.
    """

    def __init__(self, redis: Redis, service: str, verifiers: Sequence[Verifier], *, kept: str | None = None) -> None:
        self._redis = redis
        self._service = service
        self.verifiers = verifiers
        self._kept = kept

    async def latest_note(self) -> str:
        """See LogSource."""
        signed = await self._signed()
        if not signed:
            raise LogEmpty("no checkpoint signed by the given keys is kept or published")
        return signed[-1].note

    async def notes(self, after: int) -> list[str]:
        """See LogSource."""
        return [each.note for each in await self._signed() if each.checkpoint.size > after]

    async def leaves(self, after: int, to: int) -> AsyncIterator[list[bytes]]:
        """See LogSource. Raises: StreamIncomplete."""
        reached = after
        async for portion in self._in_order(after, to):
            yield portion
            reached += len(portion)
        if reached < to:
            raise StreamIncomplete(f"position {reached + 1} of {to} is not on the streams of {self._service}")

    async def beyond(self, after: int) -> AsyncIterator[list[bytes]]:
        """The leaves after a position as far as they follow without a hole: published, whether signed or not."""
        async for portion in self._in_order(after, None):
            yield portion

    async def leaf_hashes(self, after: int, to: int) -> bytes:
        """See LogSource. Computed: the streams carry no tiles."""
        return b"".join([b"".join(merkle.leaf_hashes(leaves)) async for leaves in self.leaves(after, to)])

    async def epoch(self) -> int:
        """The highest epoch entries were published under, 0 if nothing was."""
        return max((state.tail.epoch for state in (await _states(self._redis, self._service)).values()), default=0)

    async def _signed(self) -> list[_Signed]:
        """Every checkpoint that one of the keys signed, by size."""
        entries: Any = await self._redis.xrange(checkpoint_stream(self._service))
        notes = [fields.get(b"note", b"").decode("utf-8", "replace") for _, fields in entries]
        found = {}
        for note in [*notes, *([self._kept] if self._kept is not None else [])]:
            try:
                checkpoint = verified(note, self.verifiers)
            except NoteMalformed:
                continue
            if checkpoint is not None:
                found[checkpoint.size] = _Signed(checkpoint, note)
        return [found[size] for size in sorted(found)]

    async def _in_order(self, after: int, to: int | None) -> AsyncIterator[list[bytes]]:
        """Leaves by position over all partitions, from the one after `after` to `to` or the first hole."""
        running = {
            partition: _Partition(self._redis, self._service, partition, state).after_position(after)
            for partition, state in (await _states(self._redis, self._service)).items()
        }
        waiting: list[tuple[int, int, bytes]] = []
        for partition in running:
            await _pull(running, partition, waiting)
        portion: list[bytes] = []
        position = after
        while waiting and waiting[0][0] == position + 1 and (to is None or position < to):
            position, partition, leaf = heapq.heappop(waiting)
            portion.append(leaf)
            if len(portion) == LEAVES_A_READ:
                yield portion
                portion = []
            await _pull(running, partition, waiting)
        if portion:
            yield portion


async def _pull(
    running: dict[int, AsyncIterator[Entry]], partition: int, waiting: list[tuple[int, int, bytes]]
) -> None:
    """The next entry of a partition, if it has one, joins those that wait for their turn."""
    entry = await anext(running[partition], None)
    if entry is not None:
        heapq.heappush(waiting, (entry.position, partition, entry.leaf))


class _Partition:
    """One partition's stream, read by number, whatever epochs its entries were published under.

    Of one number published under several epochs the newest counts: an epoch is raised to correct a stream.
    """

    def __init__(self, redis: Redis, service: str, partition: int, state: StreamState) -> None:
        self._redis = redis
        self._service = service
        self._partition = partition
        self._stream = partition_stream(service, partition)
        self._first = state.first or NOTHING
        self._tail = state.tail

    async def after_position(self, position: int) -> AsyncIterator[Entry]:
        """The entries that stand after a position of the log, by number, up to the first hole."""
        number = await self._first_after(position)
        while page := await self._page(number, ENTRIES_A_READ):
            for entry in page:
                yield entry
            number += len(page)

    async def _first_after(self, position: int) -> int:
        """The number of the first entry held that stands after a position; one behind the last if there is none.

        Positions grow with numbers, so half of the rest is left out each time; trimmed numbers are passed over.
        """
        low, high = 1, self._tail.number + 1
        while low < high:
            middle = (low + high) // 2
            entry = await self._next(middle)
            if entry is not None and entry.position <= position:
                low = entry.number + 1
            else:
                high = middle
        entry = await self._next(low)
        return entry.number if entry is not None else self._tail.number + 1

    async def _next(self, number: int) -> Entry | None:
        """The entry held with the lowest number from this one on."""
        found: tuple[int, int, dict[bytes, bytes]] | None = None
        for epoch in range(self._tail.epoch, self._first.epoch - 1, -1):
            rows: Any = await self._redis.xrange(self._stream, f"{epoch}-{number}", f"{epoch}-{NUMBER_MAX}", count=1)
            if rows and (found is None or StreamId.parse(rows[0][0]).number < found[0]):
                found = (StreamId.parse(rows[0][0]).number, epoch, rows[0][1])
        return self._entry(*found) if found is not None else None

    async def _page(self, number: int, count: int) -> list[Entry]:
        """The entries from a number on that follow without a gap; none if that number is gone."""
        last = NUMBER_MAX
        for epoch in range(self._tail.epoch, self._first.epoch - 1, -1):
            rows: Any = await self._redis.xrange(self._stream, f"{epoch}-{number}", f"{epoch}-{last}", count=count)
            if not rows:
                continue
            numbered = [(StreamId.parse(id_).number, fields) for id_, fields in rows]
            if numbered[0][0] == number:
                following = takewhile(lambda row: row[1][0] == number + row[0], enumerate(numbered))
                return [self._entry(found, epoch, fields) for _, (found, fields) in following]
            last = numbered[0][0] - 1
        return []

    def _entry(self, number: int, epoch: int, fields: dict[bytes, bytes]) -> Entry:
        raw = fields.get(FIELD.encode(), b"")
        entry = read_entry(self._service, self._partition, number, epoch=epoch, raw=raw)
        if isinstance(entry, Unreadable):
            raise StreamIncomplete(f"entry {number} of partition {self._partition} on the stream: {entry.reason}")
        return entry
