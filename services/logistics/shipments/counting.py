"""What a receiver's count means for the goods on the vehicle.

Owns how a counted lot is spread over the lines it was loaded in, and where accepted, damaged and missing goods go.
More than was sent is booked against the account of surpluses, so that the vehicle never holds less than nothing. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.logistics.items.domain import UNKNOWN_ITEM
from services.logistics.places.domain import DAMAGED, LOST, SURPLUS
from services.logistics.stock.posting import Postings, Transfer
from shared.contracts.ids import LotId, PlaceId
from shared.contracts.logistics import DispatchedLine, ReceivedLine, StockMoved
from shared.contracts.vocabulary import FieldFlag, MovementReason


@dataclass(frozen=True, slots=True)
class CountedLine:
    """What the receiver counted of one lot."""

    lot_id: LotId
    accepted: int
    missing: int
    damaged: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a count comes to: its lines, the movements, and what is wrong with it."""

    lines: tuple[ReceivedLine, ...]
    movements: tuple[StockMoved, ...]
    flags: tuple[FieldFlag, ...]


def merged(lines: Sequence[CountedLine]) -> tuple[CountedLine, ...]:
    """One line a lot: a lot counted in several piles is the sum of them."""
    by_lot: dict[LotId, CountedLine] = {}
    for line in lines:
        before = by_lot.get(line.lot_id) or CountedLine(line.lot_id, 0, 0, 0)
        by_lot[line.lot_id] = CountedLine(
            line.lot_id,
            before.accepted + line.accepted,
            before.missing + line.missing,
            before.damaged + line.damaged,
        )
    return tuple(by_lot.values())


def deliver(
    loaded: Sequence[DispatchedLine],
    counted: Sequence[CountedLine],
    postings: Postings,
    *,
    vehicle: PlaceId,
    place: PlaceId,
) -> Delivery:
    """Move what was counted off the vehicle. `counted` has each lot once, and none that was counted before."""
    lines: list[ReceivedLine] = []
    flags: list[FieldFlag] = []
    first = len(postings.events)
    extra_no = len(loaded)
    for count in counted:
        of_lot = [line for line in loaded if line.lot_id == count.lot_id]
        if not of_lot:
            extra_no += 1
            flags += _not_on_board(count, postings)
            lines.append(_extra(extra_no, count, postings))
        else:
            lines += spread(of_lot, count)
        _unload(count, sum(line.quantity for line in of_lot), postings, vehicle=vehicle, place=place)
    if any(line.accepted + line.missing + line.damaged != line.dispatched for line in lines):
        flags.append(FieldFlag.QUANTITY_MISMATCH)
    return Delivery(tuple(lines), tuple(postings.events[first:]), tuple(flags))


def spread(loaded: Sequence[DispatchedLine], count: CountedLine) -> list[ReceivedLine]:
    """A lot's count over the lines it was loaded in: each is filled in turn, the last takes what is left over."""
    left = {"accepted": count.accepted, "damaged": count.damaged, "missing": count.missing}
    lines = []
    for index, line in enumerate(loaded):
        room = line.quantity
        taken = {}
        for part, counted in left.items():
            taken[part] = counted if index == len(loaded) - 1 else min(room, counted)
            room -= taken[part]
        left = {part: counted - taken[part] for part, counted in left.items()}
        lines.append(
            ReceivedLine(
                line_no=line.line_no,
                lot_id=line.lot_id,
                item_code=line.item_code,
                dispatched=line.quantity,
                **taken,
            )
        )
    return lines


def _not_on_board(count: CountedLine, postings: Postings) -> list[FieldFlag]:
    return [FieldFlag.WRONG_ITEM if count.lot_id in postings.lots else FieldFlag.UNKNOWN_LOT]


def _extra(number: int, count: CountedLine, postings: Postings) -> ReceivedLine:
    return ReceivedLine(
        line_no=number,
        lot_id=count.lot_id,
        item_code=postings.item_of(count.lot_id, UNKNOWN_ITEM),
        dispatched=0,
        accepted=count.accepted,
        missing=count.missing,
        damaged=count.damaged,
    )


def _unload(count: CountedLine, dispatched: int, postings: Postings, *, vehicle: PlaceId, place: PlaceId) -> None:
    """Accepted goods first, then damaged, then missing: nothing can be missing that was not sent."""
    on_board = dispatched
    for quantity, target, reason in (
        (count.accepted, place, MovementReason.DELIVERY),
        (count.damaged, DAMAGED, MovementReason.DAMAGE),
        (count.missing, LOST, MovementReason.LOSS),
    ):
        from_vehicle = min(quantity, on_board)
        on_board -= from_vehicle
        if from_vehicle:
            postings.post(Transfer(count.lot_id, vehicle, target, from_vehicle, reason))
        surplus = 0 if reason is MovementReason.LOSS else quantity - from_vehicle
        if surplus:
            postings.post(Transfer(count.lot_id, SURPLUS, target, surplus, reason))
