"""One client that keeps a number of requests in flight, as cheaply as can be.

Owns connections, requests and the times at which they were answered. Why not a library's client: it costs more CPU a
request than the servers it measures, on the same two cores.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httptools

DEADLINE_S = 300.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go, and the headers all of them have."""

    url: str
    path: str
    headers: Mapping[str, str]
    method: str = "POST"

    def request(self, body: bytes) -> bytes:
        """A request, ready to be sent."""
        place = urlsplit(self.url)
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {place.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, with when its request was sent and when it had come whole (monotonic seconds)."""

    status: int
    body: bytes
    sent_at: float
    answered_at: float


class UnexpectedAnswer(Exception):
    """The server did not accept what the workload sends: nothing that was measured counts."""


class _Connection(asyncio.Protocol):
    """One kept connection with at most one request in flight."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body = bytearray()
        self._sent_at = 0.0
        self._waiting: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server hung up."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def on_body(self, body: bytes) -> None:
        """A piece of an answer's body."""
        self._body += body

    def on_message_complete(self) -> None:
        """The answer is whole."""
        answer = Answer(self._parser.get_status_code(), bytes(self._body), self._sent_at, time.monotonic())
        self._body.clear()
        self._parser = httptools.HttpResponseParser(self)
        if self._waiting is not None:
            self._waiting.set_result(answer)

    async def ask(self, request: bytes) -> Answer:
        """Send a request and wait for its answer."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._sent_at = time.monotonic()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


async def send_all(target: Target, bodies: Sequence[bytes], *, connections: int, expected: int) -> list[Answer]:
    """Send every body, `connections` at a time, and give the answers in the order they came.

    Raises: UnexpectedAnswer for a status other than expected.
    """
    waiting = deque(target.request(body) for body in bodies)
    answers: list[Answer] = []

    async def work(connection: _Connection) -> None:
        while waiting:
            answer = await connection.ask(waiting.popleft())
            _check(answer, expected)
            answers.append(answer)

    opened = [await _open(target) for _ in range(min(connections, len(bodies)))]
    try:
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.gather(*(work(connection) for connection in opened))
    finally:
        for connection in opened:
            connection.close()
    return answers


async def send_in_turns(targets: Sequence[Target], count: int, *, expected: int) -> list[list[Answer]]:
    """Ask each target `count` times, a request to each in turns, never two at once; the answers of each target.

    Who is first changes with every turn. Raises: UnexpectedAnswer.
    """
    requests = [target.request(b"") for target in targets]
    answers: list[list[Answer]] = [[] for _ in targets]
    opened = [await _open(target) for target in targets]
    try:
        async with asyncio.timeout(DEADLINE_S):
            for turn in range(count):
                for place in range(len(targets))[:: -1 if turn % 2 else 1]:
                    answer = await opened[place].ask(requests[place])
                    _check(answer, expected)
                    answers[place].append(answer)
    finally:
        for connection in opened:
            connection.close()
    return answers


async def send_paced(
    target: Target, bodies: Sequence[bytes], *, every_s: float, connections: int, expected: int
) -> list[Answer]:
    """Send a body at each tick whether or not the ones before are answered: an open loop, so that waiting shows.

    A tick that finds every connection busy waits for one; its request counts as sent when it was due.
    Raises: UnexpectedAnswer.
    """
    free: asyncio.Queue[_Connection] = asyncio.Queue()
    opened = [await _open(target) for _ in range(connections)]
    for connection in opened:
        free.put_nowait(connection)
    requests = [target.request(body) for body in bodies]

    async def send(request: bytes, due_at: float) -> Answer:
        connection = await free.get()
        answer = await connection.ask(request)
        free.put_nowait(connection)
        _check(answer, expected)
        return Answer(answer.status, answer.body, due_at, answer.answered_at)

    try:
        async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
            begun = time.monotonic()
            tasks = []
            for place, request in enumerate(requests):
                due_at = begun + place * every_s
                await asyncio.sleep(due_at - time.monotonic())
                tasks.append(group.create_task(send(request, due_at)))
    finally:
        for connection in opened:
            connection.close()
    return [task.result() for task in tasks]


async def _open(target: Target) -> _Connection:
    place = urlsplit(target.url)
    assert place.hostname is not None
    assert place.port is not None
    _, connection = await asyncio.get_running_loop().create_connection(_Connection, place.hostname, place.port)
    return connection


def _check(answer: Answer, expected: int) -> None:
    if answer.status != expected:
        raise UnexpectedAnswer(f"status {answer.status} instead of {expected}: {answer.body[:300]!r}")
