"""How much one request may bring, and how many requests one sender may make.

Owns the reading of bodies under a limit as sent and as expanded, and a token bucket a sender. Must not know
what a body means.
"""

import asyncio
import contextlib
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping

from starlette.types import Receive

from shared.kit.errors import Problem, ProblemError

REMEMBERED_SENDERS = 10_000
NANOSECONDS_PER_MINUTE = 60_000_000_000
LINGER_TIMES = 3
LINGER_S = 1
GZIP_WINDOW = 16 + zlib.MAX_WBITS


class BodyReader:
    """Reads whole bodies, and stops reading at the limit instead of after it."""

    def __init__(self, *, limit_bytes: int, expanded_limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.expanded_limit_bytes = expanded_limit_bytes

    async def read(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        """The body as it was before `Content-Encoding`.

        Raises: ProblemError (413 body-too-large, 415 encoding-not-accepted, 400 body-damaged or body-cut-short).
        """
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "x-gzip"):
            raise ProblemError(_encoding_not_accepted())
        declared = headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and (len(declared) > 12 or int(declared) > self.limit_bytes):
            await self._linger(receive)
            raise ProblemError(self._too_large(self.limit_bytes))
        body = await self._received(receive)
        return body if encoding == "identity" else self._expanded(body)

    async def _received(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ProblemError(_cut_short())
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self.limit_bytes:
                await self._linger(receive)
                raise ProblemError(self._too_large(self.limit_bytes))
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)

    async def _linger(self, receive: Receive) -> None:
        """Throw away a little more of a body that is too large, before the connection is closed on it.

        Why: closing on bytes that were not read resets the connection, and the sender would lose the answer.
        """
        left = LINGER_TIMES * self.limit_bytes
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return

    def _expanded(self, body: bytes) -> bytes:
        expander = zlib.decompressobj(wbits=GZIP_WINDOW)
        try:
            expanded = expander.decompress(body, self.expanded_limit_bytes + 1)
        except zlib.error as error:
            raise ProblemError(_damaged()) from error
        if len(expanded) > self.expanded_limit_bytes:
            raise ProblemError(self._too_large(self.expanded_limit_bytes))
        if not expander.eof or expander.unused_data:
            raise ProblemError(_damaged())
        return expanded

    @staticmethod
    def _too_large(limit_bytes: int) -> Problem:
        return Problem(
            "body-too-large",
            413,
            detail="The content is larger than %(limit_bytes)s bytes.",
            next_step="Send less at once, or compress it with gzip.",
            params={"limit_bytes": limit_bytes},
            headers={"Connection": "close"},
        )


class RateLimiter:
    """A token bucket a sender: so many requests a minute, so many at once."""

    def __init__(self, *, per_minute: int, burst: int, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._enabled = per_minute > 0
        self._cost_ns = NANOSECONDS_PER_MINUTE // max(per_minute, 1)
        self._depth_ns = self._cost_ns * burst
        self._clock_ns = clock_ns
        # The instant at which a sender's bucket is full again.
        self._full_at_ns: OrderedDict[str, int] = OrderedDict()

    def admit(self, sender: str) -> None:
        """Count one request of a sender.

        Raises: ProblemError (429 too-many-requests, with Retry-After in seconds).
        """
        if not self._enabled:
            return
        at = self._clock_ns()
        full_at = max(self._full_at_ns.get(sender, at), at) + self._cost_ns
        if full_at - at > self._depth_ns:
            wait_s = -(-(full_at - at - self._depth_ns) // 1_000_000_000)
            raise ProblemError(_too_many(wait_s))
        self._full_at_ns[sender] = full_at
        self._full_at_ns.move_to_end(sender)
        if len(self._full_at_ns) > REMEMBERED_SENDERS:
            self._full_at_ns.popitem(last=False)


def _too_many(wait_s: int) -> Problem:
    return Problem(
        "too-many-requests",
        429,
        detail="You have sent too many requests.",
        next_step="Wait %(wait_s)s seconds, then send the same again.",
        params={"wait_s": wait_s},
        headers={"Retry-After": str(wait_s)},
    )


def _encoding_not_accepted() -> Problem:
    return Problem(
        "encoding-not-accepted",
        415,
        detail="The content is compressed in a way that is not accepted here.",
        next_step="Send it uncompressed or compressed with gzip.",
        headers={"Accept-Encoding": "gzip, identity"},
    )


def _damaged() -> Problem:
    return Problem(
        "body-damaged",
        400,
        detail="The compressed content is damaged or incomplete.",
        next_step="Compress it again, then send again.",
    )


def _cut_short() -> Problem:
    return Problem(
        "body-cut-short",
        400,
        detail="The connection ended before the whole content had come.",
        next_step="Send the same again.",
    )
