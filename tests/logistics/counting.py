"""A place that is counted in a story: what was moved when, and what a count looks up of it.

Owns the looks that `counts/queries.py` takes at the stock card, made of the story's events, for tests of the rules.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from services.logistics.counts.deciding import ApproveCount, Reason, ReturnCount, Seen, SubmitCount, Survey
from services.logistics.counts.domain import CancelCount, Count, OpenCount, RecordLines
from services.logistics.stock.domain import Lot
from shared.contracts.counts import CountedLot, CountPurpose, FoundLot
from shared.contracts.ids import ActorId, CountId, ItemCode, LotId, PlaceId, RequestId
from shared.contracts.logistics import LotReceived, StockMoved
from shared.contracts.vocabulary import LossReason, SurplusReason
from shared.kit.decisions.types import Command
from tests.logistics.builders import RICE, TODAY, WAREHOUSE, new_id
from tests.logistics.story import Story

COUNTER, SECOND, THIRD = ActorId("officer-1"), ActorId("officer-2"), ActorId("officer-3")
LOST = Reason(loss=LossReason.UNRECORDED_ISSUE)
MORE = Reason(surplus=SurplusReason.UNRECORDED_RECEIPT)
START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


@dataclass
class Place:
    """A place in a story whose clock ticks with each step. `times` are the events' own times, by event id."""

    story: Story
    place_id: PlaceId = WAREHOUSE
    now: datetime = START
    times: dict[str, datetime] = field(default_factory=dict)

    def does(self, command: Command, *, at: datetime | None = None) -> bool:
        """Whether a command is accepted; its events happened now, or when a report says."""
        before = len(self.story.events)
        self.now = self.later()
        refused = not isinstance(self.story.when(command), list)
        for event in self.story.events[before:]:
            self.times[event.id] = at or self.now
        return not refused

    def later(self) -> datetime:
        """A minute from now."""
        return self.now + timedelta(minutes=1)

    def refused(self, command: Command) -> str:
        """The slug of a command that is refused."""
        return self.story.refused(command)

    def count(self, purpose: CountPurpose = CountPurpose.STOCKTAKE, *, whole: bool = True, **more: ActorId) -> CountId:
        """A count that began now."""
        command = self.opening(purpose, whole=whole, **more)
        assert self.does(command)
        return command.count_id

    def opening(self, purpose: CountPurpose, *, whole: bool = True, **more: ActorId) -> OpenCount:
        """A count that would begin now."""
        return OpenCount(
            count_id=CountId(new_id()),
            place_id=self.place_id,
            purpose=purpose,
            whole=whole,
            as_of=len(self.story.events),
            head=len(self.story.events),
            counted_at=self.now,
            place_moved=any(True for _ in self.rows()),
            opened_by=COUNTER,
            recorded_on=TODAY,
            giver_id=more.get("giver_id"),
            taker_id=more.get("taker_id"),
        )

    def survey(self, count_id: str) -> Survey:
        """What a decision about a count looks up."""
        count = self.story.state(Count, count_id)
        since: dict[str, int] = {}
        for position, lot_id, change, happened_at, reason in self.rows():
            if position > count.as_of and happened_at > count.counted_at and not reason.startswith("count"):
                since[lot_id] = since.get(lot_id, 0) + change
        lots = [one for one in self.story.states.values() if isinstance(one, Lot)]
        there = {lot.id: lot.balance(self.place_id).on_hand for lot in lots}
        versions = {lot.id: lot.version for lot in lots}
        books = {lot_id: on_hand - since.get(lot_id, 0) for lot_id, on_hand in there.items()}
        holders = {
            one.request_id
            for lot in lots
            for one in lot.reservations.values()
            if lot.id in count.lines and one.place_id == self.place_id
        }
        return Survey(
            count_version=count.version,
            place_id=self.place_id,
            counted_on=TODAY,
            seen={id_: Seen(versions.get(id_, 0), books.get(id_, 0), since.get(id_, 0)) for id_ in count.lines},
            uncounted=sum(1 for lot_id, book in books.items() if book and lot_id not in count.lines),
            place_moved=any(True for _ in self.rows()),
            holders=tuple(RequestId(one) for one in sorted(holders)),
        )

    def rows(self) -> Iterator[tuple[int, str, int, datetime, str]]:
        """The place's stock card: position, lot, change, when the goods moved, why."""
        ids = {event.id: event for event in self.story.events}
        for position, event in enumerate(self.story.events, 1):
            said = event.payload
            happened_at = self.times.get(event.id, START)
            match said:
                case LotReceived():
                    ends, reason = (said.from_place_id, said.place_id), "receipt"
                case StockMoved():
                    ends, reason = (said.from_place_id, said.to_place_id), said.reason.value
                    original = ids.get(said.reverses or "")
                    happened_at = self.times.get(original.id, START) if original is not None else happened_at
                case _:
                    continue
            for place, change in zip(ends, (-said.quantity, said.quantity), strict=True):
                if place == self.place_id:
                    yield position, said.lot_id, change, happened_at, reason


@dataclass(frozen=True)
class Recorder:
    """The lines a counter records."""

    count_id: CountId
    by: ActorId = COUNTER

    def of(self, counted: Mapping[str, int], item_code: str = RICE) -> RecordLines:
        """What was counted of known lots."""
        lines = tuple(
            CountedLot(lot_id=LotId(lot), item_code=ItemCode(item_code), counted=quantity)
            for lot, quantity in counted.items()
        )
        return RecordLines(self.count_id, lines, self.by, TODAY)

    def found(self, lot_id: str, counted: int, item_code: str = RICE, **more: object) -> RecordLines:
        """Goods no book knows."""
        found = FoundLot.model_validate({"owner_id": "regency:62.06", **more})
        line = CountedLot(lot_id=LotId(lot_id), item_code=ItemCode(item_code), counted=counted, found=found)
        return RecordLines(self.count_id, (line,), self.by, TODAY)


def submit(count_id: CountId, survey: Survey, reasons: Mapping[str, Reason], by: ActorId = COUNTER) -> SubmitCount:
    return SubmitCount(count_id, reasons, survey, by, new_id(), TODAY)


def approve(count_id: CountId, survey: Survey, by: ActorId = SECOND) -> ApproveCount:
    return ApproveCount(count_id, survey, by, new_id(), TODAY)


def send_back(count_id: CountId, by: ActorId = SECOND) -> ReturnCount:
    return ReturnCount(count_id, by, TODAY)


def cancel(count_id: CountId, on: date = TODAY) -> CancelCount:
    return CancelCount(count_id, COUNTER, on)
