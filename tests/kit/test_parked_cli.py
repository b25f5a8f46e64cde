"""An operator at the command line sees what is set aside and tries it again.

Goal: the words and exit codes an operator relies on. Method: a real toy pair with a poisoned subject, and the command.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kit.pairs import client_of, open_counter, pair, raise_once
from tests.kit.processes import ServiceProcess, token
from tests.running import PATIENCE_S

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


def command(mirror: ServiceProcess, *words: str) -> tuple[int, Any]:
    """The exit code and the one JSON document of a `tanggap parked` command."""
    environment = {**os.environ, "TANGGAP_TOKEN": token(mirror.keys_dir, "operator")}
    line = [sys.executable, "-m", "tanggap.cli.main", "--json", "parked", *words, "--url", mirror.url]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout)


async def until_parked(mirror: ServiceProcess, count: int) -> None:
    async with client_of(mirror, "operator") as operator, asyncio.timeout(PATIENCE_S):
        while len((await operator.get("/v1/parked")).json()["parked"]) < count:
            await asyncio.sleep(0.05)


async def test_parked_entries_are_listed_shown_and_redriven(
    make_database: Callable[[], str], redis_url: str, tmp_path: Path
) -> None:
    """Exit 0 for looking, 6 while the first entry of the subject is still refused, 1 for what is not there."""
    async with pair(make_database, redis_url, tmp_path / "keys") as (toy, mirror), client_of(toy) as client:
        await open_counter(client)
        await raise_once(client, "raise-0001", 13)
        await raise_once(client, "raise-0002", 1)
        await until_parked(mirror, 2)
        code, listed = await asyncio.to_thread(command, mirror, "list", "mirror")
        assert (code, len(listed["parked"])) == (0, 2)
        first = listed["parked"][0]
        place = [str(first[name]) for name in ("partition", "number")]
        code, shown = await asyncio.to_thread(command, mirror, "show", "mirror", "toy", *place)
        assert (code, shown["reason"]) == (0, "refused: unlucky")
        code, again = await asyncio.to_thread(command, mirror, "redrive", "mirror", "toy", "counter/a")
        assert (code, again["error"]) == (6, "still-parked")
        code, absent = await asyncio.to_thread(command, mirror, "redrive", "mirror", "toy", "counter/none")
        assert (code, absent["error"]) == (1, "not-found")
