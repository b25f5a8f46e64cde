"""What is kept and shown beside the cursors: the sources' checkpoints here, our cursors on the broker.

Owns reading checkpoint streams and the display groups. Nothing depends on either for correctness: a group shows
lag in Redis' own tools and holds back the source's trimming.
"""

from collections.abc import Sequence
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from shared.kit.database import Database
from shared.kit.streams.consumer import PartitionConsumer
from shared.kit.streams.cursors import store_checkpoint, stored_checkpoints
from shared.kit.streams.names import checkpoint_stream, partition_stream

PARTITIONS_MAX = 256  # believed from a stream that is not signed

logger = structlog.get_logger(__name__)


class Witness:
    """Keeps each source's newest signed note, so that a source that lost history can be shown what it signed."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self.partitions: dict[str, int] = {}
        self.regressed = 0
        self._database = database
        self._redis = redis
        self._sizes: dict[str, int] = {}
        self._stored: dict[str, tuple[str, tuple[int, ...]]] = {}

    async def look(self, sources: Sequence[str], places: Sequence[tuple[str, int]]) -> None:
        """Read each source's last note and store it with the cursors of the places held."""
        for source in sources:
            found: Any = await self._redis.xrevrange(checkpoint_stream(source), count=1)
            if not found:
                continue
            fields = found[0][1]
            held = tuple(sorted(partition for name, partition in places if name == source))
            await self._keep(source, held, fields)

    async def _keep(self, source: str, held: tuple[int, ...], fields: dict[bytes, bytes]) -> None:
        note = fields.get(b"note", b"").decode("utf-8", "replace")
        size = note_size(note)
        if size is None:
            return
        known = await self._known_size(source)
        if size < known:
            self.regressed += 1
            logger.error("checkpoint-regressed", source=source, size=size, before=known)
            return
        partitions = fields.get(b"partitions", b"")
        if partitions.isdigit() and int(partitions) <= PARTITIONS_MAX:
            self.partitions[source] = int(partitions)
        if self._stored.get(source) == (note, held):
            return
        async with self._database.transaction() as connection:
            stored = await store_checkpoint(connection, source, held, note)
        self._sizes[source] = size
        if stored == len(held):
            self._stored[source] = (note, held)

    async def _known_size(self, source: str) -> int:
        """The largest size ever kept of a source, also by an earlier process."""
        if source not in self._sizes:
            async with self._database.transaction() as connection:
                notes = await stored_checkpoints(connection, source)
            self._sizes[source] = max((note_size(note) or 0 for note in notes), default=0)
        return self._sizes[source]


def note_size(note: str) -> int | None:
    """The tree size a checkpoint's second line states; None if it is no checkpoint. Signatures are the log's."""
    lines = note.split("\n")
    return int(lines[1]) if len(lines) > 2 and lines[1].isascii() and lines[1].isdigit() else None


async def show_cursor(redis: Redis, consumer: str, partition: PartitionConsumer) -> None:
    """Show where we stand as the group of our name on the stream; made where it is missing.

    Redis counts entries added, we count numbers: the difference is that of the stream's tail.
    """
    state = partition.stream
    if state is None:
        return
    stream = partition_stream(partition.lease.source, partition.lease.partition)
    number = partition.cursor.number
    read = max(0, min(state.entries_added, number - (state.tail.number - state.entries_added)))
    shown = str(partition.cursor.stream_id)
    try:
        await redis.xgroup_setid(stream, consumer, shown, entries_read=read)
    except ResponseError as error:
        if "NOGROUP" not in str(error):
            raise
        await redis.xgroup_create(stream, consumer, shown, mkstream=False, entries_read=read)
