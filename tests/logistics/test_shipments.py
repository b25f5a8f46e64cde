"""Shipments: sent from reservations, counted by the receiver, with every difference on record."""

from services.logistics.places.domain import DAMAGED, LOST, SURPLUS, TRANSIT
from services.logistics.shipments.domain import WRONG_PLACE, Shipment
from services.logistics.stock.domain import Lot
from shared.contracts.ids import PlaceId
from shared.contracts.logistics import ReservationReleased, StockMoved
from shared.contracts.shipments import ShipmentDispatched, ShipmentReceived
from shared.contracts.vocabulary import FieldFlag, ReservationEnd
from tests.logistics.builders import (
    FAR_WAREHOUSE,
    KIT,
    POST,
    RICE,
    WAREHOUSE,
    admit,
    allocate,
    arrive,
    count,
    dispatch,
    load,
    new_id,
    open_post,
    open_request,
    pick,
    receive,
    setting,
)
from tests.logistics.story import Story, only


def sent(quantity: int = 100) -> tuple[Story, str, str]:
    """A story with a shipment on its way, its lot and its id."""
    story = Story().given(*setting(), receive(200, lot := new_id()))
    story.given(open_request(request := new_id(), (RICE, quantity)))
    allocation = pick(lot, quantity)
    story.given(allocate(request, allocation), dispatch(shipment := new_id(), request, load(allocation)))
    return story, lot, shipment


def test_dispatched_goods_use_their_reservation_and_are_on_the_vehicle() -> None:
    """What leaves is neither reserved nor in the store any more."""
    story = Story().given(*setting(), receive(200, lot := new_id()), open_request(request := new_id(), (RICE, 100)))
    allocation = pick(lot, 100)
    story.given(allocate(request, allocation))
    events = story.accepted(dispatch(new_id(), request, load(allocation)))
    released = only(events, ReservationReleased)
    assert (released.reason, released.quantity) == (ReservationEnd.USED, 100)
    assert only(events, ShipmentDispatched).lines[0].quantity == 100
    assert story.on_hand(lot, WAREHOUSE, TRANSIT) == (100, 100)
    assert story.balance(lot, WAREHOUSE).reserved == 0


def test_no_more_is_dispatched_than_is_reserved() -> None:
    """A load without a reservation, beyond it, or used before is refused whole."""
    story = Story().given(*setting(), receive(200, lot := new_id()), open_request(request := new_id(), (RICE, 100)))
    allocation = pick(lot, 100)
    story.given(allocate(request, allocation))
    assert story.refused(dispatch(new_id(), request, load(allocation, 101))) == "load-exceeds-reservation"
    assert story.refused(dispatch(new_id(), request, load(pick(lot, 10)))) == "reservation-ended"
    elsewhere = dispatch(new_id(), request, load(allocation), from_place_id=FAR_WAREHOUSE)
    assert story.refused(elsewhere) == "reservation-ended"
    story.accepted(dispatch(shipment := new_id(), request, load(allocation, 60)))
    assert story.refused(dispatch(shipment, request, load(allocation, 40))) == "shipment-dispatched-already"
    assert story.refused(dispatch(new_id(), request, load(allocation, 60))) == "load-exceeds-reservation"
    story.accepted(dispatch(new_id(), request, load(allocation, 40)))
    assert story.state(Lot, lot).reservations == {}


def test_a_truck_of_100_that_arrives_as_92_with_3_damaged() -> None:
    """Hard case 8: loss on the way and damage on arrival are different accounts, and nothing stays on the vehicle."""
    story, lot, shipment = sent(100)
    received = only(story.accepted(arrive(shipment, count(lot, 89, missing=8, damaged=3))), ShipmentReceived)
    assert received.flags == ()
    assert (received.lines[0].dispatched, received.to_place_id) == (100, POST)
    assert story.on_hand(lot, POST, LOST, DAMAGED, TRANSIT) == (89, 8, 3, 0)
    state = story.state(Shipment, shipment)
    assert (state.on_the_way, state.differs) == (False, True)


def test_a_count_that_does_not_add_up_is_accepted_and_flagged() -> None:
    """What nobody accounts for stays on the vehicle, where it must be explained."""
    story, lot, shipment = sent(100)
    received = only(story.accepted(arrive(shipment, count(lot, 89, damaged=3))), ShipmentReceived)
    assert received.flags == (FieldFlag.QUANTITY_MISMATCH,)
    assert story.on_hand(lot, POST, DAMAGED, TRANSIT, LOST) == (89, 3, 8, 0)


def test_more_than_was_sent_comes_from_the_account_of_surpluses() -> None:
    """The post has what it counted; the books say that nobody knows where the surplus came from."""
    story, lot, shipment = sent(100)
    received = only(story.accepted(arrive(shipment, count(lot, 104, missing=2))), ShipmentReceived)
    assert FieldFlag.QUANTITY_MISMATCH in received.flags
    assert story.on_hand(lot, POST, TRANSIT, SURPLUS, LOST) == (104, 0, -4, 0)


def test_a_count_sent_twice_moves_goods_once() -> None:
    """The second count is on record and flagged; the first one moved the goods."""
    story, lot, shipment = sent(100)
    story.accepted(arrive(shipment, count(lot, 100)))
    again = story.accepted(arrive(shipment, count(lot, 95, missing=5)))
    assert only(again, ShipmentReceived).flags == (FieldFlag.RECEIVED_TWICE,)
    assert len(again) == 1
    assert story.on_hand(lot, POST, LOST) == (100, 0)


