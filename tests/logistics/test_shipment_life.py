"""A shipment from its loading list to its last unit: stops, two signers, surplus, diversion, returns, hand-over."""

from typing import Any

import pytest

from services.logistics.documents.content import hash_of
from services.logistics.documents.domain import Figures, IssueDocument
from services.logistics.places.domain import DAMAGED, DESTROYED, LOST, SURPLUS, TRANSIT, OpenPlace
from services.logistics.requests.domain import Request
from services.logistics.shipments.dispatching import PickShipment
from services.logistics.shipments.diverting import Taken
from services.logistics.shipments.domain import SAME_SIGNER, SURPLUS_FOUND, UNKNOWN_PLACE, Shipment
from services.logistics.shipments.handing_over import HandOver
from services.logistics.shipments.signing import SignShortfall
from shared.contracts.documents import DocumentKind
from shared.contracts.ids import DocumentId, HandoverId, LotId, PlaceId, RequestId, ShipmentId, Subject
from shared.contracts.shipments import (
    GoodsHandedOver,
    ReturnCondition,
    ShipmentPassed,
    ShipmentReceived,
    Shortfall,
    SignerRole,
    SurplusFound,
)
from shared.contracts.vocabulary import FieldFlag, PlaceKind
from tests.logistics.builders import (
    KIT,
    POST,
    RICE,
    TODAY,
    WAREHOUSE,
    allocate,
    arrive,
    count,
    dispatch,
    load,
    new_id,
    open_request,
    pick,
    receive,
    setting,
)
from tests.logistics.shipping import (
    BOAT,
    DROP_POINT,
    OTHER_VILLAGE_PLACE,
    QUARANTINE,
    at_stop,
    back,
    divert,
    line_of,
    request_of,
    signed,
    under_way,
)
from tests.logistics.story import Story, only


def opened(story: Story, place_id: PlaceId, kind: PlaceKind) -> Story:
    area = "62.06.01.2002" if kind is PlaceKind.VILLAGE else None
    return story.given(OpenPlace(place_id, kind, TODAY, area_code=area))


def test_what_was_picked_is_what_leaves() -> None:
    """A loading list binds the vehicle it was written for; another list takes its place before it leaves."""
    story = Story().given(*setting(), receive(200, lot := new_id()), open_request(request := new_id(), (RICE, 100)))
    one, other = pick(lot, 60), pick(lot, 40)
    story.given(allocate(request, one, other))
    shipment = ShipmentId(new_id())
    of = (shipment, RequestId(request), WAREHOUSE)
    story.given(PickShipment(*of, (load(one), load(other)), TODAY))
    assert story.on_hand(lot, WAREHOUSE, TRANSIT) == (200, 0)
    assert story.refused(dispatch(shipment, request, load(one))) == "load-not-picked"
    story.given(PickShipment(*of, (load(one),), TODAY), dispatch(shipment, request, load(one)))
    assert story.on_hand(lot, WAREHOUSE, TRANSIT) == (140, 60)
    assert story.refused(PickShipment(*of, (load(other),), TODAY)) == "shipment-dispatched-already"


def test_goods_pass_a_drop_point_where_a_part_stays_and_a_boat_takes_the_rest() -> None:
    """Each stop has its own count and signer; what is lost before it is the first carrier's."""
    story, lot, shipment = under_way(carrier_id="sopir-17")
    opened(opened(story, DROP_POINT, PlaceKind.DROP_POINT), BOAT, PlaceKind.VEHICLE)
    stop = arrive(
        shipment,
        at_stop(lot, 30, 64, missing=6),
        place_id=DROP_POINT,
        reporter_place_id=POST,
        passes=True,
        next_vehicle_id=BOAT,
        carrier_id="motoris-4",
        signatures=(signed(SignerRole.RECEIVER, "petugas-2"), signed(SignerRole.CARRIER, "sopir-17")),
    )
    passed = only(story.accepted(stop), ShipmentPassed)
    assert (passed.flags, passed.lines[0].open) == ((), 64)
    assert story.on_hand(lot, TRANSIT, DROP_POINT, BOAT, LOST) == (0, 30, 64, 6)
    state = story.state(Shipment, shipment)
    assert (state.loss_signer_id, state.carrier_id, state.on_the_way) == ("sopir-17", "motoris-4", True)
    story.accepted(arrive(shipment, count(lot, 64)))
    line = line_of(story, shipment)
    assert (line.accepted, line.missing, line.open) == (94, 6, 0)
    assert story.on_hand(lot, BOAT, POST) == (0, 64)
    assert story.state(Request, str(request_of(story, shipment))).short[0].quantity == 6


