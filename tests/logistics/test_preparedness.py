"""Preparedness: buffers, villages that stand ready, checks every six months, and who can help whom."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.places.domain import OpenPlace
from services.logistics.preparedness.domain import RecordCheck, SetBuffer, StockCheck, months_later
from services.logistics.preparedness.prepositioning import Holding, MoveReason, plan_moves
from services.logistics.preparedness.villages import Ksb, RecordDrill, ReportKsb
from services.logistics.requests.candidates import Where
from shared.contracts.ids import ItemCode, KsbId, PlaceId
from shared.contracts.vocabulary import PlaceKind
from tests.logistics.builders import POST, RICE, TODAY, VILLAGE, WAREHOUSE, setting
from tests.logistics.story import Story

LUMBUNG, KSB = PlaceId("lumbung-samba"), KsbId("ksb-samba")
ITEMS = (RICE, ItemCode("selimut"))
PLACES = tuple(PlaceId(f"gudang-{number}") for number in range(5))


@pytest.fixture
def story() -> Story:
    return Story().given(*setting(), OpenPlace(LUMBUNG, PlaceKind.LUMBUNG, TODAY, area_code=VILLAGE))


def report(trained: int = 32, lumbung: PlaceId | None = LUMBUNG) -> ReportKsb:
    return ReportKsb(KSB, VILLAGE, True, lumbung, 40, trained, "SK-4/2026", TODAY)


def buffer(place_id: PlaceId = LUMBUNG, item_code: ItemCode = RICE) -> SetBuffer:
    return SetBuffer(place_id, item_code, 700, "Permensos 26/2015", True, TODAY)


def test_buffers_are_for_stores_that_keep_goods(story: Story) -> None:
    """A post comes and goes with a disaster."""
    assert len(story.accepted(buffer())) == 1
    assert story.accepted(buffer()) == []
    assert story.refused(buffer(PlaceId(POST))) == "place-unknown"
    assert story.refused(buffer(item_code=ItemCode("tidak-ada"))) == "item-unknown"


def test_a_check_is_due_again_after_six_months(story: Story) -> None:
    """A check told late does not take the place of a later one."""
    story.given(RecordCheck(LUMBUNG, TODAY, "BA-3/2026", TODAY))
    story.given(RecordCheck(LUMBUNG, TODAY - timedelta(days=30), "BA-2/2026", TODAY))
    assert story.state(StockCheck, LUMBUNG).due_on == date(2027, 5, 20)
    assert story.refused(RecordCheck(LUMBUNG, TODAY + timedelta(days=1), "BA-4/2026", TODAY)) == "date-in-the-future"
    assert story.refused(RecordCheck(PlaceId("desa"), TODAY, "BA-4/2026", TODAY)) == "place-unknown"


@pytest.mark.parametrize(
    ("on", "later"),
    [
        ("2026-08-31", "2027-02-28"),
        ("2027-08-31", "2028-02-29"),
        ("2026-06-15", "2026-12-15"),
        ("2026-07-01", "2027-01-01"),
    ],
)
def test_six_months_later_is_a_day_of_the_calendar(on: str, later: str) -> None:
    """The last day of a month where the month has no such day."""
    assert months_later(date.fromisoformat(on), 6) == date.fromisoformat(later)


def test_a_village_keeps_its_last_drill_through_new_reports(story: Story) -> None:
    """And a drill told late is not its last one."""
    assert story.refused(RecordDrill(KSB, TODAY, 36, TODAY)) == "ksb-unknown"
    story.given(
        report(), RecordDrill(KSB, date(2026, 5, 20), 36, TODAY), RecordDrill(KSB, date(2025, 5, 20), 36, TODAY)
    )
    story.given(report(33))
    assert (story.state(Ksb, KSB).drilled_on, story.state(Ksb, KSB).trained_count) == (date(2026, 5, 20), 33)
    assert story.refused(RecordDrill(KSB, TODAY + timedelta(days=1), 36, TODAY)) == "date-in-the-future"
    assert story.refused(report(41)) == "ksb-numbers-wrong"
    assert story.refused(report(lumbung=WAREHOUSE)) == "place-unknown"


def holding(
    place: int, free: int, target: int, *, item: ItemCode = RICE, owner: str = "province", at: int = 0
) -> Holding:
    return Holding(PLACES[place], item, owner, free, target, Where("62.06", at, 0))


def test_the_nearest_store_with_enough_gives_and_the_emptiest_gets_first() -> None:
    """Nothing is taken below a store's own buffer."""
    moves, gaps = plan_moves(
        [
            holding(0, 0, 100, at=0),
            holding(1, 60, 100, at=10),
            holding(2, 150, 80, at=20),
            holding(3, 90, 40, at=500),
        ]
    )
    assert [(one.from_place_id, one.to_place_id, one.quantity, one.reason) for one in moves] == [
        (PLACES[2], PLACES[0], 70, MoveReason.NARROWS_GAP),
        (PLACES[3], PLACES[0], 30, MoveReason.CLOSES_GAP),
        (PLACES[3], PLACES[1], 20, MoveReason.NARROWS_GAP),
    ]
    assert [(one.place_id, one.missing) for one in gaps] == [(PLACES[1], 20)]


HOLDINGS = st.lists(
    st.builds(
        holding,
        st.integers(0, 4),
        st.integers(0, 200),
        st.just(0),
        item=st.sampled_from(ITEMS),
        owner=st.sampled_from(["province", "bulog"]),
        at=st.integers(0, 1000),
    ),
    max_size=20,
    unique_by=lambda one: (one.place_id, one.item_code, one.owner_id),
)
TARGETS = st.dictionaries(st.tuples(st.sampled_from(PLACES), st.sampled_from(ITEMS)), st.integers(0, 200))


@given(HOLDINGS, TARGETS)
def test_no_plan_opens_a_gap_or_moves_what_is_not_there(
    free: list[Holding], targets: dict[tuple[PlaceId, ItemCode], int]
) -> None:
    """Stores that give keep their buffer, each owner's goods are given once, and no gap stays that could be closed."""
    rows = [
        Holding(
            one.place_id,
            one.item_code,
            one.owner_id,
            one.free,
            targets.get((one.place_id, one.item_code), 0),
            one.where,
        )
        for one in free
    ]
    known = {(one.place_id, one.item_code) for one in rows}
    rows += [Holding(*place, "", 0, target, Where()) for place, target in targets.items() if place not in known]
    moves, gaps = plan_moves(rows)
    held: Counter[tuple[PlaceId, ItemCode]] = Counter()
    given_out: Counter[tuple[str, str, str]] = Counter()
    for one in rows:
        held[(one.place_id, one.item_code)] += one.free
    for move in moves:
        assert move.quantity > 0
        held[(move.from_place_id, move.item_code)] -= move.quantity
        held[(move.to_place_id, move.item_code)] += move.quantity
        given_out[(move.from_place_id, move.item_code, move.owner_id)] += move.quantity
    for one in rows:
        assert given_out[(one.place_id, one.item_code, one.owner_id)] <= one.free
    open_ = {place: target - held[place] for place, target in targets.items() if target > held[place]}
    assert open_ == {(gap.place_id, gap.item_code): gap.missing for gap in gaps}
    for move in moves:
        source = (move.from_place_id, move.item_code)
        assert held[source] >= targets.get(source, 0)
    for _, item_code in open_:
        assert all(held[place] <= targets.get(place, 0) for place in held if place[1] == item_code)
