"""The doors for claims: listed and shown, prepared by an officer, priced anew, approved and refused by an approver.

Owns request models and answers. Claims are opened by the victims service's verifications. Must not decide anything.
"""

from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from services.aid.claims import queries
from services.aid.claims.assessing import RepriceClaim
from services.aid.claims.deciding import ApproveClaim, PrepareClaim, RefuseClaim
from services.aid.claims.domain import Standing
from services.aid.claims.payee import PAYEE, Preparation
from services.aid.claims.personal import OpeningsShown, PayeeOpened, Purpose, open_payee, open_versions, reader_of
from services.aid.claims.queries import Known
from services.aid.doors import (
    ITEMS_MAX,
    Asked,
    Body,
    CommandKey,
    Decider,
    Officer,
    OpeningReader,
    PersonalReader,
    Reader,
)
from shared.contracts.ids import BudgetId, ClaimId, SubjectText, UuidText
from shared.contracts.values import Commitment, Number, PaidIdr
from shared.contracts.vocabulary import Benefit, ClaimFlag, RefusalReason
from shared.kit.access.persons import person_of
from shared.kit.errors import NotFound
from shared.kit.http.intake import DESCRIPTION
from shared.kit.http.office import Desk, OfficeOrder
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime
from shared.kit.vault.documents import seal

EACH_ANSWERED = {"responses": DESCRIPTION["responses"]}


class Approval(Body):
    """What is approved: exactly this version, amount and payee, from this budget."""

    claim_version: Number = Field(description="the claim's prepared_version")
    amount_idr: PaidIdr
    payee_commitment: Commitment
    budget_id: UuidText


class ApprovalOfOne(Approval):
    """One approval among many."""

    claim_id: UuidText


class Approvals(Body):
    """Up to 200 approvals, decided in order and answered each for itself."""

    approvals: tuple[ApprovalOfOne, ...] = Field(min_length=1, max_length=ITEMS_MAX)


class RefusalStated(Body):
    """Why a claim is refused."""

    reason: RefusalReason


class PricingWanted(Body):
    """Nothing needs to be said: the rule in force on the day it happened prices the claim."""


@dataclass(frozen=True)
class ChosenClaims:
    """The query that narrows a list of claims."""

    standing: Standing | None = None
    benefit: Benefit | None = None
    disaster_id: UuidText | None = None
    cause: SubjectText | None = None
    budget_id: UuidText | None = None
    flag: ClaimFlag | None = None


Chosen = Annotated[ChosenClaims, Depends()]


