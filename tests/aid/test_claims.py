"""Claims: opened by verifications, priced on the day, prepared by one person and approved by another."""

from datetime import date
from typing import Any

import pytest

from services.aid.claims.assessing import RepriceClaim
from services.aid.claims.domain import Standing
from services.aid.claims.paper import Paper
from shared.contracts.aid import ClaimOpened, FundsReleased
from shared.contracts.ids import ClaimId
from shared.contracts.vocabulary import (
    Benefit,
    ClaimFlag,
    DisasterPhase,
    FundSource,
    FundsReleaseReason,
    RefusalReason,
)
from tests.aid.builders import (
    APPROVER,
    BUDGET,
    CASUALTY,
    FLOODED,
    HOUSEHOLD,
    OFFICER,
    OTHER_PAYEE,
    PAYEE,
    PERSON,
    TODAY,
    approve,
    approved,
    death,
    decree,
    entitlement,
    new_id,
    prepare,
    prepared,
    ready_world,
    refuse,
    set_rule,
)

OTHER_PERSON = "01936f5e-0000-7000-8000-00000000000a"


def test_a_verified_death_opens_a_claim_at_the_rate_of_the_day() -> None:
    """The claim names the rule that priced it and what it is for."""
    world = ready_world()
    (opened,) = world.done(death())
    assert isinstance(opened, ClaimOpened)
    assert (opened.amount_idr, opened.rule_id, opened.fund_source) == (
        15_000_000,
        "death:2015-01-01",
        FundSource.KEMENSOS,
    )
    assert (opened.person_id, opened.household_id, opened.event_on) == (PERSON, HOUSEHOLD, FLOODED)


def test_a_rule_that_changes_midway_does_not_touch_earlier_events() -> None:
    """The day it happened counts, not the day it is verified."""
    world = ready_world()
    world.done(set_rule(Benefit.DEATH, 20_000_000, date(2026, 11, 15), supersedes=("death:2015-01-01",)))
    world.done(death(event_on=date(2026, 11, 14)))
    world.done(death("casualty/" + new_id(), event_on=date(2026, 11, 15)))
    amounts = [event.payload.amount_idr for event in world.log if isinstance(event.payload, ClaimOpened)]
    assert amounts == [15_000_000, 20_000_000]


def test_the_same_verification_again_opens_nothing() -> None:
    """One open claim a cause."""
    world = ready_world()
    world.done(death())
    assert world.done(death()) == []


def test_a_claim_without_a_rule_waits_unpriced() -> None:
    """It is opened and flagged, and nothing can be prepared before it has a price."""
    world = ready_world()
    world.done(death(benefit=Benefit.LIGHT_INJURY))
    claim = world.claims_of(CASUALTY)[0]
    assert claim.amount_idr is None
    assert claim.flags == (ClaimFlag.NO_RULE_IN_FORCE,)
    assert world.refused(prepare(claim)) == "claim-unpriced"
    assert world.done(death(benefit=Benefit.LIGHT_INJURY)) == []


def test_an_unpriced_claim_is_priced_when_the_office_sets_a_rule() -> None:
    """The new rule must cover the day it happened."""
    world = ready_world()
    world.done(death(benefit=Benefit.LIGHT_INJURY))
    claim = world.claims_of(CASUALTY)[0]
    reprice = RepriceClaim(ClaimId(claim.id), CASUALTY, Benefit.LIGHT_INJURY, TODAY)
    assert world.refused(reprice) == "no-rule-in-force"
    world.done(set_rule(Benefit.LIGHT_INJURY, 2_500_000, date(2026, 11, 1)))
    world.done(reprice)
    priced = world.claim(claim.id)
    assert (priced.amount_idr, priced.flags) == (2_500_000, ())
    assert world.refused(reprice) == "price-unchanged"
    assert world.refused(RepriceClaim(ClaimId(claim.id), CASUALTY, Benefit.DEATH, TODAY)) == "claim-changed"
    assert world.refused(RepriceClaim(ClaimId(new_id()), CASUALTY, Benefit.DEATH, TODAY)) == "claim-unknown"


