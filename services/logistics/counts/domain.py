"""Counts (opname): what was found in a place, for one instant and one position of the book.

Owns a count from its opening to the books, and who has signed it. A count is a draft until it is submitted, and waits
for a second person where its differences are large, where it is a place's first book, or where custodians change. The
differences are those at its position and instant: what moved afterwards is none. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from services.logistics.items import domain as items
from services.logistics.places import domain as places
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.refusals import lot_unknown
from shared.contracts.counts import (
    COUNT_LINES_MAX,
    CountCancelled,
    CountedLot,
    CountLinesRecorded,
    CountOpened,
    CountPosted,
    CountPurpose,
    CountReturned,
    CountSubmitted,
    FoundLot,
)
from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, CountId, PlaceId
from shared.contracts.vocabulary import LossReason, SurplusReason
from shared.kit.decisions.types import Event, Ref, Refusal, States


class CountStatus(StrEnum):
    """How far a count is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    POSTED = "posted"
    CANCELLED = "cancelled"


OPEN = frozenset({CountStatus.DRAFT, CountStatus.SUBMITTED})


@dataclass(frozen=True, slots=True)
class CountLine:
    """What was counted of a lot, and what its counter says about the difference to the book."""

    item_code: str
    counted: int
    found: FoundLot | None = None
    book: int | None = None
    surplus_reason: SurplusReason | None = None
    loss_reason: LossReason | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """A count of a place, its lines by lot. `counters` are the people who recorded lines."""

    id: str
    version: int
    place_id: str
    purpose: CountPurpose
    whole: bool
    as_of: int
    counted_at: datetime
    opened_by: str
    status: CountStatus = CountStatus.DRAFT
    device_at: datetime | None = None
    giver_id: str | None = None
    taker_id: str | None = None
    counters: tuple[str, ...] = ()
    submitted_by: str | None = None
    approved_by: str | None = None
    lines: Mapping[str, CountLine] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenCount:
    """Somebody begins to count a place. `place_moved`: whether anything ever moved there; `head`: the log position."""

    count_id: CountId
    place_id: PlaceId
    purpose: CountPurpose
    whole: bool
    as_of: int
    head: int
    counted_at: datetime
    place_moved: bool
    opened_by: ActorId
    recorded_on: date
    device_at: datetime | None = None
    giver_id: ActorId | None = None
    taker_id: ActorId | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The count."""
        return (Ref("count", self.count_id),)

    def reads(self) -> Sequence[Ref]:
        """The place."""
        return (Ref("place", self.place_id),)


@dataclass(frozen=True, slots=True)
class RecordLines:
    """What was counted of some lots."""

    count_id: CountId
    lines: tuple[CountedLot, ...]
    recorded_by: ActorId
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The count."""
        return (Ref("count", self.count_id),)

    def reads(self) -> Sequence[Ref]:
        """The lots counted, and the items of those found."""
        found = {line.item_code for line in self.lines if line.found is not None}
        return (*lot_refs([line.lot_id for line in self.lines]), *(Ref("item", code) for code in sorted(found)))


@dataclass(frozen=True, slots=True)
class CancelCount:
    """Somebody gives a count up."""

    count_id: CountId
    cancelled_by: ActorId
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The count."""
        return (Ref("count", self.count_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_open_count(states: States, command: OpenCount) -> list[Payload] | Refusal:
    """Begin to count a store. A place's first book is counted while nothing has moved there yet."""
    if states.find(Count, command.count_id) is not None:
        return Refusal(
            slug="count-opened-already",
            detail="Another count has this id.",
            next_step="Open the count under another id.",
        )
    refusal = _cannot_open(states, command)
    if refusal is not None:
        return refusal
    return [
        CountOpened(
            count_id=command.count_id,
            place_id=command.place_id,
            purpose=command.purpose,
            whole=command.whole or command.purpose is not CountPurpose.STOCKTAKE,
            as_of=command.as_of,
            counted_at=command.counted_at,
            device_at=command.device_at,
            opened_by=command.opened_by,
            giver_id=command.giver_id,
            taker_id=command.taker_id,
            opened_on=command.recorded_on,
        )
    ]


def _cannot_open(states: States, command: OpenCount) -> Refusal | None:
    if places.kind_of(states, command.place_id) not in places.STORES:
        return places.place_unknown(command.place_id)
    if command.as_of > command.head:
        return Refusal(
            slug="count-ahead",
            detail="The count names a position that the book has not reached.",
            next_step="Read the stock card again and count against what it shows.",
            status=422,
        )
    if command.purpose is CountPurpose.OPENING and command.place_moved:
        return place_not_empty()
    signers = {command.giver_id, command.taker_id} - {None}
    if len(signers) != (2 if command.purpose is CountPurpose.HANDOVER else 0):
        return Refusal(
            slug="signers-unfit",
            detail="A handover has a giver and a taker, who are two people; another count has neither.",
            next_step="Name both for a handover, and none for another count.",
            status=422,
        )
    return None


