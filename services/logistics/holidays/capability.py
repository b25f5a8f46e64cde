"""Holidays, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.holidays import domain as holidays
from services.logistics.holidays.http import holidays_router
from services.logistics.holidays.tables import calendar
from shared.contracts.holidays import EVENTS
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

HOLIDAYS = Capability(
    kinds=(
        StateKind(
            name="calendar", table=calendar, state=holidays.Calendar, evolve=holidays.evolve_calendar, events=EVENTS
        ),
    ),
    deciders={
        holidays.RecordHolidays: holidays.decide_record_holidays,
        holidays.WithdrawHoliday: holidays.decide_withdraw_holiday,
    },
    routers=lambda runtime: [holidays_router(runtime)],
)
