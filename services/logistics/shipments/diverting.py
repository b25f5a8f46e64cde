"""Diversion: an officer sends goods on their way, all or a part of them, to another place.

Owns that only what is still open is diverted, that it goes on as a shipment of its own, and that the request it was
sent for is short of it again. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.places import domain as places
from services.logistics.requests.asking import DESTINATIONS
from services.logistics.requests.domain import Request, plan_outdated
from services.logistics.shipments.consequences import short_again
from services.logistics.shipments.domain import Shipment, shipment_unknown
from services.logistics.shipments.hops import no_stop, stop_refs
from services.logistics.shipments.lines import Line, after_diversion, carried, open_of, taken_from
from services.logistics.stock.domain import lot_refs
from services.logistics.stock.posting import Postings, Transfer
from services.logistics.stock.refusals import not_available
from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, LotId, PlaceId, RequestId, ShipmentId, Subject
from shared.contracts.shipments import (
    DispatchedLine,
    DiversionReason,
    LineQuantity,
    ShipmentDispatched,
    ShipmentDiverted,
)
from shared.contracts.vocabulary import MovementReason, PlaceKind
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Taken:
    """An amount of a lot taken off a shipment."""

    lot_id: LotId
    quantity: int


@dataclass(frozen=True, slots=True)
class DivertShipment:
    """An officer sends goods on their way elsewhere. `request_id` is what they were sent for, as it was read."""

    shipment_id: ShipmentId
    into_shipment_id: ShipmentId
    request_id: RequestId | None
    to_place_id: PlaceId
    taken: tuple[Taken, ...]
    reason: DiversionReason
    document_number: str
    seed: str
    recorded_on: date
    vehicle_place_id: PlaceId | None = None
    carrier_id: ActorId | None = None
    via_place_ids: tuple[PlaceId, ...] = ()

    def aggregates(self) -> Sequence[Ref]:
        """Both shipments, the request, and the lots."""
        request = (Ref("request", self.request_id),) if self.request_id is not None else ()
        shipments = (Ref("shipment", self.shipment_id), Ref("shipment", self.into_shipment_id))
        return (*lot_refs([one.lot_id for one in self.taken]), *request, *shipments)

    def reads(self) -> Sequence[Ref]:
        """Where the goods go, what they pass, and the vehicle."""
        vehicle = (self.vehicle_place_id,) if self.vehicle_place_id is not None else ()
        return stop_refs((self.to_place_id, *self.via_place_ids, *vehicle))


def decide_divert(states: States, command: DivertShipment) -> list[Payload] | Refusal:
    """Take what is open off a shipment and send it on as another; what is counted already stays where it is."""
    shipment = states.find(Shipment, command.shipment_id)
    if shipment is None or not shipment.dispatched or shipment.from_place_id is None:
        return shipment_unknown()
    refusal = _cannot_divert(states, command, shipment)
    if refusal is not None:
        return refusal
    vehicle = command.vehicle_place_id or PlaceId(shipment.vehicle_place_id or places.TRANSIT)
    postings = Postings.over(
        states,
        [one.lot_id for one in command.taken],
        seed=command.seed,
        cause=Subject(f"shipment/{command.into_shipment_id}"),
        moved_on=command.recorded_on,
    )
    parts = [part for one in command.taken for part in taken_from(shipment.lines, one.lot_id, one.quantity)]
    for line, said in parts:
        if line.carried_in != vehicle:
            refusal = not_available(postings.balance(line.lot_id, line.carried_in), said.quantity)
            if refusal is not None:
                return refusal
            ends = (carried(line), vehicle)
            postings.post(Transfer(said.lot_id, *ends, said.quantity, MovementReason.DIVERSION))
    return [*_diverted(states, command, shipment, parts, vehicle), *postings.events]


def _cannot_divert(states: States, command: DivertShipment, shipment: Shipment) -> Refusal | None:
    if shipment.request_id != command.request_id:
        return plan_outdated()
    if states.find(Shipment, command.into_shipment_id) is not None or command.shipment_id == command.into_shipment_id:
        return Refusal(
            slug="shipment-dispatched-already",
            detail="A shipment with this id was dispatched already.",
            next_step="Dispatch the goods as another shipment.",
        )
    same = command.to_place_id == shipment.to_place_id
    if same or places.kind_of(states, command.to_place_id) not in {*DESTINATIONS, PlaceKind.DROP_POINT}:
        return places.place_unknown(command.to_place_id)
    vehicle = command.vehicle_place_id
    if vehicle is not None and places.kind_of(states, vehicle) is not PlaceKind.VEHICLE:
        return places.place_unknown(vehicle)
    refusal = no_stop(states, command.via_place_ids)
    if refusal is not None:
        return refusal
    return beyond_open(shipment, command.taken)


def beyond_open(shipment: Shipment, taken: Sequence[Taken]) -> Refusal | None:
    """The refusal to take more off a shipment than is still on its way."""
    by_lot: dict[LotId, int] = {}
    for one in taken:
        by_lot[one.lot_id] = by_lot.get(one.lot_id, 0) + one.quantity
    for lot_id, quantity in by_lot.items():
        left = open_of(shipment.lines, lot_id)
        if quantity > left:
            return Refusal(
                slug="shipment-open-exceeded",
                detail="Only %(open)d of a lot is still on its way.",
                next_step="Read the shipment again and take no more than is open.",
                params={"open": left},
            )
    if not by_lot:
        return Refusal(
            slug="shipment-closed",
            detail="Nothing of this shipment is on its way any more.",
            next_step="Read what came of it; move goods that arrived by another shipment.",
        )
    return None


def _diverted(
    states: States,
    command: DivertShipment,
    shipment: Shipment,
    parts: Sequence[tuple[Line, LineQuantity]],
    vehicle: PlaceId,
) -> list[Payload]:
    said = tuple(one for _, one in parts)
    diverted = ShipmentDiverted(
        shipment_id=command.shipment_id,
        request_id=command.request_id,
        into_shipment_id=command.into_shipment_id,
        to_place_id=command.to_place_id,
        reason=command.reason,
        lines=said,
        diverted_on=command.recorded_on,
    )
    dispatched = ShipmentDispatched(
        shipment_id=command.into_shipment_id,
        diverted_from=command.shipment_id,
        from_place_id=PlaceId(shipment.from_place_id or places.TRANSIT),
        vehicle_place_id=vehicle,
        to_place_id=command.to_place_id,
        via_place_ids=command.via_place_ids,
        lines=tuple(
            DispatchedLine(line_no=number, lot_id=one.lot_id, item_code=one.item_code, quantity=one.quantity)
            for number, one in enumerate(said, start=1)
        ),
        document_number=command.document_number,
        carrier_id=command.carrier_id,
        dispatched_on=command.recorded_on,
    )
    request = states.find(Request, command.request_id) if command.request_id is not None else None
    after = after_diversion(shipment.lines, said)
    short = short_again(request, shipment.lines, after, command.shipment_id, command.recorded_on)
    return [diverted, dispatched, *short]
