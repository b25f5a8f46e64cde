"""Holidays: no working days, so the letter of an emergency issue has longer; what was late stays late."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.emergencies.deadlines import MoveDeadline
from services.logistics.emergencies.domain import EmergencyIssue, Gone, IssueInEmergency, RatifyEmergency
from services.logistics.holidays.domain import Calendar, DecreedHoliday, RecordHolidays, WithdrawHoliday
from services.logistics.holidays.fixed import fixed_holidays
from services.logistics.places.domain import HANDED_OUT
from shared.contracts.holidays import HolidayKind
from shared.contracts.ids import ActorId, EmergencyIssueId, LotId
from shared.contracts.ledger import EmergencyDeadlineMoved
from tests.logistics.builders import AT, WAREHOUSE, new_id, receive, setting
from tests.logistics.office import Office, slug
from tests.logistics.story import Story, only

# A Wednesday before Christmas Eve; Christmas is a Friday.
WEDNESDAY = date(2026, 12, 23)
EVE, CHRISTMAS = date(2026, 12, 24), date(2026, 12, 25)
ISSUE = EmergencyIssueId(new_id())


def holiday(on: date, recorded_on: date = WEDNESDAY, code: str = "cuti-bersama") -> RecordHolidays:
    decreed = DecreedHoliday(on, HolidayKind.JOINT_LEAVE, code, "SKB 3 Menteri 1497/2025")
    return RecordHolidays((decreed,), recorded_on)


def moved(on: date, issued_on: date = WEDNESDAY) -> MoveDeadline:
    return MoveDeadline(ISSUE, issued_on, on)


def issued(story: Story, on: date = WEDNESDAY) -> date:
    """The last day for the letter of goods that went on a day."""
    story.given(receive(100, lot := new_id()))
    goods = (Gone(LotId(lot), 1),)
    story.given(IssueInEmergency(ISSUE, WAREHOUSE, HANDED_OUT, goods, ActorId("custodian-1"), AT, on))
    return story.state(EmergencyIssue, ISSUE).ratify_by


def story_of(*more: RecordHolidays) -> Story:
    return Story().given(*setting(), *more)


@pytest.mark.parametrize(
    ("free", "last"),
    [
        ((), date(2026, 12, 28)),
        ((CHRISTMAS,), date(2026, 12, 29)),
        ((EVE, CHRISTMAS), date(2026, 12, 30)),
        ((date(2026, 12, 26),), date(2026, 12, 28)),
    ],
    ids=["none", "one", "two in a row", "on a Saturday"],
)
def test_a_holiday_on_record_is_no_working_day(free: tuple[date, ...], last: date) -> None:
    """Three working days after Wednesday."""
    assert issued(story_of(*(holiday(on) for on in free))) == last


def test_a_deadline_crosses_the_new_year() -> None:
    """The next year's calendar counts too."""
    assert issued(story_of(holiday(date(2027, 1, 1))), date(2026, 12, 30)) == date(2027, 1, 5)


def test_a_holiday_recorded_later_moves_what_is_open() -> None:
    """The move is on record, and made once."""
    story = story_of()
    assert issued(story) == date(2026, 12, 28)
    assert story.accepted(moved(EVE)) == []
    story.given(holiday(EVE))
    event = only(story.accepted(moved(EVE)), EmergencyDeadlineMoved)
    assert (event.ratify_by, event.moved_on) == (date(2026, 12, 29), EVE)
    assert story.accepted(moved(EVE)) == []


def test_what_was_late_or_ratified_by_then_stays_so() -> None:
    """Nobody becomes punctual by a holiday that is written down afterwards."""
    late = story_of()
    last = issued(late)
    late.given(holiday(EVE))
    assert late.accepted(moved(last + timedelta(days=1))) == []
    ratified = story_of()
    issued(ratified)
    ratified.given(RatifyEmergency(ISSUE, "500/17/DS/2026", ActorId("head-1"), EVE), holiday(CHRISTMAS))
    assert ratified.accepted(moved(EVE)) == []


