"""Appending to a partition's stream: one script a batch, harmless to repeat.

Owns the script and what a stream's tail is. Works on Redis 7.0 and later and Valkey: no `XADD` option newer
than explicit ids. Why a script: explicit ids alone leave a permanent hole when the broker loses its tail
between two batches.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import ResponseError

from shared.kit.streams.names import StreamId, partition_stream

# KEYS: the stream. ARGV: epoch, first number, 1 where that is the first number retained, then the entries.
# Appends under ids epoch-first... if the stream ends just before, or if it holds nothing of this epoch and the
# batch starts at the first number retained. Answers the stream's tail and how many entries it appended.
_APPEND = """
local epoch, number = 0, 0
if redis.call('EXISTS', KEYS[1]) == 1 then
  local facts = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #facts, 2 do
    if facts[i] == 'last-generated-id' then
      local e, n = string.match(facts[i + 1], '^(%d+)-(%d+)$')
      epoch, number = tonumber(e), tonumber(n)
    end
  end
end
local mine, first = tonumber(ARGV[1]), tonumber(ARGV[2])
local follows = epoch == mine and number == first - 1
local begins = epoch < mine and ARGV[3] == '1'
if not (follows or begins) then
  return {string.format('%.0f-%.0f', epoch, number), 0}
end
for i = 4, #ARGV do
  redis.call('XADD', KEYS[1], string.format('%.0f-%.0f', mine, first + i - 4), '__data__', ARGV[i])
end
return {string.format('%.0f-%.0f', mine, first + #ARGV - 4), #ARGV - 3}
"""

NOTHING = StreamId(0, 0)


class StreamState(NamedTuple):
    """What a stream holds: its last id ever, its first entry still kept, and counts."""

    tail: StreamId
    first: StreamId | None
    length: int
    entries_added: int


class Appended(NamedTuple):
    """The stream's tail after an append, and how many entries it took: none if it ends elsewhere than expected."""

    tail: StreamId
    accepted: int


class StreamAppender:
    """Appends batches to the partition streams of one service."""

    def __init__(self, redis: Redis, service: str) -> None:
        self._service = service
        self._script: AsyncScript = redis.register_script(_APPEND)

    async def append(
        self, partition: int, first: StreamId, envelopes: Sequence[bytes], *, starts_epoch: bool
    ) -> Appended:
        """Append envelopes under `first` and the numbers after it, all or none, unless the stream ends elsewhere.

        `starts_epoch` says that `first` is the first number retained, so it may open the stream or a new epoch.
        """
        arguments: list[int | bytes] = [first.epoch, first.number, int(starts_epoch), *envelopes]
        tail, accepted = await self._script(keys=[partition_stream(self._service, partition)], args=arguments)
        return Appended(StreamId.parse(tail), int(accepted))


async def stream_states(redis: Redis, streams: Sequence[str]) -> list[StreamState | None]:
    """The state of each stream in one round trip, None for one that does not exist."""
    async with redis.pipeline(transaction=False) as pipeline:
        for stream in streams:
            pipeline.xinfo_stream(stream)
        answers = await pipeline.execute(raise_on_error=False)
    return [_state(answer) for answer in answers]


async def stream_tails(redis: Redis, service: str, partitions: int) -> list[StreamId]:
    """The last id each partition's stream ever gave, `0-0` for one that does not exist.

    For the check at a service's start: a tail ahead of the log means that an older backup was restored.
    """
    states = await stream_states(redis, [partition_stream(service, partition) for partition in range(partitions)])
    return [state.tail if state else NOTHING for state in states]


def _state(answer: Any) -> StreamState | None:
    if isinstance(answer, ResponseError) and "no such key" in str(answer):
        return None
    if isinstance(answer, Exception):
        raise answer
    first = answer["first-entry"]
    return StreamState(
        tail=StreamId.parse(answer["last-generated-id"]),
        first=StreamId.parse(first[0]) if first else None,
        length=int(answer["length"]),
        entries_added=int(answer.get("entries-added", 0)),
    )
