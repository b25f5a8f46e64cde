"""A service as its users reach it, without a process of its own: the real app on real servers behind an HTTP client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from shared.kit.access.tokens import create_token_keys
from shared.kit.definition import ServiceDefinition
from shared.kit.preparing import prepare
from shared.kit.runtime import Runtime
from shared.kit.serve import app_of
from shared.kit.settings import Settings

INSTALLATION = "test"


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
