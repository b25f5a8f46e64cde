"""What plans still hold for households: rations as planned, less what posts gave for them by hand-outs without a list.

Owns which hand-out carries a plan out: one that names the household, at the plan's place, on the plan's day, told after
the plan. Of several such plans the earlier is served first. A hand-out that is taken back serves none, so its plan
holds again. Must not write.
"""

from collections.abc import Sequence

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import fetch

_OPEN = """
WITH held AS (
    SELECT p.*, d.place_id
    FROM planned_ration AS p JOIN distribution AS d ON d.id = p.distribution_id
    WHERE p.household_id = ANY($1)
), served AS (
    SELECT held.*,
        sum(quantity) OVER (
            PARTITION BY household_id, item_code, place_id, planned_for ORDER BY position
        ) AS so_far,
        (
            SELECT coalesce(sum(r.quantity), 0) FROM received AS r
            WHERE r.household_id = held.household_id AND r.item_code = held.item_code
              AND r.given_at = held.place_id AND r.received_on = held.planned_for AND r.position > held.position
        ) AS given
    FROM held
)
SELECT distribution_id, household_id, item_code, planned_for,
    CAST(least(quantity, so_far - given) AS bigint) AS quantity
FROM served WHERE so_far > given
ORDER BY household_id, item_code, planned_for, distribution_id
"""


async def open_rations(connection: AsyncConnection, household_ids: Sequence[str]) -> Sequence[asyncpg.Record]:
    """What each plan still holds for these households, by household and item."""
    return await fetch(connection, _OPEN, household_ids)
