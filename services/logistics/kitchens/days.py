"""Kitchens' days: ingredients in, meals out.

Owns a read model written in the transaction that logs the meals.
"""

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.kitchens.tables import kitchen_day, kitchen_day_item
from shared.contracts.kitchens import MealsServed
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

_DAY = [str(column.name) for column in kitchen_day.columns]
_ITEM = [str(column.name) for column in kitchen_day_item.columns]
_ADD_DAYS = sa.text(
    f"INSERT INTO kitchen_day AS t ({', '.join(_DAY)}) SELECT {', '.join(_DAY)} FROM {recordset(kitchen_day, _DAY)} "
    "ON CONFLICT (kitchen_id, served_on) DO UPDATE SET servings = t.servings + excluded.servings, "
    "portions = t.portions + excluded.portions, flagged = t.flagged + excluded.flagged, "
    "person_count = greatest(t.person_count, excluded.person_count)"
)
_ADD_ITEMS = sa.text(
    f"INSERT INTO kitchen_day_item AS t ({', '.join(_ITEM)}) SELECT {', '.join(_ITEM)} "
    f"FROM {recordset(kitchen_day_item, _ITEM)} ON CONFLICT (kitchen_id, served_on, item_code) DO UPDATE SET "
    "consumed = t.consumed + excluded.consumed, expected = t.expected + excluded.expected"
)


async def apply_meals(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Add these meals to their kitchens' days; meals told again add nothing."""
    days: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    items: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in placed:
        said = one.event.payload
        if not isinstance(said, MealsServed) or one.event.sequence > 1:
            continue
        day = (said.kitchen_id, said.served_on.isoformat())
        sums = days[day]
        sums["servings"] += 1
        sums["portions"] += said.portions
        sums["person_count"] = max(sums["person_count"], said.person_count)
        sums["flagged"] += bool(said.flags)
        for line in said.consumed:
            items[*day, line.item_code][0] += line.quantity
        for wanted in said.expected:
            items[*day, wanted.item_code][1] += wanted.quantity
    if not days:
        return
    rows = [{"kitchen_id": kitchen_id, "served_on": on, **sums} for (kitchen_id, on), sums in days.items()]
    await connection.execute(_ADD_DAYS, {"rows": json_rows(rows)})
    lines = [
        {
            "kitchen_id": kitchen_id,
            "served_on": on,
            "item_code": item_code,
            "consumed": amounts[0],
            "expected": amounts[1],
        }
        for (kitchen_id, on, item_code), amounts in items.items()
    ]
    if lines:
        await connection.execute(_ADD_ITEMS, {"rows": json_rows(lines)})


KITCHEN_DAYS = ReadModel("kitchen_days", (kitchen_day, kitchen_day_item), apply_meals)
