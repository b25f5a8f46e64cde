"""What a verification of a casualty or damage gives: a claim, a corrected claim, or money owed back.

Owns the rule that what was paid and what is payable for a cause together make what is due for it: priced by the rule
in force on the day it happened, topped up by a difference claim, never paid back by a negative one. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.aid.benefits.domain import BenefitRule, BenefitRules
from services.aid.claims.chain import CLAIMS_PER_CAUSE, chain_of, chain_refs, claim_ids, exhausted, paid_idr
from services.aid.claims.domain import PERSONAL, Claim, Standing, changed_claim, unknown_claim, wrong_standing
from shared.contracts.aid import ClaimOpened, ClaimOverpaid, ClaimRefused, ClaimRepriced, ClaimSuspended
from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, ClaimId, DisasterId, HouseholdId, PersonId, RuleId, Subject
from shared.contracts.vocabulary import Benefit, ClaimFlag, RefusalReason
from shared.kit.decisions.types import Ref, Refusal, States

# Who refuses a claim when its cause turns out otherwise: the service, on the verifying officer's word.
SERVICE = ActorId("aid")

Priced = tuple[RuleId, BenefitRule]


@dataclass(frozen=True, slots=True)
class AssessCause:
    """A casualty or damage was verified, first or again: the later verification holds."""

    cause: Subject
    disaster_id: DisasterId
    benefit: Benefit
    person_id: PersonId | None
    household_id: HouseholdId | None
    event_on: date
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The claims of the cause."""
        return chain_refs(self.cause)

    def reads(self) -> Sequence[Ref]:
        """The benefit's rules."""
        return (Ref("benefit", self.benefit),)


@dataclass(frozen=True, slots=True)
class RejectCause:
    """A casualty or damage was not confirmed, its verification withdrawn, or nothing is paid for it."""

    cause: Subject
    reason: RefusalReason
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The claims of the cause."""
        return chain_refs(self.cause)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class RepriceClaim:
    """The office prices a claim anew: it had no price yet, or the rules changed before its approval."""

    claim_id: ClaimId
    cause: Subject
    benefit: Benefit
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The claims of the cause."""
        return (*chain_refs(self.cause), Ref("claim", self.claim_id))

    def reads(self) -> Sequence[Ref]:
        """The benefit's rules."""
        return (Ref("benefit", self.benefit),)


def decide_assess(states: States, command: AssessCause) -> list[Payload] | Refusal:
    """Make what is payable for the cause equal to what is due for it; the same verification again changes nothing."""
    chain = chain_of(states, command.cause)
    priced = _price(states, command.benefit, command.event_on)
    if _says_nothing_new(chain, command, priced):
        return []
    if priced is None:
        return _unpriced(chain, command)
    due_idr = priced[1].amount_idr - paid_idr(chain)
    events: list[Payload] = list(_overpaid(chain, -due_idr, ClaimFlag.CAUSE_CHANGED, command.recorded_on))
    kept = _adjustable(chain, command) if due_idr > 0 else None
    reason = RefusalReason.OPENED_IN_ERROR if due_idr > 0 else RefusalReason.NOT_ELIGIBLE
    events += [
        _stopped(claim, reason, ClaimFlag.CAUSE_CHANGED, command.recorded_on)
        for claim in chain
        if claim.payable and claim is not kept
    ]
    if kept is not None:
        return [*events, *_adjusted(kept, command, priced, due_idr)]
    if due_idr <= 0:
        return events
    if len(chain) == CLAIMS_PER_CAUSE:
        return exhausted()
    return [*events, _opened(chain, command, priced, due_idr)]


def decide_reject_cause(states: States, command: RejectCause) -> list[Payload] | Refusal:
    """Stop what is payable for the cause; what was paid is owed back."""
    chain = chain_of(states, command.cause)
    flag, on = ClaimFlag.CAUSE_REJECTED, command.recorded_on
    stopped = [_stopped(claim, command.reason, flag, on) for claim in chain if claim.payable]
    return [*stopped, *_overpaid(chain, paid_idr(chain), flag, on)]


def decide_reprice(states: States, command: RepriceClaim) -> list[Payload] | Refusal:
    """Price an open or prepared claim by the rules as they are now."""
    claim = states.find(Claim, command.claim_id)
    if claim is None:
        return unknown_claim()
    if (claim.cause, claim.benefit) != (command.cause, command.benefit):
        return changed_claim()
    if claim.standing not in (Standing.OPEN, Standing.PREPARED):
        return wrong_standing(claim)
    priced = _price(states, claim.benefit, claim.event_on)
    if priced is None:
        return _no_rule(claim)
    chain = chain_of(states, claim.cause)
    others_idr = sum(other.amount_idr or 0 for other in chain if other.payable and other.id != claim.id)
    due_idr = priced[1].amount_idr - paid_idr(chain) - others_idr
    return _not_repriced(claim, priced, due_idr) or [
        _repriced(claim.id, claim.benefit, priced, due_idr, command.recorded_on)
    ]


def _price(states: States, benefit: Benefit, on: date) -> Priced | None:
    rules = states.find(BenefitRules, benefit)
    return None if rules is None else rules.in_force(on)


