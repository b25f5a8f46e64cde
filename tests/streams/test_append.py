"""Whatever happens to broker and publishers, a stream holds a run of the log without hole or double."""

import asyncio
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from shared.kit.streams.append import Batch, StreamAppender, stream_tails
from shared.kit.streams.names import StreamId, partition_stream
from tests.streams.reading import stored

STREAM = partition_stream("victims", 0)

# What may happen: the log grows; a publisher sends a batch, knowing the tail as it was some time ago; the broker
# loses everything, or goes back to what it held some time ago; an operator raises the epoch.
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), st.integers(1, 5)),
        st.tuples(st.just("send"), st.integers(0, 1)),
        st.tuples(st.just("send"), st.integers(0, 1)),
        st.tuples(st.just("flush"), st.just(0)),
        st.tuples(st.just("keep"), st.just(0)),
        st.tuples(st.just("restore"), st.just(0)),
        st.tuples(st.just("raise"), st.just(0)),
    ),
    max_size=40,
)


class Publishers:
    """Two publishers of one log, each with its own idea of the stream's tail."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.appender = StreamAppender(redis, "victims")
        self.last, self.first_retained, self.epoch = 0, 1, 1
        self.tails = [StreamId(0, 0), StreamId(0, 0)]
        self.dump: bytes | None = None

    async def happen(self, what: str, how: int) -> None:
        match what:
            case "grow":
                self.last += how
            case "send":
                await self.send(how)
            case "flush":
                await self.redis.flushall()
                self.first_retained = max(1, self.last - 3)
            case "keep":
                self.dump = await self.redis.dump(STREAM)
            case "restore" if self.dump is not None:
                await self.redis.restore(STREAM, 0, self.dump, replace=True)
            case "raise":
                self.epoch += 1

    async def send(self, publisher: int) -> bool:
        """One batch of at most three; whether the publisher believes that something is left to send."""
        tail = self.tails[publisher]
        starts = tail.epoch < self.epoch
        first = self.first_retained if starts else tail.number + 1
        envelopes = [str(number).encode() for number in range(first, min(first + 3, self.last + 1))]
        if not envelopes:
            self.tails[publisher] = (await stream_tails(self.redis, "victims", 1))[0]
            return self.tails[publisher] != (self.epoch, self.last) and self.last > 0
        (answer,) = await self.appender.append([Batch(0, StreamId(self.epoch, first), envelopes, starts)])
        self.tails[publisher] = answer.tail
        return True

    async def check(self) -> None:
        """Within an epoch the numbers are a run, and each entry is the log's."""
        found = await stored(self.redis, STREAM)
        for (before, _), (after, _) in itertools.pairwise(found):
            assert after.epoch > before.epoch or after == StreamId(before.epoch, before.number + 1)
        assert all(fields == {b"__data__": str(id_.number).encode()} for id_, fields in found)


@pytest.fixture
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings)
def test_stream_is_always_a_run_of_the_log(
    redis_url: str, loop: asyncio.Runner, happened: list[tuple[str, int]]
) -> None:
    """In every order of growth, blind sending, loss and restore; and afterwards everything gets through."""
    loop.run(_check(redis_url, happened))


async def _check(redis_url: str, happened: list[tuple[str, int]]) -> None:
    redis = Redis.from_url(redis_url)
    await redis.flushall()
    publishers = Publishers(redis)
    for what, how in happened:
        await publishers.happen(what, how)
        await publishers.check()
    rounds = 0
    while await publishers.send(0):
        rounds += 1
        assert rounds < 200, "the stream never becomes complete"
    await publishers.check()
    if publishers.last:
        assert (await stored(redis, STREAM))[-1][0] == StreamId(publishers.epoch, publishers.last)
    await redis.aclose()
