"""A claim for compensation: what it is for, how far it has come, and what has been paid on it.

Owns the claim's state and how events change it. The decisions stand beside: `assessing.py` (what a verification
gives), `deciding.py` (prepare, approve, refuse), `payouts/domain.py` (paid, returned). Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from shared.contracts.aid import (
    ClaimApproved,
    ClaimOpened,
    ClaimOverpaid,
    ClaimPaid,
    ClaimPrepared,
    ClaimRefused,
    ClaimRepriced,
    ClaimReturned,
    ClaimSuspended,
)
from shared.contracts.vocabulary import Benefit, ClaimFlag, FundSource, ReturnReason
from shared.kit.decisions.types import Event, Refusal

PERSONAL = frozenset({Benefit.DEATH, Benefit.SEVERE_INJURY, Benefit.LIGHT_INJURY})


class Standing(StrEnum):
    """How far a claim has come. Money is committed to it while approved or suspended, and only then."""

    OPEN = "open"
    PREPARED = "prepared"
    APPROVED = "approved"
    PAID = "paid"
    SUSPENDED = "suspended"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Payout:
    """One transfer to the payee, and its way back if the bank returned it."""

    budget_id: str
    amount_idr: int
    paid_on: date
    returned_on: date | None = None
    return_reason: ReturnReason | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as its events left it. `overpaid_idr` is owed back by whoever was paid on it or its predecessors."""

    id: str
    version: int
    cause: str
    benefit: Benefit
    disaster_id: str
    person_id: str | None
    household_id: str | None
    event_on: date
    rule_id: str | None
    amount_idr: int | None
    fund_source: FundSource | None
    difference_of: str | None
    opened_on: date
    flags: tuple[str, ...]
    standing: Standing = Standing.OPEN
    prepared_version: int | None = None
    prepared_by: str | None = None
    prepared_on: date | None = None
    payee_commitment: str | None = None
    approved_by: str | None = None
    approved_on: date | None = None
    budget_id: str | None = None
    overpaid_idr: int = 0
    payouts: Mapping[str, Payout] = field(default_factory=dict)

    @property
    def payable(self) -> bool:
        """Whether it may still come to be paid."""
        return self.standing in (Standing.OPEN, Standing.PREPARED, Standing.APPROVED)

    @property
    def holds_money(self) -> bool:
        """Whether its amount is committed to it in its budget."""
        return self.standing in (Standing.APPROVED, Standing.SUSPENDED)


_UNPREPARED: Mapping[str, Any] = {
    "prepared_version": None,
    "prepared_by": None,
    "prepared_on": None,
    "payee_commitment": None,
    "approved_by": None,
    "approved_on": None,
    "budget_id": None,
}


def evolve_claim(claim: Claim | None, event: Event) -> Claim:
    """The claim after an event."""
    if claim is None:
        return _opened(event)
    return replace(_moved(claim, event), version=event.sequence)


def _opened(event: Event) -> Claim:
    match event.payload:
        case ClaimOpened() as said:
            return Claim(
                id=event.ref.id,
                version=event.sequence,
                cause=said.cause,
                benefit=said.benefit,
                disaster_id=said.disaster_id,
                person_id=said.person_id,
                household_id=said.household_id,
                event_on=said.event_on,
                rule_id=said.rule_id,
                amount_idr=said.amount_idr,
                fund_source=said.fund_source,
                difference_of=said.difference_of,
                opened_on=said.opened_on,
                flags=tuple(str(flag) for flag in said.flags),
            )
    raise TypeError(f"{event.payload.type} before a claim was opened")


def _moved(claim: Claim, event: Event) -> Claim:
    match event.payload:
        case ClaimRepriced() as said:
            return _repriced(claim, said)
        case ClaimPrepared() as said:
            return _prepared(claim, said)
        case ClaimApproved() as said:
            return replace(
                claim,
                standing=Standing.APPROVED,
                approved_by=said.approved_by,
                approved_on=said.approved_on,
                budget_id=said.budget_id,
            )
        case ClaimRefused():
            return replace(claim, standing=Standing.REFUSED, budget_id=None)
        case ClaimSuspended(reason=reason):
            return replace(claim, standing=Standing.SUSPENDED, flags=_with(claim.flags, reason))
    return _after_payment(claim, event)


def _after_payment(claim: Claim, event: Event) -> Claim:
    match event.payload:
        case ClaimOverpaid(overpaid_idr=overpaid_idr, reason=reason):
            flags = _with(claim.flags, reason) if overpaid_idr else claim.flags
            return replace(claim, overpaid_idr=overpaid_idr, flags=flags)
        case ClaimPaid() as said:
            payout = Payout(said.budget_id, said.amount_idr, said.paid_on)
            return replace(claim, standing=Standing.PAID, payouts={**claim.payouts, said.payout_id: payout})
        case ClaimReturned() as said:
            return _returned(claim, said)
    raise TypeError(f"{event.payload.type} after a claim was opened")


def _repriced(claim: Claim, said: ClaimRepriced) -> Claim:
    """A preparation was for the old amount: it is void."""
    return replace(
        claim,
        **_UNPREPARED,
        standing=Standing.OPEN,
        benefit=said.benefit,
        rule_id=said.rule_id,
        amount_idr=said.amount_idr,
        fund_source=said.fund_source,
        flags=tuple(flag for flag in claim.flags if flag != ClaimFlag.NO_RULE_IN_FORCE),
    )


def _prepared(claim: Claim, said: ClaimPrepared) -> Claim:
    """Prepared anew, an approval is void: it was for another payee or version."""
    return replace(
        claim,
        **{
            **_UNPREPARED,
            "prepared_version": said.claim_version,
            "prepared_by": said.prepared_by,
            "prepared_on": said.prepared_on,
            "payee_commitment": said.payee_commitment,
        },
        standing=Standing.PREPARED,
    )


def _returned(claim: Claim, said: ClaimReturned) -> Claim:
    """Committed again and payable anew, unless it was overpaid: then its amount is no longer due, and it is stopped."""
    payout = replace(claim.payouts[said.payout_id], returned_on=said.returned_on, return_reason=said.reason)
    return replace(
        claim,
        standing=Standing.SUSPENDED if claim.overpaid_idr else Standing.APPROVED,
        overpaid_idr=0,
        payouts={**claim.payouts, said.payout_id: payout},
    )


def _with(flags: tuple[str, ...], flag: ClaimFlag) -> tuple[str, ...]:
    return flags if flag.value in flags else (*flags, flag.value)


def unknown_claim() -> Refusal:
    """The refusal of a decision about a claim nobody opened."""
    return Refusal(
        slug="claim-unknown",
        detail="No claim is open under this id.",
        next_step="Check the id in the list of claims.",
        status=404,
    )


def changed_claim() -> Refusal:
    """The refusal of a decision that names another state of the claim than it has."""
    return Refusal(
        slug="claim-changed",
        detail="The claim is not as this request says: its version, amount, payee or budget differs.",
        next_step="Read the claim again, check it, and send a new request.",
    )


def wrong_standing(claim: Claim) -> Refusal:
    """The refusal of a decision that the claim's standing does not allow."""
    return Refusal(
        slug=f"claim-{claim.standing}",
        detail="The claim is in the state %(standing)s, which does not allow this.",
        next_step="Read the claim again and do what its state asks for.",
        params={"standing": claim.standing.value},
    )
