"""Picking and dispatching: from a loading list to a vehicle that has left.

Owns that no more is sent than is reserved for the request, and nothing but what was picked where there is a loading
list. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.places import domain as places
from services.logistics.quotas.domain import Draw, Drawing, draw, quota_refs
from services.logistics.requests.domain import Request, plan_outdated, request_closed
from services.logistics.shipments.consequences import short_again, surplus_found
from services.logistics.shipments.counting import CountedLine, Stop, deliver
from services.logistics.shipments.domain import EarlyCount, Shipment, unique
from services.logistics.shipments.hops import no_stop, stop_refs
from services.logistics.shipments.lines import Lines, after_count, loaded
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.posting import Postings, Transfer
from services.logistics.stock.refusals import not_issuable, to_explain
from shared.contracts.envelope import Payload
from shared.contracts.ids import (
    ActorId,
    ItemCode,
    LotId,
    PlaceId,
    QuotaId,
    RequestId,
    ReservationId,
    ShipmentId,
    Subject,
)
from shared.contracts.shipments import (
    DispatchedLine,
    ShipmentDispatched,
    ShipmentPicked,
    ShipmentReceived,
)
from shared.contracts.vocabulary import FieldFlag, MovementReason, PlaceKind, ReservationEnd
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Load:
    """A part of a reservation that goes on the vehicle."""

    reservation_id: ReservationId
    lot_id: LotId
    quantity: int


@dataclass(frozen=True, slots=True)
class PickShipment:
    """A store puts goods ready for a vehicle: its loading list."""

    shipment_id: ShipmentId
    request_id: RequestId
    from_place_id: PlaceId
    loads: tuple[Load, ...]
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The shipment."""
        return (Ref("shipment", self.shipment_id),)

    def reads(self) -> Sequence[Ref]:
        """The request, the store and the lots."""
        lots = lot_refs([load.lot_id for load in self.loads])
        return (*lots, Ref("place", self.from_place_id), Ref("request", self.request_id))


@dataclass(frozen=True, slots=True)
class DispatchShipment:
    """A loaded vehicle leaves a store with its delivery note, handed over to a carrier.

    `early_lot_ids` are the lots a post has counted of it already, `quota_ids` the quotas its goods draw on,
    `via_place_ids` the places it is to pass.
    """

    shipment_id: ShipmentId
    request_id: RequestId
    from_place_id: PlaceId
    vehicle_place_id: PlaceId
    loads: tuple[Load, ...]
    document_number: str
    seed: str
    recorded_on: date
    carrier_id: ActorId | None = None
    early_lot_ids: tuple[LotId, ...] = ()
    quota_ids: tuple[QuotaId, ...] = ()
    via_place_ids: tuple[PlaceId, ...] = ()

    def aggregates(self) -> Sequence[Ref]:
        """The shipment, its request, the quotas it draws on, and the lots on it or counted of it."""
        lots = lot_refs([*(load.lot_id for load in self.loads), *self.early_lot_ids])
        own = (Ref("request", self.request_id), Ref("shipment", self.shipment_id))
        return (*lots, *quota_refs(self.quota_ids), *own)

    def reads(self) -> Sequence[Ref]:
        """The store, the vehicle and the places on the way."""
        return stop_refs((self.from_place_id, self.vehicle_place_id, *self.via_place_ids))


def decide_pick(states: States, command: PickShipment) -> list[Payload] | Refusal:
    """Write a loading list of reserved goods; until the vehicle leaves another list may take its place."""
    request = states.find(Request, command.request_id)
    if request is None or request.cancelled:
        return request_closed(request)
    refusal = _left_already(states, command.shipment_id) or _cannot_take(states, command)
    if refusal is not None:
        return refusal
    return [
        ShipmentPicked(
            shipment_id=command.shipment_id,
            request_id=command.request_id,
            from_place_id=command.from_place_id,
            lines=tuple(_line(states, number, load) for number, load in enumerate(command.loads, start=1)),
            picked_on=command.recorded_on,
        )
    ]


def decide_dispatch(states: States, command: DispatchShipment) -> list[Payload] | Refusal:
    """Send reserved goods on their way; if a post had counted them already, they arrive by the same decision."""
    request = states.find(Request, command.request_id)
    if request is None or request.cancelled:
        return request_closed(request)
    refusal = _cannot_dispatch(states, command)
    if refusal is not None:
        return refusal
    cause = Subject(f"shipment/{command.shipment_id}")
    loads = tuple(Drawing(load.lot_id, load.quantity) for load in command.loads)
    wanted = Draw(request.area_code, loads, command.quota_ids, cause, command.recorded_on)
    drawn = draw(states, wanted, by_fact=False)
    if isinstance(drawn, Refusal):
        return drawn
    lot_ids = [*(load.lot_id for load in command.loads), *command.early_lot_ids]
    postings = Postings.over(states, lot_ids, seed=command.seed, cause=cause, moved_on=command.recorded_on)
    lines = tuple(_line(states, number, load) for number, load in enumerate(command.loads, start=1))
    dispatched = ShipmentDispatched(
        shipment_id=command.shipment_id,
        request_id=command.request_id,
        from_place_id=command.from_place_id,
        vehicle_place_id=command.vehicle_place_id,
        to_place_id=PlaceId(request.to_place_id),
        via_place_ids=command.via_place_ids,
        lines=lines,
        document_number=command.document_number,
        carrier_id=command.carrier_id,
        dispatched_on=command.recorded_on,
    )
    for load in command.loads:
        _post_load(command, load, postings)
    early = states.find(Shipment, command.shipment_id)
    told = _arrived_before(command, request, early.early, lines, postings) if early is not None else []
    return [dispatched, *told, *postings.events, *drawn]


