"""The whole ledger under any order of receipts, reservations, shipments, counts, hand-outs and corrections.

Goal: what must never break, does not. Method: a state machine that gives random commands, right and wrong ones, to
the rules, and looks at every lot after each.
"""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from services.logistics.places.domain import DAMAGED, LOST, SURPLUS, TRANSIT
from services.logistics.requests.domain import CancelRequest, ExpireReservations, Request
from services.logistics.shipments.domain import Shipment
from services.logistics.stock.domain import Lot
from services.logistics.stock.receiving import MoveStock
from shared.contracts.ids import LotId, PlaceId, RequestId
from shared.contracts.logistics import (
    ReservationReleased,
    ShipmentReceived,
    StockMoved,
    StockReserved,
)
from shared.contracts.vocabulary import CancellationReason, FieldFlag, MovementReason
from shared.kit.decisions.types import Refusal
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
    load,
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


class Ledger(RuleBasedStateMachine):
    """Random days of a relief supply."""

    lots: Bundle[str] = Bundle("lots")
    requests: Bundle[str] = Bundle("requests")
    reserved: Bundle[Any] = Bundle("reserved")
    shipments: Bundle[tuple[str, str, int]] = Bundle("shipments")

    @initialize()
    def begin(self) -> None:
        self.story = Story().given(*setting())
        self.sent: dict[str, int] = {}

    @rule(target=lots, quantity=SMALL, place=ANYWHERE, days=st.integers(0, 3) | st.none())
    def receive(self, quantity: int, place: PlaceId, days: int | None) -> str:
        lot = new_id()
        expires = None if days is None else TODAY + timedelta(days=days)
        self.story.accepted(receive(quantity, lot, place_id=place, expires_on=expires))
        return lot

    @rule(target=lots)
    def somebody_names_a_lot_nobody_received(self) -> str:
        return new_id()

    @rule(lot=lots, quantity=SMALL)
    def complete(self, lot: str, quantity: int) -> None:
        self.story.when(receive(quantity, lot))

    @rule(target=requests, quantity=SMALL)
    def ask(self, quantity: int) -> str:
        self.story.accepted(open_request(request := new_id(), (RICE, quantity)))
        return request

    @rule(target=reserved, request=requests, lot=lots, quantity=SMALL, place=STORES, late=st.integers(0, 2))
    def reserve(self, request: str, lot: str, quantity: int, place: PlaceId, late: int) -> Any:
        one = pick(lot, quantity, place_id=place)
        decision = self.story.when(allocate(request, one, on=TODAY + timedelta(days=late)))
        return multiple() if isinstance(decision, Refusal) else (request, one)

    @rule(target=shipments, kept=reserved, quantity=SMALL)
    def send(self, kept: Any, quantity: int) -> Any:
        request, one = kept
        shipment = new_id()
        command = dispatch(shipment, request, load(one, quantity), from_place_id=one.place_id)
        if isinstance(self.story.when(command), Refusal):
            return multiple()
        return shipment, one.lot_id, quantity

    @rule(target=shipments, lot=lots, quantity=SMALL)
    def a_shipment_the_office_has_not_written(self, lot: str, quantity: int) -> Any:
        return new_id(), lot, quantity

    @rule(shipment=shipments, accepted=SMALL, missing=st.integers(0, 9), damaged=st.integers(0, 9))
    def count(self, shipment: tuple[str, str, int], accepted: int, missing: int, damaged: int) -> None:
        id_, lot, _ = shipment
        self.story.accepted(arrive(id_, count(lot, accepted, missing, damaged)))

    @rule(shipment=shipments, damaged=st.integers(0, 5), missing=st.integers(0, 5))
    def count_right(self, shipment: tuple[str, str, int], damaged: int, missing: int) -> None:
        id_, lot, quantity = shipment
        damaged = min(damaged, quantity)
        missing = min(missing, quantity - damaged)
        self.story.accepted(arrive(id_, count(lot, quantity - damaged - missing, missing, damaged)))

    @rule(shipment=shipments, kept=reserved)
    def the_office_writes_a_shipment_late(self, shipment: tuple[str, str, int], kept: Any) -> None:
        request, one = kept
        self.story.when(dispatch(shipment[0], request, load(one, 1), from_place_id=one.place_id))

    @rule(lot=lots, quantity=SMALL, place=ANYWHERE)
    def hand_out(self, lot: str, quantity: int, place: PlaceId) -> None:
        self.story.accepted(hand_out(given_line(quantity, lot_id=lot, item_code=RICE), place_id=place))

    @rule(lot=lots, quantity=SMALL, from_=ANYWHERE, reason=st.sampled_from(["loss", "damage", "return"]))
    def write_off(self, lot: str, quantity: int, from_: PlaceId, reason: str) -> None:
        to = {"loss": LOST, "damage": DAMAGED, "return": WAREHOUSE}[reason]
        command = MoveStock(LotId(lot), from_, to, quantity, MovementReason(reason), new_id(), TODAY)
        self.story.when(command)

    @rule(request=consumes(requests))
    def cancel(self, request: str) -> None:
        lots = tuple(LotId(lot) for lot in self.story.state(Request, request).lot_ids)
        self.story.when(CancelRequest(RequestId(request), lots, CancellationReason.DUPLICATE, TODAY))

    @rule(request=requests, days=st.integers(0, 6))
    def expire(self, request: str, days: int) -> None:
        lots = tuple(LotId(lot) for lot in self.story.state(Request, request).lot_ids)
        self.story.when(ExpireReservations(RequestId(request), lots, TODAY + timedelta(days=days)))

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
            if request.cancelled:
                assert not any(
                    one.request_id == request.id for lot in self._states(Lot) for one in lot.reservations.values()
                )
                continue
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

    def teardown(self) -> None:
        """What was built by live work is what its events alone build."""
        if not hasattr(self, "story"):
            return
        again = Story()
        for event in self.story.events:
            again.apply(event.payload)
        assert again.states == self.story.states


Ledger.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLedger = Ledger.TestCase
