"""Bulk hand-over: a village or post takes goods into custody, at a drop point, a lumbung or another post.

Owns that it is custody and not distribution: who got the goods is told later, by the recipients list. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.places import domain as places
from services.logistics.shipments.diverting import Taken
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.posting import Postings, Transfer
from services.logistics.stock.refusals import lot_unknown, not_available, not_issuable
from shared.contracts.envelope import Payload
from shared.contracts.ids import HandoverId, PlaceId, Subject
from shared.contracts.shipments import GoodsHandedOver, LotQuantity, Signature
from shared.contracts.vocabulary import MovementReason, PlaceKind
from shared.kit.decisions.types import Event, Ref, Refusal, States

# A warehouse gives goods out by shipments only, so that no more leaves it than was approved.
GIVERS = frozenset({PlaceKind.DROP_POINT, PlaceKind.LUMBUNG, PlaceKind.POST})
TAKERS = frozenset({PlaceKind.VILLAGE, PlaceKind.POST, PlaceKind.KITCHEN})


@dataclass(frozen=True, slots=True)
class Handover:
    """A hand-over on record. Its `signer_id` answers for the goods until the recipients list is there."""

    id: str
    version: int
    from_place_id: str
    to_place_id: str
    document_number: str
    signer_id: str
    handed_over_on: date
    lines: tuple[LotQuantity, ...]


@dataclass(frozen=True, slots=True)
class HandOver:
    """A village or post takes goods over; whoever signs for it is a pseudonym."""

    handover_id: HandoverId
    from_place_id: PlaceId
    to_place_id: PlaceId
    lines: tuple[Taken, ...]
    document_number: str
    signature: Signature
    seed: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The hand-over and the lots."""
        return (*lot_refs([line.lot_id for line in self.lines]), Ref("handover", self.handover_id))

    def reads(self) -> Sequence[Ref]:
        """Both places."""
        return (Ref("place", self.from_place_id), Ref("place", self.to_place_id))


def decide_hand_over(states: States, command: HandOver) -> list[Payload] | Refusal:
    """Move goods into the custody of whoever takes them."""
    if states.find(Handover, command.handover_id) is not None:
        return Refusal(
            slug="handover-recorded-already",
            detail="A hand-over with this id was recorded already.",
            next_step="Record the goods as another hand-over.",
        )
    for place_id, kinds in ((command.from_place_id, GIVERS), (command.to_place_id, TAKERS)):
        if command.from_place_id == command.to_place_id or places.kind_of(states, place_id) not in kinds:
            return places.place_unknown(place_id)
    postings = Postings.over(
        states,
        [line.lot_id for line in command.lines],
        seed=command.seed,
        cause=Subject(f"handover/{command.handover_id}"),
        moved_on=command.recorded_on,
    )
    for line in command.lines:
        lot = states.find(Lot, line.lot_id)
        if lot is None:
            return lot_unknown()
        balance = postings.balance(line.lot_id, command.from_place_id)
        refusal = not_issuable(lot, command.recorded_on) or not_available(balance, line.quantity)
        if refusal is not None:
            return refusal
        ends = (command.from_place_id, command.to_place_id)
        postings.post(Transfer(line.lot_id, *ends, line.quantity, MovementReason.HANDOVER))
    handed_over = GoodsHandedOver(
        handover_id=command.handover_id,
        from_place_id=command.from_place_id,
        to_place_id=command.to_place_id,
        lines=tuple(
            LotQuantity(lot_id=one.lot_id, item_code=one.item_code, quantity=one.quantity) for one in postings.moves
        ),
        document_number=command.document_number,
        signature=command.signature,
        handed_over_on=command.recorded_on,
    )
    return [handed_over, *postings.events]


def evolve_handover(handover: Handover | None, event: Event) -> Handover:
    """The hand-over as it was recorded."""
    said = event.payload
    if handover is not None or not isinstance(said, GoodsHandedOver):
        raise TypeError(f"{said.type} after {handover and handover.version}")
    return Handover(
        id=event.ref.id,
        version=event.sequence,
        from_place_id=said.from_place_id,
        to_place_id=said.to_place_id,
        document_number=said.document_number,
        signer_id=said.signature.signer_id,
        handed_over_on=said.handed_over_on,
        lines=said.lines,
    )
