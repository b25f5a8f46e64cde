"""What is shown of families, of what they are due, and of planned distributions.

Owns these reads and the look-up of a plan's families. Must not write.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.entitlements.open_rations import open_rations
from services.logistics.entitlements.plans import PlannedFamily
from services.logistics.entitlements.standing import Family, standings
from services.logistics.entitlements.tables import (
    distribution,
    household,
    over_entitlement,
    planned_ration,
    recipient,
)
from shared.contracts.ids import HouseholdId, ProfileId
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, json_row, rows_of


async def families_to_plan(
    connection: AsyncConnection, household_ids: Sequence[str], *, on: date, today: date, days: int
) -> dict[str, PlannedFamily]:
    """The family of each of these households that is registered, with what it is due on a day."""
    families = await standings(connection, household_ids)
    everyone = {member for family in families.values() for member in family.members}
    query = sa.select(recipient.c.id, recipient.c.version).where(recipient.c.id == array(everyone))
    versions = {row.id: row.version for row in await connection.execute(query)}
    return {
        household_id: PlannedFamily(
            members=tuple((HouseholdId(member), versions.get(member, 0)) for member in family.members),
            person_count=family.person_count,
            profile_id=ProfileId(family.norm.profile_id),
            profile_version=family.norm.version,
            shares=family.shares(on=on, today=today, days=days),
        )
        for household_id, family in families.items()
        if family.norm is not None
    }


async def entitlement_of(
    connection: AsyncConnection, household_id: str, *, on: date, today: date, days: int | None
) -> dict[str, Any] | None:
    """What a household's family is due on a day and what it got, or None if neither need nor hand-out names it."""
    family = (await standings(connection, [household_id]))[household_id]
    if family.norm is None and not family.got:
        return None
    over = sa.select(over_entitlement).where(over_entitlement.c.household_id == array(family.members))
    keys = (over_entitlement.c.received_on, over_entitlement.c.source, over_entitlement.c.item_code)
    return {
        "household_id": household_id,
        "family": list(family.members),
        "person_count": family.person_count,
        **_norm(family),
        "on": on.isoformat(),
        "items": [
            {
                "item_code": share.item_code,
                "window_days": share.window_days,
                "due": share.due,
                "received": share.received,
                "planned": share.planned,
                "left": share.left,
            }
            for share in family.shares(on=on, today=today, days=days).values()
        ],
        "over_entitlement": [json_row(row) for row in (await connection.execute(over.order_by(*keys))).mappings()],
    }


def _norm(family: Family) -> dict[str, Any]:
    if family.norm is None:
        return {}
    return {"profile_id": family.norm.profile_id, "profile_version": family.norm.version}


async def over_entitlements(
    connection: AsyncConnection, disaster_id: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of what households got beyond what their families were due, and the position it shows."""
    query = sa.select(over_entitlement, household.c.disaster_id, household.c.area_code).select_from(
        over_entitlement.outerjoin(household, household.c.household_id == over_entitlement.c.household_id)
    )
    if disaster_id is not None:
        query = query.where(household.c.disaster_id == disaster_id)
    keys = [over_entitlement.c.source, over_entitlement.c.household_id, over_entitlement.c.item_code]
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)


async def distributions(
    connection: AsyncConnection, disaster_id: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of planned distributions, by id, and the position they show."""
    query = sa.select(distribution)
    if disaster_id is not None:
        query = query.where(distribution.c.disaster_id == disaster_id)
    return await rows_of(connection, query, [distribution.c.id], after=after, limit=limit), await as_of(connection)


async def distribution_by_id(connection: AsyncConnection, distribution_id: str) -> dict[str, Any] | None:
    """One planned distribution with the rations still to be given, or None."""
    query = sa.select(distribution).where(distribution.c.id == distribution_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    named = (
        sa.select(planned_ration.c.household_id).where(planned_ration.c.distribution_id == distribution_id).distinct()
    )
    held = await open_rations(connection, list((await connection.execute(named)).scalars()))
    to_give = [
        {name: ration[name] for name in ("household_id", "item_code", "quantity")}
        for ration in held
        if ration["distribution_id"] == distribution_id
    ]
    return {**json_row(row), "to_give": to_give}
