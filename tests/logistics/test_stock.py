"""Lots and their balances: what a decision may do, and that nothing is made or lost in the books."""

from dataclasses import replace
from datetime import timedelta

from services.logistics.places.domain import DAMAGED, LOST, SUPPLIER, TRANSIT, OpenPlace
from services.logistics.stock.domain import Balance, Lot, moved
from services.logistics.stock.receiving import MoveStock
from services.logistics.stock.reversing import ReverseMovement
from services.logistics.stock.valuing import ValueLot, Worth, worth_idr
from shared.contracts.ids import EventId, LotId, OwnerId, PlaceId, Subject
from shared.contracts.ledger import ValueBasis
from shared.contracts.logistics import StockMoved
from shared.contracts.vocabulary import MovementReason, PlaceKind
from tests.logistics.builders import (
    FAR_WAREHOUSE,
    KIT,
    POST,
    RICE,
    TODAY,
    WAREHOUSE,
    allocate,
    given_line,
    hand_out,
    new_id,
    open_request,
    pick,
    receive,
    setting,
)
from tests.logistics.story import Story, only


def move(lot_id: str, quantity: int, *, from_: str = WAREHOUSE, to: str = LOST, reason: str = "loss") -> MoveStock:
    return MoveStock(LotId(lot_id), PlaceId(from_), PlaceId(to), quantity, MovementReason(reason), new_id(), TODAY)


def test_received_goods_stand_against_their_suppliers_account() -> None:
    """What comes into a store goes out of the account it came from, so a lot's places sum to zero."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    assert story.on_hand(lot, WAREHOUSE, SUPPLIER) == (100, -100)


def test_a_lot_is_received_once() -> None:
    """A second receipt under the same id would change what the first document says."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    assert story.refused(receive(50, lot)) == "lot-received-already"


def test_receiving_needs_a_known_item_a_store_and_a_source() -> None:
    """Goods come from outside into a store, and are counted in a unit the catalogue knows."""
    story = Story().given(*setting())
    assert story.refused(receive(item_code="tidak-ada")) == "item-unknown"
    assert story.refused(receive(place_id=TRANSIT)) == "place-unknown"
    assert story.refused(receive(place_id=PlaceId("gudang-lain"))) == "place-unknown"
    assert story.refused(receive(from_place_id=LOST)) == "place-unknown"


def test_expired_goods_are_not_received() -> None:
    """Nothing past its last day enters a store; on its last day it still does."""
    story = Story().given(*setting())
    assert story.refused(receive(expires_on=TODAY - timedelta(days=1))) == "lot-expired"
    story.accepted(receive(expires_on=TODAY))


def test_a_loss_goes_to_the_account_of_losses() -> None:
    """Written off goods leave the store for the account their reason names, and no other."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    story.accepted(move(lot, 8))
    story.accepted(move(lot, 3, to=DAMAGED, reason="damage"))
    assert story.on_hand(lot, WAREHOUSE, LOST, DAMAGED) == (89, 8, 3)
    assert story.refused(move(lot, 1, to=DAMAGED, reason="loss")) == "place-unknown"
    assert story.refused(move(lot, 1, to=WAREHOUSE, reason="return")) == "place-unknown"


def test_a_decision_takes_no_more_than_is_there_and_not_reserved() -> None:
    """Reserved goods are somebody's already."""
    story = Story().given(*setting(), receive(100, lot := new_id()), open_request(request := new_id(), (RICE, 60)))
    story.accepted(allocate(request, pick(lot, 60)))
    assert story.refused(move(lot, 41)) == "stock-short"
    story.accepted(move(lot, 40))


def test_a_movement_is_reversed_once_and_the_original_stays() -> None:
    """A mistake is corrected by a linked movement the other way."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    story.accepted(move(lot, 8))
    original = EventId(new_id())
    reversal = ReverseMovement(LotId(lot), original, WAREHOUSE, LOST, 8, "loss", Subject(f"lot/{lot}"), new_id(), TODAY)
    moved = only(story.accepted(reversal), StockMoved)
    assert (moved.reverses, moved.reason) == (original, MovementReason.CORRECTION)
    assert story.on_hand(lot, WAREHOUSE, LOST) == (100, 0)
    assert story.refused(reversal) == "movement-reversed-already"


def test_a_dispatch_is_not_reversed() -> None:
    """Goods on a vehicle come back by being counted or returned: the books never pretend they had not left."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    reversal = ReverseMovement(
        LotId(lot), EventId(new_id()), WAREHOUSE, TRANSIT, 8, "dispatch", Subject("shipment/x"), new_id(), TODAY
    )
    assert story.refused(reversal) == "dispatch-not-reversed"


def test_goods_that_have_gone_on_cannot_be_taken_back() -> None:
    """A reversal is a decision: it takes only what is there."""
    story = Story().given(*setting(), receive(100, lot := new_id(), place_id=POST))
    story.accepted(hand_out(given_line(90, lot_id=lot)))
    reversal = ReverseMovement(
        LotId(lot), EventId(new_id()), SUPPLIER, POST, 100, "receipt", Subject(f"lot/{lot}"), new_id(), TODAY
    )
    assert story.refused(reversal) == "stock-short"


