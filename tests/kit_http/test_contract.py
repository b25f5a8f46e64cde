"""The interface keeps what its description says, whatever generated requests bring."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.kit_http.toy import Toy

# A cursor is opaque and a batch is not described by its type alone: text that fits the schema may be refused.
NOT_DESCRIBABLE = [positive_data_acceptance]
FAILS_ON_PURPOSE = "/v1/crates/{crate_id}"


def test_generated_requests_get_described_answers(toy: Toy) -> None:
    """No generated request, valid or not, gets an answer that is not described, or a fault."""
    description = schemathesis.openapi.from_asgi("/openapi.json", toy.app)
    headers = {"Authorization": f"Bearer {toy.token('clerk', 'approver')}"}
    tried = []
    for found in description.exclude(path=FAILS_ON_PURPOSE).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        tried.append(operation.label)
        _try(operation, headers)
    assert "POST /v1/crates" in tried
    assert "POST /v1/events" in tried


def _try(operation: Any, headers: dict[str, str]) -> None:
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def generated(case: Any) -> None:
        response = case.call(headers=headers)
        assert response.status_code < 500
        case.validate_response(response, excluded_checks=NOT_DESCRIBABLE)

    generated()
