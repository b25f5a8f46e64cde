"""What goods are worth over a period: every rupiah that came in went out again or is still there.

Goal: an auditor finds no rounding difference, by either method and whatever happened. Method: random crossings of the
stores' border, and the worked examples of a textbook.
"""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.periods.figures import Crossing, ItemBook, Section, Worth, figures
from services.logistics.periods.valuation import Pile, Stock
from shared.contracts.periods import PeriodLine, ValuationMethod
from shared.contracts.vocabulary import PlaceKind

FIFO, AVERAGE = ValuationMethod.FIFO, ValuationMethod.WEIGHTED_AVERAGE
SOURCES = (PlaceKind.SUPPLIER, PlaceKind.DONOR, PlaceKind.SURPLUS)
OUTSIDE = (PlaceKind.HANDED_OUT, PlaceKind.CONSUMED, PlaceKind.LOST, PlaceKind.DAMAGED)
WORTHS = {
    "lot-1": Worth(7, 3),
    "lot-2": Worth(100_003, 1000),
    "lot-3": Worth(None, 1),
    "lot-4": Worth(15_001, 1),
}
WHEN = st.sampled_from([None, None, None, Section.OPENING, Section.PRIOR_PERIOD])


def crossing(lot_id: str, account: PlaceKind, quantity: int, when: Section | None = None, **more: object) -> Crossing:
    return Crossing("beras", lot_id, account, quantity, when, **more)  # type: ignore[arg-type]


@st.composite
def crossings(draw: st.DrawFn) -> list[Crossing]:
    """Any goods in and out, more out than in too; some go on from one account to another."""
    made = []
    for _ in range(draw(st.integers(1, 40))):
        account = draw(st.sampled_from(SOURCES + OUTSIDE))
        quantity = draw(st.integers(-5000, 5000).filter(bool))
        lot = draw(st.sampled_from(sorted(WORTHS)))
        onward = PlaceKind.DESTROYED if account is PlaceKind.DAMAGED and draw(st.booleans()) else None
        made.append(crossing(lot, account, abs(quantity) if onward else quantity, draw(WHEN), onward=onward))
    return made


def line_of(made: Sequence[Crossing], method: ValuationMethod) -> PeriodLine:
    (line,) = figures(made, WORTHS, method, {"beras": 700})
    return line


@given(made=crossings(), method=st.sampled_from(ValuationMethod))
def test_opening_and_what_happened_are_the_closing(made: list[Crossing], method: ValuationMethod) -> None:
    """In units and in rupiah alike, to the last of them."""
    line = line_of(made, method)
    parts = (line.opening, line.incoming, line.outgoing, line.adjustment, line.prior_period)
    assert sum(part.quantity for part in parts) == line.closing.quantity
    assert sum(part.value_idr for part in parts) == line.closing.value_idr
    assert line.closing.value_idr >= 0
    assert line.closing.quantity == sum(one.quantity for one in made if one.onward is None)


@given(made=crossings(), method=st.sampled_from(ValuationMethod))
def test_value_in_is_value_out_and_value_left(made: list[Crossing], method: ValuationMethod) -> None:
    """What came from sources is in the stores, in an account, or went with goods that left before they came."""
    book = ItemBook(Stock(method))
    for one in made:
        book.follow(one, WORTHS[one.lot_id])
    came_idr = sum(WORTHS[one.lot_id].of(one.quantity) for one in made if one.account in SOURCES and one.quantity > 0)
    line = book.line("beras", 0)
    in_accounts_idr = sum(pile.value_idr for pile in book.accounts.values())
    assert came_idr + book.brought_idr == line.closing.value_idr + in_accounts_idr + book.gone_idr + book.sent_back_idr


@given(
    parts=st.lists(st.integers(1, 1000), min_size=1, max_size=50),
    value_idr=st.integers(0, 10**12),
)
def test_a_pile_taken_in_parts_loses_no_rupiah(parts: list[int], value_idr: int) -> None:
    """Whatever a division leaves over goes with the last of the goods."""
    pile = Pile(sum(parts), value_idr)
    assert sum(pile.take(part) for part in parts) == value_idr
    assert (pile.quantity, pile.value_idr) == (0, 0)


@pytest.mark.parametrize(("method", "out_idr", "left_idr"), [(FIFO, -1_500, 1_500), (AVERAGE, -1_666, 1_334)])
def test_goods_of_two_prices(method: ValuationMethod, out_idr: int, left_idr: int) -> None:
    """50 at Rp10 and 100 at Rp20, of which 100 leave, then 50 at Rp10: FIFO takes the first first."""
    worths = {"old": Worth(10, 1), "new": Worth(20, 1)}
    made = [
        crossing("old", PlaceKind.SUPPLIER, 50),
        crossing("new", PlaceKind.SUPPLIER, 100),
        crossing("new", PlaceKind.HANDED_OUT, -100),
        crossing("old", PlaceKind.SUPPLIER, 50),
    ]
    (line,) = figures(made, worths, method, {})
    assert (line.outgoing.value_idr, line.closing.value_idr) == (out_idr, left_idr)


def test_a_receipt_taken_back_leaves_no_value_behind() -> None:
    """FIFO would give the oldest goods' price to what was never received."""
    worths = {"right": Worth(10, 1), "wrong": Worth(20, 1)}
    made = [
        crossing("right", PlaceKind.SUPPLIER, 10),
        crossing("wrong", PlaceKind.SUPPLIER, 10),
        crossing("wrong", PlaceKind.SUPPLIER, -10),
    ]
    for method in ValuationMethod:
        (line,) = figures(made, worths, method, {})
        assert (line.incoming.quantity, line.incoming.value_idr) == (10, 100)


def test_goods_that_come_back_bring_back_what_they_took() -> None:
    """A hand-out reversed is worth nothing, whatever the lot's price."""
    made = [
        crossing("lot-1", PlaceKind.SUPPLIER, 300),
        crossing("lot-4", PlaceKind.SUPPLIER, 10),
        crossing("lot-4", PlaceKind.HANDED_OUT, -10),
        crossing("lot-4", PlaceKind.HANDED_OUT, 10),
    ]
    line = line_of(made, FIFO)
    assert (line.outgoing.quantity, line.outgoing.value_idr) == (0, 0)


def test_damaged_and_expired_stand_apart() -> None:
    """Damaged goods are no longer in the stores; expired ones are, until they are written off."""
    made = [
        crossing("lot-2", PlaceKind.SUPPLIER, 1000),
        crossing("lot-4", PlaceKind.SUPPLIER, 10),
        crossing("lot-2", PlaceKind.DAMAGED, -300),
        crossing("lot-2", PlaceKind.DAMAGED, 100, onward=PlaceKind.DESTROYED),
    ]
    line = line_of(made, FIFO)
    assert (line.damaged.quantity, line.closing.quantity) == (200, 710)
    assert (line.expired.quantity, line.expired.value_idr) == (700, line.closing.value_idr * 700 // 710)
    assert line.damaged.value_idr == -(line.adjustment.value_idr) - 30_000 // 3


def test_what_was_there_at_go_live_is_the_opening() -> None:
    """A first count brings a book, not goods."""
    line = line_of([crossing("lot-4", PlaceKind.SUPPLIER, 5, first_book=True)], AVERAGE)
    assert (line.opening.value_idr, line.incoming.value_idr) == (75_005, 0)
