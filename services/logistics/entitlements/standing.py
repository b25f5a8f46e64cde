"""How families stand: their persons, the norm they are due by, what they got and what is planned for them.

Owns the read of it, for the read model, the doors and plans alike. Must not write.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

import asyncpg
import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.entitlements.due import Excess, Got, Planned, Share, excesses, shares, window_of
from services.logistics.entitlements.families import families_of
from services.logistics.entitlements.open_rations import open_rations
from services.logistics.entitlements.tables import profile_version
from services.logistics.rations.domain import due
from services.logistics.rations.norms import NORMS
from shared.contracts.logistics import RationLine
from shared.kit.database import fetch
from shared.kit.http.reads import array

_LINES = TypeAdapter(tuple[RationLine, ...])
_PERSONS = (
    "SELECT household_id, person_count, profile_id, profile_version, position FROM household "
    "WHERE household_id = ANY($1)"
)
_SUMS = (
    "SELECT household_id, item_code, CAST(sum(quantity) AS bigint) AS quantity FROM received "
    "WHERE household_id = ANY($1) GROUP BY household_id, item_code"
)
_GOT = (
    "SELECT source, household_id, item_code, quantity, received_on, position FROM received WHERE household_id = ANY($1)"
)
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
    everyone = [member for family in set(families.values()) for member in family]
    if not everyone:
        return {}
    persons = await _persons(connection, everyone)
    norms = await _norms(connection, persons.values())
    got, planned = await _got(connection, everyone), await _planned(connection, everyone)
    found: dict[tuple[str, ...], Family] = {}
    for members in set(families.values()):
        registered = [persons[member] for member in members if member in persons]
        latest = max(registered, key=itemgetter("position"), default=None)
        found[members] = Family(
            members=members,
            person_count=sum(row["person_count"] for row in registered),
            norm=norms[latest["profile_id"], latest["profile_version"]] if latest is not None else None,
            got=tuple(one for member in members for one in got[member]),
            planned=tuple(one for member in members for one in planned[member]),
        )
    return {household_id: found[members] for household_id, members in families.items()}


async def excesses_of(
    connection: AsyncConnection, household_ids: Collection[str]
) -> tuple[Sequence[str], Sequence[tuple[str, Excess]]]:
    """All members of the families of these households, and what of what they got is beyond what was due, by family.

    Why the sums first: most families never got more in all than is due at once, and need no look at each hand-out.
    """
    families = set((await families_of(connection, household_ids)).values())
    everyone = [member for members in families for member in members]
    persons = await _persons(connection, everyone)
    norms = await _norms(connection, persons.values())
    sums: dict[tuple[str, str], int] = {}
    for row in await fetch(connection, _SUMS, everyone):
        sums[row["household_id"], row["item_code"]] = row["quantity"]
    to_look_at = [members for members in families if _may_exceed(members, persons, norms, sums)]
    whole = await standings(connection, [members[0] for members in to_look_at])
    return everyone, [(members[0], one) for members in to_look_at for one in whole[members[0]].excesses()]


def _may_exceed(
    members: tuple[str, ...],
    persons: Mapping[str, asyncpg.Record],
    norms: Mapping[tuple[str, int], Norm],
    sums: Mapping[tuple[str, str], int],
) -> bool:
    registered = [persons[member] for member in members if member in persons]
    if not registered:
        return False
    latest = max(registered, key=itemgetter("position"))
    norm = norms[latest["profile_id"], latest["profile_version"]]
    heads = sum(row["person_count"] for row in registered)
    return any(
        sum(sums.get((member, line.item_code), 0) for member in members)
        > due(line, persons=heads, days=window_of(line, norm.days))
        for line in norm.lines
    )


async def _persons(connection: AsyncConnection, household_ids: Sequence[str]) -> dict[str, asyncpg.Record]:
    return {row["household_id"]: row for row in await fetch(connection, _PERSONS, household_ids)}


async def _norms(connection: AsyncConnection, households: Iterable[asyncpg.Record]) -> dict[tuple[str, int], Norm]:
    wanted = {(row["profile_id"], row["profile_version"]) for row in households}
    query = sa.select(profile_version).where(profile_version.c.profile_id == array(id_ for id_, _ in wanted))
    set_ = {
        (row.profile_id, row.version): (row.days, _LINES.validate_python(row.lines))
        for row in (await connection.execute(query) if wanted else ())
    }
    return {
        (id_, version): Norm(id_, version, *(set_.get((id_, version)) or _BUILT_IN[id_])) for id_, version in wanted
    }


async def _got(connection: AsyncConnection, household_ids: Sequence[str]) -> Mapping[str, list[Got]]:
    found: dict[str, list[Got]] = defaultdict(list)
    for source, household_id, item_code, quantity, on, position in await fetch(connection, _GOT, household_ids):
        found[household_id].append(Got(source, household_id, item_code, quantity, on, position))
    return found


async def _planned(connection: AsyncConnection, household_ids: Sequence[str]) -> Mapping[str, list[Planned]]:
    found: dict[str, list[Planned]] = defaultdict(list)
    for row in await open_rations(connection, household_ids):
        of = (row["distribution_id"], row["household_id"], row["item_code"])
        found[row["household_id"]].append(Planned(*of, row["quantity"], row["planned_for"]))
    return found
