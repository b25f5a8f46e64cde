"""The whole ledger under any order of receipts, reservations, shipments, counts, hand-outs and corrections.

Goal: what must never break, does not. Method: a state machine that gives random commands, right and wrong ones, to
the rules, and looks at every lot after each.
"""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.logistics.places.domain import DAMAGED, LOST, SURPLUS, TRANSIT
from services.logistics.requests.domain import CancelRequest, ExpireReservations, Request
from services.logistics.shipments.dispatching import Load
from services.logistics.shipments.domain import Shipment
from services.logistics.stock.domain import Lot, Reservation
from services.logistics.stock.receiving import MoveStock, ReverseMovement
from shared.contracts.ids import EventId, LotId, PlaceId, RequestId, ReservationId
from shared.contracts.logistics import (
    ReservationReleased,
    StockMoved,
    StockReserved,
)
from shared.contracts.shipments import ShipmentReceived
from shared.contracts.vocabulary import CancellationReason, FieldFlag, MovementReason
from tests.logistics.builders import (
    FAR_WAREHOUSE,
    POST,
    RICE,
    TODAY,
    WAREHOUSE,
    allocate,
    arrive,
    count,
    dispatch,
    given_line,
    hand_out,
    new_id,
    open_request,
    pick,
    receive,
    setting,
)
from tests.logistics.story import Story

SMALL = st.integers(1, 40)
STORES = st.sampled_from([WAREHOUSE, FAR_WAREHOUSE])
ANYWHERE = st.sampled_from([WAREHOUSE, FAR_WAREHOUSE, POST])
DATA = st.data()