def claims_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/claims`."""
    router = APIRouter(prefix="/v1/claims", tags=["claims"])
    _add_reads(router, runtime)
    _add_payees(router, runtime)
    _add_preparation(router, runtime)
    _add_decisions(router, runtime)
    return router


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("", summary="List claims")
    async def list_claims(request: Request, asked: Asked, _: Reader, chosen: Chosen) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.claims(connection, asdict(chosen), after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/{claim_id}", summary="Show a claim with its payouts, without saying who is paid")
    async def show_claim(claim_id: UuidText, _: Reader) -> queries.ClaimShown:
        async with runtime.database.reading() as connection:
            found = await queries.claim_by_id(connection, claim_id)
        if found is None:
            raise NotFound
        return found


def _add_payees(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/{claim_id}/payee", summary="Open who is paid")
    async def show_payee(claim_id: UuidText, principal: PersonalReader, purpose: Purpose) -> PayeeOpened:
        """Needs a purpose and leaves an access record."""
        await _known(runtime, claim_id)
        async with runtime.database.transaction() as connection:
            opened = await open_payee(connection, runtime.keys, claim_id, reader_of(principal, purpose))
        return opened

    @router.get("/{claim_id}/payee/openings", summary="Open every payee the claim had, with the salts")
    async def show_openings(claim_id: UuidText, principal: OpeningReader) -> OpeningsShown:
        """For an auditor, who compares them with the commitments in the log. Leaves an access record."""
        await _known(runtime, claim_id)
        reader = reader_of(principal, Purpose.AUDIT_PAYMENT)
        async with runtime.database.transaction() as connection:
            opened = await open_versions(connection, runtime.keys, claim_id, reader)
        return opened


def _add_preparation(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/{claim_id}/preparation", status_code=201, summary="Name the payee and put the claim up for approval")
    async def prepare(
        request: Request, claim_id: UuidText, body: Preparation, principal: Officer, key: CommandKey
    ) -> Response:
        """Prepared anew after an approval, the approval is void and its money free again."""
        known = await _find(runtime, claim_id)
        sealed, commitment = seal(runtime.keys, claim_id, PAYEE, body.document)
        command = PrepareClaim(
            claim_id=ClaimId(claim_id),
            claim_version=body.claim_version,
            payee_commitment=commitment,
            papers=body.papers_seen,
            heirs_all_signed=all(heir.signed for heir in body.heirs),
            prepared_by=person_of(principal),
            recorded_on=runtime.today(),
            budget_id=known.budget_id if known else None,
        )
        desk = Desk(runtime, request, principal, key)
        return await desk.decide(OfficeOrder(command, known.disaster_id if known else None, documents=(sealed,)))

    @router.post("/{claim_id}/pricing", status_code=201, summary="Price a claim by the rules as they are now")
    async def reprice(
        request: Request, claim_id: UuidText, principal: Officer, key: CommandKey, _body: PricingWanted | None = None
    ) -> Response:
        """For a claim that had no price, or whose rule was superseded before its approval."""
        known = await _known(runtime, claim_id)
        command = RepriceClaim(ClaimId(claim_id), known.cause, known.benefit, runtime.today())
        return await Desk(runtime, request, principal, key).decide(OfficeOrder(command, known.disaster_id))


def _add_decisions(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/{claim_id}/approval", status_code=201, summary="Approve what another person prepared")
    async def approve(
        request: Request, claim_id: UuidText, body: Approval, principal: Decider, key: CommandKey
    ) -> Response:
        """Commits the amount from the named budget in the same transaction."""
        desk = Desk(runtime, request, principal, key)
        return await desk.decide(_approval(desk, claim_id, body, await _find(runtime, claim_id)))

    @router.post(
        "/approvals", summary="Approve up to 200 claims, answered each for itself", openapi_extra=EACH_ANSWERED
    )
    async def approve_each(request: Request, body: Approvals, principal: Decider, key: CommandKey) -> Response:
        """One that cannot be approved does not hold back the others. A claim named twice is answered once."""
        desk = Desk(runtime, request, principal, key)
        wanted = {one.claim_id: one for one in reversed(body.approvals)}
        async with runtime.database.reading() as connection:
            known = await queries.known_claims(connection, wanted)
        ordered = dict.fromkeys(one.claim_id for one in body.approvals)
        return await desk.decide_each(
            {claim_id: _approval(desk, claim_id, wanted[claim_id], known.get(claim_id)) for claim_id in ordered}
        )

    @router.post("/{claim_id}/refusal", status_code=201, summary="Refuse a claim")
    async def refuse(
        request: Request, claim_id: UuidText, body: RefusalStated, principal: Decider, key: CommandKey
    ) -> Response:
        """Money committed to it is free again. A suspended claim ends this way."""
        known = await _find(runtime, claim_id)
        command = RefuseClaim(
            claim_id=ClaimId(claim_id),
            reason=body.reason,
            refused_by=person_of(principal),
            recorded_on=runtime.today(),
            budget_id=known.budget_id if known else None,
        )
        desk = Desk(runtime, request, principal, key)
        return await desk.decide(OfficeOrder(command, known.disaster_id if known else None))


def _approval(desk: Desk, claim_id: str, said: Approval, known: Known | None) -> OfficeOrder:
    entitlement = None if known is None else known.entitlement(desk.runtime.keys)
    command = ApproveClaim(
        claim_id=ClaimId(claim_id),
        claim_version=said.claim_version,
        amount_idr=said.amount_idr,
        payee_commitment=said.payee_commitment,
        budget_id=BudgetId(said.budget_id),
        approved_by=person_of(desk.principal),
        recorded_on=desk.runtime.today(),
        benefit=None if known is None else known.benefit,
        disaster_id=None if known is None else known.disaster_id,
        entitlement=entitlement,
    )
    if known is None or entitlement is None:
        return OfficeOrder(command)
    return OfficeOrder(command, known.disaster_id, claims={entitlement: known.cause})


async def _find(runtime: Runtime, claim_id: str) -> Known | None:
    """What is known of a claim; of an unknown one the domain tells."""
    async with runtime.database.reading() as connection:
        return (await queries.known_claims(connection, (claim_id,))).get(claim_id)


async def _known(runtime: Runtime, claim_id: str) -> Known:
    """What is known of a claim. Raises: NotFound."""
    found = await _find(runtime, claim_id)
    if found is None:
        raise NotFound
    return found
