"""How families stand: their persons, the norm they are due by, what they got and what is planned for them.

Owns the read of it, for the read model, the doors and plans alike. Must not write.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.entitlements.due import Excess, Got, Planned, Share, excesses, shares
from services.logistics.entitlements.families import families_of
from services.logistics.entitlements.tables import household, planned_ration, profile_version
from services.logistics.handouts.tables import received
from services.logistics.rations.norms import NORMS
from shared.contracts.logistics import RationLine
from shared.kit.http.reads import array

_LINES = TypeAdapter(tuple[RationLine, ...])
# A need may be derived by a built-in norm that was never set as a profile.
_BUILT_IN = {norm.profile_id: (norm.days, norm.lines) for norm in NORMS}


@dataclass(frozen=True, slots=True)
class Norm:
    """A version of a ration profile."""

    profile_id: str
    version: int
    days: int
    lines: tuple[RationLine, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """Households that are one family; `norm` is None while none of them is registered here."""

    members: tuple[str, ...]
    person_count: int
    norm: Norm | None
    got: tuple[Got, ...]
    planned: tuple[Planned, ...]

    def shares(self, *, on: date, today: date, days: int | None = None) -> dict[str, Share]:
        """What it is due on a day by item, for so many days or those of its norm."""
        if self.norm is None:
            return {}
        days = days or self.norm.days
        return shares(
            self.norm.lines, self.person_count, days=days, on=on, today=today, got=self.got, planned=self.planned
        )

    def excesses(self) -> list[Excess]:
        """What it got beyond what it was due; nothing where nobody of it is registered."""
        if self.norm is None or not self.person_count:
            return []
        return list(excesses(self.norm.lines, self.person_count, days=self.norm.days, got=self.got))


async def standings(connection: AsyncConnection, household_ids: Collection[str]) -> dict[str, Family]:
    """The family of each of these households, and how it stands."""
    families = await families_of(connection, household_ids)
    everyone = {member for family in families.values() for member in family}
    if not everyone:
        return {}
    persons = await _rows_by_household(connection, household, everyone)
    norms = await _norms(connection, [row for rows in persons.values() for row in rows])
    got = await _rows_by_household(connection, received, everyone)
    planned = await _rows_by_household(connection, planned_ration, everyone)
    found: dict[tuple[str, ...], Family] = {}
    for members in set(families.values()):
        registered = [row for member in members for row in persons.get(member, ())]
        latest = max(registered, key=lambda row: row.position, default=None)
        found[members] = Family(
            members=members,
            person_count=sum(row.person_count for row in registered),
            norm=norms[latest.profile_id, latest.profile_version] if latest is not None else None,
            got=tuple(_got(row) for member in members for row in got.get(member, ())),
            planned=tuple(_planned(row) for member in members for row in planned.get(member, ())),
        )
    return {household_id: found[members] for household_id, members in families.items()}


async def _rows_by_household(
    connection: AsyncConnection, table: sa.Table, household_ids: Collection[str]
) -> Mapping[str, list[sa.Row[Any]]]:
    found: dict[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in await connection.execute(sa.select(table).where(table.c.household_id == array(household_ids))):
        found[row.household_id].append(row)
    return found


async def _norms(connection: AsyncConnection, households: Collection[sa.Row[Any]]) -> dict[tuple[str, int], Norm]:
    wanted = {(row.profile_id, row.profile_version) for row in households}
    query = sa.select(profile_version).where(profile_version.c.profile_id == array(id_ for id_, _ in wanted))
    set_ = {
        (row.profile_id, row.version): (row.days, _LINES.validate_python(row.lines))
        for row in (await connection.execute(query) if wanted else ())
    }
    return {
        (id_, version): Norm(id_, version, *(set_.get((id_, version)) or _BUILT_IN[id_])) for id_, version in wanted
    }


def _got(row: sa.Row[Any]) -> Got:
    return Got(row.source, row.household_id, row.item_code, row.quantity, row.received_on, row.position)


def _planned(row: sa.Row[Any]) -> Planned:
    return Planned(row.distribution_id, row.household_id, row.item_code, row.quantity, row.planned_for)
