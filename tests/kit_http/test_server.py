"""The edge behind a real server: what only a socket shows."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn

from tests.kit_http.test_problems import GOOD
from tests.kit_http.toy import Toy
from tests.running import PATIENCE_S


class Served:
    """The toy app served on a port of this machine."""

    def __init__(self, toy: Toy, port: int) -> None:
        self.toy = toy
        self.port = port

    async def exchange(self, *parts: bytes, end: bool = False) -> bytes:
        """What comes back for bytes as they are, until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        with contextlib.suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
            if end:
                writer.write_eof()
        answer = b""
        with contextlib.suppress(ConnectionError):
            answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer

    def head(self, *lines: str) -> bytes:
        """A POST of a crate, with a token and a key."""
        sent = [
            "POST /v1/crates HTTP/1.1",
            "Host: toy",
            f"Authorization: Bearer {self.toy.token('clerk')}",
            "Idempotency-Key: key-00000001",
            "Content-Type: application/json",
            "Connection: close",
            *lines,
            "",
            "",
        ]
        return "\r\n".join(sent).encode()


@pytest.fixture
async def served(toy: Toy) -> AsyncIterator[Served]:
    """The toy app on a free port, with the server the services use."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = int(listener.getsockname()[1])
        config = uvicorn.Config(toy.app, http="httptools", log_config=None, access_log=False, server_header=False)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await _answers(port)
        yield Served(toy, port)
        server.should_exit = True
        await task


async def _answers(port: int) -> None:
    """Wait until the server answers: connections wait in the listener's queue until it does."""
    async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/health/live")).status_code == 200


async def test_body_without_length_is_stopped_at_the_limit(served: Served) -> None:
    """A chunked body is refused while it comes; the server does not wait for its end."""
    chunk = b"10000\r\n" + b"0" * 0x10000 + b"\r\n"
    answer = await served.exchange(served.head("Transfer-Encoding: chunked"), *[chunk] * 8)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"urn:tanggap:problem:body-too-large" in answer
    assert served.toy.crates.stored == 0


async def test_declared_length_beyond_the_limit_is_refused_before_the_body(served: Served) -> None:
    """The answer comes though no byte of the body was sent."""
    answer = await served.exchange(served.head("Content-Length: 9999999999"))
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_connection_lost_amid_the_body_keeps_nothing(served: Served) -> None:
    """Half a command is none, and the next one is answered."""
    body = json.dumps(GOOD).encode()
    await served.exchange(served.head(f"Content-Length: {len(body)}"), body[:5], end=True)
    assert served.toy.crates.stored == 0
    answer = await served.exchange(served.head(f"Content-Length: {len(body)}"), body)
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert served.toy.crates.stored == 1


async def test_two_lengths_are_refused_by_the_server(served: Served) -> None:
    """A request that two readers could cut differently is not answered as a command."""
    body = json.dumps(GOOD).encode()
    answer = await served.exchange(served.head(f"Content-Length: {len(body)}", "Transfer-Encoding: chunked"), body)
    assert not answer.startswith(b"HTTP/1.1 2")
    assert served.toy.crates.stored == 0


async def test_head_and_options_are_told_as_problems(served: Served) -> None:
    """Methods nobody offers are refused without a fault."""
    base = f"http://127.0.0.1:{served.port}"
    headers = {"Authorization": f"Bearer {served.toy.token('clerk')}"}
    async with httpx.AsyncClient(base_url=base, headers=headers) as client:
        for method in ("HEAD", "OPTIONS", "TRACE", "DELETE"):
            response = await client.request(method, "/v1/crates")
            assert response.status_code == 405
            assert response.headers["content-type"] == "application/problem+json"


async def test_answers_name_no_server(served: Served) -> None:
    """The software and its version are nobody's business."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
        assert "server" not in (await client.get("/health/live")).headers
