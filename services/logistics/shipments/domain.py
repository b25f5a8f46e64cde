"""Shipments: goods that left a store in a vehicle, and where each unit of them has gone since.

Owns the state of a shipment from its loading list to its last open unit. What may be decided about it stands in
`dispatching.py`, `arriving.py`, `taking_back.py`, `signing.py`, `diverting.py` and `returning.py`. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from services.logistics.shipments import lines as account
from services.logistics.shipments.lines import Line
from shared.contracts.shipments import (
    DispatchedLine,
    ReceivedLine,
    ShipmentCountReversed,
    ShipmentDispatched,
    ShipmentDiverted,
    ShipmentPassed,
    ShipmentPicked,
    ShipmentReceived,
    ShipmentReturned,
    ShipmentSigned,
    Shortfall,
    Signature,
    SignerRole,
    SurplusFound,
)
from shared.contracts.vocabulary import FieldFlag
from shared.kit.decisions.types import Event, Refusal

# The list of flags is open: these concern this service alone.
WRONG_PLACE = FieldFlag("wrong_place")
UNKNOWN_PLACE = FieldFlag("unknown_place")
SURPLUS_FOUND = FieldFlag("surplus_found")
SAME_SIGNER = FieldFlag("same_signer")


@dataclass(frozen=True, slots=True)
class EarlyCount:
    """What a place counted of a lot before the office wrote the dispatch."""

    place_id: str
    lot_id: str
    accepted: int
    missing: int
    damaged: int


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment. `picked` is its loading list until it leaves, `early` what was counted before its dispatch is known.

    `via_place_ids` are the places it is planned to pass.

    `unsigned` is true while nobody answers for what is lost or damaged.
    """

    id: str
    version: int
    request_id: str | None = None
    diverted_from: str | None = None
    from_place_id: str | None = None
    vehicle_place_id: str | None = None
    to_place_id: str | None = None
    received_at_place_id: str | None = None
    document_number: str | None = None
    carrier_id: str | None = None
    picked_on: date | None = None
    dispatched_on: date | None = None
    received_on: date | None = None
    loss_signer_id: str | None = None
    damage_signer_id: str | None = None
    on_the_way: bool = False
    differs: bool = False
    unsigned: bool = False
    picked: tuple[DispatchedLine, ...] = ()
    early: tuple[EarlyCount, ...] = ()
    via_place_ids: tuple[str, ...] = ()
    lines: Mapping[str, Line] = field(default_factory=dict)

    @property
    def dispatched(self) -> bool:
        """Whether it left, or is only picked, or named by a post."""
        return self.dispatched_on is not None


def unique(flags: Sequence[FieldFlag]) -> tuple[FieldFlag, ...]:
    """Each flag once, in the order noted."""
    return tuple(dict.fromkeys(flags))


def shipment_unknown() -> Refusal:
    """The refusal of an office decision about a shipment that never left."""
    return Refusal(
        slug="shipment-unknown",
        detail="No shipment under this id has left a store.",
        next_step="Check the id, or dispatch it first.",
        status=404,
    )


def signer_not_other() -> Refusal:
    """The refusal of one signature for two sides."""
    return Refusal(
        slug="signer-not-other",
        detail="The carrier and the receiver are the same person here.",
        next_step="Let the carrier sign for what is lost and the receiver for what is damaged.",
    )


def evolve_shipment(shipment: Shipment | None, event: Event) -> Shipment:
    """The shipment after it was picked, left, was counted (or that taken back), diverted, returned or signed for."""
    before = replace(shipment or Shipment(event.ref.id, 0), version=event.sequence)
    match event.payload:
        case ShipmentPicked() | ShipmentDispatched() as said:
            return _sent(before, said)
        case ShipmentPassed() as said:
            return _passed(before, said)
        case ShipmentReceived() as said:
            return _received(before, said)
        case ShipmentDiverted() | ShipmentReturned() | ShipmentCountReversed() as said:
            return _taken(before, said)
        case ShipmentSigned() as said:
            return _signed(before, said.shortfall, said.signature)
        case SurplusFound():
            return before  # for the store it came from
    raise TypeError(f"{event.payload.type} after {before.version}")


def _taken(shipment: Shipment, said: ShipmentDiverted | ShipmentReturned | ShipmentCountReversed) -> Shipment:
    if isinstance(said, ShipmentCountReversed):
        return _taken_back(shipment, said)
    after = account.after_diversion if isinstance(said, ShipmentDiverted) else account.after_return
    return _settled(replace(shipment, lines=after(shipment.lines, said.lines)))


