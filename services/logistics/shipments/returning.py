"""Returns: goods that come back from a post or village, or off a vehicle whose receiver had not accepted them.

Owns that each amount goes where its condition says: good in store again, doubtful into quarantine, unusable destroyed
under a record of destruction (berita acara pemusnahan). Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.logistics.documents.changing import destruction_not_recorded
from services.logistics.documents.domain import Document
from services.logistics.places import domain as places
from services.logistics.requests.domain import Request, plan_outdated
from services.logistics.shipments.consequences import short_again
from services.logistics.shipments.diverting import Taken, beyond_open
from services.logistics.shipments.domain import Shipment, shipment_unknown
from services.logistics.shipments.lines import Line, after_return, taken_from
from services.logistics.stock.domain import lot_refs
from services.logistics.stock.posting import Postings, Transfer
from services.logistics.stock.refusals import lot_unknown, not_available
from shared.contracts.documents import DocumentKind
from shared.contracts.envelope import Payload
from shared.contracts.ids import DocumentId, LotId, PlaceId, RequestId, ReturnId, ShipmentId, Subject
from shared.contracts.shipments import GoodsReturned, LineQuantity, ReturnCondition, ReturnedLine, ShipmentReturned
from shared.contracts.vocabulary import MovementReason, PlaceKind
from shared.kit.decisions.types import Event, Ref, Refusal, States

_REASONS = {
    ReturnCondition.GOOD: MovementReason.RETURN,
    ReturnCondition.DOUBTFUL: MovementReason.QUARANTINE,
    ReturnCondition.UNUSABLE: MovementReason.DESTRUCTION,
}


@dataclass(frozen=True, slots=True)
class ReturnedGoods:
    """A return on record."""

    id: str
    version: int
    from_place_id: str
    at_place_id: str
    document_number: str
    returned_on: date
    lines: tuple[ReturnedLine, ...]
    shipment_id: str | None = None
    destruction_document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sorted:
    """An amount of a lot that came back, in which condition."""

    lot_id: LotId
    quantity: int
    condition: ReturnCondition


@dataclass(frozen=True, slots=True)
class ReceiveReturn:
    """A store takes goods back. With `shipment_id` they come off its vehicle, else out of `from_place_id`.

    `quarantine_place_id` is needed for doubtful goods, `destruction_document_id` for unusable ones. `request_id` is
    what the shipment was sent for, as it was read.
    """

    return_id: ReturnId
    at_place_id: PlaceId
    lines: tuple[Sorted, ...]
    document_number: str
    seed: str
    recorded_on: date
    from_place_id: PlaceId | None = None
    shipment_id: ShipmentId | None = None
    request_id: RequestId | None = None
    quarantine_place_id: PlaceId | None = None
    destruction_document_id: DocumentId | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The return, the shipment and its request, and the lots."""
        named = (("request", self.request_id), ("return", self.return_id), ("shipment", self.shipment_id))
        refs = tuple(Ref(kind, id_) for kind, id_ in named if id_ is not None)
        return (*lot_refs([line.lot_id for line in self.lines]), *refs)

    def reads(self) -> Sequence[Ref]:
        """The places, and the record of destruction."""
        ids = dict.fromkeys((self.at_place_id, self.from_place_id, self.quarantine_place_id))
        paper = self.destruction_document_id
        documents = (Ref("document", paper),) if paper is not None else ()
        return (*documents, *(Ref("place", id_) for id_ in ids if id_ is not None))


def decide_return(states: States, command: ReceiveReturn) -> list[Payload] | Refusal:
    """Take goods back in part or whole, each amount to the place its condition says."""
    shipment = states.find(Shipment, command.shipment_id) if command.shipment_id is not None else None
    refusal = _cannot_return(states, command) or _not_there(states, command, shipment) or _unfit(states, command)
    if refusal is not None:
        return refusal
    postings = Postings.over(
        states,
        [line.lot_id for line in command.lines],
        seed=command.seed,
        cause=Subject(f"return/{command.return_id}"),
        moved_on=command.recorded_on,
    )
    off_vehicle: list[tuple[Line, LineQuantity]] = []
    for place_id, line, part in _sources(command, shipment):
        if line.lot_id not in postings.lots:
            return lot_unknown()
        refusal = not_available(postings.balance(line.lot_id, place_id), line.quantity)
        if refusal is not None:
            return refusal
        postings.post(Transfer(line.lot_id, place_id, _target(command, line), line.quantity, _REASONS[line.condition]))
        off_vehicle += [part] if part is not None else []
    return [*_returned(states, command, shipment, off_vehicle, postings), *postings.events]


def _sources(
    command: ReceiveReturn, shipment: Shipment | None
) -> list[tuple[PlaceId, Sorted, tuple[Line, LineQuantity] | None]]:
    """Where each amount comes from: the place named, or the vehicles that carry the shipment's lines."""
    if shipment is None:
        place_id = command.from_place_id
        return [(place_id, line, None) for line in command.lines] if place_id is not None else []
    left = dict(shipment.lines)
    found: list[tuple[PlaceId, Sorted, tuple[Line, LineQuantity] | None]] = []
    for wanted in command.lines:
        for line, said in taken_from(left, wanted.lot_id, wanted.quantity):
            left[str(line.line_no)] = replace(line, open=line.open - said.quantity)
            amount = replace(wanted, quantity=said.quantity)
            found.append((PlaceId(line.carried_in), amount, (line, said)))
    return found


