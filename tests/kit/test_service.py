"""Two whole toy services: HTTP in, stream between, HTTP out; stopped, killed and started again.

Goal: an answered command has its effect in the other service exactly once. Method: real processes on real servers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from shared.kit.database import Database
from tests.kit.processes import ToyProcess, token
from tests.kit.toy import tables

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(90)]


@asynccontextmanager
async def pair(make_database: Callable[[], str], redis_url: str, keys: Path) -> AsyncIterator[tuple[ToyProcess, ToyProcess]]:
    toy = ToyProcess("toy", make_database(), redis_url, keys)
    mirror = ToyProcess("mirror", make_database(), redis_url, keys, peers={"toy": toy.url})
    try:
        for one in (toy, mirror):
            await one.prepare()
            one.start()
        for one in (toy, mirror):
            await one.ready()
        yield toy, mirror
    finally:
        toy.kill()
        mirror.kill()


async def mirrored(mirror: ToyProcess, counter_id: str) -> int:
    database = Database(mirror.database_url, pool_size=2)
    try:
        async with database.reading() as connection:
            query = sa.select(tables.mirror.c.value).where(tables.mirror.c.id == counter_id)
            return int(await connection.scalar(query) or 0)
    finally:
        await database.close()


async def until_mirrored(mirror: ToyProcess, counter_id: str, value: int, *, within_s: float = 20) -> None:
    async with asyncio.timeout(within_s):
        while await mirrored(mirror, counter_id) != value:
            await asyncio.sleep(0.05)


def client_of(toy: ToyProcess) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=toy.url, headers={"Authorization": f"Bearer {token(toy.keys_dir, 'clerk')}"})


async def raise_once(client: httpx.AsyncClient, key: str, amount: int = 1) -> httpx.Response:
    """Send until answered, as a post on a bad network does."""
    async with asyncio.timeout(30):
        while True:
            try:
                answer = await client.post(
                    "/v1/counters/a/raise", json={"amount": amount}, headers={"Idempotency-Key": key}
                )
                if answer.status_code < 500:
                    return answer
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def open_counter(client: httpx.AsyncClient, ceiling: int = 1_000_000) -> None:
    answer = await client.post(
        "/v1/counters", json={"counter_id": "a", "ceiling": ceiling}, headers={"Idempotency-Key": "opening-1"}
    )
    assert answer.status_code == httpx.codes.CREATED


async def test_a_command_has_its_effect_in_the_other_service(
    make_database: Callable[[], str], redis_url: str, tmp_path: Path
) -> None:
    """One request becomes one event, one stream entry, one effect; a repeated request none."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        first = await raise_once(client, "raise-0001", 7)
        again = await raise_once(client, "raise-0001", 7)
        assert first.status_code == again.status_code == httpx.codes.CREATED
        assert again.headers["Idempotency-Replayed"] == "true" and first.json() == again.json()
        await until_mirrored(mirror, "a", 7)
        assert (await client.get("/v1/counters/a")).json() == {"value": 7}


async def test_nothing_is_lost_or_doubled_while_both_services_are_killed(
    make_database: Callable[[], str], redis_url: str, tmp_path: Path
) -> None:
    """kill -9 of producer and consumer under load: every answered raise is mirrored once."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)

        async def load() -> None:
            await asyncio.gather(*(raise_many(client, worker) for worker in range(4)))

        loading = asyncio.create_task(load())
        for victim in (toy, mirror, toy, mirror):
            await asyncio.sleep(0.4)
            victim.kill()
            victim.start()
            await victim.ready()
        await loading
        await until_mirrored(mirror, "a", 4 * RAISES)
        assert (await client.get("/v1/counters/a")).json() == {"value": 4 * RAISES}


RAISES = 60


async def raise_many(client: httpx.AsyncClient, worker: int) -> None:
    for number in range(RAISES):
        answer = await raise_once(client, f"raise-{worker}-{number:04}")
        assert answer.status_code == httpx.codes.CREATED


async def test_a_clean_stop_exits_0_and_nothing_waits_unsent(
    make_database: Callable[[], str], redis_url: str, tmp_path: Path
) -> None:
    """SIGTERM: what was answered is published before the process ends."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        await asyncio.gather(*(raise_once(client, f"raise-{n:06}") for n in range(50)))
        assert toy.stop() == 0
        await until_mirrored(mirror, "a", 50)
        assert mirror.stop() == 0
