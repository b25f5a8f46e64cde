"""Shipments: goods that left a store in a vehicle, and what the receiver counted.

Owns that no more is sent than is reserved, and that accepted, missing and damaged goods have different accounts. A
count is a fact: one that does not add up, comes twice or names an unknown shipment is accepted and flagged. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.logistics.intake.domain import Capture, not_authorised, sender_flags
from services.logistics.places import domain as places
from services.logistics.requests.domain import Request, plan_outdated, request_closed
from services.logistics.shipments.counting import CountedLine, deliver
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.posting import Postings, Transfer
from services.logistics.stock.receiving import lot_expired, to_explain
from shared.contracts.envelope import Payload
from shared.contracts.ids import LotId, PlaceId, RequestId, ReservationId, ShipmentId, Subject
from shared.contracts.logistics import (
    DispatchedLine,
    ReceivedLine,
    ReservationReleased,
    ShipmentDispatched,
    ShipmentReceived,
)
from shared.contracts.vocabulary import FieldFlag, MovementReason, PlaceKind, ReservationEnd
from shared.kit.decisions.types import Event, Ref, Refusal, States

# The list of flags is open: these concern this service alone.
WRONG_PLACE = FieldFlag("wrong_place")


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment. `received` holds a line for every counted lot; before it was dispatched, what a post reported."""

    id: str
    version: int
    request_id: str | None = None
    from_place_id: str | None = None
    vehicle_place_id: str | None = None
    to_place_id: str | None = None
    received_at_place_id: str | None = None
    document_number: str | None = None
    dispatched_on: date | None = None
    received_on: date | None = None
    lines: tuple[DispatchedLine, ...] = ()
    received: tuple[ReceivedLine, ...] = ()
    on_the_way: bool = False
    differs: bool = False

    @property
    def dispatched(self) -> bool:
        """Whether the office has sent it, or only a post has named it."""
        return self.dispatched_on is not None


@dataclass(frozen=True, slots=True)
class Load:
    """A part of a reservation that goes on the vehicle."""

    reservation_id: ReservationId
    lot_id: LotId
    quantity: int


@dataclass(frozen=True, slots=True)
class DispatchShipment:
    """A loaded vehicle leaves a store with its delivery note."""

    shipment_id: ShipmentId
    request_id: RequestId
    from_place_id: PlaceId
    vehicle_place_id: PlaceId
    loads: tuple[Load, ...]
    document_number: str
    seed: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The shipment and the lots on it."""
        return (*lot_refs([load.lot_id for load in self.loads]), Ref("shipment", self.shipment_id))

    def reads(self) -> Sequence[Ref]:
        """The request, and the store and vehicle."""
        places_ = (Ref("place", self.from_place_id), Ref("place", self.vehicle_place_id))
        return (*places_, Ref("request", self.request_id))


@dataclass(frozen=True, slots=True)
class ReceiveShipment:
    """A post counted a shipment that arrived at its place.

    `serves` are other places, such as villages in its area, for which the post takes goods.
    """

    shipment_id: ShipmentId
    place_id: PlaceId
    serves: tuple[PlaceId, ...]
    lines: tuple[CountedLine, ...]
    capture: Capture
    flags: tuple[FieldFlag, ...]
    seed: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The shipment and the lots counted."""
        return (*lot_refs([line.lot_id for line in self.lines]), Ref("shipment", self.shipment_id))

    def reads(self) -> Sequence[Ref]:
        """The post's place."""
        return (Ref("place", self.place_id),)


def decide_dispatch(states: States, command: DispatchShipment) -> list[Payload] | Refusal:
    """Send reserved goods on their way; if a post had counted them already, they arrive by the same decision."""
    request = states.find(Request, command.request_id)
    if request is None or request.cancelled:
        return request_closed(request)
    refusal = _cannot_dispatch(states, command)
    if refusal is not None:
        return refusal
    cause = Subject(f"shipment/{command.shipment_id}")
    lot_ids = [load.lot_id for load in command.loads]
    postings = Postings.over(states, lot_ids, seed=command.seed, cause=cause, moved_on=command.recorded_on)
    lines = tuple(_line(number, load, postings) for number, load in enumerate(command.loads, start=1))
    dispatched = ShipmentDispatched(
        shipment_id=command.shipment_id,
        request_id=command.request_id,
        from_place_id=command.from_place_id,
        vehicle_place_id=command.vehicle_place_id,
        to_place_id=PlaceId(request.to_place_id),
        lines=lines,
        document_number=command.document_number,
        dispatched_on=command.recorded_on,
    )
    events: list[Payload] = [dispatched]
    for load in command.loads:
        events += _loaded(command, load, postings)
    early = states.find(Shipment, command.shipment_id)
    return events + (_arrived_before(command, early, lines, postings) if early is not None else [])


