"""What a post counted of its own place becomes a draft count.

Owns which lots a post's lines are of, and a report's flags. The post has counted, so it is not refused for what it
says; what it found comes into the books when the office submits and approves it, like any other count. Pure.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.logistics.counts.domain import Count, count_too_long
from services.logistics.intake.domain import Capture, not_authorised, sender_flags
from services.logistics.items.domain import UNKNOWN_ITEM
from services.logistics.stock.domain import Lot, lot_refs
from shared.contracts.counts import (
    COUNT_LINES_MAX,
    RECORDED_LINES_MAX,
    CountedLot,
    CountLinesRecorded,
    CountOpened,
    CountPurpose,
)
from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, CountId, ItemCode, LotId, PlaceId
from shared.contracts.vocabulary import FieldFlag, LossReason, SurplusReason
from shared.kit.decisions.types import Ref, Refusal, States

# The list of flags is open: this one concerns counts alone.
COUNT_AHEAD = FieldFlag("count_ahead")


@dataclass(frozen=True, slots=True)
class Booked:
    """What the book of the counted place held of a lot at the count's position and instant."""

    lot_id: LotId
    quantity: int


@dataclass(frozen=True, slots=True)
class CountedByPost:
    """What a post counted of a lot, or of an item. `booked` are the item's lots there, first expiry first."""

    lot_id: LotId | None
    item_code: ItemCode
    counted: int
    surplus_reason: SurplusReason | None
    loss_reason: LossReason | None
    booked: tuple[Booked, ...]
    unattributed: LotId


@dataclass(frozen=True, slots=True)
class ReportCount:
    """A post counted its own place. `again_id` is the count's id where the post used one for another count before.

    `as_of` is the position of the last movement the post has seen, `head` the one the log has reached.
    """

    count_id: CountId
    again_id: CountId
    place_id: PlaceId
    whole: bool
    as_of: int
    head: int
    counted_at: datetime
    lines: tuple[CountedByPost, ...]
    capture: Capture
    flags: tuple[FieldFlag, ...]
    recorded_on: date

    def lot_ids(self) -> Iterator[LotId]:
        """Every lot the counted goods may be of."""
        for line in self.lines:
            if line.lot_id is not None:
                yield line.lot_id
            else:
                yield line.unattributed
                yield from (one.lot_id for one in line.booked)

    def aggregates(self) -> Sequence[Ref]:
        """The count under either id."""
        return (Ref("count", self.count_id), Ref("count", self.again_id))

    def reads(self) -> Sequence[Ref]:
        """The post's place, and the lots."""
        return (Ref("place", self.place_id), *lot_refs(list(self.lot_ids())))


def decide_report_count(states: States, command: ReportCount) -> list[Payload] | Refusal:
    """Open a draft of what a post counted. Said again under the same id it is a count of its own, and flagged."""
    refusal = not_authorised(states, command.place_id, command.capture)
    if refusal is not None:
        return refusal
    counted, flags = _counted(states, command)
    if len(counted) > COUNT_LINES_MAX:
        return count_too_long()
    count_id = command.count_id
    if states.find(Count, count_id) is not None:
        if states.find(Count, command.again_id) is not None:
            return []
        count_id = command.again_id
        flags.append(FieldFlag.LIKELY_DUPLICATE)
    ahead = (COUNT_AHEAD,) if command.as_of > command.head else ()
    sender = sender_flags(states, command.place_id, command.capture)
    opened = CountOpened(
        count_id=count_id,
        place_id=command.place_id,
        purpose=CountPurpose.STOCKTAKE,
        whole=command.whole,
        as_of=min(command.as_of, command.head),
        counted_at=command.counted_at,
        device_at=command.capture.captured_at,
        opened_by=ActorId(command.place_id),
        opened_on=command.recorded_on,
        flags=tuple(dict.fromkeys((*command.flags, *sender, *ahead, *flags))),
    )
    lines = list(counted.values())
    parts = [tuple(lines[first : first + RECORDED_LINES_MAX]) for first in range(0, len(lines), RECORDED_LINES_MAX)]
    by, on = ActorId(command.place_id), command.recorded_on
    return [
        opened,
        *(CountLinesRecorded(count_id=count_id, lines=part, recorded_by=by, recorded_on=on) for part in parts),
    ]


def _counted(states: States, command: ReportCount) -> tuple[Mapping[LotId, CountedLot], list[FieldFlag]]:
    """What was counted lot by lot; a lot that lies in two stacks was counted twice and is there once."""
    counted: dict[LotId, CountedLot] = {}
    flags: list[FieldFlag] = []
    named = {line.lot_id for line in command.lines if line.lot_id is not None}
    for line in command.lines:
        for lot_id, quantity in _spread(line, named):
            lot = states.find(Lot, lot_id)
            flags += _flags(lot, line)
            before = counted.get(lot_id)
            counted[lot_id] = CountedLot(
                lot_id=lot_id,
                item_code=_item_of(lot, line),
                counted=quantity + (before.counted if before is not None else 0),
                surplus_reason=line.surplus_reason,
                loss_reason=line.loss_reason,
            )
    return counted, flags


def _spread(line: CountedByPost, named: Collection[LotId]) -> Iterator[tuple[LotId, int]]:
    """The lots that goods counted by item are of: those that expire last, since what expires first is given first.

    Each has as much as its book says; what is more than all books is of the one that expires last, or nobody knows.
    """
    if line.lot_id is not None:
        yield line.lot_id, line.counted
        return
    left = line.counted
    lots = [one for one in reversed(line.booked) if one.lot_id not in named]
    beyond = max(0, left - sum(max(0, one.quantity) for one in lots))
    for one in lots:
        quantity = min(left, max(0, one.quantity))
        left -= quantity
        yield one.lot_id, quantity + (beyond if one is lots[0] else 0)
    if not lots:
        yield line.unattributed, left


def _item_of(lot: Lot | None, line: CountedByPost) -> ItemCode:
    return line.item_code if lot is None or lot.item_code == UNKNOWN_ITEM else ItemCode(lot.item_code)


def _flags(lot: Lot | None, line: CountedByPost) -> list[FieldFlag]:
    item_code = _item_of(lot, line)
    marks = (
        (FieldFlag.UNKNOWN_LOT, lot is None or not lot.received),
        (FieldFlag.UNKNOWN_ITEM, item_code == UNKNOWN_ITEM),
        (FieldFlag.WRONG_ITEM, line.item_code not in (UNKNOWN_ITEM, item_code)),
    )
    return [flag for flag, holds in marks if holds]
