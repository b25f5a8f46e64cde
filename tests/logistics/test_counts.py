"""Counts (opname): what is found becomes the book, each difference with a reason, large ones by a second person."""

from typing import Any

import pytest

from services.logistics.counts.deciding import Reason
from services.logistics.counts.domain import Count, CountStatus
from services.logistics.places.domain import FIRST_BOOK, HANDED_OUT, LOST, SURPLUS
from services.logistics.stock.domain import Lot
from services.logistics.stock.receiving import MoveStock
from services.logistics.stock.valuing import Worth
from shared.contracts.counts import CountPosted, CountPurpose, CountSubmitted
from shared.contracts.ids import LotId
from shared.contracts.ledger import ValueBasis
from shared.contracts.logistics import LotReceived
from shared.contracts.vocabulary import LossReason, MovementReason, SurplusReason
from shared.kit.decisions.types import Ref
from tests.logistics.builders import TODAY, WAREHOUSE, new_id, receive, setting
from tests.logistics.counting import COUNTER, MORE, SECOND, THIRD, Place, Recorder, approve, cancel, send_back, submit
from tests.logistics.counting import LOST as GONE
from tests.logistics.story import Story, only

OPENING, HANDOVER = CountPurpose.OPENING, CountPurpose.HANDOVER


def stored(*quantities: int, **changes: object) -> tuple[Place, list[str]]:
    """A warehouse with lots of rice."""
    place = Place(Story().given(*setting()))
    lots = [new_id() for _ in quantities]
    for lot, quantity in zip(lots, quantities, strict=True):
        assert place.does(receive(quantity, lot, **changes))
    return place, lots


def damage(lot: str, quantity: int) -> MoveStock:
    """The office writes goods as lost while a count is open."""
    return MoveStock(LotId(lot), WAREHOUSE, LOST, quantity, MovementReason.LOSS, new_id(), TODAY)


def test_a_small_difference_is_in_the_books_when_it_is_submitted() -> None:
    """One person is enough for what is hardly anything, with a reason."""
    place, (lot,) = stored(10_000)
    count = place.count()
    assert place.does(Recorder(count).of({lot: 9_990}))
    assert place.does(submit(count, place.survey(count), {lot: GONE}))
    assert place.story.on_hand(lot, WAREHOUSE, LOST) == (9_990, 10)
    assert place.story.state(Count, count).status is CountStatus.POSTED


def test_a_large_difference_waits_for_a_second_person() -> None:
    """Whoever counted, recorded or submitted does not approve."""
    place, (lot,) = stored(100)
    count = place.count()
    assert place.does(Recorder(count, THIRD).of({lot: 50}))
    assert place.does(submit(count, place.survey(count), {lot: GONE}))
    assert place.story.on_hand(lot, WAREHOUSE) == (100,)
    for counter in (COUNTER, THIRD):
        assert place.refused(approve(count, place.survey(count), counter)) == "same-person"
    assert place.does(approve(count, place.survey(count)))
    assert place.story.on_hand(lot, WAREHOUSE, LOST) == (50, 50)
    assert place.story.state(Count, count).approved_by == SECOND


def test_a_difference_of_great_value_waits_too() -> None:
    """A share of a thousandth is much where the goods are dear."""
    place, (lot,) = stored(10_000, worth=Worth(200_000, 1, ValueBasis.COST))
    count = place.count()
    assert place.does(Recorder(count).of({lot: 9_990}))
    place.story.accepted(submit(count, place.survey(count), {lot: GONE}))
    assert place.story.state(Count, count).status is CountStatus.SUBMITTED


@pytest.mark.parametrize(
    ("counted", "reason"),
    [(0, Reason()), (90, Reason()), (90, MORE), (110, GONE), (110, Reason(SurplusReason.FOUND, LossReason.STOLEN))],
)
def test_each_difference_needs_a_reason_of_its_direction(counted: int, reason: Reason) -> None:
    """Nothing found is a difference like any other; a reason of surplus explains no loss."""
    place, (lot,) = stored(100)
    count = place.count()
    assert place.does(Recorder(count).of({lot: counted}))
    assert place.refused(submit(count, place.survey(count), {lot: reason})) == "reason-missing"


