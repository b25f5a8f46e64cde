"""What is counted of a shipment: at a drop point on its way, where it was sent, or by whoever signs for a shortfall.

Owns that a count is a fact: one that does not add up, comes twice or names an unknown shipment is accepted and flagged.
What was lost or damaged makes its request short again; what came unsent is to be explained by the store. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.logistics.intake.domain import Capture, believed_at, not_authorised, sender_flags
from services.logistics.periods.late import OPEN_BOOKS, ClosedBooks
from services.logistics.places import domain as places
from services.logistics.places.domain import Place
from services.logistics.requests.domain import Request
from services.logistics.shipments.consequences import short_again, surplus_found
from services.logistics.shipments.counting import CountedLine, Stop, counted_twice, deliver
from services.logistics.shipments.domain import (
    SAME_SIGNER,
    UNKNOWN_PLACE,
    WRONG_PLACE,
    Shipment,
    shipment_unknown,
    signer_not_other,
    unique,
)
from services.logistics.shipments.lines import after_count, of_lot
from services.logistics.stock.domain import lot_refs
from services.logistics.stock.posting import Postings
from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, ItemCode, PlaceId, RequestId, ShipmentId, Subject
from shared.contracts.shipments import (
    ReceivedLine,
    ShipmentPassed,
    ShipmentReceived,
    Signature,
)
from shared.contracts.vocabulary import FieldFlag, PlaceKind
from shared.kit.decisions.types import Overtaken, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class CountShipment:
    """A shipment was counted where it arrived, or with `passes` at a stop from which the rest goes on.

    `serves` are other places, such as villages in its area, for which the place takes goods. Without `capture` the
    office wrote it, from the paper the receiver signed. `request_id` is what the shipment goes for, as it was read;
    `closed` are the books closed for its day.
    """

    shipment_id: ShipmentId
    place_id: PlaceId
    lines: tuple[CountedLine, ...]
    seed: str
    recorded_on: date
    request_id: RequestId | None = None
    serves: tuple[PlaceId, ...] = ()
    capture: Capture | None = None
    reporter_place_id: PlaceId | None = None
    signatures: tuple[Signature, ...] = ()
    flags: tuple[FieldFlag, ...] = ()
    passes: bool = False
    next_vehicle_id: PlaceId | None = None
    carrier_id: ActorId | None = None
    closed: ClosedBooks = OPEN_BOOKS

    @property
    def reporter(self) -> PlaceId:
        """The post that reports: it may keep a drop point that is another place."""
        return self.reporter_place_id or self.place_id

    def aggregates(self) -> Sequence[Ref]:
        """The shipment, its request and the lots counted."""
        request = (Ref("request", self.request_id),) if self.request_id is not None else ()
        return (*lot_refs([line.lot_id for line in self.lines]), *request, Ref("shipment", self.shipment_id))

    def reads(self) -> Sequence[Ref]:
        """The place, the post that reports, the next vehicle, and the books closed for the day."""
        named = (self.place_id, self.reporter, *((self.next_vehicle_id,) if self.next_vehicle_id is not None else ()))
        return (*(Ref("place", place_id) for place_id in dict.fromkeys(named)), *self.closed.refs())


def decide_count_shipment(states: States, command: CountShipment) -> list[Payload] | Refusal:
    """Accept what was counted: accepted goods are at the place, missing and damaged ones in their accounts."""
    shipment = states.find(Shipment, command.shipment_id)
    if command.capture is None:
        refusal = _cannot_write(states, command, shipment)
    else:
        refusal = not_authorised(states, command.reporter, command.capture)
        command = _as_known(states, command)
    if refusal is not None:
        return refusal
    if shipment is None or not shipment.dispatched or shipment.from_place_id is None:
        return [_unknown(states, command, shipment)]
    if shipment.request_id != command.request_id:
        raise Overtaken
    postings = _postings(states, command)
    flags = _flags(states, command, shipment)
    again = [line for line in command.lines if counted_twice(shipment.lines, line, command.place_id)]
    new = [line for line in command.lines if line not in again]
    events: list[Payload] = []
    if new:
        delivery = deliver(shipment.lines, new, postings, Stop(command.place_id, command.next_vehicle_id))
        counted = _counted(command, delivery.lines, (*flags, *delivery.flags))
        events += [counted, *surplus_found(counted, PlaceId(shipment.from_place_id), delivery.surplus)]
        request = states.find(Request, command.request_id) if command.request_id is not None else None
        after = after_count(shipment.lines, delivery.lines, command.place_id, command.next_vehicle_id)
        events += short_again(request, shipment.lines, after, command.shipment_id, command.recorded_on)
    if again:
        events.append(_counted(command, _told_again(shipment, again), (*flags, FieldFlag.RECEIVED_TWICE)))
    return [*events, *postings.events]


def _as_known(states: States, command: CountShipment) -> CountShipment:
    """A post's report, for places that are what it says: else the post answers for the goods, and they stay on board.

    A post keeps drop points of its own area; what it says of another's is accepted and flagged.
    """
    flags = list(command.flags)
    place_id, vehicle = command.place_id, command.next_vehicle_id
    if place_id != command.reporter and places.kind_of(states, place_id) is not PlaceKind.DROP_POINT:
        place_id = command.reporter
        flags.append(UNKNOWN_PLACE)
    if vehicle is not None and places.kind_of(states, vehicle) is not PlaceKind.VEHICLE:
        vehicle = None
        flags.append(UNKNOWN_PLACE)
    post, stop = states.find(Place, command.reporter), states.find(Place, place_id)
    if post is not None and stop is not None and post.area_code is not None and stop.area_code is not None:
        covered = f"{stop.area_code}.".startswith(f"{post.area_code}.")
        flags += [] if covered else [FieldFlag.UNAUTHORISED_AREA]
    return replace(command, place_id=place_id, next_vehicle_id=vehicle, flags=tuple(flags))


def _postings(states: States, command: CountShipment) -> Postings:
    return Postings.over(
        states,
        [line.lot_id for line in command.lines],
        seed=command.seed,
        cause=Subject(f"shipment/{command.shipment_id}"),
        moved_on=command.recorded_on,
        captured_at=believed_at(command.capture, command.flags) if command.capture is not None else None,
        posted_on=command.closed.posted_on,
        prior_period=command.closed.days(states),
    )


def _cannot_write(states: States, command: CountShipment, shipment: Shipment | None) -> Refusal | None:
    """The office writes from a paper in hand: of a shipment, and for places, that it knows."""
    if shipment is None or not shipment.dispatched:
        return shipment_unknown()
    for place_id, vehicle in ((command.place_id, False), (command.next_vehicle_id, True)):
        kind = places.kind_of(states, place_id) if place_id is not None else PlaceKind.VEHICLE
        if kind is None or (kind is PlaceKind.VEHICLE) is not vehicle or places.is_account(place_id or ""):
            return places.place_unknown(place_id or "")
    if all(counted_twice(shipment.lines, line, command.place_id) for line in command.lines):
        return Refusal(
            slug="shipment-counted-already",
            detail="These goods were counted already, and nothing of them is on its way.",
            next_step="Read the shipment; reverse the movements of a wrong count, then count again.",
        )
    return signer_not_other() if _same_signer(command.signatures) else None


def _same_signer(signatures: Sequence[Signature]) -> bool:
    return len({one.signer_id for one in signatures}) < len(signatures)


def _flags(states: States, command: CountShipment, shipment: Shipment) -> list[FieldFlag]:
    flags = list(command.flags)
    if command.capture is not None:
        flags += sender_flags(states, command.reporter, command.capture)
    if not command.passes and shipment.to_place_id not in (command.place_id, *command.serves):
        flags.append(WRONG_PLACE)
    if _same_signer(command.signatures):
        flags.append(SAME_SIGNER)
    return flags


def _counted(
    command: CountShipment, lines: Sequence[ReceivedLine], flags: Sequence[FieldFlag]
) -> ShipmentReceived | ShipmentPassed:
    if command.passes:
        return ShipmentPassed(
            shipment_id=command.shipment_id,
            request_id=command.request_id,
            at_place_id=command.place_id,
            vehicle_place_id=command.next_vehicle_id,
            carrier_id=command.carrier_id,
            lines=tuple(lines),
            signatures=command.signatures,
            passed_on=command.recorded_on,
            flags=unique(flags),
        )
    return ShipmentReceived(
        shipment_id=command.shipment_id,
        request_id=command.request_id,
        to_place_id=command.place_id,
        lines=tuple(lines),
        signatures=command.signatures,
        received_on=command.recorded_on,
        flags=unique(flags),
    )


def _unknown(states: States, command: CountShipment, before: Shipment | None) -> ShipmentReceived | ShipmentPassed:
    """A count of a shipment nobody has dispatched: on record, and moved when its dispatch is written."""
    postings = _postings(states, command)
    sender = sender_flags(states, command.reporter, command.capture) if command.capture is not None else []
    told = {(one.place_id, one.lot_id) for one in before.early} if before is not None else set()
    twice = any((command.place_id, line.lot_id) in told for line in command.lines)
    lines = [
        _line(number, line, postings.item_of(line.lot_id), dispatched=0)
        for number, line in enumerate(command.lines, start=1)
    ]
    flags = (*command.flags, *sender, FieldFlag.UNKNOWN_SHIPMENT, *([FieldFlag.RECEIVED_TWICE] if twice else []))
    return _counted(command, lines, flags)


def _told_again(shipment: Shipment, again: Sequence[CountedLine]) -> list[ReceivedLine]:
    """What was counted before: on record as it was told, but the first count moved the goods."""
    lines = []
    for count in again:
        first = of_lot(shipment.lines, count.lot_id)[0]
        lines.append(_line(first.line_no, count, ItemCode(first.item_code), dispatched=first.dispatched))
    return lines


def _line(number: int, count: CountedLine, item_code: ItemCode, *, dispatched: int) -> ReceivedLine:
    return ReceivedLine(
        line_no=number,
        lot_id=count.lot_id,
        item_code=item_code,
        dispatched=dispatched,
        accepted=count.accepted,
        missing=count.missing,
        damaged=count.damaged,
        open=count.onward,
    )
