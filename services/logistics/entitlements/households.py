"""The registered households as their last needs tell them: how many count there, by which norm, and who they are.

Owns writing them, and saying for which of them families or entitlements may have changed. Most households that are
registered share nobody with another and got nothing yet: for them nothing is to be reckoned.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.entitlements import tables
from shared.contracts.ids import HouseholdId
from shared.contracts.logistics import NeedRecorded
from shared.kit.database import copy_rows, fetch, json_rows, recordset
from shared.kit.http.reads import array

# A household's latest need, and where it stands in the log.
Needs = Mapping[HouseholdId, tuple[NeedRecorded, int]]

_HOUSEHOLD = [str(column.name) for column in tables.household.columns]
_IDENTITY = ("household_id", "identity_id")
_REPLACE = (
    "UPDATE household AS t SET disaster_id = x.disaster_id, area_code = x.area_code, person_count = x.person_count, "
    "profile_id = x.profile_id, profile_version = x.profile_version, position = x.position "
    f"FROM {recordset(tables.household, _HOUSEHOLD, place='$1')} WHERE t.household_id = x.household_id"
)
_NAMED = (
    "SELECT household_id, true AS registered FROM household WHERE household_id = ANY($1) "
    "UNION SELECT household_id, false FROM received WHERE household_id = ANY($1) "
    "UNION SELECT household_id, false FROM family_link WHERE household_id = ANY($1)"
)
_SHARED = "SELECT DISTINCT identity_id FROM household_identity WHERE identity_id = ANY($1)"


async def keep_households(connection: AsyncConnection, needs: Needs) -> set[str]:
    """Write these households; gives those whose family or entitlement may be another now."""
    named = await fetch(connection, _NAMED, list(needs))
    registered = {row["household_id"] for row in named if row["registered"]}
    identities = [(id_, one) for id_, (said, _) in needs.items() for one in dict.fromkeys(said.identity_ids)]
    shared = await _shared(connection, identities)
    await _write(connection, needs, registered)
    if registered:
        gone = tables.household_identity.c.household_id == array(registered)
        await connection.execute(sa.delete(tables.household_identity).where(gone))
    await copy_rows(connection, tables.household_identity, _IDENTITY, identities)
    return {row["household_id"] for row in named} | {id_ for id_, one in identities if one in shared}


async def _shared(connection: AsyncConnection, identities: Iterable[tuple[str, str]]) -> set[str]:
    """Which of these persons are in a household before, or in two of these."""
    times = Counter(identity_id for _, identity_id in identities)
    before = await fetch(connection, _SHARED, list(times))
    return {row["identity_id"] for row in before} | {one for one, count in times.items() if count > 1}


async def _write(connection: AsyncConnection, needs: Needs, registered: Collection[str]) -> None:
    rows = [
        (
            said.household_id,
            said.disaster_id,
            said.area_code,
            said.person_count if said.counted else 0,
            said.profile_id,
            said.profile_version,
            position,
        )
        for said, position in needs.values()
    ]
    await copy_rows(connection, tables.household, _HOUSEHOLD, [row for row in rows if row[0] not in registered])
    again = [dict(zip(_HOUSEHOLD, row, strict=True)) for row in rows if row[0] in registered]
    if again:
        await fetch(connection, _REPLACE, json_rows(again))
