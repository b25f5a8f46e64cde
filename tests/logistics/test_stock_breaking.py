"""What a fact does to goods that are promised: reservations are broken in order, and their requests wait again."""

from datetime import UTC, datetime, timedelta

import pytest

from services.logistics.requests.domain import Request
from services.logistics.stock.domain import Lot
from services.logistics.stock.posting import RESERVATION_BROKEN
from shared.contracts.ids import RequestId
from shared.contracts.logistics import ReservationReleased, StockMoved
from shared.contracts.requests import RequestRequeued
from shared.contracts.vocabulary import FieldFlag, ReservationEnd, Urgency
from shared.kit.decisions.types import Overtaken
from tests.logistics.builders import RICE, WAREHOUSE, given_line, hand_out, new_id, receive, setting
from tests.logistics.ledger_builders import reserved
from tests.logistics.story import Story, only

SOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
LATER = SOON + timedelta(hours=40)


def taken(story: Story, lot: str, quantity: int, *requests: str) -> list[ReservationReleased]:
    """What is broken when somebody hands out goods at the warehouse without asking."""
    holders = tuple(RequestId(one) for one in requests)
    events = story.accepted(hand_out(given_line(quantity, lot_id=lot), place_id=WAREHOUSE, holders=holders))
    return [event for event in events if isinstance(event, ReservationReleased)]


def test_what_is_free_goes_before_anything_is_broken() -> None:
    """A fact that leaves enough for all who were promised breaks nothing."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    request = reserved(story, lot, 60)
    assert taken(story, lot, 40, request) == []
    assert story.balance(lot, WAREHOUSE).reserved == 60


def test_a_reservation_is_broken_in_part_where_that_is_enough() -> None:
    """Only what is missing is broken, and the request is short of just that, due when it was due."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    request = reserved(story, lot, 60, due_at=SOON)
    events = story.accepted(hand_out(given_line(50, lot_id=lot), place_id=WAREHOUSE, holders=(RequestId(request),)))
    released, again = only(events, ReservationReleased), only(events, RequestRequeued)
    assert (released.quantity, released.reason) == (10, ReservationEnd.BROKEN)
    assert ([(line.item_code, line.quantity) for line in again.lines], again.due_at) == ([(RICE, 10)], SOON)
    assert [(line.item_code, line.quantity) for line in story.state(Request, request).short] == [(RICE, 10)]
    balance = story.balance(lot, WAREHOUSE)
    assert (balance.on_hand, balance.reserved, balance.field_deficit, balance.available) == (50, 50, 0, 0)
    assert only(events, StockMoved).flags == (RESERVATION_BROKEN,)


def test_the_least_urgent_is_broken_first_then_the_latest_due_then_the_newest() -> None:
    """Who needs it most keeps it longest."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    critical = reserved(story, lot, 20, urgency=Urgency.CRITICAL, due_at=LATER)
    soon = reserved(story, lot, 20, urgency=Urgency.HIGH, due_at=SOON)
    old = reserved(story, lot, 20, urgency=Urgency.HIGH, due_at=LATER)
    new = reserved(story, lot, 20, urgency=Urgency.HIGH, due_at=LATER)
    low = reserved(story, lot, 20, urgency=Urgency.LOW, due_at=SOON)
    broken = taken(story, lot, 90, critical, soon, old, new, low)
    assert [(one.request_id, one.quantity) for one in broken] == [
        (low, 20),
        (new, 20),
        (old, 20),
        (soon, 20),
        (critical, 10),
    ]


def test_below_nothing_stands_as_a_deficit_after_all_was_broken() -> None:
    """Goods that were not in the books at all stay to be explained."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    request = reserved(story, lot, 60)
    events = story.accepted(hand_out(given_line(130, lot_id=lot), place_id=WAREHOUSE, holders=(RequestId(request),)))
    balance = story.balance(lot, WAREHOUSE)
    assert (balance.on_hand, balance.reserved, balance.field_deficit) == (-30, 0, 30)
    assert set(only(events, StockMoved).flags) == {RESERVATION_BROKEN, FieldFlag.NEGATIVE_STOCK}
    assert not story.state(Lot, lot).reservations


def test_a_reservation_nobody_looked_up_is_not_broken_unseen() -> None:
    """Somebody reserved between the look-up and the decision: it is looked up again, and the fact is not lost."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    reserved(story, lot, 60)
    with pytest.raises(Overtaken):
        story.when(hand_out(given_line(50, lot_id=lot), place_id=WAREHOUSE))
    assert story.balance(lot, WAREHOUSE).on_hand == 100


def test_every_event_leaves_books_that_hold() -> None:
    """Reservations are broken before the goods move: no position of the log promises more than there is."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    request = reserved(story, lot, 60)
    taken(story, lot, 130, request)
    again = Story()
    for event in story.events:
        again.apply(event.payload)
        if lot in [ref.id for ref in again.states]:
            balance = again.balance(lot, WAREHOUSE)
            assert balance.on_hand - balance.reserved + balance.field_deficit >= 0
