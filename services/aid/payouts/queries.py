"""What is shown of payouts.

Owns the reads over the table of payouts, for comparison with the treasury's and the bank's lists. Must not write.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.aid.claims.tables import claim_payout
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of

_PAYOUT = sa.select(
    claim_payout.c.entry.label("payout_id"),
    claim_payout.c.parent.label("claim_id"),
    *(column for column in claim_payout.c if column.name not in {"parent", "entry"}),
)


async def payouts(
    connection: AsyncConnection,
    chosen: dict[str, str | date | bool | None],
    *,
    after: Key | None,
    limit: int,
) -> tuple[list[dict[str, Any]], int]:
    """A page of payouts and one row more, by id, with the position they show."""
    query = _PAYOUT
    if chosen["budget_id"] is not None:
        query = query.where(claim_payout.c.budget_id == chosen["budget_id"])
    if chosen["paid_from"] is not None:
        query = query.where(claim_payout.c.paid_on >= chosen["paid_from"])
    if chosen["paid_to"] is not None:
        query = query.where(claim_payout.c.paid_on <= chosen["paid_to"])
    if chosen["returned"] is not None:
        is_returned = claim_payout.c.returned_on.is_not(None)
        query = query.where(is_returned if chosen["returned"] else ~is_returned)
    rows = await rows_of(connection, query, (claim_payout.c.entry,), after=after, limit=limit)
    return rows, await as_of(connection)
