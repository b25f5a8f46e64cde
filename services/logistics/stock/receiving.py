"""Office decisions about goods outside any request: receive a lot, move it.

Owns their commands and refusals. A decision takes only what is there and not reserved. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.items import domain as items
from services.logistics.places import domain as places
from services.logistics.stock.domain import Lot
from services.logistics.stock.owners import ANY_OWNER, Owners, not_owned, not_yours
from services.logistics.stock.posting import Postings, Transfer
from services.logistics.stock.refusals import goods_on_the_way, lot_expired, lot_unknown, not_available
from services.logistics.stock.valuing import Worth
from shared.contracts.envelope import Payload
from shared.contracts.ids import ItemCode, LotId, OwnerId, PlaceId, Subject
from shared.contracts.ledger import ValueBasis
from shared.contracts.logistics import LotReceived
from shared.contracts.vocabulary import MovementReason, PlaceKind
from shared.kit.decisions.types import Ref, Refusal, States

# What an office may write by hand: the others follow from shipments and reports.
OFFICE_REASONS = frozenset(
    {
        MovementReason.RETURN,
        MovementReason.LOSS,
        MovementReason.DAMAGE,
        MovementReason.QUARANTINE,
    }
)
_TARGETS = {
    MovementReason.LOSS: PlaceKind.LOST,
    MovementReason.DAMAGE: PlaceKind.DAMAGED,
    MovementReason.QUARANTINE: PlaceKind.QUARANTINE,
}
_ORIGINS = frozenset({*places.STORES, PlaceKind.QUARANTINE})


@dataclass(frozen=True, slots=True)
class ReceiveLot:
    """Goods came in from outside with a document."""

    lot_id: LotId
    item_code: ItemCode
    from_place_id: PlaceId
    place_id: PlaceId
    quantity: int
    owner_id: OwnerId
    document_number: str
    recorded_on: date
    expires_on: date | None = None
    worth: Worth | None = None
    owners: Owners = ANY_OWNER

    def aggregates(self) -> Sequence[Ref]:
        """The lot."""
        return (Ref("lot", self.lot_id),)

    def reads(self) -> Sequence[Ref]:
        """The item, the place, and whose account the goods come from."""
        return (Ref("item", self.item_code), Ref("place", self.place_id), Ref("place", self.from_place_id))


@dataclass(frozen=True, slots=True)
class MoveStock:
    """The office writes that goods came back, are lost, damaged, or kept apart in quarantine."""

    lot_id: LotId
    from_place_id: PlaceId
    to_place_id: PlaceId
    quantity: int
    reason: MovementReason
    seed: str
    recorded_on: date
    owners: Owners = ANY_OWNER

    def aggregates(self) -> Sequence[Ref]:
        """The lot."""
        return (Ref("lot", self.lot_id),)

    def reads(self) -> Sequence[Ref]:
        """Both places."""
        return (Ref("place", self.from_place_id), Ref("place", self.to_place_id))


def decide_receive_lot(states: States, command: ReceiveLot) -> list[Payload] | Refusal:
    """Receive a new lot, or complete one that so far only facts from the field had named."""
    refusal = not_owned(command.owners, command.owner_id) or _cannot_receive(states, command)
    if refusal is not None:
        return refusal
    worth = command.worth
    return [
        LotReceived(
            lot_id=command.lot_id,
            item_code=command.item_code,
            from_place_id=command.from_place_id,
            place_id=command.place_id,
            quantity=command.quantity,
            expires_on=command.expires_on,
            owner_id=command.owner_id,
            unit_value_idr=worth.unit_value_idr if worth is not None else None,
            valued_quantity=worth.valued_quantity if worth is not None else 1,
            value_basis=worth.value_basis if worth is not None else ValueBasis.NOT_VALUED,
            document_number=command.document_number,
            received_on=command.recorded_on,
        )
    ]


def _cannot_receive(states: States, command: ReceiveLot) -> Refusal | None:
    if places.kind_of(states, command.place_id) not in places.STORES:
        return places.place_unknown(command.place_id)
    if places.kind_of(states, command.from_place_id) not in places.SOURCES:
        return places.place_unknown(command.from_place_id)
    if states.find(items.Item, command.item_code) is None:
        return items.item_unknown(command.item_code)
    lot = states.find(Lot, command.lot_id)
    if lot is not None and (lot.received or lot.item_code not in (items.UNKNOWN_ITEM, command.item_code)):
        return Refusal(
            slug="lot-received-already",
            detail="This lot was received already, or is of another item.",
            next_step="Receive the goods as another lot.",
        )
    if command.expires_on is not None and command.expires_on < command.recorded_on:
        return lot_expired(command.expires_on)
    return None


def decide_move_stock(states: States, command: MoveStock) -> list[Payload] | Refusal:
    """Write goods as returned, lost, damaged or kept apart, out of what is there and not reserved."""
    lot = states.find(Lot, command.lot_id)
    if lot is None:
        return lot_unknown()
    from_kind, to_kind = (places.kind_of(states, id_) for id_ in (command.from_place_id, command.to_place_id))
    if from_kind is PlaceKind.VEHICLE:
        return goods_on_the_way()
    if from_kind not in _ORIGINS:
        return places.place_unknown(command.from_place_id)
    target = _TARGETS.get(command.reason)
    if command.from_place_id == command.to_place_id or to_kind not in ({target} if target else places.STORES):
        return places.place_unknown(command.to_place_id)
    refusal = not_yours(command.owners, lot) or not_available(lot.balance(command.from_place_id), command.quantity)
    if refusal is not None:
        return refusal
    cause = Subject(f"lot/{command.lot_id}")
    postings = Postings.over(states, [lot.id], seed=command.seed, cause=cause, moved_on=command.recorded_on)
    transfer = Transfer(command.lot_id, command.from_place_id, command.to_place_id, command.quantity, command.reason)
    postings.post(transfer)
    return postings.events
