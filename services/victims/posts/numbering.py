"""Which of a device's numbered reports have arrived.

Owns the read model that shows a gap: a device numbers its reports to this service from 1 without a gap, so a
missing number is a report still on the device, lost, or refused. Must not depend on anything but the events.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.victims import CasualtyReported, DamageReported, HouseholdRegistration
from shared.kit.database import fetch
from shared.kit.log.append import Placed

# A multirange joins neighbours by itself; the table is named without a schema because a rebuild fills a shadow of it.
_ADD = """
    INSERT INTO device_numbers (device_id, post_id, received, reports)
    SELECT device_id, (array_agg(post_id ORDER BY place DESC))[1], range_agg(int8range(number, number, '[]')), count(*)
      FROM unnest(CAST($1 AS text[]), CAST($2 AS text[]), CAST($3 AS bigint[]))
           WITH ORDINALITY AS n(device_id, post_id, number, place)
     GROUP BY device_id ORDER BY device_id
    ON CONFLICT (device_id) DO UPDATE SET post_id = excluded.post_id,
      received = device_numbers.received + excluded.received, reports = device_numbers.reports + excluded.reports
    """


async def apply_numbers(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Add the numbers of these events to what was received from their devices."""
    reports = [
        said
        for one in placed
        if isinstance(said := one.event.payload, HouseholdRegistration | CasualtyReported | DamageReported)
    ]
    if not reports:
        return
    await fetch(
        connection,
        _ADD,
        [said.device_id for said in reports],
        [said.post_id for said in reports],
        [said.device_number for said in reports],
    )
