"""Hard case 1: two posts register and serve the same family, over HTTP and the stream, on real servers.

Goal: the family counts once, the next plan is lowered by what both posts gave, and neither linking nor unlinking moves
a gram. Method: events of the victims service on its streams, two posts' devices and the office over HTTP, and the
log replayed into a scratch database at the end.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from services.logistics.stock.tables import movement
from shared.contracts import victims as published
from shared.contracts.ids import PersonId
from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import DISASTER, VILLAGE, new_id
from tests.logistics.neighbour import Neighbour, registered
from tests.logistics.office import Office, slug
from tests.running import PATIENCE_S

pytestmark = pytest.mark.anyio

A_RATION_G = 2_800


def registered_elsewhere(
    first: published.HouseholdRegistration, household_id: str | None = None, *, persons: int
) -> published.HouseholdRegistration:
    """The same persons registered by another post, which saw so many of them."""
    again = registered(household_id, persons)
    twins = [
        person.model_copy(update={"same_identity_as": PersonId(one.person_id)})
        for person, one in zip(again.persons, first.persons, strict=False)
    ]
    return again.model_copy(update={"persons": tuple(twins)})


async def rice_of(office: Office, household_id: str) -> dict[str, Any]:
    shown = await office.seen(f"/v1/entitlements/{household_id}")
    items: dict[str, dict[str, Any]] = {one["item_code"]: one for one in shown["items"]}
    return items["beras"]


async def until_family(office: Office, household_id: str, members: int) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answered = await office.get(f"/v1/entitlements/{household_id}")
            if answered.status_code == 200 and len(answered.json()["family"]) == members:
                content: dict[str, Any] = answered.json()
                if "profile_id" in content:
                    return content
            await asyncio.sleep(0.05)


async def movements(office: Office) -> int:
    async with office.runtime.database.reading() as connection:
        return int(await connection.scalar(select(func.count()).select_from(movement)) or 0)


def a_plan(household_id: str, quantity: int) -> dict[str, Any]:
    return {
        "disaster_id": DISASTER,
        "place_id": "desa-2001",
        "area_code": VILLAGE,
        "households": [{"household_id": household_id, "lines": [{"item_code": "beras", "quantity": quantity}]}],
    }


async def test_a_family_served_by_two_posts_counts_once(
    office: Office, victims: Neighbour, make_database: Callable[[], str]
) -> None:
    """Both hand-outs stand, the second is flagged, the next plan is lowered; unlinked, all is as if never linked."""
    await office.seed()
    await office.village()
    at_first = registered(persons=4)
    at_second = registered_elsewhere(at_first, persons=4)
    first, second = at_first.household_id, at_second.household_id
    await victims.publish(at_first)
    await until_family(office, first, 1)
    lot = await office.receive(100_000)
    for household_id in (first, second):
        device = office.device(new_id())
        given = {"lot_id": lot, "quantity": 4 * A_RATION_G}
        (answer,) = await device.send(device.handout(DISASTER, given, household_ids=[household_id]))
        assert answer["status"] == "accepted"
    assert await office.items("/v1/over-entitlements") == []
    moved = await movements(office)

    await victims.publish(at_second)
    family = await until_family(office, second, 2)
    assert (family["person_count"], set(family["family"])) == (4, {first, second})
    (over,) = await office.items("/v1/over-entitlements")
    assert (over["household_id"], over["quantity"]) == (second, 4 * A_RATION_G)
    rice = await rice_of(office, first)
    assert (rice["due"], rice["received"], rice["left"]) == (4 * A_RATION_G, 8 * A_RATION_G, 0)

    refused = await office.post("/v1/distribution-plans", a_plan(first, 1))
    assert (refused.status_code, slug(refused)) == (409, "over-entitlement")
    assert f"{first}: beras 0" in refused.json()["detail"]

    pair = {"household_id": first, "other_household_id": second}
    await office.done("/v1/families:unlink", {**pair, "reason": "different_persons"})
    assert await office.items("/v1/over-entitlements") == []
    assert (await until_family(office, first, 1))["person_count"] == 4
    await office.done("/v1/families:link", {**pair, "reason": "same_persons"})
    assert [one["quantity"] for one in await office.items("/v1/over-entitlements")] == [4 * A_RATION_G]
    assert await movements(office) == moved
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []


async def test_the_next_plan_is_what_is_left_and_two_plans_share_it(office: Office, victims: Neighbour) -> None:
    """Half was given: the other half may be planned once, for whichever household of the family."""
    await office.seed()
    await office.village()
    at_first = registered(persons=4)
    at_second = registered_elsewhere(at_first, persons=2)
    await victims.publish(at_first, at_second)
    first, second = at_first.household_id, at_second.household_id
    await until_family(office, first, 2)
    lot = await office.receive(100_000)
    device = office.device(new_id())
    await device.send(device.handout(DISASTER, {"lot_id": lot, "quantity": 2 * A_RATION_G}, household_ids=[first]))
    too_much = await office.post("/v1/distribution-plans", a_plan(second, 2 * A_RATION_G + 1))
    assert f"{second}: beras {2 * A_RATION_G}" in too_much.json()["detail"]
    answers = await asyncio.gather(
        *(office.post("/v1/distribution-plans", a_plan(one, 2 * A_RATION_G)) for one in (first, second))
    )
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert (await rice_of(office, first))["left"] == 0
    (planned,) = await office.items("/v1/distribution-plans", disaster_id=DISASTER)
    await office.done(f"/v1/distribution-plans/{planned['id']}/cancellation", {"reason": "not_held"})
    assert (await rice_of(office, second))["left"] == 2 * A_RATION_G


async def test_a_household_registered_after_it_was_served_is_judged_then(office: Office, victims: Neighbour) -> None:
    """Until it is known how many they are, nothing is over; a correction of the household judges anew."""
    await office.seed()
    lot = await office.receive(100_000)
    household_id = new_id()
    device = office.device(new_id())
    given = {"lot_id": lot, "quantity": 3 * A_RATION_G}
    await device.send(device.handout(DISASTER, given, household_ids=[household_id]))
    assert await office.items("/v1/over-entitlements") == []
    await victims.publish(registered(household_id, 2))
    await until_family(office, household_id, 1)
    (over,) = await office.items("/v1/over-entitlements", disaster_id=DISASTER)
    assert over["quantity"] == A_RATION_G
    await victims.publish(registered(household_id, 3, again=True))
    await office.until("/v1/over-entitlements", count=0)
