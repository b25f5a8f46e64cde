"""Budgets: nothing before the enactment, two persons, and always adding up."""

from datetime import date
from typing import Any

import pytest

from services.aid.budgets.domain import evolve_budget
from shared.contracts.aid import FundsCommitted
from shared.contracts.ids import BudgetId, ClaimId
from shared.contracts.vocabulary import FundSource
from shared.kit.decisions.types import Event, Ref
from tests.aid.builders import (
    APPROVER,
    BUDGET,
    CASUALTY,
    OFFICER,
    TODAY,
    approve,
    approved,
    death,
    enact,
    entitlement,
    new_id,
    paid,
    pay,
    prepare,
    propose,
    ready_world,
)
from tests.aid.world import NOW, World


def test_a_proposed_budget_holds_nothing() -> None:
    """Before its enactment nothing is free."""
    world = World()
    world.done(propose())
    budget = world.budget(BUDGET)
    assert (budget.enacted_idr, budget.free_idr, budget.committed_idr, budget.paid_idr) == (0, 0, 0, 0)


def test_an_enacted_budget_is_free_whole() -> None:
    """The enactment's amount holds, not the proposal's."""
    world = World()
    world.done(propose(amount_idr=90_000_000))
    world.done(enact(amount_idr=80_000_000), actor=APPROVER)
    assert world.budget(BUDGET).free_idr == world.budget(BUDGET).enacted_idr == 80_000_000


def test_the_proposer_cannot_enact() -> None:
    """Two persons stand behind a budget, whatever roles they hold."""
    world = World()
    world.done(propose(), actor=OFFICER)
    assert world.refused(enact(enacted_by=OFFICER), actor=OFFICER) == "same-person"


def test_an_amendment_moves_what_is_free() -> None:
    """A second enactment amends up or down; what is committed and paid stays."""
    world = ready_world()
    other = "casualty/" + new_id()
    world.done(death())
    world.done(death(other, person_id=new_id()))
    approved(world, CASUALTY)
    paid(world, other, new_id())
    world.done(enact(amount_idr=35_000_000, enactment_number="Perda 9/2026"), actor=APPROVER)
    budget = world.budget(BUDGET)
    assert (budget.free_idr, budget.committed_idr, budget.paid_idr) == (5_000_000, 15_000_000, 15_000_000)
    assert budget.enacted_idr == 35_000_000


def test_an_amendment_below_what_is_committed_or_paid_is_refused() -> None:
    """What is committed or paid cannot be taken away."""
    world = ready_world()
    amendment = enact(amount_idr=14_999_999, enactment_number="Perda 9/2026")
    world.done(death())
    approved(world, CASUALTY)
    assert world.refused(amendment, actor=APPROVER) == "budget-below-spent"
    command = pay(world.claims_of(CASUALTY)[0], new_id())
    world.done(command, claims={command.payout_key: "claim/x"})
    assert world.refused(amendment, actor=APPROVER) == "budget-below-spent"


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"enacted_on": date(2026, 11, 21)}, "enacted-in-future"),
        ({"valid_until": date(2027, 1, 1)}, "validity-outside-year"),
        ({"enacted_on": date(2026, 3, 1), "valid_until": date(2026, 2, 1)}, "validity-outside-year"),
    ],
)
def test_an_enactment_with_dates_out_of_order_is_refused(changes: dict[str, Any], slug: str) -> None:
    """An enactment is past, and valid within its fiscal year."""
    world = World()
    world.done(propose())
    assert world.refused(enact(**changes), actor=APPROVER) == slug


def test_an_earlier_enactment_does_not_come_after_a_later_one() -> None:
    """Amendments follow one another."""
    world = ready_world()
    stale = enact(enacted_on=date(2025, 12, 1), amount_idr=1)
    assert world.refused(stale, actor=APPROVER) == "enactment-superseded"


def test_the_same_enactment_again_changes_nothing() -> None:
    """Entered twice, an enactment is refused with a reason of its own."""
    world = ready_world()
    assert world.refused(enact(), actor=APPROVER) == "budget-enacted-already"


def test_an_unknown_budget_is_told() -> None:
    """Nothing is enacted that nobody proposed; nothing is proposed twice."""
    world = World()
    assert world.refused(enact()) == "budget-unknown"
    world.done(propose())
    assert world.refused(propose()) == "budget-proposed-already"


@pytest.mark.parametrize(
    ("budget", "slug"),
    [
        ({"fund_source": FundSource.BNPB}, "fund-source-mismatch"),
        ({"fiscal_year": 2025}, "fiscal-year-mismatch"),
    ],
)
def test_a_claim_is_not_paid_from_a_budget_of_another_kind(budget: dict[str, object], slug: str) -> None:
    """Fund source and fiscal year must be the claim's."""
    world = ready_world()
    other = new_id()
    world.done(propose(other, **budget))
    year = budget.get("fiscal_year", 2026)
    assert isinstance(year, int)
    world.done(enact(other, enacted_on=date(year, 1, 5), valid_until=date(year, 12, 31)), actor=APPROVER)
    assert _approval_refused(world, other) == slug


def test_a_claim_is_not_committed_from_a_budget_not_enacted() -> None:
    """Nothing is committed before the enactment."""
    world = ready_world()
    other = new_id()
    world.done(propose(other))
    assert _approval_refused(world, other) == "budget-not-enacted"


def test_a_claim_is_not_committed_from_a_budget_that_has_run_out() -> None:
    """Validity ends with its last day."""
    world = ready_world()
    amended = enact(valid_until=date(2026, 11, 19), enactment_number="Perda 9/2026")
    world.done(amended, actor=APPROVER)
    assert _approval_refused(world, BUDGET) == "budget-not-valid"


def test_a_claim_is_not_committed_from_a_budget_without_enough_money() -> None:
    """Two batches cannot spend one balance."""
    world = ready_world()
    world.done(enact(amount_idr=14_999_999, enactment_number="Perda 9/2026"), actor=APPROVER)
    assert _approval_refused(world, BUDGET) == "budget-exhausted"


def test_an_unknown_budget_cannot_be_committed_from() -> None:
    """The budget an approval names must exist."""
    assert _approval_refused(ready_world(), new_id()) == "budget-unknown"


def test_events_that_would_not_add_up_fail() -> None:
    """evolve itself refuses to commit more than is free."""
    world = ready_world()
    payload = FundsCommitted(
        budget_id=BudgetId(BUDGET), claim_id=ClaimId(new_id()), amount_idr=100_000_001, committed_on=TODAY
    )
    event = Event("event", Ref("budget", BUDGET), 3, NOW, payload, APPROVER, "approver")
    with pytest.raises(ArithmeticError):
        evolve_budget(world.budget(BUDGET), event)


def _approval_refused(world: World, budget_id: str) -> str:
    world.done(death())
    claim = world.claims_of(CASUALTY)[-1]
    world.done(prepare(claim))
    prepared = world.claim(claim.id)
    return world.refused(approve(prepared, budget_id), claims={entitlement(prepared): CASUALTY}, actor=APPROVER)
