"""What happens to goods on their way on a random day: stops, another destination, back again, into custody."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.logistics.shipments.diverting import Taken
from services.logistics.shipments.handing_over import HandOver
from shared.contracts.ids import HandoverId, LotId, PlaceId
from shared.contracts.shipments import ReturnCondition, SignerRole
from tests.logistics.builders import POST, TODAY, WAREHOUSE, arrive, new_id
from tests.logistics.ledger.world import DATA, World
from tests.logistics.shipping import (
    BOAT,
    DROP_POINT,
    OTHER_VILLAGE_PLACE,
    QUARANTINE,
    at_stop,
    back,
    divert,
    request_of,
    signed,
)


class RoadDays(World):
    """Hops, diversions, returns and hand-overs."""

    @precondition(lambda self: self.lines(open_only=True))
    @rule(data=DATA, boat=st.booleans())
    def pass_a_stop(self, data: st.DataObject, boat: bool) -> None:
        shipment, line = data.draw(st.sampled_from(self.lines(open_only=True)))
        left = data.draw(st.integers(0, line.open))
        missing = data.draw(st.integers(0, line.open - left))
        stop = arrive(
            shipment.id,
            at_stop(line.lot_id, left, line.open - left - missing, missing=missing),
            place_id=DROP_POINT,
            reporter_place_id=POST,
            passes=True,
            next_vehicle_id=BOAT if boat else None,
        )
        self.must(stop)

    @precondition(lambda self: self.lines(open_only=True))
    @rule(data=DATA, too_much=st.sampled_from([0, 0, 0, 1]))
    def divert(self, data: st.DataObject, too_much: int) -> None:
        shipment, line = data.draw(st.sampled_from(self.lines(open_only=True)))
        quantity = data.draw(st.integers(1, line.open)) + too_much * line.open
        self.does(divert(self.story, shipment.id, line.lot_id, quantity))

    @precondition(lambda self: self.lines(open_only=True))
    @rule(data=DATA, good=st.booleans())
    def turn_back(self, data: st.DataObject, good: bool) -> None:
        shipment, line = data.draw(st.sampled_from(self.lines(open_only=True)))
        condition = ReturnCondition.GOOD if good else ReturnCondition.DOUBTFUL
        sorted_ = (line.lot_id, data.draw(st.integers(1, line.open)), condition)
        how = {"request_id": request_of(self.story, shipment.id), "quarantine_place_id": QUARANTINE}
        self.does(back(sorted_, shipment_id=shipment.id, at_place_id=WAREHOUSE, **how))

    @precondition(lambda self: self.held([POST]))
    @rule(data=DATA, good=st.booleans())
    def send_back(self, data: st.DataObject, good: bool) -> None:
        lot, place, most = data.draw(st.sampled_from(self.held([POST])))
        condition = ReturnCondition.GOOD if good else ReturnCondition.DOUBTFUL
        quantity = data.draw(st.integers(1, most))
        self.does(back((lot, quantity, condition), from_place_id=place, quarantine_place_id=QUARANTINE))

    @precondition(lambda self: self.held([POST, DROP_POINT]))
    @rule(data=DATA, too_much=st.sampled_from([0, 0, 0, 1]))
    def hand_over(self, data: st.DataObject, too_much: int) -> None:
        lot, place, most = data.draw(st.sampled_from(self.held([POST, DROP_POINT])))
        command = HandOver(
            handover_id=HandoverId(new_id()),
            from_place_id=PlaceId(place),
            to_place_id=OTHER_VILLAGE_PLACE,
            lines=(Taken(LotId(lot), data.draw(st.integers(1, most)) + too_much * most),),
            document_number="BAST-10/2026",
            signature=signed(SignerRole.RECEIVER, "kadus-3"),
            seed=new_id(),
            recorded_on=TODAY,
        )
        self.does(command)
