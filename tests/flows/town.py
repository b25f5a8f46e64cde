"""The three services as real processes that are started again when they are killed, as the box does."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import redis

from shared.kit.access.tokens import Grant, create_token_keys, issue, load_signing_key
from tanggap.box.process import free_port
from tanggap.flood.box import TOKEN_TTL, Box

SERVICES = ("victims", "logistics", "aid")
INSTALLATION = "test"
READY_DEADLINE_S = 60


@dataclass
class Town:
    """The services, their databases and their one broker."""

    home: Path
    redis_url: str
    databases: dict[str, str]
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in SERVICES})
    children: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    restarts: int = 0
    _tending: "asyncio.Task[None] | None" = None

    @property
    def keys_dir(self) -> Path:
        return self.home / "keys"

    @property
    def box(self) -> Box:
        return Box(
            urls={name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()},
            home=self.home,
            installation=INSTALLATION,
            signing_key=load_signing_key(self.keys_dir),
            log_keys={name: self.keys_dir / f"{name}.log.pub" for name in SERVICES},
        )

    async def start(self) -> None:
        """Migrate all, start all, and wait until all answer."""
        self.keys_dir.mkdir(mode=0o700)
        create_token_keys(self.keys_dir)
        migrations = [self._run(name, "migrate") for name in SERVICES]
        codes = await asyncio.gather(*(asyncio.to_thread(child.wait, 60) for child in migrations))
        assert codes == [0, 0, 0], self.last_words()
        for name in SERVICES:
            self.children[name] = self._run(name)
        await asyncio.gather(*(self._ready(name) for name in SERVICES))
        self._tending = asyncio.create_task(self._tend())

    async def stop(self) -> None:
        """Stop all in order; each must end well."""
        if self._tending is not None:
            self._tending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._tending
        for child in self.children.values():
            child.terminate()
        for child in self.children.values():
            await asyncio.to_thread(child.wait, 30)

    async def kill(self, service: str) -> None:
        """kill -9 a service; it is started again."""
        self.children[service].kill()

    async def flush_broker(self) -> None:
        """Delete everything the broker holds."""
        with contextlib.closing(redis.Redis.from_url(self.redis_url)) as client:
            client.flushall()

    def last_words(self) -> str:
        """The ends of the services' logs."""
        return "\n".join(file.read_text()[-2000:] for file in sorted(self.home.glob("*.log")))

    async def _tend(self) -> None:
        while True:
            for name, child in list(self.children.items()):
                if child.poll() is not None:
                    self.restarts += 1
                    self.children[name] = self._run(name)
            await asyncio.sleep(0.05)

    async def _ready(self, name: str) -> None:
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(READY_DEADLINE_S):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.box.urls[name]}/health/ready")).status_code == httpx.codes.OK:
                        return
                assert self.children[name].poll() is None, self.last_words()
                await asyncio.sleep(0.05)

    def _run(self, name: str, *arguments: str) -> "subprocess.Popen[bytes]":
        with (self.home / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"services.{name}.app", *arguments],
                env={**os.environ, **self._environment(name)},
                stdout=log,
                stderr=log,
            )

    def _environment(self, name: str) -> dict[str, str]:
        grant = Grant(subject=name, roles=("service",))
        peers = ",".join(f"{peer}=http://127.0.0.1:{port}" for peer, port in self.ports.items() if peer != name)
        return {
            "TANGGAP_SERVICE": name,
            "TANGGAP_INSTALLATION": INSTALLATION,
            "TANGGAP_DATABASE_URL": self.databases[name],
            "TANGGAP_REDIS_URL": self.redis_url,
            "TANGGAP_KEYS_DIR": str(self.keys_dir),
            "TANGGAP_PORT": str(self.ports[name]),
            "TANGGAP_PEERS": peers,
            "TANGGAP_SERVICE_TOKEN": issue(
                load_signing_key(self.keys_dir), grant, installation=INSTALLATION, ttl=TOKEN_TTL
            ),
            "TANGGAP_LOG_LEVEL": "warning",
            "TANGGAP_LEASE_S": "2",
        }


@contextlib.asynccontextmanager
async def town(home: Path, databases: dict[str, str], redis_url: str) -> AsyncIterator[Town]:
    """All services on a Redis that is emptied first, running until the block ends."""
    built = Town(home, redis_url, databases)
    await built.flush_broker()
    try:
        await built.start()
        yield built
    finally:
        await built.stop()
