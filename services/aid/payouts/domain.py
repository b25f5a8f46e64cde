"""How an approved claim is paid, and paid again when the bank returns the money.

Owns the payout and its return: one successful payout a claim, each under an id of its own, from the budget that holds
the money. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.aid.budgets.domain import Budget, unknown_budget
from services.aid.budgets.spending import not_valid
from services.aid.claims.deciding import budget_refs
from services.aid.claims.domain import Claim, Standing, changed_claim, unknown_claim, wrong_standing
from shared.contracts.aid import ClaimPaid, ClaimReturned, FundsPaid, FundsReturned
from shared.contracts.envelope import Payload
from shared.contracts.ids import BudgetId, ClaimId, PayoutId
from shared.contracts.vocabulary import ReturnReason
from shared.kit.decisions.types import Ref, Refusal, States, UniqueKey


@dataclass(frozen=True, slots=True)
class PayClaim:
    """The treasury paid a claim from the budget its approval named. `payout_key` keeps the payout's id unique."""

    claim_id: ClaimId
    budget_id: BudgetId | None
    payout_id: PayoutId
    payout_key: UniqueKey
    paid_on: date
    bank_reference_commitment: str | None
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The claim and its budget: both change together."""
        return (*budget_refs(self.budget_id), Ref("claim", self.claim_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class ReturnPayout:
    """A payout came back."""

    claim_id: ClaimId
    budget_id: BudgetId | None
    payout_id: PayoutId
    reason: ReturnReason
    returned_on: date
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The claim and its budget: both change together."""
        return (*budget_refs(self.budget_id), Ref("claim", self.claim_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_pay(states: States, command: PayClaim) -> list[Payload] | Refusal:
    """Record that exactly the approved amount was paid, once."""
    claim = states.find(Claim, command.claim_id)
    if claim is None:
        return unknown_claim()
    if claim.standing is not Standing.APPROVED:
        return wrong_standing(claim)
    if claim.budget_id != command.budget_id or command.budget_id is None or claim.amount_idr is None:
        return changed_claim()
    refusal = _not_payable(states, claim, command)
    if refusal is not None:
        return refusal
    return [
        FundsPaid(
            budget_id=command.budget_id,
            claim_id=command.claim_id,
            payout_id=command.payout_id,
            amount_idr=claim.amount_idr,
            paid_on=command.paid_on,
        ),
        ClaimPaid(
            claim_id=command.claim_id,
            budget_id=command.budget_id,
            payout_id=command.payout_id,
            amount_idr=claim.amount_idr,
            bank_reference_commitment=command.bank_reference_commitment,
            paid_on=command.paid_on,
        ),
    ]


def _not_payable(states: States, claim: Claim, command: PayClaim) -> Refusal | None:
    if command.payout_id in claim.payouts or states.holder(command.payout_key) is not None:
        return Refusal(
            slug="payout-id-used",
            detail="A payout was recorded under this id before.",
            next_step="Give every payout an id of its own, also when it repeats a returned one.",
        )
    budget = states.find(Budget, claim.budget_id or "")
    if budget is None:
        return unknown_budget()
    if claim.approved_on is None or not claim.approved_on <= command.paid_on <= command.recorded_on:
        return _date_out_of_order(command.paid_on)
    return not_valid(budget, command.paid_on)


def decide_return(states: States, command: ReturnPayout) -> list[Payload] | Refusal:
    """Take back the payout that stands: its amount is committed to the claim again."""
    claim = states.find(Claim, command.claim_id)
    if claim is None:
        return unknown_claim()
    if claim.standing is not Standing.PAID:
        return wrong_standing(claim)
    if claim.budget_id != command.budget_id or command.budget_id is None:
        return changed_claim()
    payout = claim.payouts.get(command.payout_id)
    if payout is None or payout.returned_on is not None:
        return Refusal(
            slug="payout-unknown",
            detail="No payout stands under this id for this claim.",
            next_step="Check the id in the claim's payouts.",
            status=404,
        )
    if not payout.paid_on <= command.returned_on <= command.recorded_on:
        return _date_out_of_order(command.returned_on)
    return [
        FundsReturned(
            budget_id=command.budget_id,
            claim_id=command.claim_id,
            payout_id=command.payout_id,
            amount_idr=payout.amount_idr,
            returned_on=command.returned_on,
        ),
        ClaimReturned(
            claim_id=command.claim_id,
            budget_id=command.budget_id,
            payout_id=command.payout_id,
            amount_idr=payout.amount_idr,
            reason=command.reason,
            returned_on=command.returned_on,
        ),
    ]


def _date_out_of_order(on: date) -> Refusal:
    return Refusal(
        slug="payout-date-out-of-order",
        detail="The date %(on)s lies in the future, or before what it follows.",
        next_step="Give the date the bank states: after the approval or payout, not after today.",
        params={"on": on.isoformat()},
        status=422,
    )
