"""Payouts: one successful one a claim, returned and repeated without doubling anything."""

from datetime import date
from typing import Any

import pytest

from services.aid.claims.domain import Standing
from shared.contracts.vocabulary import Benefit, FundSource, ReturnReason
from tests.aid.builders import (
    APPROVER,
    BUDGET,
    CASUALTY,
    DAMAGE,
    OTHER_PAYEE,
    TODAY,
    approve,
    approved,
    death,
    enact,
    entitlement,
    give_back,
    house,
    new_id,
    paid,
    pay,
    prepare,
    propose,
    ready_world,
    refuse,
    reject,
)
from tests.aid.world import World


def pay_done(world: World, claim_id: str, payout_id: str, **changes: Any) -> None:
    command = pay(world.claim(claim_id), payout_id, **changes)
    world.done(command, claims={command.payout_key: f"claim/{claim_id}"})


def pay_refused(world: World, claim_id: str, payout_id: str, **changes: Any) -> str:
    command = pay(world.claim(claim_id), payout_id, **changes)
    return world.refused(command, claims={command.payout_key: f"claim/{claim_id}"})


def test_a_payout_moves_the_committed_money() -> None:
    """Committed becomes paid, in the budget the approval named."""
    world = ready_world()
    world.done(death())
    claim = paid(world, CASUALTY, new_id())
    budget = world.budget(BUDGET)
    assert claim.standing is Standing.PAID
    assert (budget.free_idr, budget.committed_idr, budget.paid_idr) == (85_000_000, 0, 15_000_000)


def test_a_claim_is_paid_once() -> None:
    """Neither the same payout again nor another one pays a paid claim."""
    world = ready_world()
    world.done(death())
    payout_id = new_id()
    claim = paid(world, CASUALTY, payout_id)
    assert pay_refused(world, claim.id, payout_id) == "claim-paid"
    assert pay_refused(world, claim.id, new_id()) == "claim-paid"


def test_nothing_is_paid_before_approval() -> None:
    """Opened or prepared, a claim cannot be paid."""
    world = ready_world()
    world.done(death())
    claim = world.claims_of(CASUALTY)[0]
    assert pay_refused(world, claim.id, new_id()) == "claim-open"
    world.done(prepare(claim))
    assert pay_refused(world, claim.id, new_id()) == "claim-prepared"


def test_a_returned_payout_is_committed_again_and_can_be_repeated() -> None:
    """Under a new payout id; the returned one stays on record."""
    world = ready_world()
    world.done(death())
    first, second = new_id(), new_id()
    claim = paid(world, CASUALTY, first)
    world.done(give_back(claim, first, reason=ReturnReason.ACCOUNT_CLOSED))
    assert world.budget(BUDGET).committed_idr == 15_000_000
    assert pay_refused(world, claim.id, first) == "payout-id-used"
    pay_done(world, claim.id, second)
    payouts = world.claim(claim.id).payouts
    assert payouts[first].return_reason is ReturnReason.ACCOUNT_CLOSED
    assert payouts[second].returned_on is None
    assert world.budget(BUDGET).paid_idr == 15_000_000


def test_a_returned_payout_to_another_payee_needs_another_approval() -> None:
    """The name did not match: prepared anew, approved anew, paid anew."""
    world = ready_world()
    world.done(death())
    first = new_id()
    claim = paid(world, CASUALTY, first)
    world.done(give_back(claim, first, reason=ReturnReason.NAME_MISMATCH))
    world.done(prepare(world.claim(claim.id), payee_commitment=OTHER_PAYEE))
    assert pay_refused(world, claim.id, new_id()) == "claim-prepared"
    again = world.claim(claim.id)
    world.done(approve(again), claims={entitlement(again): CASUALTY}, actor=APPROVER)
    pay_done(world, claim.id, new_id())
    assert world.budget(BUDGET).paid_idr == 15_000_000


def test_a_returned_payout_can_be_given_up() -> None:
    """Refused after its return, the claim's money is free again."""
    world = ready_world()
    world.done(death())
    first = new_id()
    claim = paid(world, CASUALTY, first)
    world.done(give_back(claim, first))
    world.done(refuse(world.claim(claim.id)))
    assert world.budget(BUDGET).free_idr == 100_000_000


