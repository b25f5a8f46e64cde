"""Facts that happened before a count and arrive after it: the count stands, and its difference gets explained."""

from datetime import UTC, datetime, timedelta

import pytest

from services.logistics.intake.domain import Capture
from services.logistics.places.domain import HANDED_OUT, LOST, SURPLUS
from services.logistics.stock.reversing import ReverseMovement
from shared.contracts.ids import EventId, LotId, PlaceId, Subject
from shared.contracts.logistics import StockMoved
from shared.contracts.vocabulary import FieldFlag, MovementReason
from tests.logistics.builders import DEVICE, POST, TODAY, given_line, hand_out, new_id, receive, setting
from tests.logistics.ledger_builders import counted, reserved
from tests.logistics.story import Story

COUNTED_AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
BEFORE = Capture(DEVICE, COUNTED_AT - timedelta(hours=5))
AFTER = Capture(DEVICE, COUNTED_AT + timedelta(minutes=1))


def at_post(quantity: int, found: int) -> tuple[Story, str]:
    """A lot at a post, of which a count found so much."""
    story = Story().given(*setting(), receive(quantity, lot := new_id(), place_id=POST))
    counted(story, lot, found, counted_at=COUNTED_AT)
    return story, lot


def test_a_count_brings_the_books_to_what_was_found() -> None:
    """The difference has an account, and stands as unexplained."""
    story, lot = at_post(100, 90)
    assert story.on_hand(lot, POST, LOST) == (90, 10)
    assert story.balance(lot, POST).unexplained == -10


def test_a_count_that_finds_all_right_is_a_count() -> None:
    """What happened before it and arrives later is still offset."""
    story, lot = at_post(100, 100)
    story.accepted(hand_out(given_line(10, lot_id=lot), capture=BEFORE))
    balance = story.balance(lot, POST)
    assert (balance.on_hand, balance.unexplained) == (100, 10)
    assert story.on_hand(lot, HANDED_OUT, SURPLUS) == (10, -10)


def test_an_earlier_hand_out_that_arrives_later_explains_what_was_missing() -> None:
    """The live balance stays as counted, and the loss goes back to where it came from."""
    story, lot = at_post(100, 90)
    events = story.accepted(hand_out(given_line(10, lot_id=lot), capture=BEFORE))
    offset, fact = [event for event in events if isinstance(event, StockMoved)]
    assert (offset.reason, offset.offsets, offset.flags) == (
        MovementReason.COUNT_OFFSET,
        fact.movement_id,
        (FieldFlag.BEFORE_COUNT,),
    )
    assert fact.flags == (FieldFlag.BEFORE_COUNT,)
    assert story.on_hand(lot, POST, LOST, HANDED_OUT) == (90, 0, 10)
    assert story.balance(lot, POST).unexplained == 0


def test_an_earlier_hand_out_of_more_than_was_missing_turns_it_into_a_surplus() -> None:
    """Each account takes its own part."""
    story, lot = at_post(100, 96)
    story.accepted(hand_out(given_line(10, lot_id=lot), capture=BEFORE))
    assert story.on_hand(lot, POST, LOST, SURPLUS, HANDED_OUT) == (96, 0, -6, 10)
    assert story.balance(lot, POST).unexplained == 6


def test_a_later_hand_out_takes_from_what_was_counted() -> None:
    """What happened after the count is no matter of the count."""
    story, lot = at_post(100, 90)
    story.accepted(hand_out(given_line(10, lot_id=lot), capture=AFTER))
    assert story.on_hand(lot, POST, LOST) == (80, 10)


def test_a_report_whose_time_cannot_be_believed_is_not_taken_for_an_earlier_one() -> None:
    """A phone that lost its clock says nothing about before or after."""
    story, lot = at_post(100, 90)
    flags = (FieldFlag.IMPLAUSIBLE_TIME,)
    story.accepted(hand_out(given_line(10, lot_id=lot), capture=BEFORE, flags=flags))
    assert story.on_hand(lot, POST, LOST) == (80, 10)


def test_a_hand_out_before_a_count_takes_nothing_from_those_who_were_promised_since() -> None:
    """The goods had gone when the count was made: what it found is there."""
    story, lot = at_post(100, 50)
    story.accepted(hand_out(given_line(80, lot_id=lot), capture=BEFORE))
    balance = story.balance(lot, POST)
    assert (balance.on_hand, balance.field_deficit, balance.unexplained) == (50, 0, 30)


def test_what_was_counted_is_counted_from_the_books_of_that_moment() -> None:
    """What came in between counting and approval is no surplus."""
    story = Story().given(*setting(), receive(100, lot := new_id(), place_id=POST))
    story.accepted(hand_out(given_line(30, lot_id=lot), capture=AFTER))
    event = counted(story, lot, 100, counted_at=COUNTED_AT, moved_since=-30)
    assert (event.difference, story.balance(lot, POST).on_hand) == (0, 70)


def test_a_reversal_of_what_happened_before_a_count_leaves_it_as_counted() -> None:
    """The hand-out that never was had made the count find too much: the reversal explains that."""
    story = Story().given(*setting(), receive(100, lot := new_id(), place_id=POST))
    story.accepted(hand_out(given_line(10, lot_id=lot), capture=BEFORE))
    counted(story, lot, 100, counted_at=COUNTED_AT)
    assert story.balance(lot, POST).unexplained == 10
    story.accepted(reversal(lot, POST, HANDED_OUT, 10, happened_at=BEFORE.captured_at))
    assert story.on_hand(lot, POST, HANDED_OUT, SURPLUS) == (100, 0, 0)
    assert story.balance(lot, POST).unexplained == 0


@pytest.mark.parametrize("reason", ["count", "count_offset"])
def test_a_count_is_not_reversed(reason: str) -> None:
    """A signed count stands; another one corrects it."""
    story, lot = at_post(100, 90)
    assert story.refused(reversal(lot, POST, LOST, 10, reason=reason)) == "count-not-reversed"


def test_a_count_that_finds_too_little_breaks_what_was_promised() -> None:
    """Goods that are not there cannot be kept for anybody."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    request = reserved(story, lot, 60)
    counted(story, lot, 50, counted_at=COUNTED_AT, place_id="gudang-kasongan", holders=(request,))
    balance = story.balance(lot, "gudang-kasongan")
    assert (balance.on_hand, balance.reserved, balance.field_deficit) == (50, 50, 0)


def test_a_count_explains_a_deficit() -> None:
    """What was handed out and not in the books is, after the count, a surplus to explain."""
    story = Story().given(*setting(), receive(100, lot := new_id(), place_id=POST))
    story.accepted(hand_out(given_line(130, lot_id=lot)))
    counted(story, lot, 0, counted_at=AFTER.captured_at + timedelta(days=1))
    balance = story.balance(lot, POST)
    assert (balance.on_hand, balance.field_deficit, balance.unexplained) == (0, 0, 30)


def reversal(
    lot: str, from_: str, to: str, quantity: int, *, reason: str = "hand_out", happened_at: datetime | None = None
) -> ReverseMovement:
    return ReverseMovement(
        lot_id=LotId(lot),
        event_id=EventId(new_id()),
        from_place_id=PlaceId(from_),
        to_place_id=PlaceId(to),
        quantity=quantity,
        reason=reason,
        cause=Subject(f"lot/{lot}"),
        seed=new_id(),
        recorded_on=TODAY,
        happened_at=happened_at,
    )
