"""What posts report on a random day: early, late, twice and out of order; and what leaves a store without a letter."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.logistics.emergencies.domain import EmergencyIssue, Gone, IssueInEmergency, RatifyEmergency
from services.logistics.places.domain import HANDED_OUT
from shared.contracts.ids import ActorId, EmergencyIssueId, LotId, PlaceId
from tests.logistics.builders import POST, RICE, TODAY, arrive, count, given_line, hand_out, new_id
from tests.logistics.ledger.world import DATA, LONG_AGO, SMALL, YESTERDAY, World
from tests.logistics.shipping import DROP_POINT

AGES = st.sampled_from([timedelta(0), timedelta(0), timedelta(minutes=20), timedelta(hours=2), LONG_AGO])


class FieldDays(World):
    """Facts: none is refused for what it says."""

    @precondition(lambda self: self.lines())
    @rule(data=DATA, parts=st.tuples(*[st.integers(0, 40)] * 3), age=AGES)
    def count_wrong(self, data: st.DataObject, parts: tuple[int, int, int], age: timedelta) -> None:
        shipment, line = data.draw(st.sampled_from(self.lines()))
        captured = self.capture(age)
        self.must(arrive(shipment.id, count(line.lot_id, *parts), capture=captured), at=captured.captured_at)

    @precondition(lambda self: self.lines(open_only=True))
    @rule(data=DATA, age=AGES)
    def count_right(self, data: st.DataObject, age: timedelta) -> None:
        shipment, line = data.draw(st.sampled_from(self.lines(open_only=True)))
        damaged = data.draw(st.integers(0, line.open))
        missing = data.draw(st.integers(0, line.open - damaged))
        counted = count(line.lot_id, line.open - damaged - missing, missing, damaged)
        captured = self.capture(age)
        self.must(arrive(shipment.id, counted, capture=captured, serves=(DROP_POINT,)), at=captured.captured_at)

    @rule(data=DATA, quantity=SMALL, known=st.booleans())
    def count_what_the_office_has_not_written(self, data: st.DataObject, quantity: int, known: bool) -> None:
        self.must(arrive(new_id(), count(self.lot(data) if known else new_id(), quantity)))

    @precondition(lambda self: self.kept())
    @rule(data=DATA, quantity=SMALL, age=AGES)
    def somebody_takes_what_is_reserved(self, data: st.DataObject, quantity: int, age: timedelta) -> None:
        (_, lot), kept = data.draw(st.sampled_from(self.kept()))
        self._hand_out(lot, quantity, PlaceId(kept.place_id), age)

    @rule(data=DATA, quantity=SMALL, known=st.sampled_from([True, True, True, False]), age=AGES)
    def hand_out(self, data: st.DataObject, quantity: int, known: bool, age: timedelta) -> None:
        there = [lot for lot, _, _ in self.held([POST])]
        lot = data.draw(st.sampled_from(there)) if there else self.lot(data)
        self._hand_out(lot if known else new_id(), quantity, POST, age)

    def _hand_out(self, lot: str, quantity: int, place: PlaceId, age: timedelta) -> None:
        captured = self.capture(age)
        command = hand_out(
            given_line(quantity, lot_id=lot, item_code=RICE),
            place_id=place,
            capture=captured,
            recorded_on=YESTERDAY if age == LONG_AGO else TODAY,
            holders=self.holders(lot, place),
            closed=self.closed(),
        )
        self.must(command, at=captured.captured_at)

    @precondition(lambda self: self.kept())
    @rule(data=DATA, quantity=SMALL, to=st.sampled_from([HANDED_OUT, POST]), age=AGES)
    def issue_without_a_letter(self, data: st.DataObject, quantity: int, to: PlaceId, age: timedelta) -> None:
        (_, lot), kept = data.draw(st.sampled_from(self.kept()))
        command = IssueInEmergency(
            issue_id=EmergencyIssueId(new_id()),
            from_place_id=PlaceId(kept.place_id),
            to_place_id=to,
            goods=(Gone(LotId(lot), quantity),),
            custodian_id=ActorId("custodian-1"),
            gone_at=self.clock.now - age,
            recorded_on=TODAY,
            holders=self.holders(lot, kept.place_id),
        )
        self.must(command, at=command.gone_at)

    @precondition(lambda self: self.states(EmergencyIssue))
    @rule(data=DATA, by=st.sampled_from(["custodian-1", "head-1"]))
    def ratify(self, data: st.DataObject, by: str) -> None:
        issue = data.draw(st.sampled_from([one.id for one in self.states(EmergencyIssue)]))
        self.does(RatifyEmergency(EmergencyIssueId(issue), "500/17/DS/2026", ActorId(by), TODAY))
