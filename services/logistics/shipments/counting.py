"""What a count means for the goods on a vehicle, at a drop point or where they were sent.

Owns how a counted lot is spread over the lines it was loaded in, and where accepted, damaged and missing goods go.
More than was sent is booked against the account of surpluses, so that a vehicle never holds less than nothing. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.logistics.items.domain import UNKNOWN_ITEM
from services.logistics.places.domain import DAMAGED, LOST, SURPLUS
from services.logistics.shipments.lines import Line, Lines, carried, of_lot, open_of
from services.logistics.stock.posting import Postings, Transfer
from shared.contracts.ids import ItemCode, LotId, PlaceId
from shared.contracts.shipments import LotQuantity, ReceivedLine
from shared.contracts.vocabulary import FieldFlag, MovementReason


@dataclass(frozen=True, slots=True)
class CountedLine:
    """What was counted of one lot; at a drop point `accepted` stays there and `onward` goes on."""

    lot_id: LotId
    accepted: int
    missing: int
    damaged: int
    onward: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a count was made, and what carries the rest on from there if that changes."""

    place_id: PlaceId
    next_vehicle_id: PlaceId | None = None


@dataclass
class Delivery:
    """What a count comes to: its lines, what came unsent, and what is wrong with it. Movements are posted."""

    lines: list[ReceivedLine] = field(default_factory=list)
    surplus: list[LotQuantity] = field(default_factory=list)
    flags: list[FieldFlag] = field(default_factory=list)


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
            before.onward + line.onward,
        )
    return tuple(by_lot.values())


def counted_twice(lines: Lines, count: CountedLine, place_id: str) -> bool:
    """Whether a count tells again what was told: nothing of the lot is open, or the same place said so much before.

    A place may count a lot in several goes, as long as all of them fit into what is still on its way.
    """
    of = of_lot(lines, count.lot_id)
    before = [line for line in of if line.counted_at is not None]
    if not before:
        return False
    left = open_of(lines, count.lot_id)
    if not left:
        return True
    if all(line.counted_at != place_id for line in before):
        return False
    told = (sum(line.accepted for line in of), sum(line.missing for line in of), sum(line.damaged for line in of))
    total = count.accepted + count.missing + count.damaged + count.onward
    return total > left or (count.accepted, count.missing, count.damaged) == told


def deliver(lines: Lines, counted: Sequence[CountedLine], postings: Postings, stop: Stop) -> Delivery:
    """Move what was counted off the vehicle, or on to the next. `counted` has each lot once."""
    delivery = Delivery()
    next_no = max((line.line_no for line in lines.values()), default=0) + 1
    for count in counted:
        of = of_lot(lines, count.lot_id)
        if not of:
            delivery.flags.append(FieldFlag.WRONG_ITEM if count.lot_id in postings.lots else FieldFlag.UNKNOWN_LOT)
            item_code = postings.item_of(count.lot_id, UNKNOWN_ITEM)
            of = [Line(next_no, count.lot_id, item_code, stop.next_vehicle_id or stop.place_id, 0, 0)]
            next_no += 1
        booked = _spread(of, count)
        for line, share in zip(of, booked, strict=True):
            delivery.lines.append(_post(line, share, postings, stop))
        _note_surplus(delivery, of[0], sum(share.unsent for share in booked))
        unaccounted = sum(share.open for share in booked) - count.onward
        if unaccounted or any(share.unsent or share.missing_unsent for share in booked):
            delivery.flags.append(FieldFlag.QUANTITY_MISMATCH)
    return delivery


@dataclass(frozen=True, slots=True)
class _Share:
    """A count's share in one line: what was on board, what of it was not, and what stays open."""

    on_board: CountedLine
    unsent_accepted: int
    unsent_damaged: int
    unsent_onward: int
    missing_unsent: int
    open: int

    @property
    def unsent(self) -> int:
        """What came off the vehicle, or goes on with it, and was not loaded."""
        return self.unsent_accepted + self.unsent_damaged + self.unsent_onward


def _spread(of: Sequence[Line], count: CountedLine) -> list[_Share]:
    """Each line is filled in turn, accepted goods first; the last takes what is left over.

    Missing comes last: nothing can be missing that was not sent.
    """
    left = {"accepted": count.accepted, "damaged": count.damaged, "onward": count.onward, "missing": count.missing}
    shares = []
    for index, line in enumerate(of):
        room, taken = line.open, {}
        for part, quantity in left.items():
            taken[part] = min(room, quantity)
            room -= taken[part]
            left[part] = quantity - taken[part]
        last = index == len(of) - 1
        over = left if last else dict.fromkeys(left, 0)
        shares.append(
            _Share(
                on_board=CountedLine(
                    count.lot_id, taken["accepted"], taken["missing"], taken["damaged"], taken["onward"]
                ),
                unsent_accepted=over["accepted"],
                unsent_damaged=over["damaged"],
                unsent_onward=over["onward"],
                missing_unsent=over["missing"],
                open=room + taken["onward"] + over["onward"],
            )
        )
    return shares


def _post(line: Line, share: _Share, postings: Postings, stop: Stop) -> ReceivedLine:
    lot_id, on_board = LotId(line.lot_id), share.on_board
    vehicle = carried(line)
    onward = stop.next_vehicle_id or vehicle
    goes_on = share.open - share.unsent_onward if onward != vehicle else 0
    for from_place, to_place, quantity, reason in (
        (vehicle, stop.place_id, on_board.accepted, MovementReason.DELIVERY),
        (SURPLUS, stop.place_id, share.unsent_accepted, MovementReason.DELIVERY),
        (vehicle, DAMAGED, on_board.damaged, MovementReason.DAMAGE),
        (SURPLUS, DAMAGED, share.unsent_damaged, MovementReason.DAMAGE),
        (vehicle, LOST, on_board.missing, MovementReason.LOSS),
        (vehicle, onward, goes_on, MovementReason.HOP),
        (SURPLUS, onward, share.unsent_onward, MovementReason.HOP),
    ):
        if quantity:
            postings.post(Transfer(lot_id, from_place, to_place, quantity, reason))
    return ReceivedLine(
        line_no=line.line_no,
        lot_id=lot_id,
        item_code=ItemCode(line.item_code),
        dispatched=line.dispatched,
        accepted=on_board.accepted + share.unsent_accepted,
        missing=on_board.missing,
        damaged=on_board.damaged + share.unsent_damaged,
        surplus=share.unsent,
        missing_unsent=share.missing_unsent,
        open=share.open,
    )


def _note_surplus(delivery: Delivery, line: Line, quantity: int) -> None:
    if quantity:
        said = LotQuantity(lot_id=LotId(line.lot_id), item_code=ItemCode(line.item_code), quantity=quantity)
        delivery.surplus.append(said)
