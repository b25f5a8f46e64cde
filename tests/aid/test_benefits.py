"""Benefit rules: dated rows, of which the one in force on the day prices a claim."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.aid.benefits.domain import BenefitRules, SetNorms, SetRule
from services.aid.benefits.norms import NORMS
from shared.contracts.vocabulary import Benefit, FundSource
from shared.kit.decisions.types import Ref
from tests.aid.builders import TODAY
from tests.aid.world import World


def rule(valid_from: date, amount_idr: int = 1_000, **changes: Any) -> SetRule:
    values: dict[str, Any] = {
        "benefit": Benefit.DEATH,
        "amount_idr": amount_idr,
        "fund_source": FundSource.APBD_BTT,
        "legal_basis": "Pergub 1/2026",
        "assumed": False,
        "valid_from": valid_from,
        "valid_until": None,
        "recorded_on": TODAY,
        **changes,
    }
    return SetRule(**values)


def in_force(world: World, on: date, benefit: Benefit = Benefit.DEATH) -> int | None:
    """The amount for something that happened on a day."""
    rules = world.states.get(Ref("benefit", benefit), BenefitRules(benefit, 0))
    found = rules.in_force(on)
    return None if found is None else found[1].amount_idr


def test_the_rule_in_force_on_the_day_holds() -> None:
    """Before the first day nothing is due; a superseding rule holds from its own first day."""
    world = World()
    world.done(rule(date(2026, 1, 1), 10))
    world.done(rule(date(2026, 6, 1), 20, supersedes=("death:2026-01-01",)))
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 5, 31), date(2026, 6, 1))
    assert [in_force(world, day) for day in days] == [None, 10, 10, 20]


def test_a_rule_that_overlaps_must_name_what_it_supersedes() -> None:
    """No two rules hold for one day by accident."""
    world = World()
    world.done(rule(date(2026, 1, 1), 10))
    assert world.refused(rule(date(2026, 6, 1), 20)) == "rules-overlap"
    assert world.refused(rule(date(2025, 1, 1), 20)) == "rules-overlap"
    assert (
        world.refused(rule(date(2025, 1, 1), 20, valid_until=date(2025, 12, 31), supersedes=("x",))) == "rules-overlap"
    )
    world.done(rule(date(2025, 1, 1), 20, valid_until=date(2025, 12, 31)))


def test_a_rule_for_some_days_leaves_the_days_after_as_they_were() -> None:
    """After a bounded rule the one it superseded holds again."""
    world = World()
    world.done(rule(date(2026, 1, 1), 10))
    world.done(rule(date(2026, 6, 1), 20, valid_until=date(2026, 6, 30), supersedes=("death:2026-01-01",)))
    assert [in_force(world, day) for day in (date(2026, 6, 30), date(2026, 7, 1))] == [20, 10]
    both = ("death:2026-01-01", "death:2026-06-01")
    world.done(rule(date(2026, 6, 15), 30, supersedes=both))
    assert [in_force(world, day) for day in (date(2026, 6, 14), date(2026, 6, 15), date(2026, 8, 1))] == [20, 30, 30]


def test_a_rule_corrected_for_the_same_first_day_has_an_id_of_its_own() -> None:
    """What a claim was priced by stays named for ever."""
    world = World()
    world.done(rule(date(2026, 1, 1), 10))
    world.done(rule(date(2026, 1, 1), 11, supersedes=("death:2026-01-01",)))
    state = world.states[Ref("benefit", "death")]
    assert sorted(state.rules) == ["death:2026-01-01", "death:2026-01-01:2"]
    assert in_force(world, date(2026, 1, 1)) == 11


def test_validity_out_of_order_is_refused() -> None:
    """A rule does not end before it begins."""
    assert World().refused(rule(date(2026, 2, 1), valid_until=date(2026, 1, 1))) == "validity-out-of-order"


def test_known_amounts_are_set_once_and_leave_the_offices_own() -> None:
    """The office's rule stays; the others come with their source, all assumed."""
    world = World()
    world.done(rule(date(2026, 1, 1), 10))
    events = world.done(SetNorms(TODAY))
    assert len(events) == len([norm for norm in NORMS if norm.benefit is not Benefit.DEATH])
    assert in_force(world, TODAY) == 10
    assert in_force(world, TODAY, Benefit.HOUSE_BERAT) == 60_000_000
    assert in_force(world, date(2022, 11, 30), Benefit.HOUSE_BERAT) == 50_000_000
    assert in_force(world, TODAY, Benefit.LIGHT_INJURY) is None
    assert world.refused(SetNorms(TODAY)) == "norms-set-already"


DAYS = st.integers(0, 60).map(lambda days: date(2026, 1, 1) + timedelta(days=days))


@given(st.lists(st.tuples(DAYS, st.none() | DAYS), max_size=8), DAYS)
def test_the_rule_set_last_holds_for_every_day_it_covers(periods: list[tuple[date, date | None]], day: date) -> None:
    """Whatever rules were set, each naming what it overlaps, the last one that covers a day prices it."""
    world = World()
    expected = None
    for number, (first, last) in enumerate(periods, start=1):
        if last is not None and last < first:
            continue
        before = world.states.get(Ref("benefit", "death"), BenefitRules("death", 0))
        world.done(rule(first, number, valid_until=last, supersedes=before.overlapped_by(first, last)))
        if first <= day and (last is None or day <= last):
            expected = number
    assert in_force(world, day) == expected