def test_a_payout_returns_once() -> None:
    """Only the payout that stands can come back."""
    world = ready_world()
    world.done(death())
    first = new_id()
    claim = paid(world, CASUALTY, first)
    assert world.refused(give_back(claim, new_id())) == "payout-unknown"
    world.done(give_back(claim, first))
    assert world.refused(give_back(world.claim(claim.id), first)) == "claim-approved"
    pay_done(world, claim.id, new_id())
    assert world.refused(give_back(world.claim(claim.id), first)) == "payout-unknown"


def test_one_payout_id_stands_for_one_transfer() -> None:
    """A line of the bank's list cannot pay two claims."""
    world = ready_world()
    other = "casualty/" + new_id()
    world.done(death())
    world.done(death(other, person_id=new_id()))
    payout_id = new_id()
    paid(world, CASUALTY, payout_id)
    claim = approved(world, other)
    assert pay_refused(world, claim.id, payout_id) == "payout-id-used"


@pytest.mark.parametrize("on", [date(2026, 11, 19), date(2026, 11, 21)])
def test_a_payout_lies_between_approval_and_today(on: date) -> None:
    """Money does not leave before the approval, nor in the future."""
    world = ready_world()
    world.done(death())
    claim = approved(world, CASUALTY)
    assert pay_refused(world, claim.id, new_id(), paid_on=on) == "payout-date-out-of-order"


def test_a_return_lies_between_payout_and_today() -> None:
    """Money does not come back before it left."""
    world = ready_world()
    world.done(death())
    first = new_id()
    claim = paid(world, CASUALTY, first)
    early = give_back(claim, first, returned_on=date(2026, 11, 19))
    assert world.refused(early) == "payout-date-out-of-order"


def test_nothing_is_paid_from_a_budget_after_its_validity() -> None:
    """A return in January cannot be repeated from last year's budget."""
    world = ready_world()
    world.done(death())
    claim = approved(world, CASUALTY)
    late = date(2027, 1, 4)
    assert pay_refused(world, claim.id, new_id(), paid_on=late, recorded_on=late) == "budget-not-valid"


def test_a_payout_names_the_budget_that_holds_the_money() -> None:
    """Looked up before, checked in the decision."""
    world = ready_world()
    world.done(death())
    claim = approved(world, CASUALTY)
    other = new_id()
    world.done(propose(other))
    assert pay_refused(world, claim.id, new_id(), budget_id=other) == "claim-changed"
    assert pay_refused(world, claim.id, new_id(), budget_id=None) == "claim-changed"


def test_an_overpaid_payout_that_returns_is_not_paid_again() -> None:
    """Its amount was too much: it is suspended, and owes nothing any more."""
    world = ready_world()
    budget_id = new_id()
    world.done(propose(budget_id, fund_source=FundSource.BNPB))
    world.done(enact(budget_id), actor=APPROVER)
    world.done(house(Benefit.HOUSE_SEDANG))
    first = new_id()
    claim = paid(world, DAMAGE, first, budget_id)
    world.done(house(Benefit.HOUSE_RINGAN))
    world.done(give_back(world.claim(claim.id), first))
    returned = world.claim(claim.id)
    assert (returned.standing, returned.overpaid_idr) == (Standing.SUSPENDED, 0)
    assert pay_refused(world, claim.id, new_id()) == "claim-suspended"
    world.done(refuse(returned))
    world.done(house(Benefit.HOUSE_RINGAN))
    assert world.claims_of(DAMAGE)[-1].amount_idr == 15_000_000


def test_a_rejection_after_a_return_suspends_the_claim() -> None:
    """What waits to be paid again is stopped like any approved claim."""
    world = ready_world()
    world.done(death())
    first = new_id()
    claim = paid(world, CASUALTY, first)
    world.done(give_back(claim, first))
    world.done(reject(CASUALTY))
    assert world.claim(claim.id).standing is Standing.SUSPENDED
    assert pay_refused(world, claim.id, new_id()) == "claim-suspended"


def test_nothing_is_decided_about_a_payout_of_a_claim_nobody_opened() -> None:
    """An unknown claim is told."""
    world = ready_world()
    world.done(death())
    claim = world.claims_of(CASUALTY)[0]
    command = pay(claim, new_id(), claim_id=new_id(), paid_on=TODAY)
    assert world.refused(command, claims={command.payout_key: "claim/x"}) == "claim-unknown"
    assert world.refused(give_back(claim, new_id(), claim_id=new_id())) == "claim-unknown"
