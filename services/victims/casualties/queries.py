"""What is shown of casualties without saying who they are.

Owns the reads over the table of casualties. Must not open the vault.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.victims.access import visible
from services.victims.casualties.tables import casualty
from services.victims.reads import by_area
from services.victims.standing import Standing
from shared.contracts.vocabulary import CasualtyKind
from shared.kit.access.roles import Principal
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, json_row


class CasualtyShown(BaseModel):
    """A casualty as reported or, once verified, as the officer has it. `decided_by` is the decision's event."""

    id: str
    version: int
    disaster_id: str
    post_id: str
    casualty_kind: CasualtyKind
    person_id: str | None
    household_id: str | None
    area_code: str
    occurred_on: date
    recorded_on: date
    flags: tuple[str, ...]
    standing: Standing
    decided_by: str | None
    decided_on: date | None


async def casualty_by_id(connection: AsyncConnection, casualty_id: str) -> CasualtyShown | None:
    """One casualty, or None if nobody reported it."""
    row = (await connection.execute(sa.select(casualty).where(casualty.c.id == casualty_id))).mappings().one_or_none()
    return None if row is None else CasualtyShown.model_validate(dict(row))


async def casualties(
    connection: AsyncConnection, principal: Principal, chosen: dict[str, str | None], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of the casualties a principal may see and one row more, by area, with the position they show."""
    query = by_area(casualty, after, limit).where(visible(principal, casualty))
    for name, value in chosen.items():
        if value is not None:
            query = query.where(casualty.c[name] == value)
    rows = [json_row(row) for row in (await connection.execute(query)).mappings()]
    return rows, await as_of(connection)
