"""Corrections: what a later verification or a rejection does to claims opened, approved and paid."""

from datetime import date

from services.aid.claims.chain import CLAIMS_PER_CAUSE, claim_ids
from services.aid.claims.domain import Standing
from shared.contracts.aid import ClaimRefused, ClaimRepriced
from shared.contracts.vocabulary import (
    Benefit,
    ClaimFlag,
    DisasterPhase,
    FundSource,
    RefusalReason,
)
from tests.aid.builders import (
    APPROVER,
    BUDGET,
    CASUALTY,
    DAMAGE,
    DISASTER,
    approved,
    death,
    decree,
    enact,
    house,
    new_id,
    paid,
    prepare,
    prepared,
    propose,
    ready_world,
    refuse,
    reject,
    set_rule,
)
from tests.aid.world import World

OTHER_PERSON = "01936f5e-0000-7000-8000-00000000000a"


def test_a_later_verification_opens_a_refused_cause_anew() -> None:
    """A refusal is not for ever, but only a verification opens the claim again."""
    world = ready_world()
    world.done(death())
    world.done(refuse(world.claims_of(CASUALTY)[0], reason=RefusalReason.HEIRS_IN_DISPUTE))
    world.done(death())
    assert [claim.standing for claim in world.claims_of(CASUALTY)] == [Standing.REFUSED, Standing.OPEN]


def test_a_class_changed_before_approval_changes_the_price() -> None:
    """The same claim, another amount; its preparation is void."""
    world = ready_world()
    world.done(house())
    prepared(world, DAMAGE)
    (event,) = world.done(house(Benefit.HOUSE_BERAT))
    assert isinstance(event, ClaimRepriced)
    (claim,) = world.claims_of(DAMAGE)
    assert (claim.standing, claim.benefit, claim.amount_idr) == (Standing.OPEN, Benefit.HOUSE_BERAT, 60_000_000)


def bnpb_world() -> tuple[World, str]:
    """A world with a budget of BNPB money for houses."""
    world = ready_world()
    budget_id = new_id()
    world.done(propose(budget_id, fund_source=FundSource.BNPB, amount_idr=500_000_000))
    world.done(enact(budget_id, amount_idr=500_000_000), actor=APPROVER)
    return world, budget_id


def test_a_class_raised_after_payment_gives_the_difference() -> None:
    """Ringan paid, sedang found: the difference, at the rates of the day it happened."""
    world, budget_id = bnpb_world()
    world.done(set_rule(Benefit.HOUSE_SEDANG, 99_000_000, date(2026, 11, 15), supersedes=("house_sedang:2022-12-01",)))
    world.done(house())
    first = paid(world, DAMAGE, new_id(), budget_id)
    world.done(house(Benefit.HOUSE_SEDANG))
    second = world.claims_of(DAMAGE)[-1]
    assert (second.amount_idr, second.difference_of) == (15_000_000, first.id)
    paid(world, DAMAGE, new_id(), budget_id)
    assert world.budget(budget_id).paid_idr == 30_000_000
    assert world.done(house(Benefit.HOUSE_SEDANG)) == []


def test_a_class_lowered_after_payment_is_a_receivable() -> None:
    """Never a negative payment: what is owed back is noted on the claim that was paid."""
    world, budget_id = bnpb_world()
    world.done(house(Benefit.HOUSE_SEDANG))
    claim = paid(world, DAMAGE, new_id(), budget_id)
    world.done(house(Benefit.HOUSE_RINGAN))
    assert world.claim(claim.id).overpaid_idr == 15_000_000
    assert world.claim(claim.id).flags == (ClaimFlag.CAUSE_CHANGED,)
    assert len(world.claims_of(DAMAGE)) == 1
    assert world.done(house(Benefit.HOUSE_RINGAN)) == []


def test_a_receivable_ends_when_the_class_is_raised_again() -> None:
    """Only what is due beyond all payments is paid."""
    world, budget_id = bnpb_world()
    world.done(house(Benefit.HOUSE_SEDANG))
    claim = paid(world, DAMAGE, new_id(), budget_id)
    world.done(house(Benefit.HOUSE_RINGAN))
    world.done(house(Benefit.HOUSE_BERAT))
    assert world.claim(claim.id).overpaid_idr == 0
    assert world.claims_of(DAMAGE)[-1].amount_idr == 30_000_000


