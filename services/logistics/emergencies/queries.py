"""What is shown of emergency issues.

Owns the reads over their table. Must not write.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.emergencies.tables import emergency_issue
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, json_row, rows_of


def matching(
    *, ratified: bool | None, late: bool | None, custodian: str | None, place_id: str | None, today: date
) -> sa.ColumnElement[bool]:
    """The condition of a list of emergency issues; late are those whose last day is over without a letter."""
    overdue = sa.and_(emergency_issue.c.ratified_on.is_(None), emergency_issue.c.ratify_by < today)
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if ratified is not None:
        conditions.append(emergency_issue.c.ratified_on.is_not(None) == ratified)
    if late is not None:
        conditions.append(overdue if late else sa.not_(overdue))
    if custodian is not None:
        conditions.append(emergency_issue.c.custodian_id == custodian)
    if place_id is not None:
        conditions.append(emergency_issue.c.from_place_id == place_id)
    return sa.and_(*conditions)


async def issues(
    connection: AsyncConnection, asked: sa.ColumnElement[bool], *, today: date, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of emergency issues and one row more, by id, with the position they show."""
    query = sa.select(emergency_issue).where(asked)
    rows = await rows_of(connection, query, [emergency_issue.c.id], after=after, limit=limit)
    return [_shown(row, today) for row in rows], await as_of(connection)


async def issue_by_id(connection: AsyncConnection, issue_id: str, *, today: date) -> dict[str, Any] | None:
    """One emergency issue, or None if nobody recorded it."""
    query = sa.select(emergency_issue).where(emergency_issue.c.id == issue_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _shown(json_row(row), today)


async def waiting(connection: AsyncConnection, *, today: date) -> list[tuple[str, date]]:
    """The issues whose letter is still in time, each with the day it was issued."""
    query = sa.select(emergency_issue.c.id, emergency_issue.c.issued_on).where(
        emergency_issue.c.ratified_on.is_(None), emergency_issue.c.ratify_by >= today
    )
    return [(row.id, row.issued_on) for row in await connection.execute(query.order_by(emergency_issue.c.id))]


def _shown(row: dict[str, Any], today: date) -> dict[str, Any]:
    return {**row, "late": "ratified_on" not in row and row["ratify_by"] < today}
