"""The aid service as its own process, the way it runs for its users."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from services.aid.service import SERVICE
from shared.kit.access.tokens import create_token_keys
from shared.kit.preparing import prepare
from shared.kit.settings import Settings
from tanggap.box.process import free_port
from tests.running import PATIENCE_S


@dataclass
class AidProcess:
    """A process that can be killed and started again on the same port."""

    settings: Settings
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = self._spawn()
        async with httpx.AsyncClient() as client, asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    if (await client.get(self.url + "/health/ready")).status_code == httpx.codes.OK:
                        return
                except httpx.TransportError:
                    assert self.process.poll() is None, "the service ended"
                await asyncio.sleep(0.05)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "TANGGAP_SERVICE": "aid",
            "TANGGAP_INSTALLATION": self.settings.installation,
            "TANGGAP_DATABASE_URL": self.settings.database_url,
            "TANGGAP_REDIS_URL": self.settings.redis_url,
            "TANGGAP_KEYS_DIR": str(self.settings.keys_dir),
            "TANGGAP_PORT": str(self.port),
            "TANGGAP_LOG_LEVEL": "warning",
            "TANGGAP_RATE_LIMIT_PER_MINUTE": "0",
            "TANGGAP_LEASE_S": "2",
        }
        return subprocess.Popen([sys.executable, "-m", "services.aid.app"], env=environment)

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
        code = self.process.wait(PATIENCE_S)
        self.process = None
        return code


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[AidProcess]:
    """A prepared, ready process, stopped afterwards."""
    settings.keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_token_keys(settings.keys_dir)
    await prepare(SERVICE, settings)
    served = AidProcess(settings)
    try:
        await served.start()
        yield served
    finally:
        served.kill()
