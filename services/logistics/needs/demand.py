"""What the areas need: the sum of what their counted households are due.

Owns a read model written in the transaction that logs the needs. A later need of a household takes the place of the
earlier one, also where the household moved to another area.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.needs import tables
from shared.contracts.logistics import NeedRecorded
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

_HOUSEHOLD = ("disaster_id", "household_id", "demand_id", "person_count", "counted", "lines")
_AREA = ("demand_id", "disaster_id", "area_code", "household_count", "person_count")
_LINE = ("demand_id", "item_code", "needed")


def _columns(names: Sequence[str]) -> str:
    return ", ".join(names)


_EARLIER = sa.text(
    "SELECT disaster_id, household_id, demand_id, person_count, counted, lines FROM household_need "
    "WHERE (disaster_id, household_id) IN "
    "(SELECT * FROM unnest(CAST(:disasters AS text[]), CAST(:households AS text[])))"
)
_KEEP = sa.text(
    f"INSERT INTO household_need ({_columns(_HOUSEHOLD)}) SELECT {_columns(_HOUSEHOLD)} "
    f"FROM {recordset(tables.household_need, _HOUSEHOLD)} ON CONFLICT (disaster_id, household_id) DO UPDATE SET "
    "demand_id = excluded.demand_id, person_count = excluded.person_count, counted = excluded.counted, "
    "lines = excluded.lines"
)
# Rows that exist are changed, only new ones inserted: a change may be negative, which no row to be inserted may be.
_ADD_TO_AREAS = sa.text(
    f"WITH change AS (SELECT * FROM {recordset(tables.demand_area, _AREA)}), changed AS ("
    "UPDATE demand_area AS t SET household_count = t.household_count + c.household_count, "
    "person_count = t.person_count + c.person_count FROM change AS c WHERE t.demand_id = c.demand_id "
    "RETURNING t.demand_id) "
    f"INSERT INTO demand_area ({_columns(_AREA)}) SELECT {_columns(_AREA)} FROM change "
    "WHERE demand_id NOT IN (SELECT demand_id FROM changed)"
)
_ADD_TO_LINES = sa.text(
    f"WITH change AS (SELECT * FROM {recordset(tables.demand_line, _LINE)}), changed AS ("
    "UPDATE demand_line AS t SET needed = t.needed + c.needed FROM change AS c "
    "WHERE t.demand_id = c.demand_id AND t.item_code = c.item_code RETURNING t.demand_id, t.item_code) "
    f"INSERT INTO demand_line ({_columns(_LINE)}) SELECT {_columns(_LINE)} FROM change "
    "WHERE (demand_id, item_code) NOT IN (SELECT demand_id, item_code FROM changed)"
)

_Key = tuple[str, str]


class _Changes:
    """What a batch of needs adds to the areas."""

    def __init__(self) -> None:
        self.counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.needed: dict[tuple[str, str], int] = defaultdict(int)

    def add(self, demand_id: str, person_count: int, lines: Sequence[tuple[str, int]], sign: int) -> None:
        counts = self.counts[demand_id]
        counts[0] += sign
        counts[1] += sign * person_count
        for item_code, quantity in lines:
            self.needed[(demand_id, item_code)] += sign * quantity


async def apply_needs(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Bring the areas' sums to the state after these needs."""
    needs = [one.event.payload for one in placed if isinstance(one.event.payload, NeedRecorded)]
    if not needs:
        return
    earlier = await _earlier(connection, needs)
    changes = _Changes()
    latest: dict[_Key, NeedRecorded] = {}
    for need in needs:
        key = (need.disaster_id, need.household_id)
        before = latest.get(key)
        if before is not None:
            _count(changes, before, -1)
        elif (row := earlier.get(key)) is not None and row.counted:
            changes.add(row.demand_id, row.person_count, [(code, quantity) for code, quantity in row.lines], -1)
        _count(changes, need, +1)
        latest[key] = need
    await _write(connection, latest, changes, {need.demand_id: need for need in needs})


def _count(changes: _Changes, need: NeedRecorded, sign: int) -> None:
    if need.counted:
        lines = [(line.item_code, line.quantity) for line in need.lines]
        changes.add(need.demand_id, need.person_count, lines, sign)


async def _earlier(connection: AsyncConnection, needs: Sequence[NeedRecorded]) -> dict[_Key, sa.Row[Any]]:
    wanted = {
        "disasters": [need.disaster_id for need in needs],
        "households": [need.household_id for need in needs],
    }
    rows = (await connection.execute(_EARLIER.columns(lines=tables.household_need.c.lines.type), wanted)).all()
    return {(row.disaster_id, row.household_id): row for row in rows}


async def _write(
    connection: AsyncConnection, latest: dict[_Key, NeedRecorded], changes: _Changes, areas: dict[str, NeedRecorded]
) -> None:
    households = [
        {
            "disaster_id": need.disaster_id,
            "household_id": need.household_id,
            "demand_id": need.demand_id,
            "person_count": need.person_count,
            "counted": need.counted,
            "lines": [[line.item_code, line.quantity] for line in need.lines],
        }
        for need in latest.values()
    ]
    await connection.execute(_KEEP, {"rows": json_rows(households)})
    for demand_id in areas:
        changes.counts[demand_id]  # An area whose households all count elsewhere is listed with nothing.
    counts = [
        {
            "demand_id": demand_id,
            "disaster_id": demand_id.partition(":")[0],
            "area_code": demand_id.partition(":")[2],
            "household_count": households_,
            "person_count": persons,
        }
        for demand_id, (households_, persons) in changes.counts.items()
    ]
    await connection.execute(_ADD_TO_AREAS, {"rows": json_rows(counts)})
    lines = [
        {"demand_id": demand_id, "item_code": item_code, "needed": needed}
        for (demand_id, item_code), needed in changes.needed.items()
        if needed
    ]
    if lines:
        await connection.execute(_ADD_TO_LINES, {"rows": json_rows(lines)})


DEMAND = ReadModel("area_demand", (tables.household_need, tables.demand_area, tables.demand_line), apply_needs)