def decide_record_lines(states: States, command: RecordLines) -> list[Payload] | Refusal:
    """Record what was counted; a lot no book knows is entered as found."""
    count = states.find(Count, command.count_id)
    if count is None:
        return count_unknown()
    if count.status is not CountStatus.DRAFT:
        return not_in(count.status)
    if len({*count.lines, *(line.lot_id for line in command.lines)}) > COUNT_LINES_MAX:
        return count_too_long()
    for line in command.lines:
        refusal = _cannot_record(states, count, line)
        if refusal is not None:
            return refusal
    return [
        CountLinesRecorded(
            count_id=command.count_id,
            lines=command.lines,
            recorded_by=command.recorded_by,
            recorded_on=command.recorded_on,
        )
    ]


def _cannot_record(states: States, count: Count, line: CountedLot) -> Refusal | None:
    lot = states.find(Lot, line.lot_id)
    if line.found is None:
        if lot is None or count.purpose is CountPurpose.OPENING:
            return lot_unknown()
        if lot.item_code not in (items.UNKNOWN_ITEM, line.item_code):
            return Refusal(
                slug="lot-of-another-item",
                detail="The lot is of the item %(item_code)s.",
                next_step="Enter the goods as found, under a new lot.",
                params={"item_code": lot.item_code},
            )
        return None
    if lot is not None:
        return Refusal(
            slug="lot-known-already",
            detail="The goods entered as found have the id of a lot the books know.",
            next_step="Count that lot, or enter the goods under a new id.",
        )
    return None if states.find(items.Item, line.item_code) is not None else items.item_unknown(line.item_code)


def decide_cancel_count(states: States, command: CancelCount) -> list[Payload] | Refusal:
    """Give up a count that is not in the books."""
    count = states.find(Count, command.count_id)
    if count is None:
        return count_unknown()
    if count.status not in OPEN:
        return not_in(count.status)
    return [
        CountCancelled(count_id=command.count_id, cancelled_by=command.cancelled_by, cancelled_on=command.recorded_on)
    ]


def evolve_count(count: Count | None, event: Event) -> Count:
    """The count after it was opened, recorded, submitted, returned, posted or cancelled."""
    if isinstance(event.payload, CountOpened):
        return _opened(event.payload, event.sequence)
    if count is None:
        raise TypeError(f"{event.payload.type} without a count")
    count = replace(count, version=event.sequence)
    match event.payload:
        case CountLinesRecorded() as said:
            new = {str(line.lot_id): _recorded(line) for line in said.lines}
            counters = tuple(dict.fromkeys((*count.counters, said.recorded_by)))
            return replace(count, lines={**count.lines, **new}, counters=counters)
        case CountSubmitted() as said:
            return replace(
                count, status=CountStatus.SUBMITTED, submitted_by=said.submitted_by, lines=_explained(count, said)
            )
        case CountReturned():
            return replace(count, status=CountStatus.DRAFT, submitted_by=None, lines=_unexplained(count))
        case CountPosted() as said:
            return replace(
                count, status=CountStatus.POSTED, approved_by=said.approved_by, lines=_explained(count, said)
            )
        case CountCancelled():
            return replace(count, status=CountStatus.CANCELLED)
    raise TypeError(f"{event.payload.type} after {count.version}")


def _opened(said: CountOpened, sequence: int) -> Count:
    return Count(
        id=said.count_id,
        version=sequence,
        place_id=said.place_id,
        purpose=said.purpose,
        whole=said.whole,
        as_of=said.as_of,
        counted_at=said.counted_at,
        opened_by=said.opened_by,
        device_at=said.device_at,
        giver_id=said.giver_id,
        taker_id=said.taker_id,
    )


def _explained(count: Count, said: CountSubmitted | CountPosted) -> dict[str, CountLine]:
    plain = _unexplained(count)
    for one in said.differences:
        plain[one.lot_id] = replace(
            plain[one.lot_id], book=one.book, surplus_reason=one.surplus_reason, loss_reason=one.loss_reason
        )
    return plain


def _unexplained(count: Count) -> dict[str, CountLine]:
    """The lines without what was said of their differences."""
    return {lot_id: CountLine(line.item_code, line.counted, line.found) for lot_id, line in count.lines.items()}


def _recorded(line: CountedLot) -> CountLine:
    return CountLine(
        line.item_code, line.counted, line.found, surplus_reason=line.surplus_reason, loss_reason=line.loss_reason
    )


def count_unknown() -> Refusal:
    """The refusal of a decision about a count nobody opened."""
    return Refusal(
        slug="count-unknown",
        detail="There is no count under this id.",
        next_step="Check the id, or open the count first.",
        status=404,
    )


def count_too_long() -> Refusal:
    """The refusal of more lots than a count holds."""
    return Refusal(
        slug="count-too-long",
        detail="One count holds at most %(most)d lots.",
        next_step="Count the rest of the place in another count of some of its lots.",
        params={"most": COUNT_LINES_MAX},
    )


def place_not_empty() -> Refusal:
    """The refusal of a first book where one exists."""
    return Refusal(
        slug="place-not-empty",
        detail="Goods have moved here already, so the place has a book.",
        next_step="Check the book by an ordinary count.",
    )


def not_in(status: CountStatus) -> Refusal:
    """The refusal of what a count's state does not allow."""
    return Refusal(
        slug="count-not-in-that-state",
        detail="The count is %(status)s.",
        next_step="Read the count again; open another one if it is closed.",
        params={"status": status.value},
    )
