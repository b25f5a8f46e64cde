"""Taking a wrong count back: a movement it led to is reversed, and the shipment's own figures follow.

Owns that what was counted off a vehicle is on it again and open, so that it can be counted anew, and that what came
unsent is none any more. What was passed on, diverted or sent back since is corrected the way it went. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.logistics.places.domain import SURPLUS
from services.logistics.shipments.domain import Shipment, shipment_unknown
from services.logistics.shipments.lines import Line, Lines, of_lot
from services.logistics.stock.refusals import goods_on_the_way
from services.logistics.stock.reversing import ReverseMovement, not_reversible, reversal
from shared.contracts.envelope import Payload
from shared.contracts.ids import ItemCode, LotId, RequestId, ShipmentId
from shared.contracts.shipments import ShipmentCountReversed, TakenBackLine
from shared.contracts.vocabulary import MovementReason
from shared.kit.decisions.types import Ref, Refusal, States

# What a count had said of goods that a movement of this reason took off a vehicle.
_PARTS = {
    MovementReason.DELIVERY: "accepted",
    MovementReason.LOSS: "missing",
    MovementReason.DAMAGE: "damaged",
}


@dataclass(frozen=True, slots=True)
class TakeBackCount:
    """The office reverses a movement that a shipment's count had led to."""

    shipment_id: ShipmentId
    reversal: ReverseMovement

    def aggregates(self) -> Sequence[Ref]:
        """The shipment and the lot."""
        return (*self.reversal.aggregates(), Ref("shipment", self.shipment_id))

    def reads(self) -> Sequence[Ref]:
        """Both places, and the books closed for the original's day."""
        return self.reversal.reads()


def take_back(reversed_: ReverseMovement) -> ReverseMovement | TakeBackCount:
    """The command that reverses a movement: with its shipment's figures, where a shipment's count led to it."""
    shipment_id = reversed_.of_shipment
    if shipment_id is None or reversed_.reason not in _PARTS:
        return reversed_
    return TakeBackCount(ShipmentId(shipment_id), reversed_)


def decide_take_back_count(states: States, command: TakeBackCount) -> list[Payload] | Refusal:
    """Put what was counted on board again, or take a surplus back, if no later stop has moved the line on."""
    moved = command.reversal
    shipment = states.find(Shipment, command.shipment_id)
    if shipment is None or not shipment.dispatched:
        return shipment_unknown()
    refusal = not_reversible(moved.reason)
    if refusal is not None:
        return refusal
    part = _PARTS.get(MovementReason(moved.reason))
    if part is None:
        return goods_on_the_way()
    movements = reversal(states, moved)
    if isinstance(movements, Refusal):
        return movements
    lines = _taken_back(shipment.lines, command, part)
    if lines is None:
        return Refusal(
            slug="shipment-moved-on",
            detail="Since this count the rest of the goods went on by another vehicle.",
            next_step="Count the place where they are (opname); its difference corrects the book.",
        )
    said = ShipmentCountReversed(
        shipment_id=command.shipment_id,
        request_id=RequestId(shipment.request_id) if shipment.request_id is not None else None,
        reverses=moved.event_id,
        lines=lines,
        reversed_on=moved.recorded_on,
    )
    return [said, *movements]


def _taken_back(lines: Lines, command: TakeBackCount, part: str) -> tuple[TakenBackLine, ...] | None:
    """The lines that the quantity is taken back from, last line first; None where they do not hold so much of it."""
    moved = command.reversal
    unsent = moved.from_place_id == SURPLUS
    left = moved.quantity
    taken = []
    for line in reversed(of_lot(lines, moved.lot_id)):
        quantity = min(left, _holds(line, moved, part))
        if quantity:
            left -= quantity
            counted = {part: quantity, "surplus": quantity if unsent else 0}
            of = {"line_no": line.line_no, "lot_id": LotId(line.lot_id), "item_code": ItemCode(line.item_code)}
            taken.append(TakenBackLine(**of, **counted))
    return None if left else tuple(taken)


def _holds(line: Line, moved: ReverseMovement, part: str) -> int:
    counted: int = getattr(line, part)
    if moved.from_place_id == SURPLUS:
        return min(counted, line.surplus)
    return counted if line.carried_in == moved.from_place_id else 0
