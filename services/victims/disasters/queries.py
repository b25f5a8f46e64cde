"""What is shown of disasters.

Owns the reads over the table of disasters. Must not write.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.victims.disasters.tables import disaster
from shared.contracts.vocabulary import DisasterPhase, HazardKind
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, json_row


class DisasterShown(BaseModel):
    """A disaster as its latest decree has it."""

    id: str
    version: int
    hazard: HazardKind
    area_codes: tuple[str, ...]
    phase: DisasterPhase
    decree_number: str
    decree_date: date
    began_on: date
    valid_from: date
    valid_until: date | None
    declared_on: date


async def disaster_by_id(connection: AsyncConnection, disaster_id: str) -> DisasterShown | None:
    """One disaster, or None if nobody declared it."""
    row = (await connection.execute(sa.select(disaster).where(disaster.c.id == disaster_id))).mappings().one_or_none()
    return None if row is None else DisasterShown.model_validate(dict(row))


async def disasters(connection: AsyncConnection, *, after: Key | None, limit: int) -> tuple[list[dict[str, Any]], int]:
    """A page of disasters and one row more, by id, with the position they show."""
    query = sa.select(disaster).order_by(disaster.c.id).limit(limit + 1)
    if after is not None:
        query = query.where(disaster.c.id > after[0])
    rows = [json_row(row) for row in (await connection.execute(query)).mappings()]
    return rows, await as_of(connection)
