"""A source's log served over HTTP by the kit's own routes, for those who come too late for the stream."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import uvicorn
from fastapi import FastAPI, Header, HTTPException

from shared.kit.log.http import log_router
from shared.kit.streams.catchup import LogReader
from tests.streams.source import SourceLog
from tests.streams.target import until

TOKEN = "a-service-token"


@contextlib.asynccontextmanager
async def serving(source: SourceLog) -> AsyncIterator[LogReader]:
    """The source's log on a free port, and a reader of it that shows its token."""

    def authorised(authorization: str = Header("")) -> None:
        if authorization != f"Bearer {TOKEN}":
            raise HTTPException(401)

    app = FastAPI()
    app.include_router(log_router(source.database.engine, authorised))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient() as client:
        yield LogReader(client, "victims", f"http://127.0.0.1:{port}", lambda: TOKEN)
    server.should_exit = True
    await running