def _cannot_dispatch(states: States, command: DispatchShipment) -> Refusal | None:
    refusal = _left_already(states, command.shipment_id)
    if refusal is not None:
        return refusal
    if places.kind_of(states, command.vehicle_place_id) is not PlaceKind.VEHICLE:
        return places.place_unknown(command.vehicle_place_id)
    refusal = no_stop(states, command.via_place_ids)
    if refusal is not None:
        return refusal
    shipment = states.find(Shipment, command.shipment_id)
    if shipment is not None and not {one.lot_id for one in shipment.early} <= set(command.early_lot_ids):
        return plan_outdated()
    if shipment is not None and shipment.picked and not _as_picked(shipment, command):
        return Refusal(
            slug="load-not-picked",
            detail="The vehicle's loading list says something else.",
            next_step="Load what was picked, or pick again and then dispatch.",
        )
    return _cannot_take(states, command)


def _as_picked(shipment: Shipment, command: DispatchShipment) -> bool:
    picked = {(line.reservation_id, line.quantity) for line in shipment.picked}
    asked = {(load.reservation_id, load.quantity) for load in command.loads}
    same_order = (shipment.request_id, shipment.from_place_id) == (command.request_id, command.from_place_id)
    return same_order and picked == asked


def _left_already(states: States, shipment_id: str) -> Refusal | None:
    shipment = states.find(Shipment, shipment_id)
    if shipment is None or not shipment.dispatched:
        return None
    return Refusal(
        slug="shipment-dispatched-already",
        detail="A shipment with this id was dispatched already.",
        next_step="Dispatch the goods as another shipment.",
    )


def _cannot_take(states: States, command: PickShipment | DispatchShipment) -> Refusal | None:
    if places.kind_of(states, command.from_place_id) is not PlaceKind.WAREHOUSE:
        return places.place_unknown(command.from_place_id)
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


def _cannot_load(states: States, command: PickShipment | DispatchShipment, load: Load) -> Refusal | None:
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
    return not_issuable(lot, command.recorded_on) or to_explain(lot.balance(command.from_place_id))


def _line(states: States, number: int, load: Load) -> DispatchedLine:
    lot = states.find(Lot, load.lot_id)
    assert lot is not None, "a load without its lot was refused"
    return DispatchedLine(
        line_no=number,
        lot_id=load.lot_id,
        item_code=ItemCode(lot.item_code),
        quantity=load.quantity,
        reservation_id=load.reservation_id,
    )


def _post_load(command: DispatchShipment, load: Load, postings: Postings) -> None:
    postings.release(load.lot_id, load.reservation_id, load.quantity, ReservationEnd.USED)
    postings.post(
        Transfer(
            lot_id=load.lot_id,
            from_place_id=command.from_place_id,
            to_place_id=command.vehicle_place_id,
            quantity=load.quantity,
            reason=MovementReason.DISPATCH,
            reservation_id=load.reservation_id,
        )
    )


def _arrived_before(
    command: DispatchShipment,
    request: Request,
    early: Sequence[EarlyCount],
    loads: tuple[DispatchedLine, ...],
    postings: Postings,
) -> list[Payload]:
    """What posts counted before the office wrote the dispatch arrives now, place by place in the order it was told."""
    told: list[Payload] = []
    lines: Lines = loaded(loads, command.vehicle_place_id)
    before = lines
    for place_id in dict.fromkeys(one.place_id for one in early):
        counted = [
            CountedLine(LotId(one.lot_id), one.accepted, one.missing, one.damaged)
            for one in early
            if one.place_id == place_id
        ]
        delivery = deliver(lines, counted, postings, Stop(PlaceId(place_id)))
        lines = after_count(lines, delivery.lines, place_id)
        received = ShipmentReceived(
            shipment_id=command.shipment_id,
            request_id=command.request_id,
            to_place_id=PlaceId(place_id),
            lines=tuple(delivery.lines),
            received_on=command.recorded_on,
            flags=unique((FieldFlag.UNKNOWN_SHIPMENT, *delivery.flags)),
        )
        told += [received, *surplus_found(received, command.from_place_id, delivery.surplus)]
    return [*told, *short_again(request, before, lines, command.shipment_id, command.recorded_on)]
