"""A post counts its own place: what it found is a draft, whatever it says, and the office brings it into the books."""

from datetime import timedelta
from typing import Any

import pytest

from services.logistics.counts.deciding import Reason
from services.logistics.counts.domain import Count, CountStatus
from services.logistics.counts.reporting import COUNT_AHEAD, Booked, CountedByPost, ReportCount
from services.logistics.handouts.domain import unattributed_lot
from services.logistics.intake.domain import Capture
from services.logistics.items.domain import UNKNOWN_ITEM
from services.logistics.places.domain import LOST, SURPLUS
from services.logistics.stock.domain import Lot
from shared.contracts.counts import COUNT_LINES_MAX, CountLinesRecorded, CountOpened
from shared.contracts.ids import ActorId, CountId, ItemCode, LotId
from shared.contracts.vocabulary import FieldFlag, LossReason, SurplusReason
from tests.logistics.builders import (
    AT,
    DEVICE,
    POST,
    RICE,
    TODAY,
    dismiss,
    given_line,
    hand_out,
    new_id,
    open_post,
    receive,
    setting,
)
from tests.logistics.counting import COUNTER, MORE, SECOND, Place, Recorder, approve, send_back, submit
from tests.logistics.story import Story, only


def at_post(*lots: tuple[str, int]) -> Place:
    """A post with lots of rice, first expiry first."""
    place = Place(Story().given(*setting()), place_id=POST)
    for lot_id, quantity in lots:
        assert place.does(receive(quantity, lot_id, place_id=POST))
    return place


def by_lot(lot_id: str, counted: int, item_code: str = UNKNOWN_ITEM, **reasons: Any) -> CountedByPost:
    return _line(LotId(lot_id), counted, item_code, **reasons)


def by_item(counted: int, *booked: tuple[str, int], **reasons: Any) -> CountedByPost:
    return _line(None, counted, RICE, booked=tuple(Booked(LotId(id_), held) for id_, held in booked), **reasons)


def _line(lot_id: LotId | None, counted: int, item_code: str, **more: Any) -> CountedByPost:
    given: dict[str, Any] = {"surplus_reason": None, "loss_reason": None, "booked": (), **more}
    return CountedByPost(lot_id, ItemCode(item_code), counted, unattributed=unattributed_lot(POST, item_code), **given)


def report(place: Place, *lines: CountedByPost, **changes: Any) -> ReportCount:
    """What the post's device tells now."""
    head = len(place.story.events)
    given: dict[str, Any] = {
        "count_id": CountId(new_id()),
        "again_id": CountId(new_id()),
        "place_id": POST,
        "whole": True,
        "as_of": head,
        "head": head,
        "counted_at": place.now,
        "capture": Capture(DEVICE, place.now),
        "flags": (),
        "recorded_on": TODAY,
        **changes,
    }
    return ReportCount(lines=lines, **given)


def counted(place: Place, count_id: str) -> dict[str, int]:
    return {lot_id: line.counted for lot_id, line in place.story.state(Count, count_id).lines.items()}


def test_what_a_post_counted_goes_the_way_of_every_count() -> None:
    """The office stands for it with a reason, and somebody else approves what is large."""
    place = at_post((lot := new_id(), 100))
    told = report(place, by_lot(lot, 50))
    opened = only(place.story.accepted(told), CountOpened)
    assert (str(opened.opened_by), opened.device_at) == (POST, told.capture.captured_at)
    assert not opened.flags
    count = told.count_id
    assert place.refused(submit(count, place.survey(count), {})) == "reason-missing"
    assert place.does(submit(count, place.survey(count), {lot: Reason(loss=LossReason.SPOILED)}))
    assert place.refused(approve(count, place.survey(count), COUNTER)) == "same-person"
    assert place.refused(approve(count, place.survey(count), ActorId(POST))) == "same-person"
    assert place.does(approve(count, place.survey(count)))
    assert place.story.on_hand(lot, POST, LOST) == (50, 50)


def test_the_counters_own_reason_holds_until_the_office_gives_another() -> None:
    """Who counted knows best; sent back, it is explained anew."""
    place = at_post((lot := new_id(), 100), (other := new_id(), 100))
    told = report(place, by_lot(lot, 90, loss_reason=LossReason.SPOILED), by_lot(other, 90))
    assert place.does(told)
    count = told.count_id
    assert place.does(submit(count, place.survey(count), {other: Reason(loss=LossReason.STOLEN)}))
    lines = place.story.state(Count, count).lines
    assert (lines[lot].loss_reason, lines[other].loss_reason) == (LossReason.SPOILED, LossReason.STOLEN)
    assert place.does(send_back(count))
    assert place.refused(submit(count, place.survey(count), {})) == "reason-missing"


def test_a_reason_of_the_wrong_direction_is_asked_for_again() -> None:
    """The post saw another book than ours."""
    place = at_post((lot := new_id(), 100))
    told = report(place, by_lot(lot, 110, loss_reason=LossReason.STOLEN))
    assert place.does(told)
    assert place.refused(submit(told.count_id, place.survey(told.count_id), {})) == "reason-missing"
    assert place.does(submit(told.count_id, place.survey(told.count_id), {lot: MORE}))


