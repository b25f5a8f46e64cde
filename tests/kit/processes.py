"""The toy services as real processes, started, killed and started again."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx

from shared.kit.access.tokens import Grant, create_token_keys, issue, load_signing_key
from shared.kit.definition import ServiceDefinition
from shared.kit.preparing import prepare
from shared.kit.settings import Settings
from tests.kit.toy.service import MIRRORING, TOY

DEFINITIONS = {"toy": TOY, "mirror": MIRRORING}
INSTALLATION = "test"
READY_DEADLINE_S = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def token(keys_dir: Path, *roles: str, subject: str = "person-1") -> str:
    grant = Grant(subject=subject, roles=roles)
    return issue(load_signing_key(keys_dir), grant, installation=INSTALLATION, ttl=timedelta(hours=1))


@dataclass
class ToyProcess:
    """One toy service's process."""

    name: str
    database_url: str
    redis_url: str
    keys_dir: Path
    peers: dict[str, str] = field(default_factory=dict)
    module: str = "tests.kit.toy.app"
    extra: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TANGGAP_SERVICE": self.name,
            "TANGGAP_INSTALLATION": INSTALLATION,
            "TANGGAP_DATABASE_URL": self.database_url,
            "TANGGAP_REDIS_URL": self.redis_url,
            "TANGGAP_KEYS_DIR": str(self.keys_dir),
            "TANGGAP_PORT": str(self.port),
            "TANGGAP_PEERS": ",".join(f"{name}={url}" for name, url in self.peers.items()),
            "TANGGAP_SERVICE_TOKEN": token(self.keys_dir, "service", subject=self.name),
            "TANGGAP_LOG_LEVEL": "warning",
            "TANGGAP_LEASE_S": "2",
            **self.extra,
        }

    @property
    def definition(self) -> ServiceDefinition:
        return DEFINITIONS[self.name]

    async def prepare(self) -> None:
        """Migrate and make keys, as `tanggap migrate` does."""
        if not (self.keys_dir / "token.key").exists():
            self.keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            create_token_keys(self.keys_dir)
        settings = Settings(
            service=self.name,
            installation=INSTALLATION,
            database_url=self.database_url,
            redis_url=self.redis_url,
            keys_dir=self.keys_dir,
        )
        await prepare(self.definition, settings)

    def start(self) -> None:
        command = [sys.executable, "-m", self.module, self.name]
        self.process = subprocess.Popen(command, env={**os.environ, **self.environment})

    async def ready(self) -> None:
        async with httpx.AsyncClient() as client, asyncio.timeout(READY_DEADLINE_S):
            while True:
                try:
                    if (await client.get(self.url + "/health/ready")).status_code == httpx.codes.OK:
                        return
                except httpx.TransportError:
                    assert self.process is not None and self.process.poll() is None, "the service ended"
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.process = None
        return code
