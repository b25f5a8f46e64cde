"""A FastStream subscriber on one stream that can be stopped, found dead, and started anew.

Owns how FastStream is used: plain XREAD from an explicit id, batches, no decoding, no group. FastStream never
redelivers, and stops or waits five seconds in some errors; the runner supervises with `alive` and `start`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from faststream.redis import RedisBroker, StreamSub
from faststream.redis.message import FAKE_CONSUMER, RedisBatchStreamMessage

from shared.kit.streams.names import FIELD, StreamId

Batch = Mapping[str, Any]  # FastStream's own: `message_ids` and `data`, one of each an entry
Take = Callable[[Sequence[tuple[StreamId, bytes]]], Awaitable[StreamId]]

START_S = 1.5  # a reading loop that dies at its first ping would be waited for twice as long

logger = structlog.get_logger(__name__)
_FIELD = FIELD.encode()


class FastStreamLog:
    """FastStream's log lines in ours: warnings and worse, the kind of an error but not its text."""

    def log(self, level: int, msg: Any, /, *, exc_info: Any = None, extra: Mapping[str, Any] | None = None) -> None:
        """Pass one line on."""
        if level >= logging.WARNING:
            error = type(exc_info).__name__ if isinstance(exc_info, BaseException) else None
            logger.warning("faststream", line=str(msg), error=error, stream=(extra or {}).get("channel"))


class Subscription:
    """Reads one stream and hands batches to `take`, which answers the id to read after next."""

    def __init__(self, broker: RedisBroker, stream: str, take: Take, *, batch: int, poll_ms: int) -> None:
        self.stream = stream
        self.starts = 0
        self._broker = broker
        self._take = take
        self._batch = batch
        self._poll_ms = poll_ms
        self._subscriber: Any = None
        self._closed = False
        self._changing = asyncio.Lock()

    @property
    def alive(self) -> bool:
        """Whether the subscriber's loop runs; it may still be waiting after an error."""
        subscriber = self._subscriber
        return subscriber is not None and subscriber.running and any(not task.done() for task in subscriber.tasks)

    async def start(self, after: StreamId) -> None:
        """Read from an id on, in place of a subscriber that runs or died. Does nothing after `close`."""
        async with self._changing:
            await self._stop()
            if self._closed:
                return
            subscriber: Any = self._broker.subscriber(
                stream=StreamSub(
                    self.stream,
                    last_id=str(after),
                    batch=True,
                    max_records=self._batch,
                    polling_interval=self._poll_ms,
                ),
                no_reply=True,
                persistent=False,
            )
            subscriber(self._handler(subscriber), parser=_unparsed, decoder=_undecoded)
            self._subscriber = subscriber
            self.starts += 1
            async with asyncio.timeout(START_S):
                await subscriber.start()

    async def close(self) -> None:
        """Stop for good, after the batch in hand or the broker's deadline."""
        self._closed = True
        async with self._changing:
            await self._stop()

    def _handler(self, subscriber: Any) -> Callable[[Batch], Awaitable[None]]:
        async def read(found: Batch) -> None:
            ids = [StreamId.parse(id_) for id_ in found["message_ids"]]
            batch = [(id_, _bytes_of(fields)) for id_, fields in zip(ids, found["data"], strict=True)]
            subscriber.last_id = str(await self._take(batch))

        return read

    async def _stop(self) -> None:
        subscriber, self._subscriber = self._subscriber, None
        if subscriber is None:
            return
        tasks = list(subscriber.tasks)
        await subscriber.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def reading_broker(url: str, **options: Any) -> RedisBroker:
    """A broker for subscriptions: handlers get what was read and nothing is injected, which takes a thread a call."""
    return RedisBroker(url, logger=FastStreamLog(), apply_types=False, **options)


async def _unparsed(batch: Batch) -> RedisBatchStreamMessage:
    """The batch as a message that was not looked into.

    Why: FastStream parses a batch before the handler sees it, all or nothing; one bad entry would hide the good.
    """
    return RedisBatchStreamMessage(batch, body=b"", consumer=FAKE_CONSUMER, group=None)


async def _undecoded(message: RedisBatchStreamMessage) -> Batch:
    return message.raw_message


def _bytes_of(fields: Mapping[bytes, bytes]) -> bytes:
    """The envelope; where somebody wrote other fields, all of them, so that nothing is lost when it is parked."""
    envelope = fields.get(_FIELD)
    return envelope if envelope is not None else b" ".join(part for pair in fields.items() for part in pair)