@pytest.mark.parametrize(
    ("there", "first", "last"), [(0, 0, 0), (30, 0, 30), (100, 0, 100), (130, 30, 100), (150, 50, 100), (170, 50, 120)]
)
def test_goods_counted_by_item_are_of_the_lots_that_expire_last(there: int, first: int, last: int) -> None:
    """What expires first was given first; what no book explains is of the last one."""
    place = at_post((early := new_id(), 50), (late := new_id(), 100))
    told = report(place, by_item(there, (early, 50), (late, 100)))
    assert place.does(told)
    assert counted(place, told.count_id) == {early: first, late: last}


def test_a_lot_counted_by_its_number_is_not_counted_again_by_its_item() -> None:
    """The rest of the item is of the other lots; a lot in two stacks is counted as both together."""
    place = at_post((read := new_id(), 50), (other := new_id(), 100))
    lines = (by_lot(read, 20), by_item(90, (other, 100), (read, 50)), by_lot(read, 25))
    told = report(place, *lines)
    assert place.does(told)
    assert counted(place, told.count_id) == {read: 45, other: 90}


def test_goods_nobody_knows_are_a_surplus_that_no_lot_explains_yet() -> None:
    """They have no owner until the office receives them, and the count says they are there."""
    place = at_post()
    told = report(place, by_item(7), by_lot(strange := new_id(), 3, RICE))
    flags = only(place.story.accepted(told), CountOpened).flags
    assert FieldFlag.UNKNOWN_LOT in flags
    count, nameless = told.count_id, unattributed_lot(POST, RICE)
    found = {nameless: Reason(SurplusReason.UNKNOWN), strange: Reason(SurplusReason.UNRECORDED_RECEIPT)}
    assert place.does(submit(count, place.survey(count), found))
    assert place.does(approve(count, place.survey(count)))
    assert place.story.on_hand(nameless, POST, SURPLUS) == (7, -7)
    assert (place.story.state(Lot, strange).received, place.story.state(Lot, strange).item_code) == (False, RICE)


def test_nothing_counted_of_a_lot_nobody_knows_changes_nothing() -> None:
    """There is nothing to explain."""
    place = at_post()
    told = report(place, by_lot(new_id(), 0, RICE))
    assert place.does(told)
    assert place.does(submit(told.count_id, place.survey(told.count_id), {}))
    assert place.story.state(Count, told.count_id).status is CountStatus.POSTED


def test_what_the_post_gave_after_it_counted_is_no_difference() -> None:
    """It goes on handing out while its count waits for a network."""
    place = at_post((lot := new_id(), 100))
    told = report(place, by_lot(lot, 100))
    given = hand_out(given_line(30, lot_id=lot), capture=Capture(DEVICE, place.later()))
    assert place.does(given, at=place.now + timedelta(minutes=5))
    assert place.does(told)
    assert place.does(submit(told.count_id, place.survey(told.count_id), {}))
    assert place.story.on_hand(lot, POST, LOST) == (70, 0)


def test_a_count_told_under_a_used_id_is_another_count() -> None:
    """Neither is lost; the office cancels one of them."""
    place = at_post((lot := new_id(), 100))
    told = report(place, by_lot(lot, 90))
    assert place.does(told)
    again = report(place, by_lot(lot, 95), count_id=told.count_id)
    opened = only(place.story.accepted(again), CountOpened)
    assert (opened.count_id, opened.flags) == (again.again_id, (FieldFlag.LIKELY_DUPLICATE,))
    assert [counted(place, id_)[lot] for id_ in (told.count_id, again.again_id)] == [90, 95]
    assert place.story.accepted(again) == []


def test_a_position_nobody_has_reached_is_flagged_and_taken_for_the_last_one() -> None:
    """A log that was restored is behind what a device has seen."""
    place = at_post((lot := new_id(), 100))
    told = report(place, by_lot(lot, 90), as_of=10**6)
    opened = only(place.story.accepted(told), CountOpened)
    assert (opened.as_of, opened.flags) == (told.head, (COUNT_AHEAD,))


def test_a_withdrawn_device_counts_nothing() -> None:
    """Like every report it makes after it was withdrawn."""
    place = at_post((lot := new_id(), 100))
    place.story.given(dismiss(AT))
    late = report(place, by_lot(lot, 0), capture=Capture(DEVICE, AT + timedelta(hours=1)))
    assert place.refused(late) == "device-withdrawn"


def test_the_count_of_a_post_not_known_yet_is_taken_and_flagged() -> None:
    """Its enrolment is on the way."""
    place = Place(Story(), place_id=POST)
    told = report(place, by_lot(new_id(), 3))
    flags = set(only(place.story.accepted(told), CountOpened).flags)
    assert flags == {FieldFlag.UNKNOWN_POST, FieldFlag.UNKNOWN_LOT, FieldFlag.UNKNOWN_ITEM}
    assert place.does(open_post())
    assert place.does(Recorder(told.count_id, SECOND).found(new_id(), 1)) is False


def test_a_count_of_very_many_lots_is_recorded_in_parts() -> None:
    """And no count holds more than can be submitted."""
    place = at_post()
    lines = [by_lot(new_id(), 1, RICE) for _ in range(450)]
    parts = [one for one in place.story.accepted(report(place, *lines)) if isinstance(one, CountLinesRecorded)]
    assert [len(one.lines) for one in parts] == [200, 200, 50]
    booked = [(new_id(), 1) for _ in range(COUNT_LINES_MAX + 1)]
    assert place.refused(report(place, by_item(5, *booked))) == "count-too-long"
