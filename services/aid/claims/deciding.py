"""How a claim comes to be approved: prepared by one person, decided by another.

Owns preparation, approval and refusal. An approval names the exact amount, payee and version and commits the money in
the same transaction; whatever is edited afterwards voids it. Pure.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.aid.budgets.domain import Budget, unknown_budget
from services.aid.budgets.spending import not_committable, not_valid
from services.aid.claims.domain import Claim, Standing, changed_claim, unknown_claim, wrong_standing
from services.aid.claims.paper import Paper
from services.aid.disasters.domain import Disaster
from shared.contracts.aid import ClaimApproved, ClaimPrepared, ClaimRefused, FundsCommitted, FundsReleased
from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, BudgetId, ClaimId
from shared.contracts.vocabulary import Benefit, ClaimFlag, FundsReleaseReason, RefusalReason
from shared.kit.decisions.types import Ref, Refusal, States, UniqueKey

# Source: the procedure for heirs' compensation, domain research 2.2 (bidikindonesia.com); the norm was not read.
PAPERS_REQUIRED: Mapping[Benefit, frozenset[Paper]] = {
    Benefit.DEATH: frozenset({Paper.DEATH_CERTIFICATE, Paper.HEIRS_STATEMENT}),
}


def budget_refs(*budget_ids: str | None) -> tuple[Ref, ...]:
    """The budgets among these, each once."""
    return tuple(Ref("budget", budget_id) for budget_id in sorted({one for one in budget_ids if one is not None}))


@dataclass(frozen=True, slots=True)
class PrepareClaim:
    """An officer names the payee. `budget_id` is the budget whose money the claim holds, if it was approved before."""

    claim_id: ClaimId
    claim_version: int
    payee_commitment: str
    papers: Collection[Paper]
    heirs_all_signed: bool
    prepared_by: ActorId
    recorded_on: date
    budget_id: BudgetId | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The claim, and the budget its money goes back to."""
        return (*budget_refs(self.budget_id), Ref("claim", self.claim_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class ApproveClaim:
    """An approver approves what was prepared, from a budget. `entitlement` is what only one cause may be paid for."""

    claim_id: ClaimId
    claim_version: int
    amount_idr: int
    payee_commitment: str
    budget_id: BudgetId
    approved_by: ActorId
    recorded_on: date
    benefit: Benefit | None
    disaster_id: str | None
    entitlement: UniqueKey | None

    def aggregates(self) -> Sequence[Ref]:
        """The claim and the budget: both change together."""
        return (*budget_refs(self.budget_id), Ref("claim", self.claim_id))

    def reads(self) -> Sequence[Ref]:
        """The disaster."""
        return () if self.disaster_id is None else (Ref("disaster", self.disaster_id),)


@dataclass(frozen=True, slots=True)
class RefuseClaim:
    """An approver refuses a claim. `budget_id` is the budget whose money the claim holds, if it does."""

    claim_id: ClaimId
    reason: RefusalReason
    refused_by: ActorId
    recorded_on: date
    budget_id: BudgetId | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The claim, and the budget its money goes back to."""
        return (*budget_refs(self.budget_id), Ref("claim", self.claim_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_prepare(states: States, command: PrepareClaim) -> list[Payload] | Refusal:
    """Put a claim up for approval, or up again with another payee: then an approval is void and its money free."""
    claim = states.find(Claim, command.claim_id)
    if claim is None:
        return unknown_claim()
    if not claim.payable:
        return wrong_standing(claim)
    if (claim.version, claim.budget_id) != (command.claim_version, command.budget_id):
        return changed_claim()
    if claim.amount_idr is None:
        return _unpriced()
    refusal = _not_preparable(claim, command)
    if refusal is not None:
        return refusal
    return [
        *_released(states, claim, None, command.recorded_on),
        ClaimPrepared(
            claim_id=command.claim_id,
            claim_version=claim.version,
            amount_idr=claim.amount_idr,
            payee_commitment=command.payee_commitment,
            prepared_by=command.prepared_by,
            prepared_on=command.recorded_on,
        ),
    ]


def _not_preparable(claim: Claim, command: PrepareClaim) -> Refusal | None:
    if ClaimFlag.NO_PERSON in claim.flags:
        return Refusal(
            slug="claim-without-person",
            detail="The casualty was verified without saying which person it is: nothing can be paid.",
            next_step="Have the casualty verified again with the person's id.",
        )
    missing = PAPERS_REQUIRED.get(claim.benefit, frozenset()).difference(command.papers)
    if missing:
        return Refusal(
            slug="papers-missing",
            detail="Papers that this benefit needs are missing: %(papers)s.",
            next_step="Collect them, then prepare the claim.",
            params={"papers": ", ".join(sorted(missing))},
        )
    if not command.heirs_all_signed:
        return Refusal(
            slug="heirs-not-agreed",
            detail="Not every heir has signed who receives the money.",
            next_step="Wait for all signatures, or refuse the claim while the heirs are in dispute.",
        )
    return None


def decide_approve(states: States, command: ApproveClaim) -> list[Payload] | Refusal:
    """Approve what another person prepared, exactly as it was prepared, and commit its amount."""
    claim = states.find(Claim, command.claim_id)
    if claim is None:
        return unknown_claim()
    if claim.standing is not Standing.PREPARED:
        return wrong_standing(claim)
    refusal = _not_approvable(states, claim, command) or _no_money(states, claim, command)
    if refusal is not None:
        return refusal
    return [
        FundsCommitted(
            budget_id=command.budget_id,
            claim_id=command.claim_id,
            amount_idr=command.amount_idr,
            committed_on=command.recorded_on,
        ),
        ClaimApproved(
            claim_id=command.claim_id,
            claim_version=command.claim_version,
            budget_id=command.budget_id,
            amount_idr=command.amount_idr,
            payee_commitment=command.payee_commitment,
            prepared_by=ActorId(claim.prepared_by or ""),
            approved_by=command.approved_by,
            approved_on=command.recorded_on,
        ),
    ]


def _not_approvable(states: States, claim: Claim, command: ApproveClaim) -> Refusal | None:
    if command.approved_by == claim.prepared_by:
        return Refusal(
            slug="same-person",
            detail="Who prepared this claim cannot be the one who approves it.",
            next_step="Ask another person with the role approver.",
            status=403,
        )
    named = (command.claim_version, command.amount_idr, command.payee_commitment)
    looked_up = (command.benefit, command.disaster_id)
    if named != (claim.prepared_version, claim.amount_idr, claim.payee_commitment):
        return changed_claim()
    if looked_up != (claim.benefit, claim.disaster_id):
        return changed_claim()
    if command.entitlement is not None and states.holder(command.entitlement) is not None:
        return Refusal(
            slug="entitlement-used",
            detail="Compensation of this kind was approved for the same beneficiary under another report.",
            next_step="Refuse this claim as a duplicate, or have the first report verified anew if that one is wrong.",
        )
    return _not_under_decree(states.find(Disaster, claim.disaster_id), claim)


def _not_under_decree(disaster: Disaster | None, claim: Claim) -> Refusal | None:
    if disaster is None:
        return Refusal(
            slug="disaster-not-declared",
            detail="No decree is known that declares the disaster of this claim.",
            next_step="Have the disaster declared, then approve under a new Idempotency-Key.",
        )
    if disaster.ended_before(claim.event_on):
        return Refusal(
            slug="after-decree",
            detail="It happened on %(event_on)s, after the disaster's decree had ended.",
            next_step="Have the decree extended, or the date corrected, or refuse the claim.",
            params={"event_on": claim.event_on.isoformat()},
        )
    return None


def _no_money(states: States, claim: Claim, command: ApproveClaim) -> Refusal | None:
    budget = states.find(Budget, command.budget_id)
    if budget is None:
        return unknown_budget()
    if claim.amount_idr is None or claim.fund_source is None:
        return _unpriced()
    return not_committable(budget, claim.fund_source, amount_idr=claim.amount_idr, on=command.recorded_on)


def decide_refuse(states: States, command: RefuseClaim) -> list[Payload] | Refusal:
    """Refuse a claim that was not paid; money committed to it is free again."""
    claim = states.find(Claim, command.claim_id)
    if claim is None:
        return unknown_claim()
    if claim.standing in (Standing.PAID, Standing.REFUSED):
        return wrong_standing(claim)
    if claim.budget_id != command.budget_id:
        return changed_claim()
    return [
        *_released(states, claim, FundsReleaseReason.CLAIM_REFUSED, command.recorded_on),
        ClaimRefused(
            claim_id=command.claim_id,
            reason=command.reason,
            refused_by=command.refused_by,
            refused_on=command.recorded_on,
        ),
    ]


def _released(states: States, claim: Claim, reason: FundsReleaseReason | None, on: date) -> list[Payload]:
    """Give back what the claim holds. Without a reason given it is the budget's end, or else the edit itself."""
    if not claim.holds_money or claim.budget_id is None or claim.amount_idr is None:
        return []
    budget = states.find(Budget, claim.budget_id)
    if reason is None:
        expired = budget is not None and not_valid(budget, on) is not None
        reason = FundsReleaseReason.BUDGET_EXPIRED if expired else FundsReleaseReason.APPROVAL_WITHDRAWN
    return [
        FundsReleased(
            budget_id=BudgetId(claim.budget_id),
            claim_id=ClaimId(claim.id),
            amount_idr=claim.amount_idr,
            reason=reason,
            released_on=on,
        )
    ]


def _unpriced() -> Refusal:
    return Refusal(
        slug="claim-unpriced",
        detail="The claim has no amount: no rule was in force on the day it happened.",
        next_step="Set a rule that covers this day and price the claim.",
    )
