"""The toy app and a client of it, with a token that may do everything."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import structlog

from tests.kit_http.toy import Toy


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """What a test configures of the process's log ends with it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """A fresh app with keys of its own."""
    return Toy(tmp_path)


@pytest.fixture
async def client(toy: Toy) -> AsyncIterator[httpx.AsyncClient]:
    """A clerk's client of the app, in English."""
    transport = httpx.ASGITransport(app=toy.app, raise_app_exceptions=True)
    headers = {"Authorization": f"Bearer {toy.token('clerk')}", "Accept-Language": "en"}
    async with httpx.AsyncClient(transport=transport, base_url="http://toy", headers=headers) as client:
        yield client
