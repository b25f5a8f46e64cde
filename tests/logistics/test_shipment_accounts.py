"""One shipment and what comes of it, under any order of counts, counts taken back, stops, diversions, returns and
signatures.

Goal: no unit of a line is lost or made, at any moment. Method: a state machine that gives random commands, right and
wrong ones, to the rules, and looks at the lines, the vehicles and the accounts after each.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.logistics.places.domain import DAMAGED, LOST, SURPLUS, TRANSIT, OpenPlace
from services.logistics.requests.domain import Request
from services.logistics.shipments.domain import Shipment
from services.logistics.shipments.lines import Line
from services.logistics.shipments.signing import SignShortfall
from services.logistics.stock.domain import Lot
from shared.contracts.ids import ActorId, PlaceId, ShipmentId
from shared.contracts.logistics import StockMoved
from shared.contracts.shipments import ReturnCondition, Shortfall, Signature, SignerRole
from shared.contracts.vocabulary import PlaceKind
from tests.logistics.builders import (
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
    at_stop,
    back,
    divert,
    request_of,
    taken_back,
)
from tests.logistics.story import Story

PART = st.integers(0, 30)
DATA = st.data()
PLACES = ((DROP_POINT, PlaceKind.DROP_POINT), (BOAT, PlaceKind.VEHICLE), (OTHER_VILLAGE_PLACE, PlaceKind.VILLAGE))


class Journey(RuleBasedStateMachine):
    """A truck with one lot in two lines and a second lot, and all that may happen to it."""

    @initialize(first=st.integers(1, 40), second=st.integers(1, 40), third=st.integers(1, 40), told=st.booleans())
    def leave(self, first: int, second: int, third: int, told: bool) -> None:
        story = Story().given(*setting(), receive(100, one := new_id()), receive(100, other := new_id()))
        for place_id, kind in PLACES:
            area = "62.06.01.2002" if kind is PlaceKind.VILLAGE else None
            story.given(OpenPlace(place_id, kind, TODAY, area_code=area))
        story.given(open_request(request := new_id(), (RICE, first + second + third)))
        picks = pick(one, first), pick(one, second), pick(other, third)
        story.given(allocate(request, *picks))
        shipment = new_id()
        if told:
            story.accepted(arrive(shipment, count(one, first + 1, missing=2)))
        story.accepted(dispatch(shipment, request, *(load(pick_) for pick_ in picks)))
        self.story, self.lots = story, [one, other]

    @rule(data=DATA, parts=st.tuples(PART, PART, PART), place=st.sampled_from([POST, DROP_POINT]))
    def count_anything(self, data: st.DataObject, parts: tuple[int, int, int], place: PlaceId) -> None:
        accepted, missing, damaged = parts
        shipment = data.draw(st.sampled_from(self._shipments()))
        lot = data.draw(st.sampled_from([*self.lots, new_id()]))
        lines = count(lot, accepted, missing, damaged)
        self.story.accepted(arrive(shipment.id, lines, place_id=place, reporter_place_id=POST))

    @precondition(lambda self: self._open())
    @rule(data=DATA)
    def count_right(self, data: st.DataObject) -> None:
        shipment, lot, left = data.draw(st.sampled_from(self._open()))
        damaged = data.draw(st.integers(0, left))
        missing = data.draw(st.integers(0, left - damaged))
        self.story.accepted(arrive(shipment.id, count(lot, left - damaged - missing, missing, damaged)))

    @precondition(lambda self: self._open())
    @rule(data=DATA, by_boat=st.booleans(), extra=st.sampled_from([0, 0, 2]))
    def pass_on(self, data: st.DataObject, by_boat: bool, extra: int) -> None:
        shipment, lot, left = data.draw(st.sampled_from(self._open()))
        stays = data.draw(st.integers(0, left))
        stop = at_stop(lot, stays, left - stays + extra)
        how: dict[str, Any] = {"place_id": DROP_POINT, "reporter_place_id": POST, "passes": True}
        how["next_vehicle_id"] = BOAT if by_boat else None
        self.story.accepted(arrive(shipment.id, stop, **how))

    @precondition(lambda self: self._open())
    @rule(data=DATA, too_much=st.sampled_from([0, 0, 1]), by_boat=st.booleans())
    def divert(self, data: st.DataObject, too_much: int, by_boat: bool) -> None:
        shipment, lot, left = data.draw(st.sampled_from(self._open()))
        quantity = data.draw(st.integers(1, left)) + too_much * left
        to_place = POST if shipment.to_place_id == OTHER_VILLAGE_PLACE else OTHER_VILLAGE_PLACE
        how: dict[str, Any] = {"to_place_id": to_place, "vehicle_place_id": BOAT if by_boat else None}
        self.story.when(divert(self.story, shipment.id, lot, quantity, **how))

    @precondition(lambda self: self._open())
    @rule(data=DATA, too_much=st.sampled_from([0, 0, 1]))
    def take_back(self, data: st.DataObject, too_much: int) -> None:
        shipment, lot, left = data.draw(st.sampled_from(self._open()))
        quantity = data.draw(st.integers(1, left)) + too_much * left
        how = {"shipment_id": ShipmentId(shipment.id), "request_id": request_of(self.story, shipment.id)}
        self.story.when(back((lot, quantity, ReturnCondition.GOOD), **how))

    @precondition(lambda self: self._moved())
    @rule(data=DATA)
    def take_a_count_back(self, data: st.DataObject) -> None:
        """Any movement of a shipment may be tried; what a count had moved comes back with the shipment's figures."""
        event_id, moved = data.draw(st.sampled_from(self._moved()))
        self.story.when(taken_back(event_id, moved))

    @rule(data=DATA, shortfall=st.sampled_from(Shortfall), signer=st.sampled_from(["sopir-17", "petugas-7"]))
    def sign(self, data: st.DataObject, shortfall: Shortfall, signer: str) -> None:
        shipment = data.draw(st.sampled_from(self._shipments()))
        role = SignerRole.CARRIER if shortfall is Shortfall.LOSS else SignerRole.RECEIVER
        signature = Signature(role=role, signer_id=ActorId(signer))
        self.story.when(SignShortfall(ShipmentId(shipment.id), shortfall, signature, TODAY))

    def _moved(self) -> list[tuple[str, StockMoved]]:
        return [(one.id, one.payload) for one in self.story.events if isinstance(one.payload, StockMoved)]

    def _shipments(self) -> list[Shipment]:
        return [one for one in self.story.states.values() if isinstance(one, Shipment)]

    def _lines(self) -> list[Line]:
        return [line for shipment in self._shipments() for line in shipment.lines.values()]

    def _open(self) -> list[tuple[Shipment, str, int]]:
        """Each lot of a shipment that is still on its way, and how much of it."""
        found = []
        for shipment in self._shipments():
            for lot in dict.fromkeys(line.lot_id for line in shipment.lines.values()):
                left = sum(line.open for line in shipment.lines.values() if line.lot_id == lot)
                found += [(shipment, lot, left)] if left else []
        return found

    @invariant()
    def every_unit_of_a_line_is_somewhere(self) -> None:
        for line in self._lines():
            parts = line.accepted, line.damaged, line.missing, line.returned, line.diverted, line.open
            assert line.dispatched + line.surplus == sum(parts)
            assert min(*parts, line.surplus) >= 0

    @invariant()
    def a_vehicle_holds_what_is_open_on_it(self) -> None:
        for lot in self.story.states.values():
            if isinstance(lot, Lot):
                for vehicle in (TRANSIT, BOAT):
                    open_ = sum(one.open for one in self._lines() if (one.lot_id, one.carried_in) == (lot.id, vehicle))
                    assert lot.balance(vehicle).on_hand == open_

    @invariant()
    def lost_damaged_and_surplus_are_what_the_lines_say(self) -> None:
        lots = [one for one in self.story.states.values() if isinstance(one, Lot)]
        for account, said in (
            (LOST, sum(line.missing for line in self._lines())),
            (DAMAGED, sum(line.damaged for line in self._lines())),
            (SURPLUS, -sum(line.surplus for line in self._lines())),
        ):
            assert sum(lot.balance(account).on_hand for lot in lots) == said
        assert all(lot.balance(WAREHOUSE).on_hand >= 0 for lot in lots)

    @invariant()
    def the_request_waits_for_what_will_not_reach_it(self) -> None:
        (request,) = [one for one in self.story.states.values() if isinstance(one, Request)]
        asked = sum(line.quantity for line in request.lines)
        sent = [line for one in self._shipments() if one.request_id for line in one.lines.values()]
        assert all(line.unserved <= line.dispatched for line in sent)
        served = sum(line.dispatched - line.unserved for line in sent)
        assert asked == served + sum(line.quantity for line in request.short)

    @invariant()
    def a_shipment_is_unsigned_while_a_shortfall_is(self) -> None:
        for one in self._shipments():
            lost = any(line.missing for line in one.lines.values()) and one.loss_signer_id is None
            damaged = any(line.damaged for line in one.lines.values()) and one.damage_signer_id is None
            assert one.unsigned == (lost or damaged)
            assert one.on_the_way == any(line.open for line in one.lines.values())

    def teardown(self) -> None:
        """What was built by live work is what its events alone build."""
        if not hasattr(self, "story"):
            return
        again = Story()
        for event in self.story.events:
            again.apply(event.payload)
        assert again.states == self.story.states


Journey.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestJourney = Journey.TestCase