def _says_nothing_new(chain: Sequence[Claim], command: AssessCause, priced: Priced | None) -> bool:
    """Whether the cause's last claim that stands is for exactly this, and the amounts already make what is due."""
    standing = [claim for claim in chain if claim.payable or claim.standing is Standing.PAID]
    if not standing or not _same_facts(standing[-1], command) or standing[-1].benefit is not command.benefit:
        return False
    if any(claim.overpaid_idr for claim in standing):
        return False
    amounts = [claim.amount_idr for claim in standing]
    if priced is None:
        return amounts[-1] is None
    return None not in amounts and sum(amount or 0 for amount in amounts) == priced[1].amount_idr


def _same_facts(claim: Claim, command: AssessCause) -> bool:
    stated = (claim.disaster_id, claim.person_id, claim.household_id, claim.event_on)
    return stated == (command.disaster_id, command.person_id, command.household_id, command.event_on)


def _adjustable(chain: Sequence[Claim], command: AssessCause) -> Claim | None:
    """The newest claim that only needs another price: nothing is committed to it, and the facts are the same."""
    payable = [claim for claim in chain if claim.payable and not claim.holds_money and _same_facts(claim, command)]
    return payable[-1] if payable else None


def _unpriced(chain: Sequence[Claim], command: AssessCause) -> list[Payload] | Refusal:
    """No rule is in force: what is payable stops, and an unpriced claim waits for the office to set one."""
    if len(chain) == CLAIMS_PER_CAUSE:
        return exhausted()
    reason, flag, on = RefusalReason.OPENED_IN_ERROR, ClaimFlag.CAUSE_CHANGED, command.recorded_on
    stopped = [_stopped(claim, reason, flag, on) for claim in chain if claim.payable]
    return [*stopped, _opened(chain, command, None, None)]


def _opened(chain: Sequence[Claim], command: AssessCause, priced: Priced | None, due_idr: int | None) -> ClaimOpened:
    paid = [claim for claim in chain if claim.standing is Standing.PAID]
    flags = []
    if priced is None:
        flags.append(ClaimFlag.NO_RULE_IN_FORCE)
    if command.benefit in PERSONAL and command.person_id is None:
        flags.append(ClaimFlag.NO_PERSON)
    return ClaimOpened(
        claim_id=claim_ids(command.cause)[len(chain)],
        benefit=command.benefit,
        disaster_id=command.disaster_id,
        cause=command.cause,
        person_id=command.person_id,
        household_id=command.household_id,
        event_on=command.event_on,
        rule_id=None if priced is None else priced[0],
        amount_idr=due_idr,
        fund_source=None if priced is None else priced[1].fund_source,
        difference_of=ClaimId(paid[-1].id) if paid else None,
        opened_on=command.recorded_on,
        flags=tuple(flags),
    )


def _stopped(claim: Claim, reason: RefusalReason, flag: ClaimFlag, on: date) -> Payload:
    """A claim is refused. Where money is committed, it is suspended: its budget is not named here, so a person frees
    the money by refusing the claim.
    """
    if claim.holds_money:
        return ClaimSuspended(claim_id=ClaimId(claim.id), reason=flag, suspended_on=on)
    return ClaimRefused(claim_id=ClaimId(claim.id), reason=reason, refused_by=SERVICE, refused_on=on)


def _overpaid(chain: Sequence[Claim], owed_idr: int, flag: ClaimFlag, on: date) -> Iterator[ClaimOverpaid]:
    """What is owed back stands on the cause's last paid claim and nowhere else."""
    paid = [claim for claim in chain if claim.standing is Standing.PAID]
    for claim in paid:
        overpaid_idr = max(0, owed_idr) if claim is paid[-1] else 0
        if overpaid_idr != claim.overpaid_idr:
            yield ClaimOverpaid(claim_id=ClaimId(claim.id), overpaid_idr=overpaid_idr, reason=flag, noted_on=on)


def _adjusted(kept: Claim, command: AssessCause, priced: Priced, due_idr: int) -> Iterator[ClaimRepriced]:
    if (kept.benefit, kept.rule_id, kept.amount_idr) != (command.benefit, priced[0], due_idr):
        yield _repriced(kept.id, command.benefit, priced, due_idr, command.recorded_on)


def _repriced(claim_id: str, benefit: Benefit, priced: Priced, due_idr: int, on: date) -> ClaimRepriced:
    rule_id, rule = priced
    return ClaimRepriced(
        claim_id=ClaimId(claim_id),
        benefit=benefit,
        rule_id=rule_id,
        amount_idr=due_idr,
        fund_source=rule.fund_source,
        repriced_on=on,
    )


def _not_repriced(claim: Claim, priced: Priced, due_idr: int) -> Refusal | None:
    if due_idr <= 0:
        return Refusal(
            slug="nothing-due",
            detail="What was paid or is payable for this cause already makes what is due for it.",
            next_step="Refuse this claim.",
        )
    rule_id, rule = priced
    if (claim.rule_id, claim.amount_idr, claim.fund_source) == (rule_id, due_idr, rule.fund_source):
        return Refusal(
            slug="price-unchanged",
            detail="The claim has this price already.",
            next_step="Nothing needs to be done.",
        )
    return None


def _no_rule(claim: Claim) -> Refusal:
    return Refusal(
        slug="no-rule-in-force",
        detail="No rule for %(benefit)s is in force on %(event_on)s.",
        next_step="Set a rule that covers this day, then price the claim.",
        params={"benefit": claim.benefit.value, "event_on": claim.event_on.isoformat()},
    )