@pytest.mark.parametrize("named", ["lost", "titik-drop-lain", "gudang-kasongan", "supplier:bulog"])
def test_a_stop_nobody_opened_leaves_the_goods_with_the_post_that_told_of_it(named: str) -> None:
    """A report puts nothing into accounts, other stores or places that are not there."""
    story, lot, shipment = under_way()
    stop = arrive(
        shipment,
        at_stop(lot, 30, 70),
        place_id=PlaceId(named),
        reporter_place_id=POST,
        passes=True,
        next_vehicle_id=PlaceId(named),
    )
    passed = only(story.accepted(stop), ShipmentPassed)
    assert (passed.at_place_id, passed.vehicle_place_id, passed.flags) == (POST, None, (UNKNOWN_PLACE,))
    assert story.on_hand(lot, POST, TRANSIT) == (30, 70)


def test_a_drop_point_of_another_area_is_flagged() -> None:
    """A post answers for its own area; goods are where they were left all the same."""
    story, lot, shipment = under_way()
    story.given(OpenPlace(DROP_POINT, PlaceKind.DROP_POINT, TODAY, area_code="62.71.03"))
    stop = arrive(shipment, at_stop(lot, 30, 70), place_id=DROP_POINT, reporter_place_id=POST, passes=True)
    assert only(story.accepted(stop), ShipmentPassed).flags == (FieldFlag.UNAUTHORISED_AREA,)
    assert story.on_hand(lot, DROP_POINT) == (30,)


def test_the_same_stop_told_again_moves_nothing() -> None:
    """A drop point with a bad network repeats itself."""
    story, lot, shipment = under_way()
    opened(story, DROP_POINT, PlaceKind.DROP_POINT)
    how: dict[str, Any] = {"place_id": DROP_POINT, "reporter_place_id": POST, "passes": True}
    story.accepted(arrive(shipment, at_stop(lot, 30, 70), **how))
    again = only(story.accepted(arrive(shipment, at_stop(lot, 30, 70), **how)), ShipmentPassed)
    assert FieldFlag.RECEIVED_TWICE in again.flags
    assert story.on_hand(lot, DROP_POINT, TRANSIT) == (30, 70)


def test_one_lot_may_be_counted_in_two_goes_at_one_place() -> None:
    """Half of it came on Monday, the rest on Tuesday."""
    story, lot, shipment = under_way()
    first = only(story.accepted(arrive(shipment, count(lot, 40))), ShipmentReceived)
    assert first.flags == (FieldFlag.QUANTITY_MISMATCH,)
    second = only(story.accepted(arrive(shipment, count(lot, 59, damaged=1))), ShipmentReceived)
    assert second.flags == ()
    assert story.on_hand(lot, POST, DAMAGED, TRANSIT) == (99, 1, 0)


def test_more_than_was_loaded_is_kept_and_the_store_explains_it() -> None:
    """The receiver keeps four sacks nobody loaded; the store they came from has an open question."""
    story, lot, shipment = under_way()
    events = story.accepted(arrive(shipment, count(lot, 104)))
    found = only(events, SurplusFound)
    assert (found.from_place_id, found.at_place_id, found.lines[0].quantity) == (WAREHOUSE, POST, 4)
    assert found.flags == (SURPLUS_FOUND,)
    line = line_of(story, shipment)
    assert (line.surplus, line.accepted, line.open) == (4, 104, 0)


