"""What households and families are due, kept up with every need, hand-out, list, plan and link.

Owns a read model written in the transaction that logs the events. Who is linked to whom changes what stands as over
the entitlement, at once and for what was got before; it moves no goods and changes no sum of what anybody got.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.entitlements import tables
from services.logistics.entitlements.families import regroup
from services.logistics.entitlements.standing import standings
from services.logistics.handouts.tables import received
from shared.contracts.distribution import (
    DistributionCancelled,
    HouseholdsLinked,
    HouseholdsUnlinked,
    RationPlanned,
    RecipientListPosted,
)
from shared.contracts.ids import HouseholdId
from shared.contracts.logistics import GoodsHandedOut, NeedRecorded, RationProfileSet
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.http.reads import array
from shared.kit.log.append import Placed


def _upsert(table: sa.Table, *changing: str) -> tuple[sa.Table, sa.TextClause]:
    columns = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key.columns]
    changes = ", ".join(f"{name} = excluded.{name}" for name in changing)
    names = ", ".join(columns)
    return table, sa.text(
        f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {recordset(table, columns)} "
        f"ON CONFLICT ({', '.join(keys)}) DO {f'UPDATE SET {changes}' if changes else 'NOTHING'}"
    )


_PROFILES = _upsert(tables.profile_version, "days", "lines")
_HOUSEHOLDS = _upsert(
    tables.household, "disaster_id", "area_code", "person_count", "profile_id", "profile_version", "position"
)
_IDENTITY = ("household_id", "identity_id")
# One statement: the persons a household does not have any more go, new ones come.
_IDENTITIES = sa.text(
    f"WITH now AS (SELECT * FROM {recordset(tables.household_identity, _IDENTITY)}), gone AS ("
    "DELETE FROM household_identity AS h USING (SELECT DISTINCT household_id FROM now) AS n "
    "WHERE h.household_id = n.household_id "
    "AND NOT EXISTS (SELECT FROM now WHERE now.household_id = h.household_id AND now.identity_id = h.identity_id)) "
    "INSERT INTO household_identity (household_id, identity_id) SELECT household_id, identity_id FROM now "
    "ON CONFLICT DO NOTHING"
)
# Most households registered share nobody with another and got nothing yet: for them nothing is to be reckoned.
_CONCERNED = sa.text(
    "SELECT id FROM unnest(CAST(:ids AS text[])) AS n(id) "
    "WHERE EXISTS (SELECT FROM received WHERE household_id = n.id) "
    "OR EXISTS (SELECT FROM family_member WHERE household_id = n.id) "
    "OR EXISTS (SELECT FROM family_link WHERE household_id = n.id) "
    "OR EXISTS (SELECT FROM household_identity AS h JOIN household_identity AS o USING (identity_id) "
    "WHERE h.household_id = n.id AND o.household_id <> n.id)"
)
_LINKS = _upsert(tables.family_link, "linked")
_PLANNED = _upsert(tables.planned_ration)
_OVER = _upsert(tables.over_entitlement)


async def apply_entitlements(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Bring families, plans and what is over the entitlement to the state after these events."""
    await _keep_profiles(connection, placed)
    needs = {
        said.household_id: (said, one.position) for one in placed if isinstance(said := one.event.payload, NeedRecorded)
    }
    regrouped = await _keep_households(connection, needs) if needs else set()
    regrouped |= await _keep_links(connection, placed)
    touched = await regroup(connection, regrouped) if regrouped else set()
    await _keep_plans(connection, placed)
    touched |= await _that_got(connection, placed)
    if touched:
        await _flag(connection, touched)


async def _write(
    connection: AsyncConnection, upsert: tuple[sa.Table, sa.TextClause], rows: Sequence[dict[str, Any]]
) -> None:
    if rows:
        await connection.execute(upsert[1], {"rows": json_rows(rows)})