def test_pricing_anew_voids_a_preparation() -> None:
    """What was prepared was another amount."""
    world = ready_world()
    world.done(death())
    claim = prepared(world, CASUALTY)
    world.done(set_rule(Benefit.DEATH, 16_000_000, date(2026, 11, 1), supersedes=("death:2015-01-01",)))
    world.done(RepriceClaim(ClaimId(claim.id), CASUALTY, Benefit.DEATH, TODAY))
    assert world.claim(claim.id).standing is Standing.OPEN
    stale = approve(claim)
    assert world.refused(stale, claims={entitlement(claim): CASUALTY}) == "claim-open"


def test_an_approved_claim_is_not_priced_anew() -> None:
    """An approval stands for its amount."""
    world = ready_world()
    world.done(death())
    claim = approved(world, CASUALTY)
    reprice = RepriceClaim(ClaimId(claim.id), CASUALTY, Benefit.DEATH, TODAY)
    assert world.refused(reprice) == "claim-approved"


def test_approval_commits_the_money_of_the_claim() -> None:
    """Claim and budget change together."""
    world = ready_world()
    world.done(death())
    claim = approved(world, CASUALTY)
    budget = world.budget(BUDGET)
    assert (claim.standing, claim.budget_id, claim.approved_by) == (Standing.APPROVED, BUDGET, APPROVER)
    assert (budget.free_idr, budget.committed_idr) == (85_000_000, 15_000_000)


def test_the_preparer_cannot_approve() -> None:
    """Another person, not another role."""
    world = ready_world()
    world.done(death())
    claim = prepared(world, CASUALTY)
    own = approve(claim, approved_by=OFFICER)
    assert world.refused(own, claims={entitlement(claim): CASUALTY}, actor=OFFICER) == "same-person"


@pytest.mark.parametrize(
    "changes", [{"amount_idr": 14_999_999}, {"payee_commitment": OTHER_PAYEE}, {"claim_version": 7}]
)
def test_an_approval_names_exactly_what_was_prepared(changes: dict[str, Any]) -> None:
    """Version, amount and payee: any difference refuses."""
    world = ready_world()
    world.done(death())
    claim = prepared(world, CASUALTY)
    assert world.refused(approve(claim, **changes), claims={entitlement(claim): CASUALTY}) == "claim-changed"


def test_an_edit_after_approval_voids_it() -> None:
    """Another payee needs another approval; the money is free until then."""
    world = ready_world()
    world.done(death())
    claim = approved(world, CASUALTY)
    events = world.done(prepare(claim, payee_commitment=OTHER_PAYEE))
    assert isinstance(events[0], FundsReleased)
    assert events[0].reason is FundsReleaseReason.APPROVAL_WITHDRAWN
    edited = world.claim(claim.id)
    assert (edited.standing, edited.approved_by, edited.budget_id) == (Standing.PREPARED, None, None)
    assert world.budget(BUDGET).committed_idr == 0
    assert world.refused(approve(claim), claims={entitlement(claim): CASUALTY}) == "claim-changed"
    world.done(approve(edited), claims={entitlement(edited): CASUALTY})


def test_a_preparation_names_the_version_that_was_looked_at() -> None:
    """Two officers do not overwrite each other unseen."""
    world = ready_world()
    world.done(death())
    claim = world.claims_of(CASUALTY)[0]
    world.done(prepare(claim))
    assert world.refused(prepare(claim, payee_commitment=OTHER_PAYEE)) == "claim-changed"
    assert world.claim(claim.id).payee_commitment == PAYEE


def test_a_budget_gone_by_gives_its_money_back_as_expired() -> None:
    """Prepared for next year's budget, the old one's commitment ends."""
    world = ready_world()
    world.done(death())
    claim = approved(world, CASUALTY)
    events = world.done(prepare(claim, recorded_on=date(2027, 1, 4)))
    assert isinstance(events[0], FundsReleased)
    assert events[0].reason is FundsReleaseReason.BUDGET_EXPIRED


