"""What the logistics service publishes of the days on which nobody works: national holidays and joint leave.

Owns the shapes and words only; `logistics.py` lists the events with the rest of what the service publishes.
"""

from enum import StrEnum
from typing import ClassVar

from shared.contracts.envelope import Payload
from shared.contracts.ids import CalendarId
from shared.contracts.values import Citation, HolidayCode, LegalDate


class HolidayKind(StrEnum):
    """What frees a day: a national holiday (hari libur nasional) or joint leave (cuti bersama)."""

    NATIONAL = "national"
    JOINT_LEAVE = "joint_leave"


class HolidayRecorded(Payload):
    """A day is a holiday, by a decree; said again of the same day it takes the place of what was said before."""

    type: ClassVar[str] = "logistics.holiday_recorded.v1"
    kind: ClassVar[str] = "calendar"
    key: ClassVar[str] = "calendar_id"

    calendar_id: CalendarId
    holiday_on: LegalDate
    holiday_kind: HolidayKind
    holiday_code: HolidayCode
    legal_basis: Citation
    recorded_on: LegalDate


class HolidayWithdrawn(Payload):
    """A day is a working day after all, by a decree that changes another."""

    type: ClassVar[str] = "logistics.holiday_withdrawn.v1"
    kind: ClassVar[str] = "calendar"
    key: ClassVar[str] = "calendar_id"

    calendar_id: CalendarId
    holiday_on: LegalDate
    legal_basis: Citation
    withdrawn_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (HolidayRecorded, HolidayWithdrawn)
