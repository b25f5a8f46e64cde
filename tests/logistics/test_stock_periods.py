"""Facts and reversals of a day whose period is closed: posted today, marked koreksi periode lalu."""

from dataclasses import replace
from datetime import date, timedelta

from services.logistics.periods.domain import ClosePeriod, Obstacles
from services.logistics.periods.late import ClosedBooks
from services.logistics.places.domain import HANDED_OUT
from services.logistics.stock.reversing import ReverseMovement
from shared.contracts.ids import ActorId, EventId, LotId, Subject
from shared.contracts.logistics import GoodsHandedOut, StockMoved
from shared.contracts.periods import ValuationMethod
from shared.contracts.vocabulary import FieldFlag
from tests.logistics.builders import OWNER, POST, TODAY, given_line, hand_out, new_id, receive, setting
from tests.logistics.story import Story, only

YESTERDAY = TODAY - timedelta(days=1)
CLOSED = ClosedBooks((OWNER,), TODAY)


def closed(until: date = YESTERDAY) -> ClosePeriod:
    """The owner's book closed until a day, with nothing in it."""
    return ClosePeriod(
        owner_id=OWNER,
        until=until,
        opened_on=None,
        as_of=1,
        method=ValuationMethod.FIFO,
        lines=(),
        digest="0" * 64,
        obstacles=Obstacles(),
        seen_version=0,
        closed_by=ActorId("bookkeeper-1"),
        recorded_on=TODAY,
    )


def test_a_fact_of_a_closed_period_is_posted_today_and_keeps_its_day() -> None:
    """The signed figures stand; the fact is in the open period, and says where it belongs."""
    story = Story().given(*setting(), receive(100, lot := new_id(), place_id=POST), closed())
    events = story.accepted(hand_out(given_line(10, lot_id=lot), recorded_on=YESTERDAY, closed=CLOSED))
    moved = only(events, StockMoved)
    assert (moved.moved_on, moved.occurred_on, moved.flags) == (TODAY, YESTERDAY, (FieldFlag.PRIOR_PERIOD,))
    assert only(events, GoodsHandedOut).handed_out_on == YESTERDAY


def test_a_fact_of_the_open_period_stands_on_its_own_day() -> None:
    """Late is not closed."""
    story = Story().given(
        *setting(), receive(100, lot := new_id(), place_id=POST), closed(YESTERDAY - timedelta(days=1))
    )
    moved = only(story.accepted(hand_out(given_line(10, lot_id=lot), recorded_on=YESTERDAY, closed=CLOSED)), StockMoved)
    assert (moved.moved_on, moved.occurred_on, moved.flags) == (YESTERDAY, None, ())


def test_a_reversal_of_a_closed_day_is_marked_and_linked() -> None:
    """What was closed is corrected in the open period."""
    story = Story().given(*setting(), receive(100, lot := new_id(), place_id=POST))
    story.given(hand_out(given_line(10, lot_id=lot), recorded_on=YESTERDAY), closed())
    original = EventId(new_id())
    reversal = ReverseMovement(
        lot_id=LotId(lot),
        event_id=original,
        from_place_id=POST,
        to_place_id=HANDED_OUT,
        quantity=10,
        reason="hand_out",
        cause=Subject(f"lot/{lot}"),
        seed=new_id(),
        recorded_on=TODAY,
        moved_on=YESTERDAY,
        closed=CLOSED,
    )
    moved = only(story.accepted(reversal), StockMoved)
    assert (moved.reverses, moved.moved_on, moved.occurred_on) == (original, TODAY, YESTERDAY)
    assert moved.flags == (FieldFlag.PRIOR_PERIOD,)
    open_day = replace(reversal, event_id=EventId(new_id()), moved_on=TODAY, seed=new_id())
    assert only(story.accepted(open_day), StockMoved).occurred_on is None
