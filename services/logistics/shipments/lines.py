"""The account of one line of a shipment: where every unit that was loaded, or came off unloaded, has gone.

Owns the identity dispatched + surplus = accepted + damaged + missing + returned + diverted + open, which each step here
keeps and the database checks. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from shared.contracts.ids import ItemCode, LotId, PlaceId
from shared.contracts.shipments import DispatchedLine, LineQuantity, ReceivedLine, TakenBackLine


@dataclass(frozen=True, slots=True)
class Line:
    """A line. `open` is still on its way in the place `carried_in`; `counted_at` is the last place it was counted,
    unless that count was taken back.

    `unserved` is the most of what was loaded that will not reach who asked for it: what a surplus makes up for later
    is no longer missed, but was asked for again by then.
    """

    line_no: int
    lot_id: str
    item_code: str
    carried_in: str
    dispatched: int
    open: int
    surplus: int = 0
    accepted: int = 0
    damaged: int = 0
    missing: int = 0
    returned: int = 0
    diverted: int = 0
    unserved: int = 0
    counted_at: str | None = None

    @property
    def counted(self) -> tuple[int, int, int]:
        """What counts have said of it so far: accepted, missing and damaged."""
        return self.accepted, self.missing, self.damaged

    @property
    def differs(self) -> bool:
        """Whether something else came of it than what was loaded and accepted."""
        return bool(self.surplus or self.damaged or self.missing or self.returned)


Lines = Mapping[str, Line]


def _booked(line: Line) -> Line:
    gone = line.missing + line.damaged + line.returned + line.diverted - line.surplus
    return replace(line, unserved=max(line.unserved, gone))


def newly_unserved(before: Lines, after: Lines) -> dict[ItemCode, int]:
    """What of each item will not reach who asked for it by what happened between two states of a shipment."""
    found: dict[ItemCode, int] = {}
    for key, line in after.items():
        more = line.unserved - (before[key].unserved if key in before else 0)
        if more:
            found[ItemCode(line.item_code)] = found.get(ItemCode(line.item_code), 0) + more
    return found


def loaded(lines: Iterable[DispatchedLine], vehicle_place_id: str) -> dict[str, Line]:
    """The lines of a vehicle that has just left: all of it is open."""
    return {
        str(line.line_no): Line(
            line_no=line.line_no,
            lot_id=line.lot_id,
            item_code=line.item_code,
            carried_in=vehicle_place_id,
            dispatched=line.quantity,
            open=line.quantity,
        )
        for line in lines
    }


def after_count(lines: Lines, counted: Iterable[ReceivedLine], at: str, next_vehicle: str | None = None) -> Lines:
    """The lines after a count; a line that was not loaded begins with it."""
    after = dict(lines)
    for said in counted:
        key = str(said.line_no)
        before = after.get(key) or Line(said.line_no, said.lot_id, said.item_code, next_vehicle or at, 0, 0)
        counted_line = replace(
            before,
            surplus=before.surplus + said.surplus,
            accepted=before.accepted + said.accepted,
            damaged=before.damaged + said.damaged,
            missing=before.missing + said.missing,
            open=said.open,
            carried_in=next_vehicle or before.carried_in,
            counted_at=at,
        )
        after[key] = _booked(counted_line)
    return after


def after_taking_back(lines: Lines, taken: Iterable[TakenBackLine]) -> Lines:
    """The lines after a part of a count was taken back: what was on board is open, and may be counted as it was."""
    after = dict(lines)
    opened: set[str] = set()
    for one in taken:
        line = after[str(one.line_no)]
        on_board = one.accepted + one.missing + one.damaged - one.surplus
        opened |= {line.lot_id} if on_board else set()
        after[str(one.line_no)] = replace(
            line,
            accepted=line.accepted - one.accepted,
            missing=line.missing - one.missing,
            damaged=line.damaged - one.damaged,
            surplus=line.surplus - one.surplus,
            open=line.open + on_board,
        )
    return {key: replace(line, counted_at=None) if line.lot_id in opened else line for key, line in after.items()}


def after_diversion(lines: Lines, taken: Iterable[LineQuantity]) -> Lines:
    """The lines after goods went on as another shipment."""
    after = dict(lines)
    for one in taken:
        line = after[str(one.line_no)]
        after[str(one.line_no)] = _booked(
            replace(line, diverted=line.diverted + one.quantity, open=line.open - one.quantity)
        )
    return after


def after_return(lines: Lines, taken: Iterable[LineQuantity]) -> Lines:
    """The lines after goods came back that nobody had accepted."""
    after = dict(lines)
    for one in taken:
        line = after[str(one.line_no)]
        after[str(one.line_no)] = _booked(
            replace(line, returned=line.returned + one.quantity, open=line.open - one.quantity)
        )
    return after


def of_lot(lines: Lines, lot_id: str) -> list[Line]:
    """A lot's lines, in the order they were loaded."""
    return sorted((line for line in lines.values() if line.lot_id == lot_id), key=lambda line: line.line_no)


def open_of(lines: Lines, lot_id: str) -> int:
    """What of a lot is still on its way."""
    return sum(line.open for line in of_lot(lines, lot_id))


def taken_from(lines: Lines, lot_id: str, quantity: int) -> list[tuple[Line, LineQuantity]]:
    """A quantity of a lot over its open lines, first line first; the quantity must be open."""
    taken = []
    for line in of_lot(lines, lot_id):
        part = min(line.open, quantity)
        if part:
            quantity -= part
            said = LineQuantity(
                line_no=line.line_no, lot_id=LotId(line.lot_id), item_code=ItemCode(line.item_code), quantity=part
            )
            taken.append((line, said))
    return taken


def carried(line: Line) -> PlaceId:
    """The place that holds what is open of a line: a vehicle."""
    return PlaceId(line.carried_in)
