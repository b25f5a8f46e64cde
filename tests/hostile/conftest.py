"""Each service as a process of its own, for requests nobody should send."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from shared.kit.log.tables import entry
from tests.kit.pairs import scalar
from tests.kit.processes import ServiceProcess, token

SERVICES = ("victims", "logistics", "aid")
ROLES = ("post", "warehouse", "aid_officer", "approver", "auditor", "privacy_officer", "operator", "service")


@dataclass
class Target:
    """A running service and a token that may do everything, so that only content can be refused."""

    process: ServiceProcess

    @property
    def url(self) -> str:
        return self.process.url

    @property
    def headers(self) -> dict[str, str]:
        scope = {"area": ("*",), "post": ("*",), "place": ("*",), "owner": ("*",)}
        return {"Authorization": f"Bearer {token(self.process.keys_dir, *ROLES, scope=scope)}"}

    async def entries(self) -> int:
        """How many events the service has logged."""
        return await scalar(self.process, sa.select(sa.func.count()).select_from(entry))


@pytest.fixture(params=SERVICES)
async def target(
    request: pytest.FixtureRequest, make_database: Callable[[], str], redis_url: str, tmp_path: Path
) -> AsyncIterator[Target]:
    """Each of the services in turn, alone."""
    extra = {"TANGGAP_RATE_LIMIT_PER_MINUTE": "0"}
    process = ServiceProcess(request.param, make_database(), redis_url, tmp_path / "keys", extra=extra)
    await process.prepare()
    process.start()
    try:
        await process.ready()
        yield Target(process)
    finally:
        process.kill()
