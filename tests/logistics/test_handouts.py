"""Hand-outs: facts from posts, whatever the books say."""

from datetime import timedelta

from services.logistics.handouts.domain import Candidate
from services.logistics.places.domain import HANDED_OUT
from services.logistics.stock.domain import Lot
from shared.contracts.ids import HouseholdId, LotId
from shared.contracts.logistics import GoodsHandedOut
from shared.contracts.vocabulary import FieldFlag
from tests.logistics.builders import (
    KIT,
    OTHER_VILLAGE,
    POST,
    RICE,
    TODAY,
    given_line,
    hand_out,
    new_id,
    receive,
    setting,
)
from tests.logistics.story import Story, only


def at_post(*lots: tuple[str, int], **changes: object) -> Story:
    story = Story().given(*setting())
    for lot_id, quantity in lots:
        story.given(receive(quantity, lot_id, place_id=POST, **changes))
    return story


def candidates(*lots: tuple[str, int]) -> tuple[Candidate, ...]:
    return tuple(Candidate(LotId(lot_id), coming) for lot_id, coming in lots)


def test_goods_of_a_lot_leave_the_post() -> None:
    """What victims got stands in the account of goods handed out, and the households can be found again."""
    story = at_post((lot := new_id(), 100))
    households = (HouseholdId(new_id()), HouseholdId(new_id()))
    given = only(story.accepted(hand_out(given_line(30, lot_id=lot), household_ids=households)), GoodsHandedOut)
    assert (given.household_count, given.household_ids, given.flags) == (2, households, ())
    assert story.on_hand(lot, POST, HANDED_OUT) == (70, 30)


def test_goods_without_a_lot_number_are_taken_first_expiry_first() -> None:
    """The post knows the item; the books take the lots in the order they should be used."""
    story = at_post((first := new_id(), 20), (second := new_id(), 100))
    line = given_line(50, item_code=RICE, candidates=candidates((first, 0), (second, 0)))
    given = only(story.accepted(hand_out(line)), GoodsHandedOut)
    assert [(one.lot_id, one.quantity) for one in given.lines] == [(first, 20), (second, 30)]
    assert given.flags == ()


def test_goods_given_before_their_arrival_was_reported_are_of_the_lot_on_its_way() -> None:
    """Hard case 4: a post that syncs out of order leaves a deficit that the late count explains."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    line = given_line(30, item_code=RICE, candidates=candidates((lot, 40)))
    given = only(story.accepted(hand_out(line)), GoodsHandedOut)
    assert [(one.lot_id, one.quantity) for one in given.lines] == [(lot, 30)]
    assert given.flags == (FieldFlag.NEGATIVE_STOCK,)
    more = given_line(30, item_code=RICE, candidates=candidates((lot, 40)))
    given = only(story.accepted(hand_out(more)), GoodsHandedOut)
    assert [one.quantity for one in given.lines] == [10, 20]
    assert {FieldFlag.UNKNOWN_LOT, FieldFlag.NEGATIVE_STOCK} == set(given.flags)
    assert story.balance(lot, POST).field_deficit == 40


def test_goods_nobody_can_name_a_lot_of_stand_for_themselves() -> None:
    """They are booked, by item, on a lot that somebody must explain."""
    story = Story().given(*setting())
    line = given_line(7, item_code=KIT)
    given = only(story.accepted(hand_out(line)), GoodsHandedOut)
    assert set(given.flags) == {FieldFlag.UNKNOWN_LOT, FieldFlag.NEGATIVE_STOCK}
    lot = story.state(Lot, line.unattributed)
    assert (lot.item_code, lot.received) == (KIT, False)
    assert story.on_hand(line.unattributed, POST, HANDED_OUT) == (-7, 7)


def test_an_unknown_lot_without_an_item_is_flagged_as_both() -> None:
    """Even then nothing that was given away is left out of the books."""
    story = Story().given(*setting())
    given = only(story.accepted(hand_out(given_line(7, lot_id=new_id()))), GoodsHandedOut)
    assert {FieldFlag.UNKNOWN_LOT, FieldFlag.UNKNOWN_ITEM, FieldFlag.NEGATIVE_STOCK} == set(given.flags)


def test_an_expired_kit_that_was_given_out_is_flagged() -> None:
    """Hard case 9: it has happened, and must be found again."""
    last_day = TODAY + timedelta(days=3)
    story = at_post((lot := new_id(), 10), expires_on=last_day)
    on_time = only(story.accepted(hand_out(given_line(1, lot_id=lot), recorded_on=last_day)), GoodsHandedOut)
    late = hand_out(given_line(1, lot_id=lot), recorded_on=last_day + timedelta(days=1))
    assert on_time.flags == ()
    assert only(story.accepted(late), GoodsHandedOut).flags == (FieldFlag.EXPIRED_LOT,)


def test_a_lot_of_another_item_is_flagged_and_the_books_keep_the_lots_item() -> None:
    """A slip on the phone does not turn rice into kits."""
    story = at_post((lot := new_id(), 10))
    given = only(story.accepted(hand_out(given_line(1, lot_id=lot, item_code=KIT))), GoodsHandedOut)
    assert given.flags == (FieldFlag.WRONG_ITEM,)
    assert given.lines[0].item_code == RICE


def test_the_same_handout_reported_again_moves_nothing() -> None:
    """A second report of one hand-out is on record and flagged."""
    story = at_post((lot := new_id(), 100))
    first = hand_out(given_line(30, lot_id=lot), handout_id=(handout := new_id()))
    story.accepted(first)
    again = story.accepted(hand_out(given_line(30, lot_id=lot), handout_id=handout))
    assert FieldFlag.LIKELY_DUPLICATE in only(again, GoodsHandedOut).flags
    assert len(again) == 1
    assert story.on_hand(lot, POST) == (70,)


def test_a_handout_outside_the_posts_area_is_accepted_and_flagged() -> None:
    """People go where they are helped."""
    story = at_post((lot := new_id(), 100))
    given = only(story.accepted(hand_out(given_line(1, lot_id=lot), area_code=OTHER_VILLAGE)), GoodsHandedOut)
    assert given.flags == (FieldFlag.UNAUTHORISED_AREA,)


def test_a_handout_from_a_post_nobody_enrolled_is_accepted_and_flagged() -> None:
    """The news of an enrolment may still be on its way."""
    story = Story().given(*setting())
    given = only(story.accepted(hand_out(given_line(1, item_code=RICE), place_id=new_id())), GoodsHandedOut)
    assert FieldFlag.UNKNOWN_POST in given.flags


def test_a_household_named_twice_is_one() -> None:
    """The count of households is of different ones."""
    household = HouseholdId(new_id())
    story = at_post((lot := new_id(), 100))
    command = hand_out(given_line(1, lot_id=lot), household_ids=(household, household))
    assert only(story.accepted(command), GoodsHandedOut).household_count == 1