def test_a_withdrawn_holiday_shortens_what_is_open_but_never_into_the_past() -> None:
    """Its custodian can still be on time today."""
    story = story_of(holiday(EVE), holiday(CHRISTMAS))
    assert issued(story) == date(2026, 12, 30)
    story.given(WithdrawHoliday(EVE, "SKB 3 Menteri 9/2026", WEDNESDAY))
    story.given(WithdrawHoliday(CHRISTMAS, "SKB 3 Menteri 9/2026", WEDNESDAY))
    assert only(story.accepted(moved(date(2026, 12, 29))), EmergencyDeadlineMoved).ratify_by == date(2026, 12, 29)


def test_a_day_is_recorded_once_and_may_be_said_anew() -> None:
    """The last decree holds; what is no holiday is not withdrawn."""
    story = story_of(holiday(EVE))
    assert story.accepted(holiday(EVE)) == []
    assert story.accepted(holiday(EVE, code="cuti-bersama-natal"))
    assert story.state(Calendar, "2026").days[EVE.isoformat()].holiday_code == "cuti-bersama-natal"
    assert story.refused(WithdrawHoliday(CHRISTMAS, "SKB 3 Menteri 9/2026", WEDNESDAY)) == "holiday-unknown"


@given(st.dates(date(2025, 1, 1), date(2030, 1, 1)), st.sets(st.integers(1, 14)))
def test_three_working_days_lie_up_to_the_last_one(day: date, free: set[int]) -> None:
    """None of them a weekend or a holiday, and the last is one of them."""
    holidays = {day + timedelta(days=number) for number in free}
    last = issued(story_of(*(holiday(on) for on in holidays)), day)
    days = [day + timedelta(days=number) for number in range(1, (last - day).days + 1)]
    works = [one.weekday() < 5 and one not in holidays for one in days]
    assert (sum(works), works[-1]) == (3, True)


@pytest.mark.anyio
async def test_the_office_keeps_the_calendar_and_open_deadlines_follow(office: Office) -> None:
    """Those that never move are seeded by Keppres; the others come by the year's decree."""
    await office.seed()
    today = office.runtime.today()
    lot = await office.receive(10)
    body = {"issue_id": new_id(), "from_place_id": "gudang-kasongan", "lines": [{"lot_id": lot, "quantity": 1}]}
    await office.done("/v1/emergency-issues", body)
    path = f"/v1/emergency-issues/{body['issue_id']}"
    before = date.fromisoformat((await office.seen(path))["ratify_by"])
    decree = {"holiday_kind": "national", "holiday_code": "hari-libur", "legal_basis": "SKB 3 Menteri 1497/2025"}
    recorded = {"holidays": [{"holiday_on": before.isoformat(), **decree}]}
    approver = office.token("approver")
    assert (await office.post("/v1/holidays", recorded, token=approver)).status_code == 403
    of_old = {"holidays": [{"holiday_on": "1999-12-31", **decree}]}
    assert (await office.post("/v1/holidays", of_old)).status_code == 422
    key = f"holiday-{new_id()}"
    await office.done("/v1/holidays", recorded, key=key)
    after = date.fromisoformat((await office.seen(path))["ratify_by"])
    assert after > before
    again = await office.post("/v1/holidays", recorded, key=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    await office.done("/v1/holidays:seed-fixed", {"year": 2031})
    reused = await office.post("/v1/holidays:seed-fixed", {"year": before.year}, key=key)
    assert slug(reused) == "idempotency-key-reused"
    assert len((await office.seen("/v1/holidays", year=before.year))["items"]) == 1
    listed = (await office.seen("/v1/holidays", year=2031))["items"]
    assert [one["holiday_on"] for one in listed] == [on.isoformat() for on, _ in fixed_holidays(2031)]
    assert {one["legal_basis"] for one in listed} == {"Keppres 8/2024"}
    withdrawal = f"/v1/holidays/{before}/withdrawal"
    await office.done(withdrawal, {"legal_basis": "SKB 3 Menteri 9/2026"})
    assert date.fromisoformat((await office.seen(path))["ratify_by"]) == max(before, today)
    assert slug(await office.post(withdrawal, {"legal_basis": "SKB 3 Menteri 9/2026"})) == "holiday-unknown"
