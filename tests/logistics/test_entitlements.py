"""What families are due: the arithmetic, the families, and plans that go no further, without servers."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.entitlements.domain import LinkHouseholds, Recipient, UnlinkHouseholds
from services.logistics.entitlements.due import Got, Planned, beyond, excesses, shares
from services.logistics.entitlements.families import components
from services.logistics.entitlements.plans import (
    CancelDistribution,
    Distribution,
    PlanDistribution,
    PlannedFamily,
    PlannedHousehold,
)
from services.logistics.places.domain import OpenPlace
from shared.contracts.distribution import FAMILY_MAX, LinkReason, RationPlanned, UnlinkReason, WithdrawalReason
from shared.contracts.ids import DistributionId, HouseholdId, PlaceId, ProfileId
from shared.contracts.logistics import RationLine
from shared.contracts.vocabulary import PlaceKind, RationPer
from tests.logistics.builders import DISASTER, KIT, RICE, TODAY, VILLAGE, new_id, quantities
from tests.logistics.story import Story

RICE_A_WEEK = RationLine(item_code=RICE, per=RationPer.PERSON, quantity=2_800, every_days=7)
A_KIT = RationLine(item_code=KIT, per=RationPer.HOUSEHOLD, quantity=1, every_days=35)
ONE, OTHER = (
    HouseholdId("0" * 8 + "-0000-4000-8000-000000000001"),
    HouseholdId("0" * 8 + "-0000-4000-8000-000000000002"),
)
DESA = PlaceId("desa-2001")


def got(quantity: int, day: int, *, position: int = 0, item_code: str = RICE) -> Got:
    return Got(f"handout/{position}", ONE, item_code, quantity, TODAY + timedelta(days=day), position)


def test_a_family_is_due_profile_times_persons_times_days() -> None:
    """Four persons a week: 11.2 kg; a kit once in 35 days, whatever the days planned for."""
    due = shares((RICE_A_WEEK, A_KIT), 4, days=7, on=TODAY, today=TODAY, got=(), planned=())
    assert {code: (share.due, share.window_days) for code, share in due.items()} == {RICE: (11_200, 7), KIT: (1, 35)}


def test_what_was_got_and_what_is_planned_is_taken_off() -> None:
    """Received in the last seven days and planned for the days ahead; what lies further off is another ration."""
    taken = [got(1_000, -8), got(2_000, -6), got(500, 0)]
    plans = [Planned("p", ONE, RICE, 300, TODAY + timedelta(days=day)) for day in (-1, 3, 7)]
    share = shares((RICE_A_WEEK,), 4, days=7, on=TODAY, today=TODAY, got=taken, planned=plans)[RICE]
    assert (share.received, share.planned, share.left) == (2_500, 300, 8_400)


def test_only_what_goes_beyond_is_over_and_the_later_one_is_it() -> None:
    """Two posts gave the whole ration on one day: the first recorded stands, the second is over."""
    found = list(excesses((RICE_A_WEEK,), 1, days=7, got=[got(2_800, 0, position=2), got(1_000, 0, position=1)]))
    assert [(excess.got.position, excess.quantity) for excess in found] == [(2, 1_000)]


@given(st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 30)), max_size=12), st.integers(1, 9))
def test_no_window_holds_more_than_due_once_the_excess_is_taken_out(
    given_: list[tuple[int, int]], persons: int
) -> None:
    """An item is over by no more than what was given, and windows without excess are within what was due."""
    taken = [got(quantity, day, position=position) for position, (quantity, day) in enumerate(given_)]
    over = {excess.got.position: excess.quantity for excess in excesses((RICE_A_WEEK,), persons, days=7, got=taken)}
    assert all(0 < quantity <= given_[position][0] for position, quantity in over.items())
    for last in taken:
        window = [one for one in taken if last.on - timedelta(days=7) < one.on <= last.on]
        if sum(one.quantity for one in window) > 2_800 * persons:
            assert over.keys() & {one.position for one in window}


def test_items_no_norm_speaks_of_are_free() -> None:
    """A donor's blankets are not refused for want of a norm."""
    due = shares((RICE_A_WEEK,), 1, days=7, on=TODAY, today=TODAY, got=(), planned=())
    assert beyond({KIT: 5, RICE: 2_801}, due) == {RICE: 2_800}


def test_households_are_one_family_through_others() -> None:
    """Linked to the same third household, they are one."""
    assert components("abcd", {"a": {"b"}, "b": {"a", "c"}, "c": {"b"}}) == [("a", "b", "c"), ("d",)]


def village() -> Story:
    return Story().given(OpenPlace(DESA, PlaceKind.VILLAGE, TODAY, area_code=VILLAGE))