def test_a_rejected_cause_stops_its_claim() -> None:
    """Nothing was committed: the claim is refused."""
    world = ready_world()
    world.done(death())
    prepared(world, CASUALTY)
    (event,) = world.done(reject(CASUALTY))
    assert isinstance(event, ClaimRefused)
    assert event.reason is RefusalReason.CAUSE_REJECTED
    assert world.done(reject(CASUALTY)) == []
    assert world.done(reject("casualty/" + new_id())) == []


def test_a_rejected_cause_suspends_an_approved_claim_until_an_approver_frees_its_money() -> None:
    """It cannot be paid; its budget stays right all the time."""
    world = ready_world()
    world.done(death())
    claim = approved(world, CASUALTY)
    world.done(reject(CASUALTY))
    suspended = world.claim(claim.id)
    assert suspended.standing is Standing.SUSPENDED
    assert suspended.flags == (ClaimFlag.CAUSE_REJECTED,)
    assert world.budget(BUDGET).committed_idr == 15_000_000
    assert world.refused(prepare(suspended)) == "claim-suspended"
    assert world.refused(refuse(suspended, budget_id=None)) == "claim-changed"
    world.done(refuse(suspended))
    assert world.budget(BUDGET).free_idr == 100_000_000


def test_a_cause_rejected_after_payment_is_owed_back_whole() -> None:
    """The verification was withdrawn after the money had left."""
    world = ready_world()
    world.done(death())
    claim = paid(world, CASUALTY, new_id())
    world.done(reject(CASUALTY))
    assert world.claim(claim.id).overpaid_idr == 15_000_000
    world.done(death())
    assert world.claim(claim.id).overpaid_idr == 0
    assert len(world.claims_of(CASUALTY)) == 1


def test_an_approved_claim_whose_cause_changed_is_replaced() -> None:
    """The approval was for another amount: it stops, and the right claim opens beside it."""
    world, budget_id = bnpb_world()
    world.done(house())
    approved(world, DAMAGE, budget_id)
    world.done(house(Benefit.HOUSE_BERAT))
    stopped, opened = world.claims_of(DAMAGE)
    assert (stopped.standing, opened.standing) == (Standing.SUSPENDED, Standing.OPEN)
    assert (opened.amount_idr, opened.difference_of) == (60_000_000, None)


def test_a_date_corrected_over_a_change_of_rules_opens_the_claim_anew() -> None:
    """The day it happened is what a claim is for; another day is another claim."""
    world = ready_world()
    world.done(set_rule(Benefit.DEATH, 20_000_000, date(2026, 11, 15), supersedes=("death:2015-01-01",)))
    world.done(death(event_on=date(2026, 11, 14)))
    world.done(death(event_on=date(2026, 11, 15)))
    first, second = world.claims_of(CASUALTY)
    assert (first.standing, second.amount_idr) == (Standing.REFUSED, 20_000_000)


def test_a_cause_corrected_without_end_is_left_to_a_person() -> None:
    """More corrections than anybody makes are refused, so that the entry is parked and seen."""
    world = ready_world()
    for day in range(1, CLAIMS_PER_CAUSE + 1):
        world.done(death(event_on=date(2026, 10, day)))
    assert len(world.claims_of(CASUALTY)) == CLAIMS_PER_CAUSE
    assert world.refused(death(event_on=date(2026, 10, 30))) == "cause-corrected-too-often"
    assert world.refused(death(benefit=Benefit.LIGHT_INJURY)) == "cause-corrected-too-often"


def test_claim_ids_follow_from_their_cause_alone() -> None:
    """Deciding again after a restore opens the same claims."""
    assert claim_ids(CASUALTY) == claim_ids(str(CASUALTY))
    assert not set(claim_ids(CASUALTY)) & set(claim_ids(DAMAGE))
    assert claim_ids(CASUALTY)[0] == "c85f3c87-73c4-8738-9f71-38f089b719d5"


def test_the_states_come_from_the_log_alone() -> None:
    """Replaying the events of all of this gives the same states."""
    world, budget_id = bnpb_world()
    world.done(house())
    paid(world, DAMAGE, new_id(), budget_id)
    world.done(house(Benefit.HOUSE_BERAT))
    approved(world, DAMAGE, budget_id)
    world.done(reject(DAMAGE))
    world.done(decree(disaster_id=DISASTER, phase=DisasterPhase.TRANSISI))
    assert world.replayed() == world.states
