"""A wrong count of a shipment is taken back: the goods are on the vehicle again, in the ledger and in its figures."""

import pytest

from services.logistics.places.domain import LOST, TRANSIT, OpenPlace
from services.logistics.shipments.domain import Shipment
from services.logistics.stock.receiving import MoveStock
from shared.contracts.ids import LotId, PlaceId, ShipmentId
from shared.contracts.logistics import StockMoved
from shared.contracts.shipments import ReturnCondition, SignerRole
from shared.contracts.vocabulary import MovementReason, PlaceKind
from tests.logistics.builders import POST, TODAY, arrive, count, new_id
from tests.logistics.shipping import (
    BOAT,
    DROP_POINT,
    at_stop,
    back,
    line_of,
    request_of,
    signed,
    taken_back,
    under_way,
)
from tests.logistics.story import Story


def moved(story: Story, reason: MovementReason) -> tuple[str, StockMoved]:
    """The last movement of a reason."""
    return next(
        (event.id, event.payload)
        for event in reversed(story.events)
        if isinstance(event.payload, StockMoved) and event.payload.reason is reason
    )


def test_what_was_counted_wrong_is_open_again_and_counted_anew() -> None:
    """Ninety were told as accepted; it was eighty, and ten more are missing."""
    story, lot, shipment = under_way(100)
    story.accepted(arrive(shipment, count(lot, 90, missing=10)))
    story.accepted(taken_back(*moved(story, MovementReason.DELIVERY)))
    line = line_of(story, shipment)
    assert (line.accepted, line.missing, line.open) == (0, 10, 90)
    assert (story.balance(lot, TRANSIT).on_hand, story.balance(lot, POST).on_hand) == (90, 0)
    assert story.state(Shipment, shipment).on_the_way
    story.accepted(arrive(shipment, count(lot, 80, missing=10)))
    line = line_of(story, shipment)
    assert (line.accepted, line.missing, line.open) == (80, 20, 0)
    assert (story.balance(lot, TRANSIT).on_hand, story.balance(lot, LOST).on_hand) == (0, 20)


def test_a_movement_of_a_count_is_taken_back_once() -> None:
    """Taken back by mistake, the goods are counted again and the reversal is not reversed."""
    story, lot, shipment = under_way(100)
    story.accepted(arrive(shipment, count(lot, 100)))
    told = moved(story, MovementReason.DELIVERY)
    story.accepted(taken_back(*told))
    assert story.refused(taken_back(*moved(story, MovementReason.CORRECTION))) == "goods-on-the-way"
    story.accepted(arrive(shipment, count(lot, 100)))
    assert story.refused(taken_back(*told)) == "movement-reversed-already"


def test_whoever_signed_for_a_loss_that_was_none_signs_for_the_next_one_anew() -> None:
    """The sacks turned up under the tarpaulin: nobody has lost them."""
    story, lot, shipment = under_way(100)
    carrier = signed(SignerRole.CARRIER, "sopir-17")
    story.accepted(arrive(shipment, count(lot, 90, missing=10), signatures=(carrier,)))
    story.accepted(taken_back(*moved(story, MovementReason.LOSS)))
    of = story.state(Shipment, shipment)
    assert (of.loss_signer_id, of.unsigned, of.differs) == (None, False, False)
    story.accepted(arrive(shipment, count(lot, 0, missing=10)))
    assert story.state(Shipment, shipment).unsigned


def test_a_surplus_that_was_none_is_taken_back_without_touching_the_vehicle() -> None:
    """A typing error of four sacks: the account of surpluses is even again."""
    story, lot, shipment = under_way(100)
    story.accepted(arrive(shipment, count(lot, 104)))
    story.accepted(taken_back(*moved(story, MovementReason.DELIVERY)))
    line = line_of(story, shipment)
    assert (line.accepted, line.surplus, line.open) == (100, 0, 0)
    assert (story.balance(lot, POST).on_hand, story.balance(lot, TRANSIT).on_hand) == (100, 0)


def test_a_count_is_not_taken_back_once_the_rest_went_on_by_another_vehicle() -> None:
    """What stayed at the drop point came off the truck; what is open is on the boat."""
    story, lot, shipment = under_way(100)
    story.given(OpenPlace(DROP_POINT, PlaceKind.DROP_POINT, TODAY), OpenPlace(BOAT, PlaceKind.VEHICLE, TODAY))
    stop = at_stop(lot, 30, 70)
    story.accepted(
        arrive(shipment, stop, place_id=DROP_POINT, reporter_place_id=POST, passes=True, next_vehicle_id=BOAT)
    )
    assert story.refused(taken_back(*moved(story, MovementReason.DELIVERY))) == "shipment-moved-on"
    assert story.refused(taken_back(*moved(story, MovementReason.HOP))) == "goods-on-the-way"


def test_what_came_back_off_a_vehicle_stays_in_store() -> None:
    """A return is no count: the goods are here, and go out again by another shipment."""
    story, lot, shipment = under_way(100)
    how = {"shipment_id": ShipmentId(shipment), "request_id": request_of(story, shipment)}
    story.accepted(back((lot, 40, ReturnCondition.GOOD), **how))
    assert story.refused(taken_back(*moved(story, MovementReason.RETURN))) == "goods-on-the-way"


@pytest.mark.parametrize(("to", "reason"), [("lost", "loss"), ("damaged", "damage"), ("gudang-kasongan", "return")])
def test_goods_on_a_vehicle_are_not_written_off_by_hand(to: str, reason: str) -> None:
    """The shipment says what became of each unit: its count or a return does it."""
    story, lot, _ = under_way(100)
    by_hand = MoveStock(LotId(lot), TRANSIT, PlaceId(to), 5, MovementReason(reason), new_id(), TODAY)
    assert story.refused(by_hand) == "goods-on-the-way"
