"""What the areas need: the sum of what their counted households are due.

Owns a read model written in the transaction that logs the needs. A later need of a household takes the place of the
earlier one, also where the household moved to another area.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.needs import tables
from shared.contracts.logistics import NeedRecorded
from shared.contracts.vocabulary import Residence
from shared.kit.database import copy_rows, fetch, json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

_HOUSEHOLD = ("disaster_id", "household_id", "demand_id", "person_count", "displaced", "counted", "lines")
_COUNTS = ("household_count", "person_count", "displaced_household_count", "displaced_person_count")
_AREA = ("demand_id", "disaster_id", "area_code", *_COUNTS)
_LINE = ("demand_id", "item_code", "needed")


def _columns(names: Sequence[str]) -> str:
    return ", ".join(names)


_EARLIER = (
    "SELECT disaster_id, household_id, demand_id, person_count, displaced, counted, lines FROM household_need "
    "WHERE disaster_id = ANY($1) AND household_id = ANY(string_to_array($2, ','))"
)
_REPLACE = (
    "UPDATE household_need AS t SET demand_id = x.demand_id, person_count = x.person_count, "
    "displaced = x.displaced, counted = x.counted, "
    f"lines = x.lines FROM {recordset(tables.household_need, _HOUSEHOLD, place='$1')} "
    "WHERE t.disaster_id = x.disaster_id AND t.household_id = x.household_id"
)
# Rows that exist are changed, only new ones inserted: a change may be negative, which no row to be inserted may be.
_ADD = (
    f"WITH area AS (SELECT * FROM {recordset(tables.demand_area, _AREA, place='$1')}), changed_area AS ("
    f"UPDATE demand_area AS t SET {', '.join(f'{name} = t.{name} + c.{name}' for name in _COUNTS)} "
    "FROM area AS c WHERE t.demand_id = c.demand_id "
    "RETURNING t.demand_id), new_area AS ("
    f"INSERT INTO demand_area ({_columns(_AREA)}) SELECT {_columns(_AREA)} FROM area "
    "WHERE demand_id NOT IN (SELECT demand_id FROM changed_area)), "
    f"line AS (SELECT * FROM {recordset(tables.demand_line, _LINE, place='$2')}), changed_line AS ("
    "UPDATE demand_line AS t SET needed = t.needed + c.needed FROM line AS c "
    "WHERE t.demand_id = c.demand_id AND t.item_code = c.item_code RETURNING t.demand_id, t.item_code) "
    f"INSERT INTO demand_line ({_columns(_LINE)}) SELECT {_columns(_LINE)} FROM line "
    "WHERE (demand_id, item_code) NOT IN (SELECT demand_id, item_code FROM changed_line)"
)

_Key = tuple[str, str]


class _Changes:
    """What a batch of needs adds to the areas."""

    def __init__(self) -> None:
        self.counts: dict[str, list[int]] = defaultdict(lambda: [0] * len(_COUNTS))
        self.needed: dict[tuple[str, str], int] = defaultdict(int)

    def add(
        self, demand_id: str, person_count: int, lines: Sequence[tuple[str, int]], sign: int, *, displaced: bool
    ) -> None:
        counts = self.counts[demand_id]
        counts[0] += sign
        counts[1] += sign * person_count
        if displaced:
            counts[2] += sign
            counts[3] += sign * person_count
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
        elif (row := earlier.get(key)) is not None and row["counted"]:
            changes.add(row["demand_id"], row["person_count"], row["lines"], -1, displaced=row["displaced"])
        _count(changes, need, +1)
        latest[key] = need
    for need in needs:
        changes.counts[need.demand_id]  # An area whose households all count elsewhere is listed with nothing.
    await _keep(connection, latest, earlier)
    await _add(connection, changes)


def _count(changes: _Changes, need: NeedRecorded, sign: int) -> None:
    if need.counted:
        changes.add(need.demand_id, need.person_count, _lines(need), sign, displaced=_displaced(need))


async def _earlier(connection: AsyncConnection, needs: Sequence[NeedRecorded]) -> dict[_Key, asyncpg.Record]:
    disasters = list({need.disaster_id for need in needs})
    rows = await fetch(connection, _EARLIER, disasters, ",".join({need.household_id for need in needs}))
    return {(row["disaster_id"], row["household_id"]): row for row in rows}


async def _keep(connection: AsyncConnection, latest: Mapping[_Key, NeedRecorded], earlier: Collection[_Key]) -> None:
    """Keep each household's latest need; one that another batch kept meanwhile raises a unique violation."""
    new = [
        (*key, need.demand_id, need.person_count, _displaced(need), need.counted, orjson.dumps(_lines(need)).decode())
        for key, need in latest.items()
        if key not in earlier
    ]
    await copy_rows(connection, tables.household_need, _HOUSEHOLD, new)
    again = [
        dict(
            zip(
                _HOUSEHOLD,
                (*key, need.demand_id, need.person_count, _displaced(need), need.counted, _lines(need)),
                strict=True,
            )
        )
        for key, need in latest.items()
        if key in earlier
    ]
    if again:
        await fetch(connection, _REPLACE, json_rows(again))


async def _add(connection: AsyncConnection, changes: _Changes) -> None:
    areas = [
        {
            "demand_id": demand_id,
            "disaster_id": demand_id.partition(":")[0],
            "area_code": demand_id.partition(":")[2],
            **dict(zip(_COUNTS, counts, strict=True)),
        }
        for demand_id, counts in changes.counts.items()
    ]
    lines = [
        {"demand_id": demand_id, "item_code": item_code, "needed": needed}
        for (demand_id, item_code), needed in changes.needed.items()
        if needed
    ]
    await fetch(connection, _ADD, json_rows(areas), json_rows(lines))


def _displaced(need: NeedRecorded) -> bool:
    """Whether a household is in a shelter: those at home and with a host family are served there."""
    return need.residence is Residence.SHELTER


def _lines(need: NeedRecorded) -> list[tuple[str, int]]:
    return [(line.item_code, line.quantity) for line in need.lines]


DEMAND = ReadModel("area_demand", (tables.household_need, tables.demand_area, tables.demand_line), apply_needs)
