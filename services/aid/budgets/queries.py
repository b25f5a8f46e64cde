"""What is shown of budgets.

Owns the reads over the table of budgets. Must not write.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.aid.budgets.tables import budget
from shared.contracts.vocabulary import FundSource
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of


class BudgetShown(BaseModel):
    """A budget line. At every position free + committed + paid = enacted, in whole rupiah."""

    id: str
    version: int
    fiscal_year: int
    fund_source: FundSource
    programme_code: str
    proposed_idr: int
    proposed_by: str
    proposed_on: date
    enacted_idr: int
    free_idr: int
    committed_idr: int
    paid_idr: int
    enactment_number: str | None
    enacted_by: str | None
    enacted_on: date | None
    valid_until: date | None


async def budget_by_id(connection: AsyncConnection, budget_id: str) -> BudgetShown | None:
    """One budget, or None if nobody proposed it."""
    row = (await connection.execute(sa.select(budget).where(budget.c.id == budget_id))).mappings().one_or_none()
    return None if row is None else BudgetShown.model_validate(dict(row))


async def budgets(
    connection: AsyncConnection, chosen: dict[str, str | int | None], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of budgets and one row more, by id, with the position they show."""
    query = sa.select(budget)
    for name, value in chosen.items():
        if value is not None:
            query = query.where(budget.c[name] == value)
    return await rows_of(connection, query, (budget.c.id,), after=after, limit=limit), await as_of(connection)