def _target(command: ReceiveReturn, line: Sorted) -> PlaceId:
    if line.condition is ReturnCondition.UNUSABLE:
        return places.DESTROYED
    doubtful = line.condition is ReturnCondition.DOUBTFUL
    return command.quarantine_place_id if doubtful and command.quarantine_place_id else command.at_place_id


def _cannot_return(states: States, command: ReceiveReturn) -> Refusal | None:
    if states.find(ReturnedGoods, command.return_id) is not None:
        return Refusal(
            slug="return-recorded-already",
            detail="A return with this id was recorded already.",
            next_step="Record the goods as another return.",
        )
    if places.kind_of(states, command.at_place_id) not in (PlaceKind.WAREHOUSE, PlaceKind.LUMBUNG):
        return places.place_unknown(command.at_place_id)
    return None


def _not_there(states: States, command: ReceiveReturn, shipment: Shipment | None) -> Refusal | None:
    if command.shipment_id is not None:
        if shipment is None or not shipment.dispatched:
            return shipment_unknown()
        if shipment.request_id != command.request_id:
            return plan_outdated()
        return beyond_open(shipment, [Taken(line.lot_id, line.quantity) for line in command.lines]) or _unfit(
            states, command
        )
    from_place = command.from_place_id
    if (
        from_place is None
        or places.kind_of(states, from_place) not in places.STORES
        or from_place == command.at_place_id
    ):
        return places.place_unknown(from_place or "")
    return _unfit(states, command)


def _unfit(states: States, command: ReceiveReturn) -> Refusal | None:
    conditions = {line.condition for line in command.lines}
    if ReturnCondition.DOUBTFUL in conditions:
        kept = command.quarantine_place_id
        if kept is None or places.kind_of(states, kept) is not PlaceKind.QUARANTINE:
            return places.place_unknown(kept or "quarantine")
    if ReturnCondition.UNUSABLE in conditions:
        paper = command.destruction_document_id
        document = states.find(Document, paper) if paper is not None else None
        if document is None or document.document_kind is not DocumentKind.BA_PEMUSNAHAN or document.cancelled:
            return destruction_not_recorded()
    return None


def _returned(
    states: States,
    command: ReceiveReturn,
    shipment: Shipment | None,
    parts: list[tuple[Line, LineQuantity]],
    postings: Postings,
) -> list[Payload]:
    vehicle = PlaceId(shipment.vehicle_place_id or places.TRANSIT) if shipment is not None else None
    events: list[Payload] = [
        GoodsReturned(
            return_id=command.return_id,
            from_place_id=vehicle or command.from_place_id or command.at_place_id,
            at_place_id=command.at_place_id,
            shipment_id=command.shipment_id,
            lines=tuple(
                ReturnedLine(
                    lot_id=line.lot_id,
                    item_code=postings.item_of(line.lot_id),
                    quantity=line.quantity,
                    condition=line.condition,
                    to_place_id=_target(command, line),
                )
                for line in command.lines
            ),
            document_number=command.document_number,
            destruction_document_id=command.destruction_document_id,
            returned_on=command.recorded_on,
        )
    ]
    if command.shipment_id is None or shipment is None:
        return events
    returned = ShipmentReturned(
        shipment_id=command.shipment_id,
        request_id=command.request_id,
        return_id=command.return_id,
        lines=_by_line(parts),
        returned_on=command.recorded_on,
    )
    request = states.find(Request, command.request_id) if command.request_id is not None else None
    after = after_return(shipment.lines, returned.lines)
    short = short_again(request, shipment.lines, after, command.shipment_id, command.recorded_on)
    return [*events, returned, *short]


def _by_line(parts: Sequence[tuple[Line, LineQuantity]]) -> tuple[LineQuantity, ...]:
    """What came off each line, whatever its condition."""
    by_line: dict[int, LineQuantity] = {}
    for _, said in parts:
        before = by_line.get(said.line_no)
        quantity = said.quantity + (before.quantity if before is not None else 0)
        by_line[said.line_no] = said.model_copy(update={"quantity": quantity})
    return tuple(by_line.values())


def evolve_return(returned: ReturnedGoods | None, event: Event) -> ReturnedGoods:
    """The return as it was recorded."""
    said = event.payload
    if returned is not None or not isinstance(said, GoodsReturned):
        raise TypeError(f"{said.type} after {returned and returned.version}")
    return ReturnedGoods(
        id=event.ref.id,
        version=event.sequence,
        from_place_id=said.from_place_id,
        at_place_id=said.at_place_id,
        document_number=said.document_number,
        returned_on=said.returned_on,
        lines=said.lines,
        shipment_id=said.shipment_id,
        destruction_document_id=said.destruction_document_id,
    )
