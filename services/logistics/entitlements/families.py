"""Which households are one family: those that share a registered person or that the office linked.

Owns the grouping. What the office says of two households goes before what their persons tell. Groups larger than a
family can be (a card number that many gave) are no family. Must not judge what families got.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.entitlements.tables import family_member
from shared.contracts.distribution import FAMILY_MAX
from shared.kit.database import json_rows, recordset
from shared.kit.http.reads import array

_BY_IDENTITY = sa.text(
    "WITH shared AS (SELECT identity_id FROM household_identity WHERE identity_id IN "
    "(SELECT identity_id FROM household_identity WHERE household_id = ANY(CAST(:ids AS text[]))) "
    "GROUP BY identity_id HAVING count(*) BETWEEN 2 AND :most) "
    "SELECT h.identity_id, h.household_id FROM household_identity AS h JOIN shared USING (identity_id) "
    "ORDER BY h.identity_id, h.household_id"
)
_BY_OFFICE = sa.text(
    "SELECT household_id, other_household_id, linked FROM family_link WHERE household_id = ANY(CAST(:ids AS text[]))"
)
_MEMBERS = ("household_id", "family_id")
_KEEP = sa.text(
    f"INSERT INTO family_member ({', '.join(_MEMBERS)}) SELECT {', '.join(_MEMBERS)} "
    f"FROM {recordset(family_member, _MEMBERS)}"
)

Edges = dict[str, set[str]]


async def families_of(connection: AsyncConnection, household_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The family of each of these households as it stands: its members in order, itself among them."""
    if not household_ids:
        return {}
    mine = sa.select(family_member.c.family_id).where(family_member.c.household_id == array(household_ids))
    query = sa.select(family_member).where(family_member.c.family_id.in_(mine))
    members: dict[str, list[str]] = defaultdict(list)
    for row in await connection.execute(query.order_by(family_member.c.household_id)):
        members[row.family_id].append(row.household_id)
    found = {member: tuple(family) for family in members.values() for member in family}
    return {id_: found.get(id_, (id_,)) for id_ in household_ids}


async def regroup(connection: AsyncConnection, household_ids: Collection[str]) -> set[str]:
    """Group these households and all they stand or stood with anew; gives every household whose family may differ."""
    before = await families_of(connection, household_ids)
    seeds = {member for family in before.values() for member in family}
    edges = await _edges_from(connection, seeds)
    everyone = seeds | set(edges)
    groups = [group for group in components(everyone, edges) if 1 < len(group) <= FAMILY_MAX]
    if not groups and all(len(family) == 1 for family in before.values()):
        return everyone
    await connection.execute(sa.delete(family_member).where(family_member.c.household_id == array(everyone)))
    rows = [{"household_id": member, "family_id": group[0]} for group in groups for member in group]
    if rows:
        await connection.execute(_KEEP, {"rows": json_rows(rows)})
    return everyone


def components(households: Iterable[str], edges: Edges) -> list[tuple[str, ...]]:
    """The households in groups that edges connect, each in order."""
    open_ = set(households)
    groups = []
    for start in sorted(open_):
        if start not in open_:
            continue
        group, frontier = {start}, [start]
        while frontier:
            near = edges.get(frontier.pop(), set()) - group
            group |= near
            frontier += near
        open_ -= group
        groups.append(tuple(sorted(group)))
    return groups


async def _edges_from(connection: AsyncConnection, seeds: Collection[str]) -> Edges:
    """Everything these households are connected with, directly or by others."""
    edges: Edges = defaultdict(set)
    asked: set[str] = set()
    frontier = set(seeds)
    while frontier:
        asked |= frontier
        near = await _near(connection, sorted(frontier))
        for one, other in near:
            edges[one].add(other)
            edges[other].add(one)
        frontier = set(edges) - asked
    return edges


async def _near(connection: AsyncConnection, household_ids: Sequence[str]) -> set[tuple[str, str]]:
    sharing: dict[str, list[str]] = defaultdict(list)
    for row in await connection.execute(_BY_IDENTITY, {"ids": household_ids, "most": FAMILY_MAX}):
        sharing[row.identity_id].append(row.household_id)
    pairs = {(one, other) for group in sharing.values() for one in group for other in group if one < other}
    everyone = sorted({*household_ids, *(id_ for pair in pairs for id_ in pair)})
    for row in await connection.execute(_BY_OFFICE, {"ids": everyone}):
        pair = tuple(sorted((row.household_id, row.other_household_id)))
        if row.linked:
            pairs.add((pair[0], pair[1]))
        else:
            pairs.discard((pair[0], pair[1]))
    return pairs
