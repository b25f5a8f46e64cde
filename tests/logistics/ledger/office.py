"""What an office does on a random day: receives, asks, reserves, sends, writes off, cancels."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.logistics.places.domain import DAMAGED, LOST, TRANSIT
from services.logistics.requests.allocating import CancelRequest, ExpireReservations
from services.logistics.shipments.dispatching import Load
from services.logistics.shipments.domain import Shipment
from services.logistics.stock.receiving import MoveStock
from services.logistics.stock.valuing import ValueLot, Worth
from shared.contracts.ids import LotId, OwnerId, PlaceId, RequestId, ReservationId
from shared.contracts.ledger import ValueBasis
from shared.contracts.vocabulary import CancellationReason, MovementReason, Urgency
from shared.kit.decisions.types import Refusal
from tests.logistics.builders import (
    OWNER,
    POST,
    RICE,
    TODAY,
    WAREHOUSE,
    allocate,
    dispatch,
    new_id,
    open_request,
    pick,
    receive,
)
from tests.logistics.ledger.world import ANYWHERE, DATA, SMALL, STORES, World
from tests.logistics.shipping import BOAT, QUARANTINE

_TARGETS = {"loss": LOST, "damage": DAMAGED, "return": WAREHOUSE, "quarantine": QUARANTINE}


class OfficeDays(World):
    """Decisions: right ones and wrong ones; most are possible, since a refusal leads nowhere."""

    @rule(
        quantity=st.integers(20, 90),
        place=st.sampled_from([*STORES, *STORES, POST]),
        days=st.integers(2, 5) | st.none(),
        owner=st.sampled_from([OWNER, OWNER, OWNER, OwnerId("kemensos")]),
    )
    def receive(self, quantity: int, place: PlaceId, days: int | None, owner: OwnerId) -> None:
        expires = None if days is None else TODAY + timedelta(days=days)
        self.must(receive(quantity, new_id(), place_id=place, expires_on=expires, owner_id=owner))

    @rule(data=DATA, quantity=SMALL)
    def complete(self, data: st.DataObject, quantity: int) -> None:
        self.does(receive(quantity, self.lot(data)))

    @rule(data=DATA, price=st.integers(0, 20_000))
    def value(self, data: st.DataObject, price: int) -> None:
        worth = Worth(price, 1000, ValueBasis.FAIR_VALUE)
        self.does(ValueLot(LotId(self.lot(data)), worth, "F-1/2026", TODAY))

    @precondition(lambda self: len(self.open_requests()) < 4)
    @rule(quantity=st.integers(10, 80), urgency=st.sampled_from(list(Urgency)))
    def ask(self, quantity: int, urgency: Urgency) -> None:
        self.story.given(open_request(new_id(), (RICE, quantity), urgency=urgency))

    @precondition(lambda self: len(self.open_requests()) < 6 and self.held(STORES))
    @rule(data=DATA, urgency=st.sampled_from(list(Urgency)))
    def promise(self, data: st.DataObject, urgency: Urgency) -> None:
        self.story.given(open_request(request := new_id(), (RICE, data.draw(SMALL)), urgency=urgency))
        wishes = [one for one in self.wishes() if one[0] == request]
        if wishes:
            _, lot, place, most = data.draw(st.sampled_from(wishes))
            self.must(allocate(request, pick(lot, data.draw(st.integers(1, most)), place_id=place)))

    @precondition(lambda self: self.wishes())
    @rule(data=DATA, late=st.sampled_from([0, 0, 0, 3]), too_much=st.sampled_from([0, 0, 0, 1]))
    def reserve(self, data: st.DataObject, late: int, too_much: int) -> None:
        request, lot, place, most = data.draw(st.sampled_from(self.wishes()))
        quantity = data.draw(st.integers(1, most)) + too_much * most
        self.does(allocate(request, pick(lot, quantity, place_id=place), on=TODAY + timedelta(days=late)))

    @precondition(lambda self: self.kept())
    @rule(data=DATA, too_much=st.sampled_from([0, 0, 0, 1]), known=st.booleans())
    def send(self, data: st.DataObject, too_much: int, known: bool) -> None:
        (reservation, lot), kept = data.draw(st.sampled_from(self.kept()))
        quantity = data.draw(st.integers(1, kept.quantity)) + too_much * kept.quantity
        early = [one.id for one in self.states(Shipment) if not one.dispatched]
        shipment = early[0] if early and known else new_id()
        load = Load(ReservationId(reservation), LotId(lot), quantity)
        self.does(dispatch(shipment, kept.request_id, load, from_place_id=kept.place_id))

    @precondition(lambda self: self.wishes())
    @rule(data=DATA)
    def reserve_and_send(self, data: st.DataObject) -> None:
        request, lot, place, most = data.draw(st.sampled_from(self.wishes()))
        one = pick(lot, data.draw(st.integers(1, most)), place_id=place)
        self.must(allocate(request, one))
        load = Load(one.reservation_id, one.lot_id, data.draw(st.integers(1, one.quantity)))
        self.must(dispatch(new_id(), request, load, from_place_id=place))

    @rule(
        data=DATA,
        quantity=SMALL,
        from_=st.sampled_from([*ANYWHERE, TRANSIT, BOAT]),
        reason=st.sampled_from(sorted(_TARGETS)),
    )
    def write_off(self, data: st.DataObject, quantity: int, from_: PlaceId, reason: str) -> None:
        """By hand only in stores: what is on a vehicle is written off by a count of its shipment."""
        lot = LotId(self.lot(data))
        decided = self.does(MoveStock(lot, from_, _TARGETS[reason], quantity, MovementReason(reason), new_id(), TODAY))
        assert isinstance(decided, Refusal) or from_ in ANYWHERE

    @precondition(lambda self: self.served())
    @rule(data=DATA)
    def cancel(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(self.served()))
        lots = tuple(LotId(lot) for lot in request.lot_ids)
        self.must(CancelRequest(RequestId(request.id), lots, CancellationReason.DUPLICATE, TODAY))

    @precondition(lambda self: self.served())
    @rule(data=DATA, days=st.integers(2, 6))
    def expire(self, data: st.DataObject, days: int) -> None:
        request = data.draw(st.sampled_from(self.served()))
        lots = tuple(LotId(lot) for lot in request.lot_ids)
        self.must(ExpireReservations(RequestId(request.id), lots, TODAY + timedelta(days=days)))