def _taken_back(shipment: Shipment, said: ShipmentCountReversed) -> Shipment:
    """Who had signed for a shortfall that is none any more signs for the next one anew."""
    lines = account.after_taking_back(shipment.lines, said.lines)
    lost = any(line.missing for line in lines.values())
    damaged = any(line.damaged for line in lines.values())
    after = replace(
        shipment,
        lines=lines,
        loss_signer_id=shipment.loss_signer_id if lost else None,
        damage_signer_id=shipment.damage_signer_id if damaged else None,
    )
    return _settled(after)


def _sent(shipment: Shipment, said: ShipmentPicked | ShipmentDispatched) -> Shipment:
    if isinstance(said, ShipmentPicked):
        return replace(
            shipment,
            request_id=said.request_id,
            from_place_id=said.from_place_id,
            picked_on=said.picked_on,
            picked=said.lines,
        )
    return replace(
        shipment,
        request_id=said.request_id,
        diverted_from=said.diverted_from,
        from_place_id=said.from_place_id,
        vehicle_place_id=said.vehicle_place_id,
        to_place_id=said.to_place_id,
        via_place_ids=said.via_place_ids,
        document_number=said.document_number,
        carrier_id=said.carrier_id,
        dispatched_on=said.dispatched_on,
        received_at_place_id=None,
        received_on=None,
        picked=(),
        early=(),
        lines=account.loaded(said.lines, said.vehicle_place_id),
        on_the_way=True,
    )


def _passed(shipment: Shipment, said: ShipmentPassed) -> Shipment:
    if not shipment.dispatched:
        return _counted_early(shipment, said.at_place_id, said.lines)
    if FieldFlag.RECEIVED_TWICE in said.flags:
        return shipment
    passed = replace(
        shipment,
        vehicle_place_id=said.vehicle_place_id or shipment.vehicle_place_id,
        carrier_id=said.carrier_id or shipment.carrier_id,
        lines=account.after_count(shipment.lines, said.lines, said.at_place_id, said.vehicle_place_id),
    )
    return _counted(passed, said.lines, said.signatures)


def _received(shipment: Shipment, said: ShipmentReceived) -> Shipment:
    at = said.to_place_id or shipment.received_at_place_id
    arrived = replace(shipment, received_at_place_id=at, received_on=shipment.received_on or said.received_on)
    if at is None or FieldFlag.RECEIVED_TWICE in said.flags:
        return arrived
    if not shipment.dispatched:
        return _counted_early(arrived, at, said.lines)
    counted = replace(arrived, lines=account.after_count(arrived.lines, said.lines, at))
    return _counted(counted, said.lines, said.signatures)


def _counted_early(shipment: Shipment, at: str, lines: Sequence[ReceivedLine]) -> Shipment:
    told = {(one.place_id, one.lot_id) for one in shipment.early}
    new = [
        EarlyCount(at, line.lot_id, line.accepted, line.missing, line.damaged)
        for line in lines
        if (at, line.lot_id) not in told
    ]
    return replace(shipment, early=(*shipment.early, *new))


def _counted(shipment: Shipment, lines: Sequence[ReceivedLine], signatures: Sequence[Signature]) -> Shipment:
    signed = shipment
    for role, shortfall, short in (
        (SignerRole.CARRIER, Shortfall.LOSS, any(line.missing for line in lines)),
        (SignerRole.RECEIVER, Shortfall.DAMAGE, any(line.damaged for line in lines)),
    ):
        signature = next((one for one in signatures if one.role is role), None)
        if short and signature is not None:
            signed = _signed(signed, shortfall, signature)
    return _settled(signed)


def _signed(shipment: Shipment, shortfall: Shortfall, signature: Signature) -> Shipment:
    if shortfall is Shortfall.LOSS:
        return _settled(replace(shipment, loss_signer_id=signature.signer_id))
    return _settled(replace(shipment, damage_signer_id=signature.signer_id))


def _settled(shipment: Shipment) -> Shipment:
    lines = shipment.lines.values()
    lost = any(line.missing for line in lines) and shipment.loss_signer_id is None
    damaged = any(line.damaged for line in lines) and shipment.damage_signer_id is None
    return replace(
        shipment,
        on_the_way=any(line.open for line in lines),
        differs=any(line.differs for line in lines),
        unsigned=lost or damaged,
    )
