"""Periods of an owner's book: closed one after the other, once nothing in them is open, and never opened again."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.logistics.periods.domain import ClosePeriod, Obstacles, Period, prior_period
from services.logistics.periods.figures import Crossing, Section, Worth, figures
from services.logistics.periods.reporting import differences, totals
from shared.contracts.ids import ActorId, LotId
from shared.contracts.periods import PERIOD_LINES_MAX, ValuationMethod
from shared.contracts.vocabulary import PlaceKind
from tests.logistics.builders import OWNER, TODAY
from tests.logistics.story import Story

FIFO = ValuationMethod.FIFO
OCTOBER = date(2026, 10, 31)
LOT = LotId("01936f5e-3a0c-700c-800c-0c0ffee0000c")


def close(until: date = OCTOBER, **changes: Any) -> ClosePeriod:
    """An owner's period that somebody closes."""
    given: dict[str, Any] = {
        "opened_on": None,
        "as_of": 10,
        "method": FIFO,
        "lines": (),
        "digest": "0" * 64,
        "obstacles": Obstacles(),
        "seen_version": 0,
        "closed_by": ActorId("officer-1"),
        "recorded_on": TODAY,
        **changes,
    }
    return ClosePeriod(owner_id=OWNER, until=until, **given)


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"until": TODAY}, "period-not-over"),
        ({"obstacles": Obstacles(unvalued=2, unvalued_lot=LOT)}, "lots-not-valued"),
        ({"obstacles": Obstacles(counts=1, count=LOT)}, "counts-open"),
        ({"obstacles": Obstacles(deficits=1, deficit_lot=LOT)}, "deficits-stand"),
        ({"seen_version": 1}, "plan-outdated"),
    ],
)
def test_a_period_stays_open_while_something_in_it_is(changes: dict[str, Any], slug: str) -> None:
    """The refusal says what, and names one of them."""
    assert Story().refused(close(**changes)) == slug


def test_periods_follow_each_other_by_one_method() -> None:
    """A day that was closed stays closed, and its values are where the next one starts."""
    story = Story().given(close())
    following = OCTOBER + timedelta(days=7)
    assert story.refused(close(seen_version=1)) == "period-closed-already"
    average = ValuationMethod.WEIGHTED_AVERAGE
    assert story.refused(close(following, seen_version=1, method=average)) == "method-fixed"
    story.accepted(close(following, seen_version=1))
    assert story.state(Period, OWNER).until == following


def test_a_catalogue_that_outgrew_the_document_is_told() -> None:
    """A closing is one signed event of bounded size."""
    many = [Crossing(f"item-{at}", LOT, PlaceKind.SUPPLIER, 1, None) for at in range(PERIOD_LINES_MAX + 1)]
    lines = figures(many, {LOT: Worth(1, 1)}, FIFO, {})
    assert Story().refused(close(lines=lines)) == "period-too-long"


class _Book:
    """The books a movement names."""

    def __init__(self, story: Story) -> None:
        self._story = story

    def find(self, state: type[Any], id_: str) -> Any:
        return next((one for one in self._story.states.values() if isinstance(one, state) and one.id == id_), None)

    def holder(self, key: object) -> str | None:
        raise AssertionError("a period claims no keys")


def test_a_day_is_of_a_prior_period_for_the_owner_who_closed_it() -> None:
    """Up to its last day, and for nobody else; goods without an owner yet are in no closed book."""
    books = _Book(Story().given(close()))
    assert prior_period(books, OWNER, OCTOBER)
    assert not prior_period(books, OWNER, OCTOBER + timedelta(days=1))
    assert not prior_period(books, "province", OCTOBER)
    assert not prior_period(books, None, OCTOBER)


def test_a_later_period_takes_up_what_was_found_out_since() -> None:
    """It stands apart from what the period's own days brought."""
    worths: dict[str, Worth] = {LOT: Worth(15, 1)}
    made = [
        Crossing("beras", LOT, PlaceKind.SUPPLIER, 100, Section.OPENING),
        Crossing("beras", "", PlaceKind.HANDED_OUT, -10, Section.PRIOR_PERIOD),
        Crossing("beras", "", PlaceKind.HANDED_OUT, -20, None),
    ]
    (line,) = figures(made, worths, FIFO, {})
    assert (line.opening.value_idr, line.prior_period.value_idr, line.outgoing.value_idr) == (1_500, -150, -300)
    assert totals([line.model_dump()])["closing"] == 1_050


def test_only_what_differs_is_told() -> None:
    """An item that was not known then, and figures that changed; equal ones are left out."""
    same, more = {"quantity": 1, "value_idr": 2}, {"quantity": 3, "value_idr": 2}
    then = [{"item_code": "beras", "opening": same, "closing": same}]
    now = [{"item_code": "beras", "opening": same, "closing": more}, {"item_code": "selimut", "closing": same}]
    assert differences(then, now) == [
        {"item_code": "beras", "closing": {"quantity": 2, "value_idr": 0}},
        {"item_code": "selimut", "closing": same},
    ]
