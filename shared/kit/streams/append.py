"""Appending to partitions' streams: one script a batch, harmless to repeat, all batches in one round trip.

Owns the script and what a stream's tail is. Works on Redis 7.0 and later and Valkey: no `XADD` option newer
than explicit ids. Why a script: explicit ids alone leave a permanent hole when the broker loses its tail
between two batches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

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
_DIGEST = sha1(_APPEND.encode(), usedforsecurity=False).hexdigest()  # the name a broker gives to a script

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


@dataclass(frozen=True, slots=True)
class Batch:
    """Envelopes to append to a partition's stream under `first` and the numbers after it.

    `starts_epoch` says that `first` is the first number retained, so it may open the stream or a new epoch.
    """

    partition: int
    first: StreamId
    envelopes: Sequence[bytes]
    starts_epoch: bool


class StreamAppender:
    """Appends batches to the partition streams of one service."""

    def __init__(self, redis: Redis, service: str) -> None:
        self._redis = redis
        self._service = service

    async def append(self, batches: Sequence[Batch]) -> list[Appended]:
        """Append batches of different partitions; each is taken whole, or not at all where its stream ends elsewhere.

        A broker that forgot the script gets it again, and then everything again: what it took already it refuses.
        """
        try:
            return await self._send(batches)
        except NoScriptError:
            await self._redis.script_load(_APPEND)
            return await self._send(batches)

    async def _send(self, batches: Sequence[Batch]) -> list[Appended]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for batch in batches:
                stream = partition_stream(self._service, batch.partition)
                pipeline.evalsha(
                    _DIGEST, 1, stream, batch.first.epoch, batch.first.number, int(batch.starts_epoch), *batch.envelopes
                )
            answers = await pipeline.execute()
        return [Appended(StreamId.parse(tail), int(accepted)) for tail, accepted in answers]


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
