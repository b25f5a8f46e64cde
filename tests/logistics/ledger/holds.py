"""What must never break in the ledger, looked at after every step.

Owns the identities; each is reckoned from the events or states alone and never asks the rule that made them.
"""

from collections import Counter
from datetime import datetime

from hypothesis.stateful import invariant

from services.logistics.emergencies.domain import EmergencyIssue
from services.logistics.places.domain import TRANSIT
from services.logistics.requests.domain import Request
from services.logistics.shipments.domain import Shipment
from services.logistics.stock.domain import Lot
from shared.contracts.envelope import Payload
from shared.contracts.ledger import LotCounted
from shared.contracts.logistics import ReservationReleased, StockMoved, StockReserved
from shared.contracts.requests import RequestApproved
from shared.contracts.shipments import RequestUnserved
from shared.contracts.vocabulary import FieldFlag, MovementReason
from tests.logistics.ledger.world import World
from tests.logistics.shipping import BOAT
from tests.logistics.story import Story


class Holds(World):
    """The identities of the ledger."""

    def payloads(self) -> list[Payload]:
        """Every event so far."""
        return [event.payload for event in self.story.events]

    @invariant()
    def every_lot_sums_to_zero_over_all_places(self) -> None:
        for lot in self.states(Lot):
            assert sum(balance.on_hand for balance in lot.balances.values()) == 0

    @invariant()
    def what_is_reserved_is_there(self) -> None:
        """Reservations are what is reserved, and no more than what is there: facts break the rest."""
        for lot in self.states(Lot):
            kept: Counter[str] = Counter()
            for one in lot.reservations.values():
                kept[one.place_id] += one.quantity
            for place, balance in lot.balances.items():
                assert balance.reserved == kept[place]
                assert balance.account or balance.reserved <= max(0, balance.on_hand)

    @invariant()
    def what_is_below_nothing_is_to_be_explained(self) -> None:
        """Only facts take more than there is, and just that stands as a deficit, on no account outside the stores."""
        for lot in self.states(Lot):
            for balance in lot.balances.values():
                assert balance.field_deficit == (0 if balance.account else max(0, -balance.on_hand))
        for said in self.payloads():
            if isinstance(said, StockMoved) and FieldFlag.NEGATIVE_STOCK in said.flags:
                assert said.reason not in (MovementReason.DISPATCH, MovementReason.RETURN, MovementReason.HANDOVER)

    @invariant()
    def vehicles_hold_just_what_is_on_its_way(self) -> None:
        """What the ledger says is on a vehicle is what its shipments say is open, counted, taken back or not."""
        on_the_way: Counter[tuple[str, str]] = Counter()
        for _, line in self.lines():
            on_the_way[(line.lot_id, line.carried_in)] += line.open
        for lot in self.states(Lot):
            for vehicle in (TRANSIT, BOAT):
                assert lot.balance(vehicle).on_hand == on_the_way[(lot.id, vehicle)] >= 0

    @invariant()
    def every_unit_of_a_line_is_accounted_for(self) -> None:
        for _, line in self.lines():
            gone = line.accepted + line.damaged + line.missing + line.returned + line.diverted
            assert line.dispatched + line.surplus == gone + line.open
            assert min(line.open, line.surplus, line.accepted, line.damaged, line.missing) >= 0

    @invariant()
    def approved_is_reserved_or_sent_or_short(self) -> None:
        """What was sent and will not arrive is no longer sent but short again."""
        sums: dict[str, Counter[str]] = {}
        for said in self.payloads():
            if isinstance(said, RequestApproved | RequestUnserved):
                word = "approved" if isinstance(said, RequestApproved) else "unserved"
                sums.setdefault(said.request_id, Counter())[word] += sum(line.quantity for line in said.lines)
        for shipment in self.states(Shipment):
            if shipment.request_id is not None:
                loaded = sum(line.dispatched for line in shipment.lines.values())
                sums.setdefault(shipment.request_id, Counter())["sent"] += loaded
        for _, one in self.kept():
            sums[one.request_id]["kept"] += one.quantity
        for request in self.states(Request):
            had = sums[request.id]
            if request.cancelled:
                assert had["kept"] == 0
                continue
            short = sum(line.quantity for line in request.short)
            assert had["approved"] == had["kept"] + had["sent"] - had["unserved"] + short

    @invariant()
    def each_reservation_ends_once(self) -> None:
        kept: dict[str, int] = {}
        for said in self.payloads():
            match said:
                case StockReserved():
                    assert said.reservation_id not in kept
                    kept[said.reservation_id] = said.quantity
                case ReservationReleased():
                    kept[said.reservation_id] -= said.quantity
                    assert kept[said.reservation_id] >= 0
        open_ = {id_: one.quantity for (id_, _), one in self.kept()}
        assert {id_: quantity for id_, quantity in kept.items() if quantity} == open_

    @invariant()
    def what_a_count_found_is_explained_by_earlier_facts_alone(self) -> None:
        """Each offset is the other half of a fact that happened before the count."""
        unexplained: dict[tuple[str, str], int] = {}
        counted_at: dict[str, datetime] = {}
        moved = {said.movement_id: said for said in self.payloads() if isinstance(said, StockMoved)}
        for event in self.story.events:
            said = event.payload
            if isinstance(said, LotCounted):
                unexplained[(said.lot_id, said.place_id)] = said.difference
                counted_at[said.count_id] = said.counted_at
            elif isinstance(said, StockMoved) and said.offsets is not None and said.count_id is not None:
                assert self.clock.times[event.id] < counted_at[said.count_id]
                assert FieldFlag.BEFORE_COUNT in moved[said.offsets].flags
                into = (said.lot_id, said.to_place_id) in unexplained
                key = (said.lot_id, said.to_place_id if into else said.from_place_id)
                unexplained[key] += said.quantity if into else -said.quantity
        for (lot, place), quantity in unexplained.items():
            assert self.story.balance(lot, place).unexplained == quantity

    @invariant()
    def whoever_ratifies_is_another_person(self) -> None:
        for issue in self.states(EmergencyIssue):
            assert issue.approver_id is None or issue.approver_id != issue.custodian_id

    def rebuild(self) -> None:
        """What live work has built is what its events alone build, and every position of the log holds."""
        again = Story()
        for event in self.story.events:
            again.apply(event.payload)
            lot = again.states.get(event.ref)
            if isinstance(lot, Lot):
                assert all(
                    one.account or one.on_hand - one.reserved + one.field_deficit >= 0 for one in lot.balances.values()
                )
        assert again.states == self.story.states
