"""What is shown of holidays.

Owns the read over calendars. Must not write.
"""

from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.holidays.domain import Holiday, calendar_id
from services.logistics.holidays.tables import calendar

_DAYS = TypeAdapter(dict[str, Holiday])


async def holidays(connection: AsyncConnection, year: int) -> list[dict[str, Any]]:
    """A year's holidays on record, in their order."""
    found = await connection.scalar(sa.select(calendar.c.days).where(calendar.c.id == calendar_id(year)))
    days = _DAYS.validate_python(found or {})
    return [
        {
            "holiday_on": on,
            "holiday_kind": one.holiday_kind,
            "holiday_code": one.holiday_code,
            "legal_basis": one.legal_basis,
            "recorded_on": one.recorded_on,
        }
        for on, one in sorted(days.items())
    ]
