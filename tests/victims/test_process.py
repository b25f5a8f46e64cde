"""The victims service as a process: it keeps what its description says, and loses nothing when it is killed."""

import asyncio
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from shared.kit.access.tokens import Grant, issue, load_signing_key
from shared.kit.database import Database
from shared.kit.log.tables import entry, head
from tests.running import INSTALLATION
from tests.victims import builders
from tests.victims.office import BATCH, settings_of
from tests.victims.process import VictimsProcess, serving, start

# A cursor is opaque, dates depend on one another, and a batch is not described by its type alone: what fits the
# schema may be refused.
# The kit's doors are tried by the kit's own suite.
OWN_DOORS = r"^/v1/(events|disasters|posts|devices|households|casualties|damage)"
NOT_DESCRIBABLE = [positive_data_acceptance]


def token(served: VictimsProcess, *roles: str) -> str:
    scope = {"area": ("*",), "post": (builders.POST,)}
    grant = Grant(subject="officer-1", roles=roles, scope=scope)
    key = load_signing_key(served.settings.keys_dir)
    return issue(key, grant, installation=INSTALLATION, ttl=timedelta(hours=1))


async def logged(database_url: str) -> tuple[int, list[bytes]]:
    """The log's last position and every leaf."""
    database = Database(database_url, pool_size=2)
    try:
        async with database.reading() as connection:
            position = int(await connection.scalar(sa.select(head.c.position)) or 0)
            leaves = list(await connection.scalars(sa.select(entry.c.leaf).order_by(entry.c.position)))
            return position, leaves
    finally:
        await database.close()


@pytest.mark.parametrize("examples", [4, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
async def test_generated_requests_get_described_answers_and_a_clean_stop(
    database_url: str, redis_url: str, tmp_path: Path, examples: int
) -> None:
    """No generated request, valid or not, gets a fault or an answer that is not described."""
    async with serving(settings_of(database_url, redis_url, tmp_path / "keys")) as served:
        headers = {"Authorization": f"Bearer {token(served, 'aid_officer', 'post')}"}
        tried = await asyncio.to_thread(_try_everything, served.url, headers, examples)
        assert {"POST /v1/disasters", "POST /v1/events", "GET /v1/households"} <= tried
        assert served.stop() == 0


def _try_everything(url: str, headers: dict[str, str], examples: int) -> set[str]:
    description = schemathesis.openapi.from_url(f"{url}/openapi.json").include(path_regex=OWN_DOORS)
    tried = set()
    for found in description.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        tried.add(operation.label)
        _try(operation, headers, examples)
    return tried


def _try(operation: Any, headers: dict[str, str], examples: int) -> None:
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), key=st.uuids())
    def generated(case: Any, key: uuid.UUID) -> None:
        response = case.call(headers={**headers, "Idempotency-Key": str(key)})
        assert response.status_code < 500, response.text
        case.validate_response(response, excluded_checks=NOT_DESCRIBABLE)

    generated()


async def test_killed_in_the_middle_of_batches_it_loses_and_doubles_nothing(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """kill -9 while posts send: what was answered is in the log; all sent again, everything is there exactly once."""
    options = settings_of(database_url, redis_url, tmp_path / "keys")
    async with serving(options) as served:
        headers = {"Authorization": f"Bearer {token(served, 'post')}", "Content-Type": BATCH}
        batches = [
            [
                builders.event(
                    "field.household_registered.v1",
                    builders.household(builders.DISASTER),
                    device_id=builders.DEVICE,
                    number=first + place,
                )
                for place in range(20)
            ]
            for first in range(1, 401, 20)
        ]
        answered: list[int] = []
        killed = asyncio.Event()

        async def send(index: int, url: str) -> None:
            async with httpx.AsyncClient(timeout=30) as client:
                response = await client.post(f"{url}/v1/events", content=orjson.dumps(batches[index]), headers=headers)
            assert response.status_code == 200, response.text
            answered.append(index)
            if len(answered) >= 5 and not killed.is_set():
                killed.set()
                served.kill()

        lost = await asyncio.gather(*(send(index, served.url) for index in range(20)), return_exceptions=True)
        assert killed.is_set()
        assert any(isinstance(error, httpx.TransportError) for error in lost), "the kill came too late to show anything"
        again = start(options)
        try:
            await again.ready()
            await asyncio.gather(*(send(index, again.url) for index in range(20)))
            assert again.stop() == 0
        finally:
            again.kill()
    position, leaves = await logged(database_url)
    causes = [content.get("causationid") for content in map(orjson.loads, leaves)]
    reported = [cause for cause in causes if cause is not None]
    assert len(leaves) == position
    assert sorted(reported) == sorted(event["id"] for batch in batches for event in batch)
