"""A TCP proxy before the broker that loses replies: the command is carried out, its answer never arrives.

Owns the one fault a broker's own switches cannot make.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit


class LossyProxy:
    """Forwards bytes both ways; every `every`th reply to a connection's `command` cuts the connection instead."""

    def __init__(self, redis_url: str, command: bytes, *, every: int, only_with: bytes = b"") -> None:
        self.lost = 0
        self._target = urlsplit(redis_url)
        self._command = command
        self._every = every
        self._only_with = only_with
        self._seen = 0
        self._port = 0

    @property
    def url(self) -> str:
        """The broker's URL, through the proxy."""
        account = self._target.netloc.rpartition("@")[0]
        netloc = f"{account}@127.0.0.1:{self._port}" if account else f"127.0.0.1:{self._port}"
        return urlunsplit(self._target._replace(netloc=netloc))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["LossyProxy"]:
        """The proxy, accepting connections until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        assert self._target.hostname is not None
        assert self._target.port is not None
        server, commands = await asyncio.open_connection(self._target.hostname, self._target.port)
        asked = asyncio.Event()
        ways = [
            asyncio.create_task(self._forward(client, commands, asked, replies=False)),
            asyncio.create_task(self._forward(server, answers, asked, replies=True)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for writer in (commands, answers):
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: asyncio.Event, *, replies: bool
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(1 << 16):
                if replies and asked.is_set() and self._only_with in chunk:
                    asked.clear()
                    self._seen += 1
                    if self._seen % self._every == 0:
                        self.lost += 1
                        return
                if not replies and self._command in chunk:
                    asked.set()
                writer.write(chunk)
                await writer.drain()