def test_a_lot_that_was_not_on_board_is_accepted_as_a_surplus() -> None:
    """A wrong or unknown lot that came off the truck is at the post all the same."""
    story, lot, shipment = sent(100)
    story.given(receive(50, kits := new_id(), item_code=KIT))
    unknown = new_id()
    counted = arrive(shipment, count(lot, 100), count(kits, 2), count(unknown, 3))
    received = only(story.accepted(counted), ShipmentReceived)
    assert {FieldFlag.WRONG_ITEM, FieldFlag.UNKNOWN_LOT} <= set(received.flags)
    assert [line.line_no for line in received.lines] == [1, 2, 3]
    assert story.on_hand(kits, POST, SURPLUS, WAREHOUSE) == (2, -2, 50)
    assert story.on_hand(unknown, POST, SURPLUS) == (3, -3)


def test_a_lot_not_counted_yet_is_still_on_its_way() -> None:
    """A post may count a truck in two goes."""
    story = Story().given(*setting(), receive(50, rice := new_id()), receive(9, kits := new_id(), item_code=KIT))
    story.given(open_request(request := new_id(), (RICE, 50), (KIT, 9)))
    picks = pick(rice, 50), pick(kits, 9, item_code=KIT)
    story.given(allocate(request, *picks), dispatch(shipment := new_id(), request, *(load(one) for one in picks)))
    story.accepted(arrive(shipment, count(rice, 50)))
    assert story.state(Shipment, shipment).on_the_way
    story.accepted(arrive(shipment, count(kits, 9)))
    assert not story.state(Shipment, shipment).on_the_way


def test_one_lot_loaded_from_two_reservations_is_counted_as_one() -> None:
    """The post sees a lot; the books spread its count over the lines it was loaded in."""
    story = Story().given(*setting(), receive(100, lot := new_id()), open_request(request := new_id(), (RICE, 100)))
    picks = pick(lot, 40), pick(lot, 60)
    story.given(allocate(request, *picks), dispatch(shipment := new_id(), request, *(load(one) for one in picks)))
    events = story.accepted(arrive(shipment, count(lot, 92, missing=5, damaged=3)))
    received = only(events, ShipmentReceived)
    shares = [(line.dispatched, line.accepted, line.missing, line.damaged) for line in received.lines]
    assert shares == [(40, 40, 0, 0), (60, 52, 5, 3)]
    assert received.flags == ()
    assert story.on_hand(lot, POST, LOST, DAMAGED, TRANSIT) == (92, 5, 3, 0)


def test_a_shipment_reported_before_the_office_wrote_it_arrives_when_it_does() -> None:
    """A count of an unknown shipment is on record and moves nothing until its dispatch is known."""
    story = Story().given(*setting(), receive(200, lot := new_id()), open_request(request := new_id(), (RICE, 100)))
    allocation = pick(lot, 100)
    story.given(allocate(request, allocation))
    early = only(story.accepted(arrive(shipment := new_id(), count(lot, 97, missing=3))), ShipmentReceived)
    assert early.flags == (FieldFlag.UNKNOWN_SHIPMENT,)
    assert (early.request_id, early.lines[0].dispatched) == (None, 0)
    events = story.accepted(dispatch(shipment, request, load(allocation)))
    assert only(events, ShipmentReceived).lines[0].dispatched == 100
    assert story.on_hand(lot, WAREHOUSE, TRANSIT, POST, LOST) == (100, 0, 97, 3)
    assert not story.state(Shipment, shipment).on_the_way


def test_goods_counted_at_another_post_are_there_and_flagged() -> None:
    """Goods are where somebody counted them, not where a paper says."""
    other = PlaceId(new_id())
    story, lot, shipment = sent(100)
    story.given(open_post(other), admit(post_id=other))
    received = only(story.accepted(arrive(shipment, count(lot, 100), place_id=other)), ShipmentReceived)
    assert received.flags == (WRONG_PLACE,)
    assert story.on_hand(lot, other, POST) == (100, 0)


def test_a_post_takes_goods_for_a_village_it_serves() -> None:
    """A village without a post of its own is no wrong place for the post that serves it."""
    story, lot, shipment = sent(100)
    other = PlaceId(new_id())
    story.given(open_post(other), admit(post_id=other))
    served = arrive(shipment, count(lot, 100), place_id=other, serves=(POST,))
    assert only(story.accepted(served), ShipmentReceived).flags == ()


def test_a_count_from_a_post_nobody_enrolled_is_accepted_and_flagged() -> None:
    """The news of an enrolment may still be on its way."""
    story, lot, shipment = sent(100)
    received = only(story.accepted(arrive(shipment, count(lot, 100), place_id=new_id())), ShipmentReceived)
    assert FieldFlag.UNKNOWN_POST in received.flags


def test_every_movement_of_a_shipment_names_it() -> None:
    """The stock card tells which paper a movement belongs to."""
    story, lot, shipment = sent(100)
    story.accepted(arrive(shipment, count(lot, 89, missing=8, damaged=3)))
    moves = [event.payload for event in story.events if isinstance(event.payload, StockMoved)]
    assert {move.cause for move in moves} == {f"shipment/{shipment}"}
    assert len({move.movement_id for move in moves}) == len(moves) == 4