def family(*members: HouseholdId, versions: int = 0, persons: int = 4) -> PlannedFamily:
    due = shares((RICE_A_WEEK,), persons, days=7, on=TODAY, today=TODAY, got=(), planned=())
    return PlannedFamily(tuple((one, versions) for one in members), persons, ProfileId("bnpb-7-2008"), 1, due)


def plan(*households: PlannedHousehold, on: date = TODAY) -> PlanDistribution:
    return PlanDistribution(DistributionId(new_id()), DISASTER, DESA, VILLAGE, 7, on, households, TODAY)


def rice(household_id: HouseholdId, quantity: int, of: PlannedFamily | None) -> PlannedHousehold:
    return PlannedHousehold(household_id, quantities((RICE, quantity)), of)


def test_a_plan_within_what_is_due_holds_a_ration_for_each_household() -> None:
    """Each ration says for how many persons and by which norm it was made."""
    story = village()
    events = story.accepted(plan(rice(ONE, 11_200, family(ONE)), rice(OTHER, 100, family(OTHER))))
    rations = [event for event in events if isinstance(event, RationPlanned)]
    assert [(one.household_id, one.person_count, one.family) for one in rations] == [
        (ONE, 4, (ONE,)),
        (OTHER, 4, (OTHER,)),
    ]


def test_a_plan_beyond_what_the_family_is_due_is_refused_with_what_is_left() -> None:
    """Two households of one family share what is due: together they must not get more."""
    one = family(ONE, OTHER)
    decision = village().when(plan(rice(ONE, 6_000, one), rice(OTHER, 6_000, one)))
    assert not isinstance(decision, list)
    assert getattr(decision, "slug", None) == "over-entitlement"
    assert getattr(decision, "params", {})["remaining"] == f"{ONE}: {RICE} 11200"


def test_a_plan_made_before_another_one_is_made_again() -> None:
    """The second plan was looked up before the first was decided: it must see the first."""
    story = village().given(plan(rice(ONE, 11_200, family(ONE, OTHER))))
    assert story.refused(plan(rice(OTHER, 11_200, family(ONE, OTHER)))) == "plan-outdated"


@pytest.mark.parametrize(
    ("made", "slug"),
    [
        (lambda: plan(rice(ONE, 1, None)), "household-unknown"),
        (lambda: plan(rice(ONE, 1, family(ONE)), rice(ONE, 1, family(ONE))), "household-named-twice"),
        (lambda: plan(rice(ONE, 1, family(ONE)), on=TODAY - timedelta(days=1)), "plan-in-the-past"),
    ],
)
def test_a_plan_that_cannot_be_held_is_refused(made: Callable[[], PlanDistribution], slug: str) -> None:
    """Each with what to do instead."""
    assert village().refused(made()) == slug


def test_a_plan_is_cancelled_once() -> None:
    """Told again, nothing happens."""
    story = village()
    made = plan(rice(ONE, 1, family(ONE)))
    cancel = CancelDistribution(made.distribution_id, WithdrawalReason.NOT_HELD, TODAY)
    story.given(made, cancel)
    assert story.state(Distribution, made.distribution_id).cancelled
    assert story.accepted(cancel) == []
    unknown = CancelDistribution(DistributionId(new_id()), WithdrawalReason.NOT_HELD, TODAY)
    assert story.refused(unknown) == "distribution-unknown"


def test_a_link_holds_both_ways_and_is_said_once() -> None:
    """Said again, nothing happens; unlinked, both know."""
    story = Story()
    link = LinkHouseholds(ONE, OTHER, LinkReason.SAME_FAMILY_CARD, TODAY)
    assert len(story.accepted(link)) == 2
    assert story.accepted(LinkHouseholds(OTHER, ONE, LinkReason.SAME_FAMILY_CARD, TODAY)) == []
    assert len(story.accepted(UnlinkHouseholds(ONE, OTHER, UnlinkReason.DIFFERENT_PERSONS, TODAY))) == 2
    assert story.state(Recipient, OTHER).links == {ONE: False}
    assert story.refused(LinkHouseholds(ONE, ONE, LinkReason.SAME_PERSONS, TODAY)) == "same-household"


def test_links_of_a_household_are_bounded() -> None:
    """A household that is everybody's family is a mistake."""
    story = Story()
    for _ in range(FAMILY_MAX):
        story.accepted(LinkHouseholds(ONE, HouseholdId(new_id()), LinkReason.SAME_PERSONS, TODAY))
    assert story.refused(LinkHouseholds(ONE, OTHER, LinkReason.SAME_PERSONS, TODAY)) == "links-too-many"
