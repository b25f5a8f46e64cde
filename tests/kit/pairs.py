"""A pair of toy services over one stream, and the client that loads them: what the process suites share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import sqlalchemy as sa

from shared.kit.database import Database
from shared.kit.log.tables import entry
from tests.kit.harness import attached, rebuilt_differs
from tests.kit.processes import ServiceProcess, token
from tests.kit.toy import tables
from tests.running import PATIENCE_S

CEILING = 1_000_000

T = TypeVar("T")


@asynccontextmanager
async def pair(
    make_database: Callable[[], str], redis_url: str, keys: Path, *, started: bool = True
) -> AsyncIterator[tuple[ServiceProcess, ServiceProcess]]:
    """`toy` and `mirror`, prepared, and started and ready unless told otherwise; killed at the end."""
    toy = ServiceProcess("toy", make_database(), redis_url, keys)
    mirror = ServiceProcess("mirror", make_database(), redis_url, keys, peers={"toy": toy.url})
    try:
        for one in (toy, mirror):
            await one.prepare()
            if started:
                one.start()
        if started:
            await asyncio.gather(toy.ready(), mirror.ready())
        yield toy, mirror
    finally:
        toy.kill()
        mirror.kill()


def client_of(service: ServiceProcess, role: str = "clerk") -> httpx.AsyncClient:
    """The client of a person with a role."""
    bearer = token(service.keys_dir, role)
    return httpx.AsyncClient(base_url=service.url, headers={"Authorization": f"Bearer {bearer}"}, timeout=20)


async def scalar(process: ServiceProcess, query: sa.Select[int]) -> int:
    """One number from a service's database."""
    database = Database(process.database_url, pool_size=2)
    try:
        async with database.reading() as connection:
            return int(await connection.scalar(query) or 0)
    finally:
        await database.close()


async def mirrored(mirror: ServiceProcess, counter_id: str = "a") -> int:
    """The value the mirror has of a counter."""
    return await scalar(mirror, sa.select(tables.mirror.c.value).where(tables.mirror.c.id == counter_id))


async def until_mirrored(mirror: ServiceProcess, value: int, *, counter_id: str = "a") -> None:
    """Wait until the mirror has this value of a counter."""
    async with asyncio.timeout(PATIENCE_S):
        while await mirrored(mirror, counter_id) != value:
            await asyncio.sleep(0.05)


async def send(client: httpx.AsyncClient, path: str, key: str, body: dict[str, object]) -> httpx.Response:
    """Send until answered, as a post on a bad network does."""
    async with asyncio.timeout(60):
        while True:
            try:
                answer = await client.post(path, json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                await asyncio.sleep(0.02)
                continue
            if answer.status_code < 500:
                return answer
            await asyncio.sleep(0.05)


async def open_counter(client: httpx.AsyncClient, counter_id: str = "a") -> None:
    """Open a counter."""
    body = {"counter_id": counter_id, "ceiling": CEILING}
    answer = await send(client, "/v1/counters", f"opening-{counter_id}", body)
    assert answer.status_code == httpx.codes.CREATED


async def raise_once(client: httpx.AsyncClient, key: str, amount: int = 1, counter_id: str = "a") -> httpx.Response:
    """Raise a counter under a key of its own."""
    return await send(client, f"/v1/counters/{counter_id}/raise", key, {"amount": amount})


@dataclass
class Load:
    """Clients that raise a counter until told to stop, each raise answered before the next."""

    client: httpx.AsyncClient
    workers: int = 4
    label: str = "raise"
    answered: int = 0
    _stopping: bool = False
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def start(self) -> None:
        """Begin to load."""
        self._tasks = [asyncio.create_task(self._work(number)) for number in range(self.workers)]

    async def during(self, waiting: Coroutine[Any, Any, T]) -> T:
        """Wait for something while raises go on; a raise that is not answered as it should be fails at once."""
        waited = asyncio.create_task(waiting)
        await asyncio.wait([waited, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        if not waited.done():
            waited.cancel()
            await asyncio.gather(*(task for task in self._tasks if task.done()))
        return await waited

    async def stop(self) -> int:
        """Let every raise in flight be answered, and give how many were."""
        self._stopping = True
        await asyncio.gather(*self._tasks)
        return self.answered

    async def _work(self, worker: int) -> None:
        number = 0
        while not self._stopping:
            answer = await raise_once(self.client, f"{self.label}-{worker}-{number:06}")
            assert answer.status_code == httpx.codes.CREATED, answer.text
            self.answered += 1
            number += 1


async def assert_sound(process: ServiceProcess, scratch_url: str, *, entries: int) -> None:
    """The log holds exactly so many entries, and state rebuilt from it equals live byte for byte."""
    assert await scalar(process, sa.select(sa.func.count()).select_from(entry)) == entries
    async with attached(process.definition, process.database_url) as bench:
        assert await rebuilt_differs(bench, scratch_url) == []
