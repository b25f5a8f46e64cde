"""The toy's doors: open and raise a counter, read one."""

from collections.abc import Sequence
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from shared.kit.access.roles import Principal, require
from shared.kit.errors import NotFound
from shared.kit.http.idempotency import require_key
from shared.kit.http.office import office_command
from shared.kit.runtime import Runtime
from tests.kit.toy import tables
from tests.kit.toy.domain import OpenCounter, RaiseCounter

Clerk = Annotated[Principal, Depends(require("clerk"))]
Key = Annotated[str, Depends(require_key)]


class Opening(BaseModel):
    """A counter to open."""

    counter_id: str
    ceiling: int


class Raising(BaseModel):
    """By how much to raise."""

    amount: int


def routers(runtime: Runtime) -> Sequence[APIRouter]:
    router = APIRouter(prefix="/v1")

    @router.post("/counters")
    async def open_counter(request: Request, clerk: Clerk, key: Key, body: Opening) -> Response:
        return await office_command(runtime, request, clerk, key, OpenCounter(body.counter_id, body.ceiling))

    @router.post("/counters/{counter_id}/raise")
    async def raise_counter(request: Request, clerk: Clerk, key: Key, counter_id: str, body: Raising) -> Response:
        return await office_command(runtime, request, clerk, key, RaiseCounter(counter_id, body.amount))

    @router.get("/counters/{counter_id}")
    async def counter(clerk: Clerk, counter_id: str) -> dict[str, int]:
        async with runtime.database.reading() as connection:
            query = sa.select(tables.counter.c.value).where(tables.counter.c.id == counter_id)
            value = await connection.scalar(query)
        if value is None:
            raise NotFound
        return {"value": value}

    return [router]
