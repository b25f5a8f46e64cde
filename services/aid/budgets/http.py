"""The doors for budgets: proposed by an officer, enacted and amended by another person.

Owns request models and answers. Must not decide anything.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from services.aid.budgets import queries
from services.aid.budgets.domain import EnactBudget, ProposeBudget
from services.aid.doors import Asked, Body, CommandKey, Decider, Officer, Reader
from shared.contracts.ids import BudgetId, UuidText
from shared.contracts.values import BudgetCode, DocumentNumber, FiscalYear, LegalDate, PaidIdr
from shared.contracts.vocabulary import FundSource
from shared.kit import clock
from shared.kit.access.persons import person_of
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class Proposal(Body):
    """A budget line as proposed. Without an id one is given."""

    budget_id: UuidText = Field(default_factory=clock.new_id)
    fiscal_year: FiscalYear
    fund_source: FundSource
    programme_code: BudgetCode
    amount_idr: PaidIdr


class Enactment(Body):
    """What the enactment says; a later one amends the amount or the validity."""

    amount_idr: PaidIdr
    enactment_number: DocumentNumber
    enacted_on: LegalDate
    valid_until: LegalDate


def chosen_budgets(
    fiscal_year: Annotated[int | None, Field(ge=2000, le=2999)] = None, fund_source: FundSource | None = None
) -> dict[str, str | int | None]:
    """The query that narrows the list of budgets."""
    return {"fiscal_year": fiscal_year, "fund_source": fund_source}


Chosen = Annotated[dict[str, str | int | None], Depends(chosen_budgets)]


def budgets_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/budgets`."""
    router = APIRouter(prefix="/v1/budgets", tags=["budgets"])

    @router.post("", status_code=201, summary="Propose a budget line")
    async def propose(request: Request, body: Proposal, principal: Officer, key: CommandKey) -> Response:
        person_of(principal)
        command = ProposeBudget(
            budget_id=BudgetId(body.budget_id),
            fiscal_year=body.fiscal_year,
            fund_source=body.fund_source,
            programme_code=body.programme_code,
            amount_idr=body.amount_idr,
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/{budget_id}/enactment", status_code=201, summary="Enter an enactment or an amendment")
    async def enact(
        request: Request, budget_id: UuidText, body: Enactment, principal: Decider, key: CommandKey
    ) -> Response:
        """By another person than the proposer. Nothing can be committed before."""
        command = EnactBudget(
            budget_id=BudgetId(budget_id),
            amount_idr=body.amount_idr,
            enactment_number=body.enactment_number,
            enacted_on=body.enacted_on,
            valid_until=body.valid_until,
            enacted_by=person_of(principal),
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.get("", summary="List budgets")
    async def list_budgets(request: Request, asked: Asked, _: Reader, chosen: Chosen) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.budgets(connection, chosen, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/{budget_id}", summary="Show a budget")
    async def show_budget(budget_id: UuidText, _: Reader) -> queries.BudgetShown:
        async with runtime.database.reading() as connection:
            found = await queries.budget_by_id(connection, budget_id)
        if found is None:
            raise NotFound
        return found

    return router
