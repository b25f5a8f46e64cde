"""Where budgets, claims and payouts do not say the same, and what waits for somebody.

Owns comparisons over the tables of all capabilities, computed from two sides each. Must not write.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.aid.budgets.tables import budget
from services.aid.claims.tables import claim, claim_payout
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of

Page = tuple[list[dict[str, Any]], int]


def _sum(amount: sa.ColumnElement[int], *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """A sum as a whole number: PostgreSQL adds up bigints as numeric."""
    total = sa.select(sa.func.coalesce(sa.func.sum(amount), 0)).where(*conditions)
    return sa.cast(total.scalar_subquery(), sa.BigInteger)


_HELD = _sum(claim.c.amount_idr, claim.c.budget_id == budget.c.id, claim.c.standing.in_(["approved", "suspended"]))
_STANDING = _sum(
    claim_payout.c.amount_idr, claim_payout.c.budget_id == budget.c.id, claim_payout.c.returned_on.is_(None)
)
_BUDGETS = sa.select(
    budget.c.id,
    budget.c.enacted_idr,
    budget.c.free_idr,
    budget.c.committed_idr,
    _HELD.label("held_by_claims_idr"),
    budget.c.paid_idr,
    _STANDING.label("standing_payouts_idr"),
    (budget.c.committed_idr - _HELD).label("committed_difference_idr"),
    (budget.c.paid_idr - _STANDING).label("paid_difference_idr"),
)
_WAITING = {
    # Approved, then its cause was rejected or changed: an approver frees the money by refusing.
    "suspended": claim.c.standing == "suspended",
    # More was paid than is due: to be asked back, outside this system.
    "overpaid": claim.c.overpaid_idr > 0,
    # The bank returned the last transfer and nothing was paid since.
    "returned": sa.and_(
        claim.c.standing == "approved",
        sa.exists().where(claim_payout.c.parent == claim.c.id, claim_payout.c.returned_on.is_not(None)),
    ),
    # No rule was in force on the day it happened.
    "unpriced": sa.and_(claim.c.amount_idr.is_(None), claim.c.standing == "open"),
}


async def budgets_compared(connection: AsyncConnection, *, after: Key | None, limit: int) -> Page:
    """Each budget's own figures beside those of its claims and payouts; every difference must be 0."""
    rows = await rows_of(connection, _BUDGETS, (budget.c.id,), after=after, limit=limit)
    return rows, await as_of(connection)


async def waiting(connection: AsyncConnection, kind: str, *, after: Key | None, limit: int) -> Page:
    """The claims that wait for somebody, of one kind."""
    query = sa.select(claim).where(_WAITING[kind])
    return await rows_of(connection, query, (claim.c.id,), after=after, limit=limit), await as_of(connection)
