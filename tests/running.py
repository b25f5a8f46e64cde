"""A service as its users reach it, without a process of its own: the real app on real servers behind an HTTP client."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from shared.kit.access.tokens import create_token_keys
from shared.kit.definition import ServiceDefinition
from shared.kit.preparing import prepare
from shared.kit.runtime import Runtime
from shared.kit.serve import app_of
from shared.kit.settings import Settings
from tanggap.box.databases import run_apart
from tests.servers import PostgresServer

INSTALLATION = "test"
# How long a test waits for what must come. Long: it never waits longer than it must, and a busy machine is slow.
PATIENCE_S = 60


def settings_for(service: str, database_url: str, redis_url: str, keys_dir: Path) -> Settings:
    """A service's settings, without a limit on how fast a test may ask."""
    return Settings(
        service=service,
        installation=INSTALLATION,
        database_url=database_url,
        redis_url=redis_url,
        keys_dir=keys_dir,
        rate_limit_per_minute=0,
    )


@dataclass
class PreparedDatabases:
    """Databases of services at this release, with an empty log, each copied from one that was migrated once.

    Why: a migration takes half of what a test of one door takes. Copies are one log: the broker must be empty.
    """

    server: PostgresServer
    _templates: dict[str, str] = field(default_factory=dict)
    _copies: list[str] = field(default_factory=list)

    def copy(self, definition: ServiceDefinition, redis_url: str) -> str:
        """One more database of a service; `redis_url` is an empty broker's."""
        if definition.name not in self._templates:
            url = self.server.create_database()
            with tempfile.TemporaryDirectory() as keys:
                run_apart(prepare(definition, settings_for(definition.name, url, redis_url, Path(keys))))
            self._templates[definition.name] = url
        copy = self.server.create_database(like=self._templates[definition.name])
        self._copies.append(copy)
        return copy

    def drop(self, copy: str) -> None:
        """Drop a database that is not needed any more."""
        self._copies.remove(copy)
        self.server.drop_database(copy)

    def drop_all(self) -> None:
        """Drop every copy that is left, and what they were copied from."""
        for url in (*self._copies, *self._templates.values()):
            self.server.drop_database(url)


@asynccontextmanager
async def serving(
    definition: ServiceDefinition, settings: Settings
) -> AsyncIterator[tuple[Runtime, httpx.AsyncClient]]:
    """The migrated, started service and a client of it."""
    if not (settings.keys_dir / "token.key").exists():
        settings.keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_token_keys(settings.keys_dir)
    await prepare(definition, settings)
    runtime = Runtime(definition, settings)
    app = app_of(runtime)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        base_url = f"http://{definition.name}.test"
        async with httpx.AsyncClient(transport=transport, base_url=base_url, timeout=30) as client:
            yield runtime, client
