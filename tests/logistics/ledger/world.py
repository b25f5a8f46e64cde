"""The world a random ledger runs in: places, a clock, and what could happen next in it.

Owns what the rules of the machine have in common; `test_ledger.py` puts them together.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.logistics.intake.domain import Capture
from services.logistics.periods.domain import Period
from services.logistics.periods.late import ClosedBooks
from services.logistics.places.domain import OpenPlace
from services.logistics.requests.domain import Request
from services.logistics.shipments.domain import Shipment
from services.logistics.shipments.lines import Line
from services.logistics.stock.domain import Lot, Reservation
from shared.contracts.envelope import Payload
from shared.contracts.ids import PlaceId, RequestId
from shared.contracts.vocabulary import PlaceKind
from shared.kit.decisions.types import Command, Refusal
from tests.logistics.builders import DEVICE, FAR_WAREHOUSE, OWNER, POST, RICE, TODAY, VILLAGE, WAREHOUSE, setting
from tests.logistics.counting import Place
from tests.logistics.shipping import BOAT, DROP_POINT, OTHER_VILLAGE_PLACE, QUARANTINE
from tests.logistics.story import Story

SMALL = st.integers(1, 40)
DATA = st.data()
STORES: tuple[PlaceId, ...] = (WAREHOUSE, FAR_WAREHOUSE)
KITCHEN = PlaceId("dapur-kasongan")
ANYWHERE: tuple[PlaceId, ...] = (*STORES, POST, DROP_POINT, KITCHEN)
YESTERDAY = TODAY - timedelta(days=1)
LONG_AGO = timedelta(hours=20)

_PLACES = (
    (DROP_POINT, PlaceKind.DROP_POINT),
    (BOAT, PlaceKind.VEHICLE),
    (QUARANTINE, PlaceKind.QUARANTINE),
    (KITCHEN, PlaceKind.KITCHEN),
    (OTHER_VILLAGE_PLACE, PlaceKind.VILLAGE),
)


class World:
    """The story so far, when each of its events happened, and the choices the rules draw from."""

    story: Story
    clock: Place

    def open_world(self) -> None:
        """A catalogue, stores, a post with a device, a drop point, a boat, a quarantine, a kitchen, a village."""
        opened = [OpenPlace(place, kind, TODAY, area_code=VILLAGE) for place, kind in _PLACES]
        self.story = Story().given(*setting(), *opened)
        self.clock = Place(self.story, POST)

    def does(self, command: Command, *, at: datetime | None = None) -> Sequence[Payload] | Refusal:
        """What a command comes to; its events happened now, or when a report says."""
        before = len(self.story.events)
        self.clock.now = self.clock.later()
        decision = self.story.when(command)
        for event in self.story.events[before:]:
            self.clock.times[event.id] = at or self.clock.now
        return decision

    def must(self, command: Command, *, at: datetime | None = None) -> Sequence[Payload]:
        """The events of a command that is accepted."""
        decision = self.does(command, at=at)
        assert not isinstance(decision, Refusal), decision
        return decision

    def place(self, place_id: PlaceId) -> Place:
        """A place as its counters see it, on the one clock."""
        return Place(self.story, place_id, self.clock.now, self.clock.times)

    def capture(self, age: timedelta) -> Capture:
        """A report captured so long ago."""
        return Capture(DEVICE, self.clock.now - age)

    def closed(self) -> ClosedBooks:
        """The books that are closed for yesterday."""
        return ClosedBooks(tuple(sorted(one.id for one in self.states(Period) if one.until >= YESTERDAY)), TODAY)

    def states(self, state: type[Any]) -> list[Any]:
        """All states of a kind."""
        return [one for one in self.story.states.values() if isinstance(one, state)]

    def lot(self, data: st.DataObject) -> str:
        """Any lot there is."""
        return str(data.draw(st.sampled_from([one.id for one in self.states(Lot)])))

    def holders(self, lot_id: str, place_id: str) -> tuple[RequestId, ...]:
        """The requests that have goods of a lot reserved in a place, as the intake looks them up."""
        kept = [one for id_, one in self.kept() if one.place_id == place_id and id_[1] == lot_id]
        return tuple(dict.fromkeys(RequestId(one.request_id) for one in kept))

    def kept(self) -> list[tuple[tuple[str, str], Reservation]]:
        """Every open reservation, by its id and its lot's."""
        return [((id_, lot.id), one) for lot in self.states(Lot) for id_, one in lot.reservations.items()]

    def open_requests(self) -> list[Request]:
        """Requests that are still served."""
        return [one for one in self.states(Request) if not one.cancelled]

    def served(self) -> list[Request]:
        """Requests something was reserved for."""
        return [one for one in self.open_requests() if one.lot_ids]

    def wishes(self) -> list[tuple[str, str, PlaceId, int]]:
        """What could be reserved: request, lot, place and the most of it."""
        return [
            (request.id, lot.id, place, min(line.quantity, lot.balance(place).available))
            for request in self.open_requests()
            for line in request.short
            for lot in self.states(Lot)
            for place in STORES
            if lot.item_code == RICE and lot.owner_id == OWNER and lot.recall_id is None
            if lot.balance(place).available > 0
        ]

    def lines(self, *, open_only: bool = False) -> list[tuple[Shipment, Line]]:
        """The lines of shipments that left, those that are still on their way if asked for."""
        return [
            (shipment, line)
            for shipment in self.states(Shipment)
            if shipment.dispatched
            for line in shipment.lines.values()
            if line.open or not open_only
        ]

    def held(self, places: Sequence[PlaceId]) -> list[tuple[str, PlaceId, int]]:
        """What an office may take from places: lot, place and how much."""
        return [
            (lot.id, place, lot.balance(place).available)
            for lot in self.states(Lot)
            for place in places
            if lot.balance(place).available > 0
        ]