def test_a_wrong_item_is_kept_and_the_store_explains_it() -> None:
    """What was not on the list came off the truck all the same."""
    story, lot, shipment = under_way()
    story.given(receive(50, kits := new_id(), item_code=KIT))
    found = only(story.accepted(arrive(shipment, count(lot, 100), count(kits, 2))), SurplusFound)
    assert (found.lines[0].item_code, found.flags) == (KIT, (SURPLUS_FOUND, FieldFlag.WRONG_ITEM))
    assert story.on_hand(kits, POST, SURPLUS) == (2, -2)


def test_the_carrier_signs_for_loss_and_the_receiver_for_damage() -> None:
    """Two persons answer for two accounts; whoever did not sign yet is waited for."""
    story, lot, shipment = under_way()
    receiver = signed(SignerRole.RECEIVER, "petugas-7")
    story.accepted(arrive(shipment, count(lot, 89, missing=8, damaged=3), signatures=(receiver,)))
    state = story.state(Shipment, shipment)
    assert (state.unsigned, state.damage_signer_id, state.loss_signer_id) == (True, "petugas-7", None)

    def sign(signer: str) -> SignShortfall:
        return SignShortfall(ShipmentId(shipment), Shortfall.LOSS, signed(SignerRole.CARRIER, signer), TODAY)

    assert story.refused(sign("petugas-7")) == "signer-not-other"
    story.given(sign("sopir-17"))
    assert not story.state(Shipment, shipment).unsigned
    assert story.refused(sign("sopir-18")) == "nothing-to-sign"


def test_one_person_for_both_sides_is_flagged_in_a_report() -> None:
    """It has been signed so; it is not how it should be."""
    story, lot, shipment = under_way()
    both = (signed(SignerRole.RECEIVER, "petugas-7"), signed(SignerRole.CARRIER, "petugas-7"))
    received = only(story.accepted(arrive(shipment, count(lot, 92, missing=8), signatures=both)), ShipmentReceived)
    assert received.flags == (SAME_SIGNER,)


def test_a_part_on_its_way_is_diverted_and_its_request_waits_for_it_again() -> None:
    """The road is cut: sixty go to another village as a shipment of their own."""
    story, lot, shipment = under_way()
    opened(story, OTHER_VILLAGE_PLACE, PlaceKind.VILLAGE)
    order = divert(story, shipment, lot, 60)
    story.given(order)
    line = line_of(story, shipment)
    assert (line.diverted, line.open) == (60, 40)
    into = story.state(Shipment, order.into_shipment_id)
    assert (into.diverted_from, into.to_place_id, into.from_place_id) == (shipment, OTHER_VILLAGE_PLACE, WAREHOUSE)
    assert line_of(story, order.into_shipment_id).open == 60
    assert story.state(Request, str(request_of(story, shipment))).short[0].quantity == 60
    assert story.refused(divert(story, shipment, lot, 41)) == "shipment-open-exceeded"
    story.accepted(arrive(order.into_shipment_id, count(lot, 60), serves=(OTHER_VILLAGE_PLACE,)))
    assert story.on_hand(lot, TRANSIT, POST) == (40, 60)