def _cannot_dispatch(states: States, command: DispatchShipment) -> Refusal | None:
    shipment = states.find(Shipment, command.shipment_id)
    if shipment is not None and shipment.dispatched:
        return Refusal(
            slug="shipment-dispatched-already",
            detail="A shipment with this id was dispatched already.",
            next_step="Dispatch the goods as another shipment.",
        )
    for place_id, kind in ((command.from_place_id, PlaceKind.WAREHOUSE), (command.vehicle_place_id, PlaceKind.VEHICLE)):
        if places.kind_of(states, place_id) is not kind:
            return places.place_unknown(place_id)
    if not command.loads:
        return Refusal(
            slug="nothing-reserved",
            detail="Nothing is reserved for this request in this store.",
            next_step="Reserve goods for the request first, or dispatch from the store that has them.",
        )
    if len({load.reservation_id for load in command.loads}) < len(command.loads):
        return plan_outdated()
    for load in command.loads:
        refusal = _cannot_load(states, command, load)
        if refusal is not None:
            return refusal
    return None


def _cannot_load(states: States, command: DispatchShipment, load: Load) -> Refusal | None:
    lot = states.find(Lot, load.lot_id)
    kept = lot.reservations.get(load.reservation_id) if lot is not None else None
    if lot is None or kept is None or (kept.request_id, kept.place_id) != (command.request_id, command.from_place_id):
        return Refusal(
            slug="reservation-ended",
            detail="A line is not reserved for this request in this store, or no longer.",
            next_step="Read the request's reservations again and load what is reserved.",
        )
    if load.quantity > kept.quantity:
        return Refusal(
            slug="load-exceeds-reservation",
            detail="Only %(reserved)d is reserved for a line.",
            next_step="Load no more than is reserved.",
            params={"reserved": kept.quantity},
        )
    if lot.expired(command.recorded_on) and lot.expires_on is not None:
        return lot_expired(lot.expires_on)
    return to_explain(lot.balance(command.from_place_id))


def _line(number: int, load: Load, postings: Postings) -> DispatchedLine:
    return DispatchedLine(
        line_no=number,
        lot_id=load.lot_id,
        item_code=postings.item_of(load.lot_id),
        quantity=load.quantity,
        reservation_id=load.reservation_id,
    )


def _loaded(command: DispatchShipment, load: Load, postings: Postings) -> list[Payload]:
    postings.set_free(load.lot_id, command.from_place_id, load.quantity)
    released = ReservationReleased(
        lot_id=load.lot_id,
        reservation_id=load.reservation_id,
        request_id=command.request_id,
        place_id=command.from_place_id,
        quantity=load.quantity,
        reason=ReservationEnd.USED,
        released_on=command.recorded_on,
    )
    transfer = Transfer(
        lot_id=load.lot_id,
        from_place_id=command.from_place_id,
        to_place_id=command.vehicle_place_id,
        quantity=load.quantity,
        reason=MovementReason.DISPATCH,
        reservation_id=load.reservation_id,
    )
    return [released, postings.post(transfer)]


def _arrived_before(
    command: DispatchShipment, early: Shipment, lines: tuple[DispatchedLine, ...], postings: Postings
) -> list[Payload]:
    """What a post counted before the office wrote the dispatch: only lots that are on the vehicle move now."""
    if early.received_at_place_id is None:
        return []
    loaded = {line.lot_id for line in lines}
    counted = [CountedLine(line.lot_id, line.accepted, line.missing, line.damaged) for line in early.received]
    moving = [line for line in counted if line.lot_id in loaded]
    if not moving:
        return []
    place = PlaceId(early.received_at_place_id)
    delivery = deliver(lines, moving, postings, vehicle=command.vehicle_place_id, place=place)
    received = ShipmentReceived(
        shipment_id=command.shipment_id,
        request_id=command.request_id,
        to_place_id=place,
        lines=delivery.lines,
        received_on=command.recorded_on,
        flags=_unique((FieldFlag.UNKNOWN_SHIPMENT, *delivery.flags)),
    )
    return [received, *delivery.movements]


