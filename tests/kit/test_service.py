"""Two whole toy services: HTTP in, stream between, HTTP out; stopped, killed and started again.

Goal: an answered command has its effect in the other service exactly once. Method: real processes on real servers.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.kit.pairs import Load, assert_sound, client_of, open_counter, pair, raise_once, until_mirrored

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(90)]

MakeDatabase = Callable[[], str]


async def test_a_command_has_its_effect_in_the_other_service(
    make_database: MakeDatabase, redis_url: str, tmp_path: Path
) -> None:
    """One request becomes one event, one stream entry, one effect; a repeated request none."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        first = await raise_once(client, "raise-0001", 7)
        again = await raise_once(client, "raise-0001", 7)
        assert first.status_code == again.status_code == httpx.codes.CREATED
        assert again.headers["Idempotency-Replayed"] == "true" and first.json() == again.json()
        await until_mirrored(mirror, 7)
        assert (await client.get("/v1/counters/a")).json() == {"value": 7}
        flow = (await client.get("/health/flow")).json()
        assert flow["publisher"]["unsent"] == {"0": 0, "1": 0, "2": 0, "3": 0}
        assert "tanggap_decision_batch_commands_count 3.0" in (await client.get("/metrics")).text


async def test_nothing_is_lost_or_doubled_while_both_services_are_killed(
    make_database: MakeDatabase, redis_url: str, tmp_path: Path
) -> None:
    """kill -9 of producer and consumer under load: every answered raise is mirrored once."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        load = Load(client)
        load.start()
        for victim in (toy, mirror, toy, mirror):
            before = load.answered
            while load.answered < before + 20:
                await asyncio.sleep(0.01)
            victim.kill()
            victim.start()
            await victim.ready()
        raised = await load.stop()
        await until_mirrored(mirror, raised)
        await assert_sound(toy, make_database(), entries=2 + raised)
        await assert_sound(mirror, make_database(), entries=1 + raised)


async def test_a_clean_stop_exits_0_and_nothing_waits_unsent(
    make_database: MakeDatabase, redis_url: str, tmp_path: Path
) -> None:
    """SIGTERM: what was answered is published before the process ends."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        await asyncio.gather(*(raise_once(client, f"raise-{n:06}") for n in range(50)))
        assert toy.stop() == 0
        await until_mirrored(mirror, 50)
        assert mirror.stop() == 0
