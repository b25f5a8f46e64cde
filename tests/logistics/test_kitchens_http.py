"""A field kitchen's day over HTTP on the real servers: the office and a post tell of its meals."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import DISASTER, VILLAGE, new_id
from tests.logistics.office import Office, slug

pytestmark = pytest.mark.anyio


def meals(portions: int, rice_g: int) -> dict[str, Any]:
    dishes = {"item_code": "lauk-pauk", "quantity": portions}
    return {
        "disaster_id": DISASTER,
        "portions": portions,
        "person_count": 100,
        "ingredients": [{"item_code": "beras", "quantity": rice_g}, dishes],
    }


async def test_a_kitchens_day_adds_up(office: Office, make_database: Callable[[], str]) -> None:
    """Two servings, one told by the office and one by a post: ingredients, portions, and what two meals each lack."""
    await office.seed()
    kitchen = {"place_id": "dapur-kasongan", "place_kind": "kitchen", "area_code": VILLAGE}
    await office.done("/v1/places", kitchen)
    rice = await office.receive(30_000, place_id="dapur-kasongan")
    await office.receive(200, place_id="dapur-kasongan", item_code="lauk-pauk")
    path = "/v1/kitchens/dapur-kasongan"
    await office.done(f"{path}/meals", meals(100, 20_000))
    device = office.device(new_id())
    told = {**meals(60, 30_000), "meal_id": new_id(), "kitchen_id": "dapur-kasongan"}
    (answer,) = await device.send(device.event("field.meals_served.v1", told))
    assert answer["status"] == "accepted"
    assert {"negative_stock", "implausible_consumption", "unknown_post"} <= set(answer["flags"])
    (day,) = await office.items(f"{path}/days")
    assert {name: day[name] for name in ("servings", "portions", "portions_due", "short", "flagged")} == {
        "servings": 2,
        "portions": 160,
        "portions_due": 200,
        "short": 40,
        "flagged": 1,
    }
    assert day["items"] == [
        {"item_code": "beras", "consumed": 50_000, "expected": 32_000},
        {"item_code": "lauk-pauk", "consumed": 160, "expected": 160},
    ]
    shown = await office.seen(f"/v1/lots/{rice}")
    assert {one["place_id"]: one["on_hand"] for one in shown["balances"]}["consumed"] == 30_000
    refused = await office.post(f"{path}/meals", meals(10, 1_000_000))
    assert (refused.status_code, slug(refused)) == (409, "ingredients-short")
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []
