"""What households and families are due, kept up with every need, hand-out, list, reversal, plan and link.

Owns a read model written in the transaction that logs the events. Who is linked to whom changes what stands as over
the entitlement, at once and for what was got before; it moves no goods and changes no sum of what anybody got.
"""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.entitlements import tables
from services.logistics.entitlements.families import regroup
from services.logistics.entitlements.households import keep_households
from services.logistics.entitlements.standing import excesses_of
from services.logistics.handouts.recipients import given_back, source_of
from services.logistics.handouts.tables import received
from shared.contracts.distribution import (
    DistributionCancelled,
    HouseholdsLinked,
    HouseholdsUnlinked,
    RationPlanned,
    RecipientListPosted,
)
from shared.contracts.logistics import GoodsHandedOut, NeedRecorded, RationProfileSet, StockMoved
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
_LINKS = _upsert(tables.family_link, "linked")
_PLANNED = _upsert(tables.planned_ration)
_OVER = _upsert(tables.over_entitlement)


async def apply_entitlements(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Bring families, plans and what is over the entitlement to the state after these events."""
    await _keep_profiles(connection, placed)
    needs = {
        said.household_id: (said, one.position) for one in placed if isinstance(said := one.event.payload, NeedRecorded)
    }
    regrouped = await keep_households(connection, needs) if needs else set()
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
            "position": one.position,
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
            served = sa.select(received.c.household_id).where(received.c.source == source_of(one, said))
            same = held.c.distribution_id == said.distribution_id
            await connection.execute(sa.delete(held).where(same, held.c.household_id.in_(served)))


async def _that_got(connection: AsyncConnection, placed: Sequence[Placed]) -> set[str]:
    named = [
        said
        for one in placed
        if isinstance(said := one.event.payload, GoodsHandedOut) and said.household_ids and one.event.sequence == 1
    ]
    found = {str(household_id) for said in named for household_id in said.household_ids}
    payloads = [(one, one.event.payload) for one in placed]
    sources = [source_of(one, said) for one, said in payloads if isinstance(said, RecipientListPosted)]
    sources += [source for _, said in payloads if isinstance(said, StockMoved) and (source := given_back(said))]
    if sources:
        query = sa.select(received.c.household_id).where(received.c.source == array(sources)).distinct()
        found |= set((await connection.execute(query)).scalars())
    return found


async def _flag(connection: AsyncConnection, household_ids: Collection[str]) -> None:
    """Say anew what these households' families got beyond what they were due."""
    everyone, found = await excesses_of(connection, household_ids)
    over = tables.over_entitlement
    await connection.execute(sa.delete(over).where(over.c.household_id == array(everyone)))
    rows = [
        {
            "source": excess.got.source,
            "household_id": excess.got.household_id,
            "item_code": excess.got.item_code,
            "family_id": family_id,
            "quantity": excess.quantity,
            "received_on": excess.got.on.isoformat(),
        }
        for family_id, excess in found
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