def test_a_whole_place_is_counted_lot_by_lot() -> None:
    """A lot that was forgotten is not taken for nothing; a partial count says so."""
    place, (lot, other) = stored(100, 100)
    count = place.count()
    assert place.refused(submit(count, place.survey(count), {})) == "count-incomplete"
    assert place.does(Recorder(count).of({lot: 100}))
    assert place.refused(submit(count, place.survey(count), {})) == "count-incomplete"
    part = place.count(whole=False)
    assert place.does(Recorder(part).of({lot: 100}))
    assert place.does(submit(part, place.survey(part), {}))
    assert place.story.on_hand(other, WAREHOUSE) == (100,)


def test_what_moves_after_the_count_is_no_difference() -> None:
    """The office goes on working while the count waits, and the stock is right all the same."""
    place, (lot,) = stored(100)
    count = place.count()
    assert place.does(damage(lot, 20))
    assert place.does(Recorder(count).of({lot: 95}))
    assert place.does(submit(count, place.survey(count), {lot: GONE}))
    assert place.does(damage(lot, 30))
    (posted,) = [
        only(place.story.accepted(approve(count, place.survey(count))), CountPosted).differences,
    ]
    assert (posted[0].book, posted[0].counted) == (100, 95)
    assert place.story.on_hand(lot, WAREHOUSE, LOST) == (45, 55)


def test_what_moved_between_look_and_decision_is_looked_up_again() -> None:
    """A count is never posted over a movement it has not seen."""
    place, (lot,) = stored(100)
    count = place.count()
    assert place.does(Recorder(count).of({lot: 50}))
    before = place.survey(count)
    assert place.does(damage(lot, 1))
    assert place.refused(submit(count, before, {lot: GONE})) == "plan-outdated"


def test_goods_nobody_knew_of_become_a_lot() -> None:
    """They are found, have an owner, and are not valued unless somebody says so."""
    place, (lot,) = stored(100)
    count = place.count()
    assert place.does(Recorder(count).of({lot: 100}))
    assert place.does(Recorder(count).found(found := new_id(), 7))
    submitted = only(place.story.accepted(submit(count, place.survey(count), {})), CountSubmitted)
    assert [(one.lot_id, one.surplus_reason) for one in submitted.differences] == [(found, SurplusReason.FOUND)]
    assert place.does(approve(count, place.survey(count)))
    assert place.story.on_hand(found, WAREHOUSE, SURPLUS) == (7, -7)
    assert place.story.state(Lot, found).value_basis is ValueBasis.NOT_VALUED


def test_goods_are_found_once_and_of_a_listed_item() -> None:
    """What a book knows is counted, not found."""
    place, (lot,) = stored(100)
    count = place.count()
    assert place.refused(Recorder(count).found(lot, 5)) == "lot-known-already"
    assert place.refused(Recorder(count).found(new_id(), 5, "tidak-ada")) == "item-unknown"
    assert place.refused(Recorder(count).of({new_id(): 5})) == "lot-unknown"
    assert place.refused(Recorder(count).of({lot: 5}, "family-kit")) == "lot-of-another-item"


def test_a_count_that_was_overtaken_by_a_later_one_is_not_posted() -> None:
    """The later count has said what is there."""
    place, (lot,) = stored(100)
    first, second = place.count(whole=False), place.count(whole=False)
    for count in (second, first):
        assert place.does(Recorder(count).of({lot: 100}))
    assert place.does(submit(second, place.survey(second), {}))
    assert place.refused(submit(first, place.survey(first), {})) == "count-overtaken"
    assert place.does(cancel(first))