async def _keep_profiles(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    rows = [
        {
            "profile_id": one.event.ref.id,
            "version": one.event.sequence,
            "days": one.event.payload.days,
            "lines": [line.model_dump(mode="json") for line in one.event.payload.lines],
        }
        for one in placed
        if isinstance(one.event.payload, RationProfileSet)
    ]
    await _write(connection, _PROFILES, rows)


async def _keep_households(
    connection: AsyncConnection, needs: Mapping[HouseholdId, tuple[NeedRecorded, int]]
) -> set[str]:
    rows = [
        {
            "household_id": said.household_id,
            "disaster_id": said.disaster_id,
            "area_code": said.area_code,
            "person_count": said.person_count if said.counted else 0,
            "profile_id": said.profile_id,
            "profile_version": said.profile_version,
            "position": position,
        }
        for said, position in needs.values()
    ]
    await _write(connection, _HOUSEHOLDS, rows)
    identities = [
        {"household_id": said.household_id, "identity_id": id_}
        for said, _ in needs.values()
        for id_ in dict.fromkeys(said.identity_ids)
    ]
    if identities:
        await connection.execute(_IDENTITIES, {"rows": json_rows(identities)})
    return set((await connection.execute(_CONCERNED, {"ids": sorted(needs)})).scalars())


async def _keep_links(connection: AsyncConnection, placed: Sequence[Placed]) -> set[str]:
    said = [one.event.payload for one in placed if isinstance(one.event.payload, HouseholdsLinked | HouseholdsUnlinked)]
    latest = {(one.household_id, one.other_household_id): isinstance(one, HouseholdsLinked) for one in said}
    rows = [
        {"household_id": one, "other_household_id": other, "linked": linked} for (one, other), linked in latest.items()
    ]
    await _write(connection, _LINKS, rows)
    return {one for one, _ in latest}


async def _keep_plans(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    rows = [
        {
            "distribution_id": said.distribution_id,
            "household_id": said.household_id,
            "item_code": line.item_code,
            "quantity": line.quantity,
            "planned_for": said.planned_for.isoformat(),
        }
        for one in placed
        if isinstance(said := one.event.payload, RationPlanned)
        for line in said.lines
    ]
    await _write(connection, _PLANNED, rows)
    held = tables.planned_ration
    cancelled = [one.event.ref.id for one in placed if isinstance(one.event.payload, DistributionCancelled)]
    if cancelled:
        await connection.execute(sa.delete(held).where(held.c.distribution_id == array(cancelled)))
    for one in placed:
        if isinstance(said := one.event.payload, RecipientListPosted):
            served = sa.select(received.c.household_id).where(received.c.source == one.event.ref.subject)
            same = held.c.distribution_id == said.distribution_id
            await connection.execute(sa.delete(held).where(same, held.c.household_id.in_(served)))


async def _that_got(connection: AsyncConnection, placed: Sequence[Placed]) -> set[str]:
    named = [
        said
        for one in placed
        if isinstance(said := one.event.payload, GoodsHandedOut) and said.household_ids and one.event.sequence == 1
    ]
    found = {str(household_id) for said in named for household_id in said.household_ids}
    lists = [one.event.ref.subject for one in placed if isinstance(one.event.payload, RecipientListPosted)]
    if lists:
        query = sa.select(received.c.household_id).where(received.c.source == array(lists)).distinct()
        found |= set((await connection.execute(query)).scalars())
    return found


async def _flag(connection: AsyncConnection, household_ids: Collection[str]) -> None:
    """Say anew what these households' families got beyond what they were due."""
    families = {family.members: family for family in (await standings(connection, household_ids)).values()}
    everyone = [member for members in families for member in members]
    over = tables.over_entitlement
    await connection.execute(sa.delete(over).where(over.c.household_id == array(everyone)))
    rows = [
        {
            "source": excess.got.source,
            "household_id": excess.got.household_id,
            "item_code": excess.got.item_code,
            "family_id": family.members[0],
            "quantity": excess.quantity,
            "received_on": excess.got.on.isoformat(),
        }
        for family in families.values()
        for excess in family.excesses()
    ]
    await _write(connection, _OVER, rows)


ENTITLEMENTS = ReadModel(
    "entitlements",
    (
        tables.profile_version,
        tables.household,
        tables.household_identity,
        tables.family_link,
        tables.family_member,
        tables.planned_ration,
        tables.over_entitlement,
    ),
    apply_entitlements,
)
