"""kill -9 at every step: between the transaction's statements, around commit, around the append to the stream.

Goal: wherever a process dies, an answered command is kept with its effect exactly once. Method: both services die
at each step in turn while clients go on sending; then the logs are counted and the states rebuilt.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.pairs import Load, assert_sound, client_of, open_counter, pair, until_mirrored

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]

DECIDING = (
    "answers",
    "keys",
    "states",
    "decide",
    "append",
    "write_states",
    "write_models",
    "write_documents",
    "write_keys",
    "write_answers",
    "commit",
)
PRODUCING = (*DECIDING, "committed", "before_append", "after_append")
SIGKILLED = -9

# Each seed takes a third of the deaths, so that three in a row take all of them.
SEEDS = [1, 2, 3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 21))]
THIRDS = 3


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_death_at_any_step_loses_and_doubles_nothing(
    seed: int, make_database: Callable[[], str], redis_url: str, tmp_path: Path
) -> None:
    """Every step of writing, publishing and consuming may be the last one of a process."""
    chance = random.Random(seed)
    deaths = ([("toy", step) for step in PRODUCING] + [("mirror", step) for step in DECIDING])[seed % THIRDS :: THIRDS]
    chance.shuffle(deaths)
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        load = Load(client)
        load.start()
        for name, step in deaths:
            victim = toy if name == "toy" else mirror
            victim.kill()
            victim.start(TOY_KILL_AT=f"{step}:{chance.randint(1, 3)}")
            assert await load.during(victim.ended()) == SIGKILLED
            victim.start()
            await load.during(victim.ready())
        raised = await load.stop()
        await until_mirrored(mirror, raised)
        await assert_sound(toy, make_database(), entries=2 + raised)
        await assert_sound(mirror, make_database(), entries=1 + raised)
