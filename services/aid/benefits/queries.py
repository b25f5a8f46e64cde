"""What is shown of benefits and their rules.

Owns the reads over the tables of benefits. Must not write.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.aid.benefits.tables import benefit_rule
from shared.contracts.vocabulary import Benefit
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of

_RULE = sa.select(
    benefit_rule.c.parent.label("benefit"),
    benefit_rule.c.entry.label("rule_id"),
    *(column for column in benefit_rule.c if column.name not in {"parent", "entry"}),
)


async def rules(
    connection: AsyncConnection,
    benefit: Benefit | None,
    in_force_on: date | None,
    *,
    after: Key | None,
    limit: int,
) -> tuple[list[dict[str, Any]], int]:
    """A page of rules and one row more, by benefit and the order they were set in, with the position they show.

    `in_force_on` leaves only the rule that prices what happens on that day: of those that cover it, the one set last.
    """
    table = benefit_rule
    query = _RULE
    if benefit is not None:
        query = query.where(table.c.parent == benefit)
    if in_force_on is not None:
        later = table.alias("later")
        query = query.where(_covers(table, in_force_on)).where(
            ~sa.exists().where(
                later.c.parent == table.c.parent, later.c.number > table.c.number, _covers(later, in_force_on)
            )
        )
    rows = await rows_of(connection, query, (table.c.parent, table.c.number), after=after, limit=limit)
    return rows, await as_of(connection)


def _covers(table: Any, on: date) -> sa.ColumnElement[bool]:
    until = sa.or_(table.c.valid_until.is_(None), table.c.valid_until >= on)
    return sa.and_(table.c.valid_from <= on, until)
