"""The whole ledger under any order of all that can happen to it.

Goal: what must never break, does not. Method: a state machine that gives random commands and reports, right and wrong,
early, late and twice, to the rules of every capability that moves goods, and looks at every lot after each. The rules
stand in `ledger/`, by who acts; what must hold stands in `ledger/holds.py`.
"""

from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, run_state_machine_as_test

from tests.logistics.builders import new_id, receive
from tests.logistics.ledger.books import BookDays
from tests.logistics.ledger.field import FieldDays
from tests.logistics.ledger.holds import Holds
from tests.logistics.ledger.making import MakingDays
from tests.logistics.ledger.office import OfficeDays
from tests.logistics.ledger.ways import RoadDays
from tests.logistics.ledger.world import SMALL

STEPS_AT_LEAST = 2_000


class Ledger(OfficeDays, FieldDays, RoadDays, MakingDays, BookDays, Holds, RuleBasedStateMachine):
    """Random days of a relief supply. Most commands are possible ones, since a refusal leads nowhere."""

    steps: ClassVar[int] = 0

    @initialize(quantity=SMALL)
    def begin(self, quantity: int) -> None:
        self.open_world()
        self.must(receive(quantity, new_id()))

    @invariant()
    def a_step_was_taken(self) -> None:
        Ledger.steps += 1

    def teardown(self) -> None:
        """The log is enough: rebuilt is live."""
        if hasattr(self, "story"):
            self.rebuild()


def test_the_ledger_holds_whatever_happens() -> None:
    """Sum zero, every reservation resolved once, every line accounted for, rebuilt = live: over 2,000 steps."""
    assert steps_taken(40) >= STEPS_AT_LEAST


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_the_ledger_holds_for_longer() -> None:
    """The same, three times as long."""
    assert steps_taken(130) >= 3 * STEPS_AT_LEAST


def steps_taken(days: int) -> int:
    """How many steps so many random days took."""
    Ledger.steps = 0
    often = settings(
        max_examples=days,
        stateful_step_count=100,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    run_state_machine_as_test(Ledger, settings=often)
    return Ledger.steps
