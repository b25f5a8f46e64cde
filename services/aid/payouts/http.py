"""The doors for payouts: recorded as the treasury pays, returned as the bank says, and listed.

Owns request models and answers. No money moves here. Must not decide anything.
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from services.aid.claims.http import EACH_ANSWERED
from services.aid.claims.payee import BANK_REFERENCE
from services.aid.claims.queries import Known, known_claims
from services.aid.doors import ITEMS_MAX, Asked, Body, CommandKey, Officer, Reader
from services.aid.payouts import queries
from services.aid.payouts.domain import PayClaim, ReturnPayout
from shared.contracts.ids import ClaimId, PayoutId, UuidText
from shared.contracts.values import DocumentNumber, LegalDate
from shared.contracts.vocabulary import ReturnReason
from shared.kit.access.persons import person_of
from shared.kit.http.office import Desk, OfficeOrder
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime
from shared.kit.vault.documents import seal


class PayoutStated(Body):
    """A transfer the treasury made for a claim: its own id, its date and, if known, the bank's reference."""

    claim_id: UuidText
    payout_id: UuidText
    paid_on: LegalDate
    bank_reference: DocumentNumber | None = None


class PayoutsStated(Body):
    """Up to 200 transfers, decided in order and answered each for itself."""

    payouts: tuple[PayoutStated, ...] = Field(min_length=1, max_length=ITEMS_MAX)


class ReturnStated(Body):
    """A transfer that came back, by the claim it was for."""

    claim_id: UuidText
    reason: ReturnReason
    returned_on: LegalDate


def chosen_payouts(
    budget_id: UuidText | None = None,
    paid_from: LegalDate | None = None,
    paid_to: LegalDate | None = None,
    returned: bool | None = None,
) -> dict[str, str | date | bool | None]:
    """The query that narrows a list of payouts."""
    return {"budget_id": budget_id, "paid_from": paid_from, "paid_to": paid_to, "returned": returned}


Chosen = Annotated[dict[str, str | date | bool | None], Depends(chosen_payouts)]


def payouts_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/payouts`."""
    router = APIRouter(prefix="/v1/payouts", tags=["payouts"])

    @router.post("", summary="Record up to 200 transfers, answered each for itself", openapi_extra=EACH_ANSWERED)
    async def pay_each(request: Request, body: PayoutsStated, principal: Officer, key: CommandKey) -> Response:
        """Exactly the approved amount was paid. The answer names each transfer by its payout id."""
        desk = Desk(runtime, request, principal, key)
        person_of(principal)
        known = await _known(runtime, *(one.claim_id for one in body.payouts))
        wanted = {one.payout_id: one for one in reversed(body.payouts)}
        ordered = dict.fromkeys(one.payout_id for one in body.payouts)
        return await desk.decide_each(
            {
                payout_id: _payment(desk, wanted[payout_id], known.get(wanted[payout_id].claim_id))
                for payout_id in ordered
            }
        )

    @router.post("/{payout_id}/return", status_code=201, summary="Record that a transfer came back")
    async def take_back(
        request: Request, payout_id: UuidText, body: ReturnStated, principal: Officer, key: CommandKey
    ) -> Response:
        """Its amount is committed to the claim again: pay it anew, prepare it anew, or have it refused."""
        person_of(principal)
        known = (await _known(runtime, body.claim_id)).get(body.claim_id)
        command = ReturnPayout(
            claim_id=ClaimId(body.claim_id),
            budget_id=None if known is None else known.budget_id,
            payout_id=PayoutId(payout_id),
            reason=body.reason,
            returned_on=body.returned_on,
            recorded_on=runtime.today(),
        )
        desk = Desk(runtime, request, principal, key)
        return await desk.decide(OfficeOrder(command, None if known is None else known.disaster_id))

    @router.get("", summary="List payouts")
    async def list_payouts(request: Request, asked: Asked, _: Reader, chosen: Chosen) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.payouts(connection, chosen, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["payout_id"],), as_of=as_of)

    return router


def _payment(desk: Desk, said: PayoutStated, known: Known | None) -> OfficeOrder:
    keys = desk.runtime.keys
    payout_key = keys.digest("payout", said.payout_id)
    sealed = None
    if said.bank_reference is not None:
        sealed = seal(keys, said.claim_id, BANK_REFERENCE, {"reference": said.bank_reference})
    command = PayClaim(
        claim_id=ClaimId(said.claim_id),
        budget_id=None if known is None else known.budget_id,
        payout_id=PayoutId(said.payout_id),
        payout_key=payout_key,
        paid_on=said.paid_on,
        bank_reference_commitment=None if sealed is None else sealed[1],
        recorded_on=desk.runtime.today(),
    )
    documents = () if sealed is None else (sealed[0],)
    # The holder is not the claim's bare id: erasing its payee must not free the payout's id.
    holders = {payout_key: f"claim/{said.claim_id}"}
    return OfficeOrder(command, None if known is None else known.disaster_id, documents=documents, claims=holders)


async def _known(runtime: Runtime, *claim_ids: str) -> dict[str, Known]:
    async with runtime.database.reading() as connection:
        return dict(await known_claims(connection, claim_ids))