class Ledger(RuleBasedStateMachine):
    """Random days of a relief supply. Most commands are possible ones, since a refusal leads nowhere."""

    lots: Bundle[str] = Bundle("lots")

    @initialize(target=lots, quantity=SMALL)
    def begin(self, quantity: int) -> str:
        self.story = Story().given(*setting(), receive(quantity, lot := new_id()))
        return lot

    @rule(target=lots, quantity=st.integers(20, 90), place=STORES, days=st.integers(2, 5) | st.none())
    def receive(self, quantity: int, place: PlaceId, days: int | None) -> str:
        lot = new_id()
        expires = None if days is None else TODAY + timedelta(days=days)
        self.story.accepted(receive(quantity, lot, place_id=place, expires_on=expires))
        return lot

    @rule(lot=lots, quantity=SMALL)
    def complete(self, lot: str, quantity: int) -> None:
        self.story.when(receive(quantity, lot))

    @precondition(lambda self: len(self._open()) < 3)
    @rule(quantity=st.integers(10, 80))
    def ask(self, quantity: int) -> None:
        self.story.accepted(open_request(new_id(), (RICE, quantity)))

    @precondition(lambda self: self._wishes())
    @rule(data=DATA, late=st.sampled_from([0, 0, 0, 3]), too_much=st.sampled_from([0, 0, 0, 1]))
    def reserve(self, data: st.DataObject, late: int, too_much: int) -> None:
        request, lot, place, most = data.draw(st.sampled_from(self._wishes()))
        quantity = data.draw(st.integers(1, most)) + too_much * most
        self.story.when(allocate(request, pick(lot, quantity, place_id=place), on=TODAY + timedelta(days=late)))

    @precondition(lambda self: self._kept())
    @rule(data=DATA, too_much=st.sampled_from([0, 0, 0, 1]), known=st.booleans())
    def send(self, data: st.DataObject, too_much: int, known: bool) -> None:
        reservation, lot, kept = data.draw(st.sampled_from(self._kept()))
        quantity = data.draw(st.integers(1, kept.quantity)) + too_much * kept.quantity
        early = [one.id for one in self._states(Shipment) if not one.dispatched]
        shipment = early[0] if early and known else new_id()
        load = Load(ReservationId(reservation), LotId(lot), quantity)
        self.story.when(dispatch(shipment, kept.request_id, load, from_place_id=kept.place_id))

    @precondition(lambda self: self._wishes())
    @rule(data=DATA)
    def reserve_and_send(self, data: st.DataObject) -> None:
        request, lot, place, most = data.draw(st.sampled_from(self._wishes()))
        one = pick(lot, data.draw(st.integers(1, most)), place_id=place)
        self.story.accepted(allocate(request, one))
        load = Load(one.reservation_id, one.lot_id, data.draw(st.integers(1, one.quantity)))
        self.story.accepted(dispatch(new_id(), request, load, from_place_id=place))

    @precondition(lambda self: self._sent())
    @rule(data=DATA, parts=st.tuples(*[st.integers(0, 40)] * 3))
    def count_wrong(self, data: st.DataObject, parts: tuple[int, int, int]) -> None:
        shipment, lot, _ = data.draw(st.sampled_from(self._sent()))
        self.story.accepted(arrive(shipment, count(lot, *parts)))

    @precondition(lambda self: self._sent())
    @rule(data=DATA)
    def count_right(self, data: st.DataObject) -> None:
        shipment, lot, quantity = data.draw(st.sampled_from(self._sent()))
        damaged = data.draw(st.integers(0, quantity))
        missing = data.draw(st.integers(0, quantity - damaged))
        self.story.accepted(arrive(shipment, count(lot, quantity - damaged - missing, missing, damaged)))

    @rule(lot=lots, quantity=SMALL, known=st.booleans())
    def count_what_the_office_has_not_written(self, lot: str, quantity: int, known: bool) -> None:
        self.story.accepted(arrive(new_id(), count(lot if known else new_id(), quantity)))

    @precondition(lambda self: self._kept())
    @rule(data=DATA, quantity=SMALL)
    def somebody_takes_what_is_reserved(self, data: st.DataObject, quantity: int) -> None:
        _, lot, kept = data.draw(st.sampled_from(self._kept()))
        self.story.accepted(hand_out(given_line(quantity, lot_id=lot), place_id=kept.place_id))

    @rule(lot=lots, quantity=SMALL, known=st.sampled_from([True, True, True, False]))
    def hand_out(self, lot: str, quantity: int, known: bool) -> None:
        given = given_line(quantity, lot_id=lot if known else new_id(), item_code=RICE)
        self.story.accepted(hand_out(given))

    @precondition(lambda self: self._unexplained())
    @rule(data=DATA)
    def explain(self, data: st.DataObject) -> None:
        event_id, said = data.draw(st.sampled_from(self._unexplained()))
        self.story.accepted(
            ReverseMovement(
                lot_id=said.lot_id,
                event_id=EventId(event_id),
                from_place_id=said.from_place_id,
                to_place_id=said.to_place_id,
                quantity=said.quantity,
                reason=said.reason,
                cause=said.cause,
                seed=new_id(),
                recorded_on=TODAY,
            )
        )

    @rule(lot=lots, quantity=SMALL, from_=ANYWHERE, reason=st.sampled_from(["loss", "damage", "return"]))
    def write_off(self, lot: str, quantity: int, from_: PlaceId, reason: str) -> None:
        to = {"loss": LOST, "damage": DAMAGED, "return": WAREHOUSE}[reason]
        self.story.when(MoveStock(LotId(lot), from_, to, quantity, MovementReason(reason), new_id(), TODAY))

    @precondition(lambda self: self._served())
    @rule(data=DATA)
    def cancel(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(self._served()))
        lots = tuple(LotId(lot) for lot in request.lot_ids)
        self.story.accepted(CancelRequest(RequestId(request.id), lots, CancellationReason.DUPLICATE, TODAY))

    @precondition(lambda self: self._served())
    @rule(data=DATA, days=st.integers(2, 6))
    def expire(self, data: st.DataObject, days: int) -> None:
        request = data.draw(st.sampled_from(self._served()))
        lots = tuple(LotId(lot) for lot in request.lot_ids)
        self.story.accepted(ExpireReservations(RequestId(request.id), lots, TODAY + timedelta(days=days)))

    def _open(self) -> list[Request]:
        return [one for one in self._states(Request) if not one.cancelled]

    def _served(self) -> list[Request]:
        return [one for one in self._open() if one.lot_ids and one.short != one.lines]

    def _wishes(self) -> list[tuple[str, str, PlaceId, int]]:
        """What could be reserved: request, lot, place and the most of it."""
        return [
            (request.id, lot.id, place, min(line.quantity, lot.balance(place).available))
            for request in self._open()
            for line in request.short
            for lot in self._states(Lot)
            for place in (WAREHOUSE, FAR_WAREHOUSE)
            if lot.item_code == RICE and lot.balance(place).available > 0
        ]

    def _kept(self) -> list[tuple[str, str, Reservation]]:
        return [(id_, lot.id, kept) for lot in self._states(Lot) for id_, kept in lot.reservations.items()]

    def _unexplained(self) -> list[tuple[str, StockMoved]]:
        """Hand-outs that took more than was there, not reversed yet."""
        return [
            (event.id, event.payload)
            for event in self.story.events
            if isinstance(event.payload, StockMoved)
            and event.payload.reason is MovementReason.HAND_OUT
            and self.story.balance(event.payload.lot_id, event.payload.from_place_id).field_deficit
            and event.id not in self.story.state(Lot, event.payload.lot_id).reversed
        ]

    def _sent(self) -> list[tuple[str, str, int]]:
        """Lots on shipments, counted or not, with what was loaded."""
        return [
            (shipment.id, line.lot_id, line.quantity) for shipment in self._states(Shipment) for line in shipment.lines
        ]

    @invariant()
    def every_lot_sums_to_zero_over_all_places(self) -> None:
        for lot in self._states(Lot):
            assert sum(balance.on_hand for balance in lot.balances.values()) == 0

    @invariant()
    def nothing_is_reserved_that_is_not_there_or_on_record_as_missing(self) -> None:
        for lot in self._states(Lot):
            for place, balance in lot.balances.items():
                kept = sum(one.quantity for one in lot.reservations.values() if one.place_id == place)
                assert balance.reserved == kept
                assert balance.account or balance.on_hand - balance.reserved + balance.field_deficit >= 0
                assert not (balance.account and (balance.reserved or balance.field_deficit))

    @invariant()
    def a_vehicle_never_holds_less_than_nothing(self) -> None:
        for lot in self._states(Lot):
            assert lot.balance(TRANSIT).on_hand >= 0

    @invariant()
    def requested_is_reserved_or_sent_or_short(self) -> None:
        for request in self._states(Request):
            kept = sum(
                one.quantity
                for lot in self._states(Lot)
                for one in lot.reservations.values()
                if one.request_id == request.id
            )
            sent = sum(
                line.quantity
                for shipment in self._states(Shipment)
                if shipment.request_id == request.id
                for line in shipment.lines
            )
            if request.cancelled:
                assert kept == 0
                continue
            short = sum(line.quantity for line in request.short)
            assert sum(line.quantity for line in request.lines) == kept + sent + short

    @invariant()
    def each_reservation_ends_once(self) -> None:
        kept: dict[str, int] = {}
        for event in self.story.events:
            match event.payload:
                case StockReserved() as said:
                    assert said.reservation_id not in kept
                    kept[said.reservation_id] = said.quantity
                case ReservationReleased() as said:
                    kept[said.reservation_id] -= said.quantity
        open_ = {id_: one.quantity for lot in self._states(Lot) for id_, one in lot.reservations.items()}
        assert {id_: quantity for id_, quantity in kept.items() if quantity} == open_

    @invariant()
    def a_count_without_a_flag_adds_up(self) -> None:
        for event in self.story.events:
            if isinstance(event.payload, ShipmentReceived) and not event.payload.flags:
                for line in event.payload.lines:
                    assert line.accepted + line.missing + line.damaged == line.dispatched

    @invariant()
    def only_flagged_facts_take_more_than_is_there(self) -> None:
        if self.story.events:
            last = self.story.events[-1]
            if isinstance(last.payload, StockMoved) and last.payload.from_place_id not in (SURPLUS,):
                balance = self.story.balance(last.payload.lot_id, last.payload.from_place_id)
                if balance.field_deficit:
                    flagged = FieldFlag.NEGATIVE_STOCK in last.payload.flags
                    assert flagged or last.payload.reason is MovementReason.CORRECTION

    def _states(self, state: type[Any]) -> list[Any]:
        return [one for one in self.story.states.values() if isinstance(one, state)]

    @invariant()
    def no_lot_is_counted_off_a_vehicle_twice(self) -> None:
        for lot in self._states(Lot):
            loaded = sum(line.quantity for one in self._states(Shipment) for line in one.lines if line.lot_id == lot.id)
            unloaded = sum(
                said.quantity for said in self._moves() if said.lot_id == lot.id and said.from_place_id == TRANSIT
            )
            assert lot.balance(TRANSIT).on_hand == loaded - unloaded

    def _moves(self) -> list[StockMoved]:
        return [event.payload for event in self.story.events if isinstance(event.payload, StockMoved)]

    def teardown(self) -> None:
        """What was built by live work is what its events alone build."""
        if not hasattr(self, "story"):
            return
        again = Story()
        for event in self.story.events:
            again.apply(event.payload)
        assert again.states == self.story.states


Ledger.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestLedger = Ledger.TestCase
