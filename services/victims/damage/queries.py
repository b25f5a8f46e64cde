"""What is shown of damage to houses.

Owns the reads over the table of damage. Must not write.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.victims.access import visible
from services.victims.damage.tables import damage
from services.victims.reads import by_area
from services.victims.standing import Standing
from shared.contracts.vocabulary import DamageClass
from shared.kit.access.roles import Principal
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, json_row


class DamageShown(BaseModel):
    """Damage to a house: the class claimed, and the class a survey set. `decided_by` is the decision's event."""

    id: str
    version: int
    household_id: str
    disaster_id: str
    post_id: str
    damage_claimed: DamageClass
    damage_class: DamageClass | None
    area_code: str
    occurred_on: date
    recorded_on: date
    flags: tuple[str, ...]
    standing: Standing
    decided_by: str | None
    decided_on: date | None


async def damage_by_id(connection: AsyncConnection, damage_id: str) -> DamageShown | None:
    """One damage, or None if nobody reported it."""
    row = (await connection.execute(sa.select(damage).where(damage.c.id == damage_id))).mappings().one_or_none()
    return None if row is None else DamageShown.model_validate(dict(row))


async def damages(
    connection: AsyncConnection, principal: Principal, chosen: dict[str, str | None], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of the damage a principal may see and one row more, by area, with the position they show."""
    query = by_area(damage, after, limit).where(visible(principal, damage))
    for name, value in chosen.items():
        if value is not None:
            query = query.where(damage.c[name] == value)
    rows = [json_row(row) for row in (await connection.execute(query)).mappings()]
    return rows, await as_of(connection)