def test_a_count_sent_back_is_a_draft_again() -> None:
    """Its counters record anew and stand for it anew; what is closed stays closed."""
    place, (lot,) = stored(100)
    count = place.count()
    assert place.does(Recorder(count).of({lot: 10}))
    assert place.does(submit(count, place.survey(count), {lot: GONE}))
    assert place.refused(Recorder(count).of({lot: 100})) == "count-not-in-that-state"
    assert place.refused(send_back(count, COUNTER)) == "same-person"
    assert place.does(send_back(count))
    assert place.does(Recorder(count).of({lot: 100}))
    assert place.does(submit(count, place.survey(count), {}))
    for closed in (cancel(count), Recorder(count).of({lot: 1}), approve(count, place.survey(count))):
        assert place.refused(closed) == "count-not-in-that-state"


def test_a_handover_is_signed_by_both_and_by_nobody_else() -> None:
    """Giver and taker stand for what one leaves and the other finds."""
    place, (lot,) = stored(100)
    assert place.refused(place.opening(HANDOVER, giver_id=SECOND, taker_id=SECOND)) == "signers-unfit"
    assert place.refused(place.opening(CountPurpose.STOCKTAKE, giver_id=SECOND)) == "signers-unfit"
    count = place.count(HANDOVER, giver_id=SECOND, taker_id=THIRD)
    assert place.does(Recorder(count, THIRD).of({lot: 100}))
    assert place.refused(submit(count, place.survey(count), {}, COUNTER)) == "not-a-signer"
    assert place.does(submit(count, place.survey(count), {}, SECOND))
    assert place.refused(approve(count, place.survey(count), COUNTER)) == "not-a-signer"
    assert place.refused(approve(count, place.survey(count), SECOND)) == "same-person"
    assert place.does(approve(count, place.survey(count), THIRD))
    assert place.story.on_hand(lot, WAREHOUSE) == (100,)


def test_a_place_goes_live_by_a_signed_count() -> None:
    """Lots enter with owner, expiry and value; nothing else can begin a book that exists."""
    place = Place(Story().given(*setting()))
    count = place.count(OPENING)
    worth: dict[str, Any] = {"unit_value_idr": 15_000, "valued_quantity": 1_000, "value_basis": "fair_value"}
    assert place.does(Recorder(count).found(lot := new_id(), 5_000, expires_on=TODAY, **worth))
    assert place.does(submit(count, place.survey(count), {}))
    assert place.story.states.get(Ref("lot", lot)) is None
    assert place.refused(approve(count, place.survey(count), COUNTER)) == "same-person"
    received = only(place.story.accepted(approve(count, place.survey(count))), LotReceived)
    assert (received.from_place_id, received.unit_value_idr, received.expires_on) == (FIRST_BOOK, 15_000, TODAY)
    assert place.story.on_hand(lot, WAREHOUSE, FIRST_BOOK, HANDED_OUT) == (5_000, -5_000, 0)
    assert place.refused(place.opening(OPENING)) == "place-not-empty"


def test_goods_that_move_while_a_place_goes_live_stop_it() -> None:
    """A book that has begun elsewhere is checked by an ordinary count."""
    place = Place(Story().given(*setting()))
    count = place.count(OPENING)
    assert place.does(Recorder(count).found(new_id(), 5))
    assert place.does(submit(count, place.survey(count), {}))
    assert place.does(receive(10))
    assert place.refused(approve(count, place.survey(count))) == "place-not-empty"


def test_a_count_needs_a_store_and_a_position_that_was_reached() -> None:
    """An account is not counted, nor a future."""
    place = Place(Story().given(*setting()))
    place.place_id = LOST
    assert place.refused(place.opening(CountPurpose.STOCKTAKE)) == "place-unknown"
    place.place_id = WAREHOUSE
    ahead = place.opening(CountPurpose.STOCKTAKE)
    assert place.does(ahead)
    assert place.refused(ahead) == "count-opened-already"
    assert place.refused(cancel(type(ahead.count_id)(new_id()))) == "count-unknown"