def decide_receive_shipment(states: States, command: ReceiveShipment) -> list[Payload] | Refusal:
    """Accept what the receiver counted: accepted goods are at the post, missing and damaged ones in their accounts."""
    refusal = not_authorised(states, command.place_id, command.capture)
    if refusal is not None:
        return refusal
    shipment = states.find(Shipment, command.shipment_id)
    cause = Subject(f"shipment/{command.shipment_id}")
    lot_ids = [line.lot_id for line in command.lines]
    postings = Postings.over(states, lot_ids, seed=command.seed, cause=cause, moved_on=command.recorded_on)
    flags = [*command.flags, *sender_flags(states, command.place_id, command.capture)]
    if shipment is None or not shipment.dispatched or shipment.vehicle_place_id is None:
        return [_unknown(command, shipment, postings, flags)]
    if shipment.to_place_id not in (command.place_id, *command.serves):
        flags.append(WRONG_PLACE)
    counted_before = {line.lot_id for line in shipment.received}
    new = [line for line in command.lines if line.lot_id not in counted_before]
    again = [line for line in command.lines if line.lot_id in counted_before]
    vehicle = PlaceId(shipment.vehicle_place_id)
    delivery = deliver(shipment.lines, new, postings, vehicle=vehicle, place=command.place_id)
    events: list[Payload] = []
    if new:
        events.append(_receipt(command, shipment, delivery.lines, (*flags, *delivery.flags)))
    if again:
        twice = (*flags, FieldFlag.RECEIVED_TWICE)
        events.append(_receipt(command, shipment, _counted_again(shipment, again), twice))
    return [*events, *delivery.movements]


def _receipt(
    command: ReceiveShipment, shipment: Shipment, lines: Sequence[ReceivedLine], flags: Sequence[FieldFlag]
) -> ShipmentReceived:
    return ShipmentReceived(
        shipment_id=command.shipment_id,
        request_id=RequestId(shipment.request_id) if shipment.request_id is not None else None,
        to_place_id=command.place_id,
        lines=tuple(lines),
        received_on=command.recorded_on,
        flags=_unique(flags),
    )


def _unknown(
    command: ReceiveShipment, before: Shipment | None, postings: Postings, flags: list[FieldFlag]
) -> ShipmentReceived:
    twice = [FieldFlag.RECEIVED_TWICE] if before is not None else []
    lines = tuple(
        ReceivedLine(
            line_no=number,
            lot_id=line.lot_id,
            item_code=postings.item_of(line.lot_id),
            dispatched=0,
            accepted=line.accepted,
            missing=line.missing,
            damaged=line.damaged,
        )
        for number, line in enumerate(command.lines, start=1)
    )
    return ShipmentReceived(
        shipment_id=command.shipment_id,
        to_place_id=command.place_id,
        lines=lines,
        received_on=command.recorded_on,
        flags=_unique((*flags, FieldFlag.UNKNOWN_SHIPMENT, *twice)),
    )


def _counted_again(shipment: Shipment, again: Sequence[CountedLine]) -> tuple[ReceivedLine, ...]:
    """Lines of lots that were counted before: on record, but the first count moved the goods."""
    first = {line.lot_id: line for line in shipment.received}
    return tuple(
        ReceivedLine(
            line_no=first[line.lot_id].line_no,
            lot_id=line.lot_id,
            item_code=first[line.lot_id].item_code,
            dispatched=first[line.lot_id].dispatched,
            accepted=line.accepted,
            missing=line.missing,
            damaged=line.damaged,
        )
        for line in again
    )


def _unique(flags: Sequence[FieldFlag]) -> tuple[FieldFlag, ...]:
    return tuple(dict.fromkeys(flags))


def evolve_shipment(shipment: Shipment | None, event: Event) -> Shipment:
    """The shipment after it left or was counted."""
    before = shipment if shipment is not None else Shipment(event.ref.id, 0)
    match event.payload:
        case ShipmentDispatched() as said:
            return replace(
                before,
                version=event.sequence,
                request_id=said.request_id,
                from_place_id=said.from_place_id,
                vehicle_place_id=said.vehicle_place_id,
                to_place_id=said.to_place_id,
                document_number=said.document_number,
                dispatched_on=said.dispatched_on,
                lines=said.lines,
                received=(),
                received_on=None,
                on_the_way=True,
            )
        case ShipmentReceived() as said:
            return _received(replace(before, version=event.sequence), said)
    raise TypeError(f"{event.payload.type} after {before.version}")


def _received(shipment: Shipment, said: ShipmentReceived) -> Shipment:
    counted = {line.lot_id for line in shipment.received}
    lines = (*shipment.received, *(line for line in said.lines if line.lot_id not in counted))
    loaded = {line.lot_id for line in shipment.lines}
    return replace(
        shipment,
        received_at_place_id=said.to_place_id or shipment.received_at_place_id,
        received_on=shipment.received_on or said.received_on,
        received=lines,
        on_the_way=not loaded <= {line.lot_id for line in lines},
        differs=shipment.differs or any(line.accepted != line.dispatched for line in said.lines),
    )
