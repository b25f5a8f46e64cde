"""One small flood on real services, played once for all tests of the folder, with the evidence collected after it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tanggap.checker.check import CheckResult, check
from tanggap.flood.faults import Faults
from tanggap.flood.player import FloodResult, play
from tests.flows.town import SERVICES, Town, town
from tests.servers import PostgresServer


@dataclass(frozen=True)
class Played:
    """A flood that was played, and what the checker found."""

    flood: FloodResult
    check: CheckResult
    log_keys: dict[str, Path]

    @property
    def folder(self) -> Path:
        return self.check.folder


async def play_and_check(built: Town, *, scale: float, faults: Faults | None = None) -> Played:
    """Play a flood in a town and check it."""
    box = built.box
    flood = await play(box, scale=scale, seed=7, faults=faults)
    token = box.token("checker", "auditor")
    checked = await check(box.urls, token, box.log_keys, flood.journal, built.home / "evidence")
    return Played(flood, checked, dict(box.log_keys))


@pytest.fixture(scope="session")
def town_databases(postgres_server: PostgresServer) -> Iterator[dict[str, str]]:
    """A database for each service."""
    urls = {name: postgres_server.create_database() for name in SERVICES}
    yield urls
    for url in urls.values():
        postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def small_flood(
    tmp_path_factory: pytest.TempPathFactory, town_databases: dict[str, str], redis_server_url: str
) -> Played:
    """A flood of 55 households; the services are stopped again before the first test looks at it."""

    async def once() -> Played:
        async with town(tmp_path_factory.mktemp("town"), town_databases, redis_server_url) as built:
            return await play_and_check(built, scale=0.002)

    return asyncio.run(once())
