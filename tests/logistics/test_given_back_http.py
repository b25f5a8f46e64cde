"""Hand-outs that carry plans out, and hand-outs taken back, over HTTP on real servers.

Goal: what a household got counts once, beside its plan or by a reversed hand-out never; movements are only added.
Method: a post plans, gives and gives too much; the office reverses, and reverses a reversal; a list is taken back in
part; at the end the log alone rebuilds the same.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.logistics.builders import DISASTER, VILLAGE, new_id
from tests.logistics.neighbour import Neighbour, enrolled, registered
from tests.logistics.office import Office, ago
from tests.logistics.own_supply import own_name, rebuilt_otherwise, reversed_movement
from tests.logistics.test_hard_case_1 import a_plan, rice_of, until_family

pytestmark = pytest.mark.anyio

A_RATION_G = 2_800


async def standing(office: Office, household_id: str) -> tuple[int, int, int]:
    """What a household received, what plans hold for it, and what may still be planned."""
    rice = await rice_of(office, household_id)
    return rice["received"], rice["planned"], rice["left"]


async def over(office: Office, *household_ids: str) -> list[int]:
    """What these households got beyond what they were due."""
    rows = await office.items("/v1/over-entitlements")
    return [row["quantity"] for row in rows if row["household_id"] in household_ids]


async def given(office: Office, lot: str) -> list[dict[str, Any]]:
    """The movements that left stores for people, of one lot."""
    return await office.items("/v1/places/handed_out/card", lot_id=lot)


async def test_what_a_household_got_counts_once_and_not_at_all_once_taken_back(
    office: Office, victims: Neighbour, make_database: Callable[[], str]
) -> None:
    """The plan is carried out by a hand-out; a second hand-out was wrong; in the end the first is taken back too."""
    await office.seed()
    one, other, post = registered(persons=1), registered(persons=1), new_id()
    await victims.publish(enrolled(post), one, other)
    for household in (one, other):
        await until_family(office, household.household_id, 1)
    await office.until(f"/v1/places/{post}")
    lot = await office.receive(10 * A_RATION_G, place_id=post)
    plan = {**a_plan(one.household_id, A_RATION_G), "place_id": post, "distribution_id": (distribution := new_id())}
    await office.done("/v1/distribution-plans", plan)
    assert await standing(office, one.household_id) == (0, A_RATION_G, 0)

    device, now = office.device(post), ago(minutes=0)
    ration = {"lot_id": lot, "quantity": A_RATION_G}
    await device.send(device.handout(DISASTER, ration, household_ids=[one.household_id], time=now))
    assert await standing(office, one.household_id) == (A_RATION_G, 0, 0)
    assert (await office.seen(f"/v1/distribution-plans/{distribution}"))["to_give"] == []

    both = [one.household_id, other.household_id]
    rations = {"lot_id": lot, "quantity": 2 * A_RATION_G}
    await device.send(device.handout(DISASTER, rations, household_ids=both, time=now))
    assert (await standing(office, one.household_id))[0] == 2 * A_RATION_G
    assert await over(office, *both) == [A_RATION_G]
    first, second = await given(office, lot)
    await reversed_movement(office, second["event_id"])
    assert await over(office, *both) == []
    assert await standing(office, one.household_id) == (A_RATION_G, 0, 0)
    assert await standing(office, other.household_id) == (0, 0, A_RATION_G)
    got = await office.items(f"/v1/households/{one.household_id}/lots")
    assert [row["source"] for row in got] == [first["cause"]]
    assert [row["event_id"] for row in (await given(office, lot))[:2]] == [first["event_id"], second["event_id"]]

    reversal = await reversed_movement(office, first["event_id"])
    assert await standing(office, one.household_id) == (0, A_RATION_G, 0)
    await reversed_movement(office, reversal)
    assert await standing(office, one.household_id) == (A_RATION_G, 0, 0)

    await _a_list_taken_back_in_part(office, other.household_id)
    assert await rebuilt_otherwise(office, make_database()) == []


async def _a_list_taken_back_in_part(office: Office, household_id: str) -> None:
    """A third of what a list gave never left the village: its household counts as having got two thirds."""
    village = own_name("desa")
    await office.village(village)
    lots = [await office.receive(quantity, place_id=village) for quantity in (1_000, 2_000)]
    body = {
        "list_id": (list_id := new_id()),
        "disaster_id": DISASTER,
        "place_id": village,
        "area_code": VILLAGE,
        "document_number": "DP-1/2026",
        "scan_sha256": "ab" * 32,
        "handed_out_on": office.runtime.today().isoformat(),
    }
    await office.done("/v1/recipient-lists", body)
    rows = [
        {"household_id": household_id, "lines": [{"item_code": "beras", "quantity": A_RATION_G}]},
        {"lines": [{"item_code": "beras", "quantity": 3_000 - A_RATION_G}]},
    ]
    await office.done(f"/v1/recipient-lists/{list_id}/rows", {"rows": rows})
    await office.done(f"/v1/recipient-lists/{list_id}/posting")
    assert (await standing(office, household_id))[0] == A_RATION_G
    (movement,) = await given(office, lots[0])
    await reversed_movement(office, movement["event_id"])
    assert (await standing(office, household_id))[0] == A_RATION_G * 2_000 // 3_000
