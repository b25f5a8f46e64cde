"""The doors for benefit rules: set by an approver, read by everybody with a role.

Owns request models and answers. Must not decide anything.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.aid.benefits import queries
from services.aid.benefits.domain import SetNorms, SetRule
from services.aid.doors import Asked, Body, CommandKey, Decider, Reader
from shared.contracts.ids import Slug
from shared.contracts.values import Boolean, Citation, LegalDate, PaidIdr
from shared.contracts.vocabulary import Benefit, FundSource
from shared.kit.access.persons import person_of
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime

SUPERSEDED_MAX = 50
OnDay = Annotated[LegalDate | None, Query(description="only the rules that price what happens on this day")]


class RuleStated(Body):
    """What a benefit is worth from a day on, and the norm that says so. `assumed`: the norm itself was not read."""

    amount_idr: PaidIdr
    fund_source: FundSource
    legal_basis: Citation
    assumed: Boolean = False
    valid_from: LegalDate
    valid_until: LegalDate | None = None
    supersedes: tuple[Slug, ...] = Field(default=(), max_length=SUPERSEDED_MAX)


class NormsWanted(Body):
    """Nothing needs to be said to take over the amounts this release knows."""


def benefits_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/benefits`."""
    router = APIRouter(prefix="/v1/benefits", tags=["benefits"])

    @router.get("/rules", summary="List benefit rules")
    async def list_rules(
        request: Request, asked: Asked, _: Reader, benefit: Benefit | None = None, on: OnDay = None
    ) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.rules(connection, benefit, on, after=asked.key(str, int), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["benefit"], row["number"]), as_of=as_of)

    @router.post("/norms", status_code=201, summary="Set the known amounts of benefits that have no rule yet")
    async def set_norms(
        request: Request, principal: Decider, key: CommandKey, _body: NormsWanted | None = None
    ) -> Response:
        """All are marked assumed: they were read in the press."""
        person_of(principal)
        return await office_command(runtime, request, principal, key, SetNorms(runtime.today()))

    @router.post("/{benefit}/rules", status_code=201, summary="Set what a benefit is worth from a day on")
    async def set_rule(
        request: Request, benefit: Benefit, body: RuleStated, principal: Decider, key: CommandKey
    ) -> Response:
        """The rule in force on the day something happened prices its claim."""
        person_of(principal)
        command = SetRule(
            benefit=benefit,
            amount_idr=body.amount_idr,
            fund_source=body.fund_source,
            legal_basis=body.legal_basis,
            assumed=body.assumed,
            valid_from=body.valid_from,
            valid_until=body.valid_until,
            recorded_on=runtime.today(),
            supersedes=body.supersedes,
        )
        return await office_command(runtime, request, principal, key, command)

    return router
