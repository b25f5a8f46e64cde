"""Every operation of every service, with generated requests: described answers, no fault, no event by mistake."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.hostile.conftest import Target

pytestmark = pytest.mark.timeout(300)

# A rule, an opaque cursor or a batch's items cannot be described by types alone: what fits may still be refused.
NOT_DESCRIBABLE = [positive_data_acceptance]
DEPTHS = [4, pytest.param(20, marks=pytest.mark.slow)]


@pytest.mark.parametrize("examples", DEPTHS)
async def test_generated_requests_get_described_answers_and_log_only_what_was_accepted(
    target: Target, examples: int
) -> None:
    """No generated request gets a fault or an undescribed answer, and each event logged was answered as accepted."""
    before = await target.entries()
    accepted = await asyncio.to_thread(_try_all, target, examples)
    assert await target.entries() == before + accepted


def _try_all(target: Target, examples: int) -> int:
    description = schemathesis.openapi.from_url(f"{target.url}/openapi.json")
    accepted = 0
    for found in description.get_all_operations():
        assert isinstance(found, Ok)
        accepted += _try(found.ok(), target.headers, examples)
    return accepted


def _try(operation: Any, headers: dict[str, str], examples: int) -> int:
    positions: set[int] = set()

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def generated(case: Any) -> None:
        response = case.call(headers=headers)
        assert response.status_code < 500, response.text
        case.validate_response(response, excluded_checks=NOT_DESCRIBABLE)
        positions.update(_positions(response))

    generated()
    return len(positions)


def _positions(response: Any) -> set[int]:
    """The positions of the events a response says were logged."""
    if "json" not in response.headers.get("content-type", [""])[0] or response.status_code >= 300:
        return set()
    content = response.json()
    if not isinstance(content, dict):
        return set()
    answers = [content, *(item for item in content.get("items", []) if isinstance(item, dict))]
    return {event["position"] for one in answers for event in one.get("events", []) if "position" in event}
