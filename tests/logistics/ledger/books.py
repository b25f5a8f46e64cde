"""What is done to the books on a random day: counts, reversals, closed periods, linked families."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.logistics.counts.deciding import Survey
from services.logistics.counts.domain import Count, CountStatus
from services.logistics.entitlements.domain import LinkHouseholds, UnlinkHouseholds
from services.logistics.periods.domain import ClosePeriod, Obstacles, Period
from services.logistics.places.domain import is_account
from services.logistics.shipments.taking_back import take_back
from services.logistics.stock.domain import Lot
from services.logistics.stock.reversing import ReverseMovement
from shared.contracts.distribution import LinkReason, UnlinkReason
from shared.contracts.ids import ActorId, CountId, EventId, HouseholdId, LotId, PlaceId
from shared.contracts.logistics import StockMoved
from shared.contracts.periods import ValuationMethod
from shared.contracts.vocabulary import MovementReason
from tests.logistics.builders import OWNER, RICE, TODAY, new_id
from tests.logistics.counting import LOST, MORE, Recorder, approve, cancel, submit
from tests.logistics.ledger.world import ANYWHERE, DATA, YESTERDAY, World

HOUSEHOLDS = tuple(HouseholdId(f"00000000-0000-4000-8000-00000000000{number}") for number in range(1, 4))
REVERSED = frozenset(
    {
        MovementReason.HAND_OUT,
        MovementReason.DELIVERY,
        MovementReason.LOSS,
        MovementReason.DAMAGE,
        MovementReason.RETURN,
        MovementReason.EMERGENCY_ISSUE,
        MovementReason.COUNT,
        MovementReason.CORRECTION,
        MovementReason.HOP,
        MovementReason.QUARANTINE,
    }
)


class BookDays(World):
    """Counts of what is there, and corrections of what was written."""

    @precondition(lambda self: self.counted_lots())
    @rule(data=DATA, at_once=st.booleans())
    def count(self, data: st.DataObject, at_once: bool) -> None:
        place_id, lots = data.draw(st.sampled_from(self.counted_lots()))
        place = self.place(place_id)
        begun = place.count(whole=False)
        found = {}
        for lot in data.draw(st.lists(st.sampled_from(lots), min_size=1, max_size=3, unique=True)):
            there = max(0, self.story.balance(lot, place_id).on_hand)
            found[lot] = data.draw(st.sampled_from([there, there, max(0, there - 7), there + 5, 0]))
        assert place.does(Recorder(begun).of(found))
        self.clock.now = place.now
        if at_once:
            self._submit(self.story.state(Count, begun))
        if self.story.state(Count, begun).status is CountStatus.SUBMITTED:
            self.does(approve(begun, self._survey(self.story.state(Count, begun))))

    @precondition(lambda self: self.counts(CountStatus.DRAFT))
    @rule(data=DATA)
    def submit_a_count(self, data: st.DataObject) -> None:
        self._submit(data.draw(st.sampled_from(self.counts(CountStatus.DRAFT))))

    @precondition(lambda self: self.counts(CountStatus.SUBMITTED))
    @rule(data=DATA, good=st.sampled_from([True, True, True, False]))
    def settle_a_count(self, data: st.DataObject, good: bool) -> None:
        count = data.draw(st.sampled_from(self.counts(CountStatus.SUBMITTED)))
        self.does(approve(CountId(count.id), self._survey(count)) if good else cancel(CountId(count.id)))

    def _submit(self, count: Count) -> None:
        survey = self._survey(count)
        reasons = {
            lot: LOST if line.counted < survey.seen[lot].book else MORE
            for lot, line in count.lines.items()
            if line.counted != survey.seen[lot].book
        }
        self.does(submit(CountId(count.id), survey, reasons))

    def _survey(self, count: Count) -> Survey:
        return self.place(PlaceId(count.place_id)).survey(count.id)

    @precondition(lambda self: self.reversible())
    @rule(data=DATA)
    def reverse(self, data: st.DataObject) -> None:
        event_id, said = data.draw(st.sampled_from(self.reversible()))
        happened_at = self.clock.times[event_id]
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
            moved_on=said.occurred_on or said.moved_on,
            closed=self.closed(),
        )
        self.does(take_back(command), at=happened_at)

    @precondition(lambda self: not self.states(Period))
    @rule()
    def close_the_period(self) -> None:
        command = ClosePeriod(
            owner_id=OWNER,
            until=YESTERDAY,
            opened_on=None,
            as_of=len(self.story.events),
            method=ValuationMethod.FIFO,
            lines=(),
            digest="0" * 64,
            obstacles=Obstacles(),
            seen_version=0,
            closed_by=ActorId("bookkeeper-1"),
            recorded_on=TODAY,
        )
        self.must(command)

    @rule(one=st.sampled_from(HOUSEHOLDS), other=st.sampled_from(HOUSEHOLDS), linked=st.booleans())
    def say_who_is_one_family(self, one: HouseholdId, other: HouseholdId, linked: bool) -> None:
        """Links move nothing: the balances are the same before and after."""
        before = {lot.id: lot.balances for lot in self.states(Lot)}
        if linked:
            self.does(LinkHouseholds(one, other, LinkReason.SAME_FAMILY_CARD, TODAY))
        else:
            self.does(UnlinkHouseholds(one, other, UnlinkReason.DIFFERENT_PERSONS, TODAY))
        assert before == {lot.id: lot.balances for lot in self.states(Lot)}

    def counted_lots(self) -> list[tuple[PlaceId, list[str]]]:
        """Places with lots in them, which can be counted."""
        found = [
            (
                place,
                [
                    lot.id
                    for lot in self.states(Lot)
                    if lot.received and lot.item_code == RICE and place in lot.balances
                ],
            )
            for place in ANYWHERE
        ]
        return [(place, lots) for place, lots in found if lots]

    def counts(self, status: CountStatus) -> list[Count]:
        """Counts that are so far."""
        return [one for one in self.states(Count) if one.status is status and one.lines]

    def reversible(self) -> list[tuple[str, StockMoved]]:
        """Movements that may be taken back, and some that may not."""
        return [
            (event.id, event.payload)
            for event in self.story.events
            if isinstance(event.payload, StockMoved)
            and event.payload.reason in REVERSED
            and event.id not in self.story.state(Lot, event.payload.lot_id).reversed
            and not (is_account(event.payload.from_place_id) and is_account(event.payload.to_place_id))
            and LotId(event.payload.lot_id)
        ]
