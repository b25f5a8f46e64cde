"""The services in containers, on the images the compose file names: the same flood, the same checker.

Goal: what a user starts with two commands works, and an image holds no other service's code. Method: build, up, play
against the published ports, check, kill a container, and down with everything it made.
"""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from shared.kit.access.tokens import load_signing_key
from tanggap.box.process import free_port
from tanggap.checker.check import check
from tanggap.flood.box import Box
from tanggap.flood.player import play

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]

PROJECT = Path(__file__).resolve().parents[2]
SERVICES = ("victims", "logistics", "aid")
BUILT = (
    "docker-compose.yml",
    "Dockerfile",
    ".dockerignore",
    "requirements-runtime.lock",
    "deploy",
    "shared",
    "services",
)
READY_DEADLINE_S = 120


@dataclass(frozen=True)
class Compose:
    """One project brought up by docker-compose from a copy of what it needs."""

    folder: Path
    ports: dict[str, int]

    def __call__(self, *words: str, check_code: bool = True) -> str:
        names = {f"{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        environment = {**os.environ, **names, "TANGGAP_RATE_LIMIT_PER_MINUTE": "0"}
        line = ["docker-compose", "-p", "tanggaptest", *words]
        done = subprocess.run(line, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check_code, done.stderr[-3000:]
        return done.stdout

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def file(self, service: str, path: str) -> str:
        """A file inside a service's container."""
        return self("exec", "-T", service, "cat", path)

    def process_of(self, service: str) -> int:
        """The process id of a service's container on this machine."""
        container = self("ps", "-q", service).strip()
        line = ["docker", "inspect", "-f", "{{.State.Pid}}", container]
        return int(subprocess.run(line, capture_output=True, text=True, check=True).stdout)

    async def ready(self) -> None:
        async with httpx.AsyncClient() as client, asyncio.timeout(READY_DEADLINE_S):
            for service in SERVICES:
                while not await _is_ready(client, self.url(service)):
                    await asyncio.sleep(0.5)


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url + "/health/ready")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """All services up, from a copy of the project with passwords of its own; everything is removed afterwards."""
    if shutil.which("docker-compose") is None:
        pytest.skip("docker-compose is not installed")
    folder = tmp_path_factory.mktemp("compose")
    for name in BUILT:
        source = PROJECT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / name)
    subprocess.run([folder / "deploy" / "make-env"], check=True)
    compose = Compose(folder, {name: free_port() for name in SERVICES})
    try:
        compose("up", "-d", "--build")
        asyncio.run(compose.ready())
        yield compose
    finally:
        compose("down", "-v", "--remove-orphans", check_code=False)


def box_of(compose: Compose, home: Path) -> Box:
    """What the flood and the checker need: addresses, the installation's signing key, the logs' public keys."""
    keys = home / "keys"
    keys.mkdir(mode=0o700)
    signing = keys / "token.key"
    signing.touch(mode=0o600)
    signing.write_text(compose.file("victims", "/keys/token.key"))
    for service in SERVICES:
        (keys / f"{service}.log.pub").write_text(compose.file(service, f"/keys/{service}.log.pub"))
    return Box(
        urls={service: compose.url(service) for service in SERVICES},
        home=home,
        installation="compose",
        signing_key=load_signing_key(keys),
        log_keys={service: keys / f"{service}.log.pub" for service in SERVICES},
    )


async def test_the_flood_on_containers_holds_every_invariant(compose: Compose, tmp_path: Path) -> None:
    """Redis 8 and PostgreSQL 17 with a user a service: nothing lost, doubled, out of order or different."""
    box = box_of(compose, tmp_path)
    flood = await play(box, scale=0.005, seed=11)
    found = await check(box.urls, box.token("checker", "auditor"), box.log_keys, flood.journal, tmp_path / "evidence")
    assert found.findings == ()
    assert found.logs_verified == len(SERVICES)


async def test_a_killed_container_comes_back(compose: Compose) -> None:
    """`restart: always`: a service that dies is there again without anybody."""
    os.kill(compose.process_of("aid"), signal.SIGKILL)
    await compose.ready()


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_no_other_services_code(compose: Compose, service: str) -> None:
    """What is not there cannot be reached."""
    assert compose("exec", "-T", service, "ls", "/app/services").split() == [service]


def test_the_compose_file_names_no_secret(compose: Compose) -> None:
    """Passwords stand in .env alone, which the repository does not hold."""
    text = (PROJECT / "docker-compose.yml").read_text()
    secrets = [line.partition("=")[2] for line in (compose.folder / ".env").read_text().splitlines()]
    assert len(secrets) >= 11
    assert not any(secret in text for secret in secrets)
    ignored = subprocess.run(["git", "check-ignore", ".env"], cwd=PROJECT, capture_output=True, check=False)
    assert ignored.returncode == 0
