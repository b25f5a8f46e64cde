"""The victims service as its own process, the way it runs for its users."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from services.victims.service import SERVICE
from shared.kit.access.tokens import create_token_keys
from shared.kit.preparing import prepare
from shared.kit.settings import Settings
from tanggap.box.process import free_port
from tests.running import PATIENCE_S


@dataclass
class VictimsProcess:
    """A started process and where it answers."""

    settings: Settings
    url: str
    process: "subprocess.Popen[bytes]"

    async def ready(self) -> None:
        async with httpx.AsyncClient() as client, asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    if (await client.get(self.url + "/health/ready")).status_code == httpx.codes.OK:
                        return
                except httpx.TransportError:
                    assert self.process.poll() is None, "the service ended"
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


def start(settings: Settings) -> VictimsProcess:
    """Start the service on a free port."""
    port = free_port()
    environment = {
        **os.environ,
        "TANGGAP_SERVICE": "victims",
        "TANGGAP_INSTALLATION": settings.installation,
        "TANGGAP_DATABASE_URL": settings.database_url,
        "TANGGAP_REDIS_URL": settings.redis_url,
        "TANGGAP_KEYS_DIR": str(settings.keys_dir),
        "TANGGAP_PORT": str(port),
        "TANGGAP_LOG_LEVEL": "warning",
        "TANGGAP_RATE_LIMIT_PER_MINUTE": "0",
    }
    process = subprocess.Popen([sys.executable, "-m", "services.victims.app"], env=environment)
    return VictimsProcess(settings, f"http://127.0.0.1:{port}", process)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[VictimsProcess]:
    """A prepared, ready process, stopped afterwards."""
    settings.keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_token_keys(settings.keys_dir)
    await prepare(SERVICE, settings)
    served = start(settings)
    try:
        await served.ready()
        yield served
    finally:
        if served.process.poll() is None:
            served.kill()
