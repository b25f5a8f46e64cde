"""Keluar dulu, surat menyusul: goods that went before anybody approved it are on record, and wait for their letter."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.logistics.emergencies.domain import (
    EmergencyIssue,
    Gone,
    IssueInEmergency,
    RatifyEmergency,
)
from services.logistics.places.domain import HANDED_OUT, LOST
from shared.contracts.ids import ActorId, EmergencyIssueId, LotId, PlaceId, RequestId
from shared.contracts.ledger import EmergencyIssued, EmergencyRatified
from shared.contracts.logistics import ReservationReleased, StockMoved
from shared.contracts.vocabulary import FieldFlag, MovementReason
from shared.kit.decisions.types import Overtaken
from tests.logistics.builders import AT, FAR_WAREHOUSE, POST, TODAY, WAREHOUSE, new_id, receive, setting
from tests.logistics.ledger_builders import reserved
from tests.logistics.story import Story, only

CUSTODIAN = ActorId("custodian-1")
HEAD = ActorId("head-1")


def issue(lot: str, quantity: int, **changes: Any) -> IssueInEmergency:
    made: dict[str, Any] = {
        "issue_id": EmergencyIssueId(new_id()),
        "from_place_id": WAREHOUSE,
        "to_place_id": HANDED_OUT,
        "goods": (Gone(LotId(lot), quantity),),
        "custodian_id": CUSTODIAN,
        "gone_at": AT,
        "recorded_on": TODAY,
        **changes,
    }
    return IssueInEmergency(**made)


def ratify(issue_id: str, by: ActorId = HEAD, on: date = TODAY) -> RatifyEmergency:
    return RatifyEmergency(EmergencyIssueId(issue_id), "500/17/DS/2026", by, on)


def test_what_has_gone_is_on_record_and_due_for_ratification() -> None:
    """Friday's issue has until Wednesday: three working days."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    events = story.accepted(issue(lot, 40))
    issued = only(events, EmergencyIssued)
    assert (TODAY.weekday(), issued.ratify_by - TODAY) == (4, timedelta(days=5))
    assert only(events, StockMoved).reason is MovementReason.EMERGENCY_ISSUE
    assert story.on_hand(lot, WAREHOUSE, HANDED_OUT) == (60, 40)


def test_goods_may_have_gone_to_a_place() -> None:
    """To a post or another store as well as into hands."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    story.accepted(issue(lot, 40, to_place_id=POST))
    assert story.on_hand(lot, WAREHOUSE, POST) == (60, 40)


def test_it_breaks_what_was_promised_like_any_fact() -> None:
    """The goods are gone, whoever waits for them."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    request = reserved(story, lot, 80)
    with pytest.raises(Overtaken):
        story.when(issue(lot, 40))
    events = story.accepted(issue(lot, 40, holders=(RequestId(request),)))
    assert only(events, ReservationReleased).quantity == 20


def test_more_than_was_there_and_expired_goods_are_flagged_not_refused() -> None:
    """What happened is told as it happened."""
    story = Story().given(*setting(), receive(100, lot := new_id(), expires_on=TODAY))
    late = TODAY + timedelta(days=1)
    events = story.accepted(issue(lot, 130, recorded_on=late))
    assert set(only(events, EmergencyIssued).flags) == {FieldFlag.EXPIRED_LOT, FieldFlag.NEGATIVE_STOCK}
    assert story.balance(lot, WAREHOUSE).field_deficit == 30


def test_it_names_stores_and_lots_that_are() -> None:
    """A slip of the keyboard is no fact."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    assert story.refused(issue(lot, 1, from_place_id=PlaceId("gudang-lain"))) == "place-unknown"
    assert story.refused(issue(lot, 1, to_place_id=LOST)) == "place-unknown"
    assert story.refused(issue(lot, 1, to_place_id=WAREHOUSE)) == "place-unknown"
    assert story.refused(issue(new_id(), 1)) == "lot-unknown"
    story.accepted(first := issue(lot, 1, to_place_id=FAR_WAREHOUSE))
    assert story.refused(first) == "emergency-issued-already"


def test_another_person_ratifies_it_once() -> None:
    """Whoever gave goods out does not approve it."""
    story = Story().given(*setting(), receive(100, lot := new_id()), one := issue(lot, 40))
    assert story.refused(ratify(new_id())) == "emergency-unknown"
    assert story.refused(ratify(one.issue_id, by=CUSTODIAN)) == "same-person"
    assert not only(story.accepted(ratify(one.issue_id)), EmergencyRatified).late
    assert story.refused(ratify(one.issue_id)) == "emergency-ratified-already"
    assert story.state(EmergencyIssue, one.issue_id).approver_id == HEAD


def test_a_late_letter_ratifies_and_is_late() -> None:
    """The lateness stays on record."""
    story = Story().given(*setting(), receive(100, lot := new_id()), one := issue(lot, 40))
    on_time, late = TODAY + timedelta(days=5), TODAY + timedelta(days=6)
    assert on_time == story.state(EmergencyIssue, one.issue_id).ratify_by
    assert only(story.accepted(ratify(one.issue_id, on=late)), EmergencyRatified).late
