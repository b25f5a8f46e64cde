"""The aid service as a process: it keeps what its description says, and no rupiah is lost when it is killed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from services.aid.service import SERVICE
from shared.kit.runtime import Runtime
from tests.aid.neighbour import Neighbour, casualty_verified, declared
from tests.aid.office import Office, approval, settings_of
from tests.aid.process import AidProcess, serving

# A cursor is opaque and dates depend on one another: what fits the schema may be refused.
NOT_DESCRIBABLE = [positive_data_acceptance]
# The kit's doors are tried by the kit's own suite.
OWN_DOORS = r"^/v1/(budgets|benefits|claims|payouts|reconciliation|disasters)"
CLAIMS = 12

Send = Callable[[], Awaitable[httpx.Response]]


def office_of(served: AidProcess, client: httpx.AsyncClient) -> Office:
    """The people who use a process; the runtime here only knows the keys and the date."""
    return Office(Runtime(SERVICE, served.settings), client)


@pytest.mark.parametrize("examples", [4, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
async def test_generated_requests_get_described_answers_and_a_clean_stop(
    database_url: str, redis_url: str, tmp_path: Path, examples: int
) -> None:
    """No generated request, valid or not, gets a fault or an answer that is not described."""
    async with serving(settings_of(database_url, redis_url, tmp_path / "keys")) as served:
        async with httpx.AsyncClient(base_url=served.url) as client:
            token = office_of(served, client).token("aid_officer", "approver", "auditor")
        headers = {"Authorization": f"Bearer {token}"}
        tried = await asyncio.to_thread(_try_everything, served.url, headers, examples)
        assert {"POST /v1/budgets", "POST /v1/claims/approvals", "GET /v1/claims"} <= tried
        assert len(tried) == 22
        assert served.stop() == 0


def _try_everything(url: str, headers: dict[str, str], examples: int) -> set[str]:
    description = schemathesis.openapi.from_url(url + "/openapi.json")
    tried = set()
    for found in description.include(path_regex=OWN_DOORS).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        tried.add(operation.label)
        _try(operation, headers, examples)
    return tried


def _try(operation: Any, headers: dict[str, str], examples: int) -> None:
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def generated(case: Any) -> None:
        response = case.call(headers=headers)
        assert response.status_code < 500
        case.validate_response(response, excluded_checks=NOT_DESCRIBABLE)

    generated()


async def test_money_adds_up_when_the_service_is_killed_in_the_midst(
    database_url: str, redis_url: str, tmp_path: Path, victims: Neighbour
) -> None:
    """kill -9 while claims open, are approved and paid; what was not answered is sent again under its key.

    Each claim is approved and paid once, the budget agrees with its claims, and nothing that was answered is gone.
    """
    async with (
        serving(settings_of(database_url, redis_url, tmp_path / "keys")) as served,
        httpx.AsyncClient(base_url=served.url, timeout=30) as client,
    ):
        office = office_of(served, client)
        await office.norms()
        budget_id = await office.budget(amount_idr=CLAIMS * 15_000_000)
        deaths = [casualty_verified(office.today) for _ in range(CLAIMS)]
        await victims.publish(declared(office.today), *deaths)
        await office.until_items("/v1/disasters")
        await killed(served)
        opened = [await office.claim_of(f"casualty/{death.casualty_id}") for death in deaths]
        claims = [await office.prepared(claim) for claim in opened]
        approver, officer = office.token("approver"), office.token("aid_officer")

        def approving(claim: dict[str, Any]) -> Send:
            path, body = f"/v1/claims/{claim['id']}/approval", approval(claim, budget_id)
            return lambda: office.post(path, body, token=approver, key=f"approve/{claim['id']}")

        def paying(claim: dict[str, Any]) -> Send:
            body = {"payouts": [office.transfer(claim)]}
            return lambda: office.post("/v1/payouts", body, token=officer, key=f"pay/{claim['id']}")

        assert await Stubborn([approving(claim) for claim in claims]).through_a_kill(served) == {201}
        assert await Stubborn([paying(claim) for claim in claims]).through_a_kill(served) == {200}
        assert {row["standing"] for row in await office.items("/v1/claims")} == {"paid"}
        (budget,) = await office.items("/v1/reconciliation/budgets")
        assert (budget["free_idr"], budget["committed_idr"], budget["paid_idr"]) == (0, 0, CLAIMS * 15_000_000)
        assert (budget["committed_difference_idr"], budget["paid_difference_idr"]) == (0, 0)
        assert len(await office.items("/v1/payouts", limit=7)) == CLAIMS
        await office.runtime.database.close()


async def killed(served: AidProcess) -> None:
    """kill -9, and start again."""
    served.kill()
    await served.start()


class Stubborn:
    """Requests sent again under their own keys until each is answered, a few at a time."""

    def __init__(self, requests: Sequence[Send]) -> None:
        self._requests = requests
        self._turn = asyncio.Semaphore(3)
        self._statuses: list[int] = []
        self._answered = asyncio.Condition()

    async def through_a_kill(self, served: AidProcess) -> set[int]:
        """The statuses of all answers, when the service is killed once some of them are given."""
        async with asyncio.timeout(90):
            sending = asyncio.gather(*(self._until_answered(send) for send in self._requests))
            async with self._answered:
                await self._answered.wait_for(lambda: len(self._statuses) >= len(self._requests) // 3)
            assert len(self._statuses) < len(self._requests), "all was answered before the kill"
            await killed(served)
            await sending
        return set(self._statuses)

    async def _until_answered(self, send: Send) -> None:
        async with self._turn:
            while (status := await self._try(send)) is None:
                await asyncio.sleep(0.02)
        async with self._answered:
            self._statuses.append(status)
            self._answered.notify_all()

    async def _try(self, send: Send) -> int | None:
        """A killed service answers nothing, a starting one not yet."""
        try:
            answered = await send()
        except httpx.TransportError:
            return None
        return None if answered.status_code == httpx.codes.SERVICE_UNAVAILABLE else answered.status_code
