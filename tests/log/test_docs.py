"""Every command of docs/audit.md, run as it stands there on a real logistics service.

Goal: whoever follows the page gets what it promises. Method: the lines that begin with `$`, in order, with only the
addresses put in; between the chapters the service is started, stopped and set back as the page presupposes.
"""

import asyncio
import re
import shlex
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from tanggap.cli.exits import Exit
from tanggap.cli.main import run
from tests.kit.processes import ServiceProcess, token
from tests.kit.test_faults import copy_database
from tests.servers import PostgresServer

pytestmark = pytest.mark.timeout(180)

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"
EVERYWHERE = {"area": ("*",), "place": ("*",), "owner": ("*",)}
DEADLINE_S = 30
POSITION_IN_THE_PAGE, POSITION_HERE = "4711", "3"


def chapters() -> dict[str, list[str]]:
    """The page's commands by the chapter they stand in."""
    found: dict[str, list[str]] = {}
    for chapter in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = chapter.partition("\n")
        blocks = re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL)
        found[title] = [
            line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")
        ]
    return {title: lines for title, lines in found.items() if lines}


@pytest.fixture
async def logistics(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ServiceProcess]:
    """A logistics service that serves."""
    process = ServiceProcess("logistics", database_url, redis_url, tmp_path / "keys")
    try:
        await process.prepare()
        process.start()
        await process.ready()
        yield process
    finally:
        process.kill()


async def open_places(logistics: ServiceProcess, count: int) -> None:
    """Let so many events happen, and wait until the last one is signed."""
    bearer = token(logistics.keys_dir, "warehouse", "auditor", scope=EVERYWHERE)
    headers = {"Authorization": f"Bearer {bearer}"}
    async with httpx.AsyncClient(base_url=logistics.url, headers=headers) as client:
        position = 0
        for _ in range(count):
            name = str(uuid.uuid4())
            body = {"place_id": f"desa-{name}", "place_kind": "village", "area_code": "62.06.01.2001"}
            answer = await client.post("/v1/places", json=body, headers={"Idempotency-Key": name})
            position = answer.raise_for_status().json()["position"]
        async with asyncio.timeout(DEADLINE_S):
            while True:
                answer = await client.get("/v1/log/checkpoint")
                if answer.is_success and int(answer.text.split("\n")[1]) >= position:
                    return
                await asyncio.sleep(0.05)


class Reader:
    """Somebody at a shell who follows the page."""

    def __init__(self, logistics: ServiceProcess, make_database: Callable[[], str]) -> None:
        self.logistics = logistics
        self._make_database = make_database
        self._chapters = chapters()

    async def follow(self, title: str) -> None:
        """Run a chapter's commands; each must say that it is done."""
        for line in self._chapters.pop(title):
            code = await self._type(line)
            assert code is Exit.OK, f"{line}: {code}"

    def assert_all_followed(self) -> None:
        """No chapter's commands were left out."""
        assert self._chapters == {}

    async def _type(self, line: str) -> Exit:
        words = [self._meant(word) for word in shlex.split(line, comments=True)]
        assert words[0] == "tanggap"
        async with asyncio.timeout(DEADLINE_S):
            while True:
                code = await asyncio.to_thread(run, words[1:])
                if code is Exit.OK or "--finish" not in words:
                    return code
                await asyncio.sleep(0.2)  # the page: it refuses until a checkpoint is signed by both

    def _meant(self, word: str) -> str:
        if word.endswith("…/scratch"):
            return self._make_database()
        places = {
            "postgresql+asyncpg://…/logistics": self.logistics.database_url,
            "redis://…": self.logistics.redis_url,
            "http://127.0.0.1:8602": self.logistics.url,
            POSITION_IN_THE_PAGE: POSITION_HERE,
        }
        return places.get(word, word)


async def test_the_commands_of_the_page_do_what_it_says(
    logistics: ServiceProcess,
    make_database: Callable[[], str],
    postgres_server: PostgresServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An auditor's two visits, a replay, a restored backup mended from export and streams, and a change of keys."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TANGGAP_TOKEN", token(logistics.keys_dir, "auditor"))
    reader = Reader(logistics, make_database)
    await open_places(logistics, 3)
    assert logistics.stop() == 0
    backup = await copy_database(logistics.database_url, f"backup_{uuid.uuid4().hex[:20]}")
    try:
        (tmp_path / "logistics.log.pub").write_bytes((tmp_path / "keys" / "logistics.log.pub").read_bytes())
        kept = (tmp_path / "keys" / "logistics.log.checkpoint").read_bytes()
        (tmp_path / "checkpoint-of-last-visit").write_bytes(kept)
        logistics.start()
        await logistics.ready()
        await open_places(logistics, 3)
        await reader.follow("In five commands")
        await reader.follow("Replaying")
        await open_places(logistics, 3)
        assert logistics.stop() == 0
        logistics.database_url = backup
        for name, value in logistics.environment.items():
            monkeypatch.setenv(name, value)
        await reader.follow("After restoring a backup, or losing a database")
        logistics.start()
        await logistics.ready()
        await open_places(logistics, 1)
        await reader.follow("Changing the signing key")
        reader.assert_all_followed()
    finally:
        logistics.kill()
        postgres_server.drop_database(backup)