def test_a_fact_may_take_more_than_is_there_and_decisions_then_wait() -> None:
    """What a post gave away is gone: the missing part stands as a deficit until it is explained."""
    story = Story().given(*setting(), receive(100, lot := new_id(), place_id=POST))
    story.accepted(hand_out(given_line(130, lot_id=lot)))
    balance = story.balance(lot, POST)
    assert (balance.on_hand, balance.field_deficit, balance.available) == (-30, 30, 0)
    assert story.refused(move(lot, 1, from_=POST)) == "stock-to-explain"


def test_a_decision_never_raises_a_deficit() -> None:
    """Were a decision to take too much, the database's CHECK must still see it: only a fact is excused."""
    assert moved(Balance(5), -8, by_fact=True).field_deficit == 3
    assert moved(Balance(5), -8, by_fact=False).field_deficit == 0


def test_goods_that_arrive_explain_a_deficit() -> None:
    """A lot that facts named before the office received it is completed, and its deficit falls by what came."""
    story = Story().given(*setting())
    story.accepted(hand_out(given_line(30, lot_id=(lot := new_id()), item_code=RICE)))
    assert story.balance(lot, POST).field_deficit == 30
    assert not story.state(Lot, lot).received
    story.accepted(receive(100, lot, place_id=POST))
    balance = story.balance(lot, POST)
    assert (balance.on_hand, balance.field_deficit) == (70, 0)
    assert story.refused(receive(5, lot)) == "lot-received-already"


def test_goods_kept_apart_come_back_to_a_store() -> None:
    """Somebody has looked at them."""
    apart = PlaceId("karantina-kasongan")
    opened = OpenPlace(apart, PlaceKind.QUARANTINE, TODAY, area_code="62.06")
    story = Story().given(*setting(), opened, receive(100, lot := new_id()))
    story.accepted(move(lot, 30, to=apart, reason="quarantine"))
    assert story.refused(move(lot, 5, to=FAR_WAREHOUSE, reason="quarantine")) == "place-unknown"
    story.accepted(move(lot, 10, from_=apart, to=WAREHOUSE, reason="return"))
    assert story.on_hand(lot, WAREHOUSE, apart) == (80, 20)


def test_what_is_kept_apart_is_promised_to_nobody() -> None:
    """Only a warehouse gives goods to requests."""
    apart = PlaceId("karantina-kasongan")
    opened = OpenPlace(apart, PlaceKind.QUARANTINE, TODAY, area_code="62.06")
    story = Story().given(*setting(), opened, receive(100, lot := new_id()))
    story.given(move(lot, 30, to=apart, reason="quarantine"), open_request(request := new_id(), (RICE, 10)))
    assert story.refused(allocate(request, pick(lot, 10, place_id=apart))) == "place-unknown"


def test_an_office_decides_about_the_goods_of_its_own_owner() -> None:
    """Other owners' goods in its stores are kept, not disposed of."""
    story = Story().given(*setting(), receive(100, lot := new_id(), owner_id=OwnerId("kemensos")))
    ours = ("regency:62.06", "province")
    assert story.refused(replace(move(lot, 8), owners=ours)) == "other-owners-goods"
    assert story.refused(receive(5, owner_id=OwnerId("bulog"), owners=ours)) == "other-owners-goods"
    story.accepted(replace(move(lot, 8), owners=("kemensos",)))


def test_a_lot_is_valued_once() -> None:
    """Belum dinilai until a document says what it is worth: rupiah for a sack, since a gram has no whole price."""
    story = Story().given(*setting(), receive(50_000, lot := new_id()))
    assert worth_idr(story.state(Lot, lot), 50_000) is None
    value = ValueLot(LotId(lot), Worth(13_500, 1_000, ValueBasis.COST), "FAKTUR-17/2026", TODAY)
    story.accepted(value)
    assert worth_idr(story.state(Lot, lot), 50_000) == 675_000
    assert story.refused(value) == "lot-valued-already"
    assert story.refused(replace(value, lot_id=LotId(new_id()))) == "lot-unknown"


def test_a_lot_comes_with_its_value_where_that_is_known() -> None:
    """The acquisition's document says what it cost."""
    known = Worth(125_000, 1, ValueBasis.FAIR_VALUE)
    story = Story().given(*setting(), receive(10, lot := new_id(), item_code=KIT, worth=known))
    assert story.state(Lot, lot).value_basis is ValueBasis.FAIR_VALUE
    assert worth_idr(story.state(Lot, lot), 4) == 500_000


def test_goods_come_back_from_a_post_to_a_warehouse() -> None:
    """What was not needed returns to a store."""
    story = Story().given(*setting(), receive(100, lot := new_id(), place_id=POST))
    story.accepted(move(lot, 40, from_=POST, to=FAR_WAREHOUSE, reason="return"))
    assert story.on_hand(lot, POST, FAR_WAREHOUSE) == (60, 40)
