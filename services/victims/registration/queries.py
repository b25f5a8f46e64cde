"""What is shown of households without saying who they are.

Owns the reads over the table of households. Must not open the vault.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.victims.access import visible
from services.victims.reads import by_area
from services.victims.registration.tables import household
from services.victims.tables import below
from shared.contracts.vocabulary import AgeBand, DamageClass, Residence, Sex
from shared.kit.access.roles import Principal
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, json_row


class MemberShown(BaseModel):
    """A member of a household, by random id."""

    person_id: str
    sex: Sex
    age_band: AgeBand
    same_identity_as: str | None = None


class HouseholdShown(BaseModel):
    """A household as its latest report has it."""

    id: str
    version: int
    disaster_id: str
    post_id: str
    device_id: str
    area_code: str
    residence: Residence
    shelter_area_code: str | None
    persons: tuple[MemberShown, ...]
    persons_counted: int
    damage_claimed: DamageClass | None
    happened_on: date
    recorded_on: date
    flags: tuple[str, ...]


async def household_by_id(connection: AsyncConnection, household_id: str) -> HouseholdShown | None:
    """One household, or None if it was not registered."""
    query = sa.select(household).where(household.c.id == household_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else HouseholdShown.model_validate(dict(row))


async def households(
    connection: AsyncConnection, principal: Principal, chosen: dict[str, str | None], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of the households a principal may see and one row more, by area, with the position they show.

    `chosen` narrows by `disaster_id`, `post_id` and `area_code` (with everything below it), where not None.
    """
    query = by_area(household, after, limit).where(visible(principal, household))
    for name in ("disaster_id", "post_id"):
        if (value := chosen.get(name)) is not None:
            query = query.where(household.c[name] == value)
    if (area_code := chosen.get("area_code")) is not None:
        query = query.where(below(household.c.area_code, area_code))
    rows = [_shown(row) for row in (await connection.execute(query)).mappings()]
    return rows, await as_of(connection)


def _shown(row: sa.RowMapping) -> dict[str, Any]:
    shown = json_row(row)
    del shown["former_person_ids"]
    return shown
