"""Counts among receipts, hand-outs, corrections and reports that arrive late, in any order.

Goal: what was counted stays counted. Method: a state machine that keeps the real goods beside the books: some go
without a word, reports arrive hours after, counts are submitted and approved whenever. Whatever happens in between, a
lot's book is what its last count found and what moved after that instant.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.logistics.counts.domain import Count, CountStatus
from services.logistics.intake.domain import Capture
from services.logistics.places.domain import is_account
from services.logistics.stock.domain import Lot
from services.logistics.stock.reversing import ReverseMovement
from shared.contracts.counts import CountPosted
from shared.contracts.ids import CountId, EventId
from shared.contracts.logistics import StockMoved
from shared.contracts.vocabulary import MovementReason
from tests.logistics.builders import DEVICE, POST, TODAY, given_line, hand_out, new_id, receive, setting
from tests.logistics.counting import LOST, MORE, Place, Recorder, approve, cancel, submit
from tests.logistics.story import Story

SMALL = st.integers(1, 30)
DATA = st.data()


@dataclass
class Late:
    """A hand-out that a post has not reported yet."""

    lot: str
    quantity: int
    at: datetime


class Counting(RuleBasedStateMachine):
    """Random days of a post that is counted now and then."""

    @initialize(quantities=st.lists(st.integers(50, 200), min_size=2, max_size=3))
    def begin(self, quantities: list[int]) -> None:
        self.place = Place(Story().given(*setting()), POST)
        self.there: dict[str, int] = {}
        self.late: list[Late] = []
        self.open: list[CountId] = []
        self.counted: dict[str, tuple[datetime, int]] = {}
        for quantity in quantities:
            self._receive(quantity)

    @rule(quantity=SMALL)
    def goods_arrive(self, quantity: int) -> None:
        self._receive(quantity)

    @rule(data=DATA, quantity=SMALL, lost=st.booleans())
    def goods_come_or_go_without_a_word(self, data: st.DataObject, quantity: int, lost: bool) -> None:
        lot = self._any(data)
        self.there[lot] = max(0, self.there[lot] - quantity) if lost else self.there[lot] + quantity

    @rule(data=DATA, quantity=SMALL, at_once=st.booleans())
    def goods_are_handed_out(self, data: st.DataObject, quantity: int, at_once: bool) -> None:
        lot = self._any(data)
        given = min(quantity, self.there[lot])
        if given:
            self.there[lot] -= given
            self.late.append(Late(lot, given, self.place.now))
            if at_once:
                self._report(self.late.pop())
            self._tick()

    @precondition(lambda self: self.late)
    @rule(data=DATA)
    def a_report_arrives(self, data: st.DataObject) -> None:
        self._report(self.late.pop(data.draw(st.integers(0, len(self.late) - 1))))

    @precondition(lambda self: self._handed_out())
    @rule(data=DATA)
    def a_report_is_taken_back(self, data: st.DataObject) -> None:
        """The goods were never handed out: nothing moves, and what was there is still there."""
        event_id, said = data.draw(st.sampled_from(self._handed_out()))
        happened_at = self.place.times[event_id]
        command = ReverseMovement(
            lot_id=said.lot_id,
            event_id=EventId(event_id),
            from_place_id=said.from_place_id,
            to_place_id=said.to_place_id,
            quantity=said.quantity,
            reason=said.reason,
            cause=said.cause,
            seed=new_id(),
            recorded_on=TODAY,
            happened_at=happened_at,
        )
        assert self.place.does(command)
        counted = self.counted.get(said.lot_id)
        if counted is not None and happened_at > counted[0]:
            self.there[said.lot_id] += said.quantity

    @precondition(lambda self: len(self.open) < 3)
    @rule(data=DATA, whole=st.booleans())
    def a_count_begins(self, data: st.DataObject, whole: bool) -> None:
        self._tick()
        count = self.place.count(whole=whole)
        lots = self.there if whole else data.draw(st.lists(st.sampled_from(list(self.there)), min_size=1, unique=True))
        assert self.place.does(Recorder(count).of({lot: self.there[lot] for lot in lots}))
        self.open.append(count)

    @precondition(lambda self: self._in(CountStatus.DRAFT))
    @rule(data=DATA)
    def a_count_is_submitted(self, data: st.DataObject) -> None:
        count = data.draw(st.sampled_from(self._in(CountStatus.DRAFT)))
        survey = self.place.survey(count)
        lines = self.place.story.state(Count, count).lines
        reasons = {
            lot: LOST if line.counted < survey.seen[lot].book else MORE
            for lot, line in lines.items()
            if line.counted != survey.seen[lot].book
        }
        self._settle(count, accepted=self.place.does(submit(count, survey, reasons)))

    @precondition(lambda self: self._in(CountStatus.SUBMITTED))
    @rule(data=DATA)
    def a_count_is_approved(self, data: st.DataObject) -> None:
        count = data.draw(st.sampled_from(self._in(CountStatus.SUBMITTED)))
        self._settle(count, accepted=self.place.does(approve(count, self.place.survey(count))))

    def _settle(self, count: CountId, *, accepted: bool) -> None:
        state = self.place.story.state(Count, count)
        if not accepted:
            overtaken = any(self.counted.get(lot, (state.counted_at,))[0] > state.counted_at for lot in state.lines)
            uncounted = state.whole and self.place.survey(count).uncounted
            assert overtaken or uncounted
            assert self.place.does(cancel(count))
        elif state.status is CountStatus.POSTED:
            for lot, line in state.lines.items():
                self.counted[lot] = (state.counted_at, line.counted)
        if state.status not in (CountStatus.DRAFT, CountStatus.SUBMITTED) or not accepted:
            self.open.remove(count)

    @invariant()
    def a_book_is_what_was_counted_and_what_moved_since(self) -> None:
        for lot, (counted_at, counted) in self.counted.items():
            since = sum(
                change
                for _, moved, change, happened_at, reason in self.place.rows()
                if moved == lot and happened_at > counted_at and not reason.startswith("count")
            )
            assert self.place.story.balance(lot, POST).on_hand == counted + since

    @invariant()
    def every_lot_sums_to_zero(self) -> None:
        for lot in self._lots():
            assert sum(one.on_hand for one in lot.balances.values()) == 0

    @invariant()
    def only_accounts_hold_less_than_nothing_without_a_record(self) -> None:
        for lot in self._lots():
            for place_id, balance in lot.balances.items():
                assert is_account(place_id) or balance.on_hand + balance.field_deficit >= 0

    @invariant()
    def a_posted_difference_never_changes(self) -> None:
        posted = [event.payload for event in self.place.story.events if isinstance(event.payload, CountPosted)]
        assert len({one.count_id for one in posted}) == len(posted)

    def teardown(self) -> None:
        """A last count makes book and goods one, once every report is in; and events alone build the same states."""
        if not hasattr(self, "place"):
            return
        while self.late:
            self._report(self.late.pop())
        for count in [*self.open]:
            assert self.place.does(cancel(count))
        self.open = [self.place.count()]
        assert self.place.does(Recorder(self.open[0]).of(self.there))
        survey = self.place.survey(self.open[0])
        reasons = {lot: LOST if self.there[lot] < survey.seen[lot].book else MORE for lot in self.there}
        differing = {lot: why for lot, why in reasons.items() if self.there[lot] != survey.seen[lot].book}
        assert self.place.does(submit(self.open[0], survey, differing))
        if self.place.story.state(Count, self.open[0]).status is CountStatus.SUBMITTED:
            assert self.place.does(approve(self.open[0], self.place.survey(self.open[0])))
        assert {lot: self.place.story.balance(lot, POST).on_hand for lot in self.there} == self.there
        again = Story()
        for event in self.place.story.events:
            again.apply(event.payload)
        assert again.states == self.place.story.states

    def _receive(self, quantity: int) -> None:
        lot = new_id()
        assert self.place.does(receive(quantity, lot, place_id=POST))
        self.there[lot] = quantity

    def _report(self, late: Late) -> None:
        command = hand_out(given_line(late.quantity, lot_id=late.lot), capture=Capture(DEVICE, late.at))
        assert self.place.does(command, at=late.at)

    def _tick(self) -> None:
        self.place.now = self.place.later()

    def _any(self, data: st.DataObject) -> str:
        lot: str = data.draw(st.sampled_from(list(self.there)))
        return lot

    def _in(self, status: CountStatus) -> list[CountId]:
        return [count for count in self.open if self.place.story.state(Count, count).status is status]

    def _handed_out(self) -> list[tuple[str, StockMoved]]:
        """Hand-outs of counted lots that were not taken back yet."""
        return [
            (event.id, event.payload)
            for event in self.place.story.events
            if isinstance(event.payload, StockMoved)
            and event.payload.reason is MovementReason.HAND_OUT
            and event.payload.lot_id in self.counted
            and event.id not in self.place.story.state(Lot, event.payload.lot_id).reversed
        ]

    def _lots(self) -> list[Any]:
        return [one for one in self.place.story.states.values() if isinstance(one, Lot)]


Counting.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestCounting = Counting.TestCase