def test_goods_that_come_back_go_where_their_condition_says() -> None:
    """Good ones are in store again, doubtful ones in quarantine, and nothing is destroyed without its record."""
    story, lot, shipment = under_way()
    opened(story, QUARANTINE, PlaceKind.QUARANTINE)
    story.accepted(arrive(shipment, count(lot, 50)))
    sorted_ = ((lot, 20, ReturnCondition.GOOD), (lot, 10, ReturnCondition.DOUBTFUL), (lot, 5, ReturnCondition.UNUSABLE))
    how = {"shipment_id": shipment, "request_id": request_of(story, shipment), "quarantine_place_id": QUARANTINE}
    assert story.refused(back(*sorted_, **how)) == "destruction-not-recorded"
    record = IssueDocument(
        document_id=DocumentId(new_id()),
        document_kind=DocumentKind.BA_PEMUSNAHAN,
        office="gudang-kasongan",
        subject=Subject(f"shipment/{shipment}"),
        predecessors=(),
        figures=Figures(),
        hash_of=hash_of,
        recorded_on=TODAY,
    )
    story.given(record, back(*sorted_, **how, destruction_document_id=record.document_id))
    assert story.on_hand(lot, WAREHOUSE, QUARANTINE, DESTROYED, POST, TRANSIT) == (120, 10, 5, 50, 15)
    line = line_of(story, shipment)
    assert (line.accepted, line.returned, line.open) == (50, 35, 15)
    assert story.state(Request, str(request_of(story, shipment))).short[0].quantity == 35
    too_much = back((lot, 16, ReturnCondition.GOOD), shipment_id=shipment, request_id=request_of(story, shipment))
    assert story.refused(too_much) == "shipment-open-exceeded"


def test_a_post_sends_back_what_it_does_not_need() -> None:
    """Goods it had accepted come out of its own store, no more than it has."""
    story, lot, shipment = under_way()
    story.accepted(arrive(shipment, count(lot, 100)))
    story.given(back((lot, 30, ReturnCondition.GOOD), from_place_id=POST))
    assert story.on_hand(lot, WAREHOUSE, POST) == (130, 70)
    assert story.refused(back((lot, 71, ReturnCondition.GOOD), from_place_id=POST)) == "stock-short"


def test_a_hand_over_is_custody_of_whoever_signed() -> None:
    """A village fetches goods at a drop point; a warehouse gives goods out by shipments only."""
    story, lot, shipment = under_way()
    opened(opened(story, DROP_POINT, PlaceKind.DROP_POINT), OTHER_VILLAGE_PLACE, PlaceKind.VILLAGE)
    how: dict[str, Any] = {"place_id": DROP_POINT, "reporter_place_id": POST, "passes": True}
    story.accepted(arrive(shipment, at_stop(lot, 100, 0), **how))

    def hand_over(from_place_id: PlaceId, quantity: int) -> HandOver:
        return HandOver(
            handover_id=HandoverId(new_id()),
            from_place_id=from_place_id,
            to_place_id=OTHER_VILLAGE_PLACE,
            lines=(Taken(LotId(lot), quantity),),
            document_number="BAST-10/2026",
            signature=signed(SignerRole.RECEIVER, "kadus-3"),
            seed=new_id(),
            recorded_on=TODAY,
        )

    assert story.refused(hand_over(WAREHOUSE, 10)) == "place-unknown"
    assert story.refused(hand_over(DROP_POINT, 101)) == "stock-short"
    said = only(story.accepted(hand_over(DROP_POINT, 40)), GoodsHandedOver)
    assert (said.signature.signer_id, said.lines[0].quantity) == ("kadus-3", 40)
    assert story.on_hand(lot, DROP_POINT, OTHER_VILLAGE_PLACE) == (60, 40)


def test_a_wrong_lot_counted_before_the_dispatch_is_booked_with_it() -> None:
    """What a post took off the truck is at the post, also where the office wrote something else."""
    story = Story().given(*setting(), receive(200, lot := new_id()), receive(9, kits := new_id(), item_code=KIT))
    story.given(open_request(request := new_id(), (RICE, 100)))
    allocation = pick(lot, 100)
    story.given(allocate(request, allocation))
    story.accepted(arrive(shipment := new_id(), count(lot, 97, missing=3), count(kits, 2)))
    events = story.accepted(dispatch(shipment, request, load(allocation)))
    assert only(events, SurplusFound).lines[0].item_code == KIT
    assert story.on_hand(kits, POST, SURPLUS) == (2, -2)
    assert story.state(Request, request).short[0].quantity == 3
