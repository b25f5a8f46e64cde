"""Routes answered past FastAPI's routing: nobody can tell, but by the time it takes."""

import json
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends
from starlette.responses import Response

from shared.kit.access.roles import Principal
from shared.kit.access.tokens import TokenVerifier
from shared.kit.errors import DomainError
from shared.kit.http.app import AppParts, create_app
from shared.kit.http.direct import DirectRoute, UnfitForDirect
from tests.kit_http.test_intake import BATCH, note
from tests.kit_http.test_problems import assert_problem
from tests.kit_http.toy import INSTALLATION, NIK, CrateLost, Toy, clerk, settings


class LedgerLost(DomainError):
    slug = "ledger-lost"


async def test_answer_bears_all_that_every_answer_bears(client: httpx.AsyncClient, toy: Toy) -> None:
    """Request id, trace and headers of the edge; the metrics count it by its template."""
    request_id = "018f3c1e-0000-7000-8000-000000000001"
    headers = {**BATCH, "X-Request-Id": request_id, "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    response = await client.post("/v1/events", content=json.dumps([note()]), headers=headers)
    assert response.status_code == 200
    assert response.headers["x-request-id"] == request_id
    assert response.headers["traceparent"].startswith(f"00-{'a' * 32}-")
    assert response.headers["x-content-type-options"] == "nosniff"
    metrics = (await client.get("/metrics")).text
    assert 'tanggap_http_request_seconds_count{method="POST",route="/v1/events",status="200"} 1.0' in metrics


async def test_who_may_not_is_refused(client: httpx.AsyncClient, toy: Toy) -> None:
    """No token, and a token of another role."""
    without = await client.post("/v1/events", content="[]", headers={**BATCH, "Authorization": ""})
    assert_problem(without, 401, "token-missing")
    other = {**BATCH, "Authorization": f"Bearer {toy.token('approver')}"}
    assert_problem(await client.post("/v1/events", content="[]", headers=other), 403, "role-missing")


@pytest.mark.parametrize(
    ("broken", "status", "slug"),
    [(CrateLost(crate_id=1), 409, "crate-lost"), (LedgerLost(), 500, "ledger-lost"), (KeyError(NIK), 500, "fault")],
)
async def test_what_a_direct_route_raises_is_told_as_elsewhere(
    client: httpx.AsyncClient, toy: Toy, broken: Exception, status: int, slug: str
) -> None:
    """A domain error by its slug, a fault by the request's id; ours are logged, without anybody's number."""
    toy.broken = broken
    response = await client.post("/v1/events", content=json.dumps([note()]), headers=BATCH)
    assert_problem(response, status, slug)
    assert ("request failed" in toy.log.getvalue()) is (status == 500)
    assert NIK not in response.text + toy.log.getvalue()


async def test_other_methods_and_addresses_go_the_ordinary_way(client: httpx.AsyncClient) -> None:
    """Another method is told which one is offered, an address beside it is not found, and both are described."""
    response = await client.get("/v1/events")
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "POST"
    assert_problem(await client.post("/v1/events/", content="[]", headers=BATCH), 404, "not-found")
    operation = (await client.get("/openapi.json")).json()["paths"]["/v1/events"]["post"]
    assert {"200", "401", "403", "413", "415", "422", "429"} <= operation["responses"].keys()
    assert operation["security"] == [{"token": []}]


def test_route_that_asks_for_more_is_not_built(toy: Toy) -> None:
    """A place in the address is looked for by FastAPI alone."""
    router = APIRouter(route_class=DirectRoute)

    @router.post("/v1/events/{number}")
    async def numbered(number: int, _: Annotated[Principal, Depends(clerk)]) -> Response:
        return Response(str(number))

    parts = AppParts(
        title="Toy",
        version="1",
        settings=settings(),
        verifier=TokenVerifier(toy.keys, installation=INSTALLATION),
        metrics=toy.metrics,
        routers=[router],
    )
    with pytest.raises(UnfitForDirect, match=r"/v1/events/\{number\}"):
        create_app(parts)
