"""Holidays: the days besides Saturday and Sunday on which no office works, each with the decree that says so.

Owns the calendar of each year and what working days are. A holiday counts from when it is on record: what was late by
then stays late. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from shared.contracts.envelope import Payload
from shared.contracts.holidays import HolidayKind, HolidayRecorded, HolidayWithdrawn
from shared.contracts.ids import CalendarId
from shared.contracts.values import HolidayCode
from shared.kit.decisions.types import Event, Ref, Refusal, States

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Holiday:
    """Why a day is a holiday."""

    holiday_kind: HolidayKind
    holiday_code: HolidayCode
    legal_basis: str
    recorded_on: date


@dataclass(frozen=True, slots=True)
class Calendar:
    """A year's holidays by day. The id is the year."""

    id: str
    version: int
    days: Mapping[str, Holiday] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DecreedHoliday:
    """A day, and what a decree says of it."""

    holiday_on: date
    holiday_kind: HolidayKind
    holiday_code: HolidayCode
    legal_basis: str


@dataclass(frozen=True, slots=True)
class RecordHolidays:
    """The office writes holidays down by their decree, all or none."""

    holidays: tuple[DecreedHoliday, ...]
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The calendars of their years."""
        return [calendar_ref(year) for year in sorted({one.holiday_on.year for one in self.holidays})]

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class WithdrawHoliday:
    """A later decree makes a holiday a working day."""

    holiday_on: date
    legal_basis: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The year's calendar."""
        return (calendar_ref(self.holiday_on.year),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def calendar_id(year: int) -> CalendarId:
    """The one id of a year's calendar."""
    return CalendarId(str(year))


def calendar_ref(year: int) -> Ref:
    """A year's calendar, for a command that reads or writes it."""
    return Ref("calendar", calendar_id(year))


def calendar_refs(day: date) -> tuple[Ref, ...]:
    """The calendars that working days after a day may lie in: of its year and the next."""
    return (calendar_ref(day.year), calendar_ref(day.year + 1))


def decide_record_holidays(states: States, command: RecordHolidays) -> list[Payload] | Refusal:
    """Record holidays, or say anew what they are; the same again is no new event, and the last word on a day holds."""
    said = {one.holiday_on: one for one in command.holidays}
    return [
        HolidayRecorded(
            calendar_id=calendar_id(on.year),
            holiday_on=on,
            holiday_kind=one.holiday_kind,
            holiday_code=one.holiday_code,
            legal_basis=one.legal_basis,
            recorded_on=command.recorded_on,
        )
        for on, one in said.items()
        if not _on_record(states, one)
    ]


def _on_record(states: States, said: DecreedHoliday) -> bool:
    calendar = states.find(Calendar, calendar_id(said.holiday_on.year))
    known = calendar.days.get(said.holiday_on.isoformat()) if calendar is not None else None
    stated = (said.holiday_kind, said.holiday_code, said.legal_basis)
    return known is not None and stated == (known.holiday_kind, known.holiday_code, known.legal_basis)


def decide_withdraw_holiday(states: States, command: WithdrawHoliday) -> list[Payload] | Refusal:
    """Make a recorded holiday a working day."""
    calendar = states.find(Calendar, calendar_id(command.holiday_on.year))
    if calendar is None or command.holiday_on.isoformat() not in calendar.days:
        return Refusal(
            slug="holiday-unknown",
            detail="This day is on record as no holiday.",
            next_step="Check the date, or read the year's holidays.",
            status=404,
        )
    return [
        HolidayWithdrawn(
            calendar_id=calendar_id(command.holiday_on.year),
            holiday_on=command.holiday_on,
            legal_basis=command.legal_basis,
            withdrawn_on=command.recorded_on,
        )
    ]


def working_days_after(states: States, day: date, count: int) -> date:
    """The day so many working days later: Monday to Friday, without the holidays on record.

    The command must name the calendars (`calendar_refs`).
    """
    calendars = [states.find(Calendar, calendar_id(year)) for year in (day.year, day.year + 1)]
    free = {on for calendar in calendars if calendar is not None for on in calendar.days}
    for _ in range(count):
        day += timedelta(days=1)
        while day.weekday() >= _SATURDAY or day.isoformat() in free:
            day += timedelta(days=1)
    return day


def evolve_calendar(calendar: Calendar | None, event: Event) -> Calendar:
    """The year's calendar after a holiday was recorded or withdrawn."""
    before = replace(calendar or Calendar(event.ref.id, 0), version=event.sequence)
    match event.payload:
        case HolidayRecorded() as said:
            holiday = Holiday(said.holiday_kind, said.holiday_code, said.legal_basis, said.recorded_on)
            return replace(before, days={**before.days, said.holiday_on.isoformat(): holiday})
        case HolidayWithdrawn() as said:
            withdrawn = said.holiday_on.isoformat()
            return replace(before, days={on: one for on, one in before.days.items() if on != withdrawn})
    raise TypeError(f"{event.payload.type} after {before.version}")