def test_papers_and_heirs_are_needed_for_a_death() -> None:
    """No payment while papers are missing or an heir has not signed."""
    world = ready_world()
    world.done(death())
    claim = world.claims_of(CASUALTY)[0]
    assert world.refused(prepare(claim, papers=(Paper.DEATH_CERTIFICATE,))) == "papers-missing"
    assert world.refused(prepare(claim, heirs_all_signed=False)) == "heirs-not-agreed"


def test_a_casualty_nobody_knows_cannot_be_paid_for() -> None:
    """It is opened and flagged; verified again with the person, another claim takes its place."""
    world = ready_world()
    world.done(death(person_id=None))
    claim = world.claims_of(CASUALTY)[0]
    assert claim.flags == (ClaimFlag.NO_PERSON,)
    assert world.refused(prepare(claim)) == "claim-without-person"
    world.done(death())
    first, second = world.claims_of(CASUALTY)
    assert (first.standing, second.standing, second.person_id) == (Standing.REFUSED, Standing.OPEN, PERSON)


def test_one_beneficiary_is_not_paid_for_twice_under_two_reports() -> None:
    """A death reported by two posts is compensated once."""
    world = ready_world()
    other = "casualty/" + new_id()
    world.done(death())
    world.done(death(other))
    approved(world, CASUALTY)
    claim = prepared(world, other)
    assert world.refused(approve(claim), claims={entitlement(claim): other}) == "entitlement-used"


def test_nothing_is_approved_for_a_disaster_nobody_declared() -> None:
    """Aid rests on a decree; before aid has heard of it, an approval waits."""
    world = ready_world()
    unknown = new_id()
    world.done(death(disaster_id=unknown))
    claim = prepared(world, CASUALTY)
    assert world.refused(approve(claim), claims={entitlement(claim): CASUALTY}) == "disaster-not-declared"


@pytest.mark.parametrize(
    "change",
    [
        {"valid_until": date(2026, 11, 15)},
        {"phase": DisasterPhase.SELESAI, "valid_from": date(2026, 11, 15), "valid_until": None},
    ],
)
def test_nothing_is_approved_for_what_happened_after_the_decree(change: dict[str, Any]) -> None:
    """What happened before the decree was signed is covered: the water comes first."""
    world = ready_world()
    world.done(decree(**change))
    world.done(death(event_on=date(2026, 11, 16)))
    claim = prepared(world, CASUALTY)
    assert world.refused(approve(claim), claims={entitlement(claim): CASUALTY}) == "after-decree"
    early = "casualty/" + new_id()
    world.done(death(early, event_on=date(2026, 11, 10), person_id=OTHER_PERSON))
    approved(world, early)


def test_a_refused_claim_gives_its_money_back() -> None:
    """Refused after approval, the amount is free again."""
    world = ready_world()
    world.done(death())
    claim = approved(world, CASUALTY)
    world.done(refuse(claim, reason=RefusalReason.WITHDRAWN), actor=APPROVER)
    assert world.claim(claim.id).standing is Standing.REFUSED
    assert world.budget(BUDGET).free_idr == 100_000_000
    assert world.refused(refuse(world.claim(claim.id))) == "claim-refused"
    assert world.refused(prepare(world.claim(claim.id))) == "claim-refused"


def test_nothing_is_decided_about_a_claim_nobody_opened() -> None:
    """An unknown id is told, whatever is asked."""
    world = ready_world()
    world.done(death())
    other = world.claims_of(CASUALTY)[0]
    ghost = ClaimId(new_id())
    assert world.refused(prepare(other, claim_id=ghost)) == "claim-unknown"
    assert world.refused(refuse(other, claim_id=ghost)) == "claim-unknown"
    assert world.refused(approve(other, claim_id=ghost, payee_commitment=PAYEE)) == "claim-unknown"


@pytest.mark.parametrize(
    "change",
    [
        {"valid_until": FLOODED},
        {"phase": DisasterPhase.SELESAI, "valid_from": FLOODED, "valid_until": None},
    ],
)
def test_the_last_day_of_a_decree_is_covered(change: dict[str, Any]) -> None:
    """What happened on the day the disaster ended can be paid for."""
    world = ready_world()
    world.done(decree(**change))
    world.done(death())
    assert approved(world, CASUALTY).standing is Standing.APPROVED
