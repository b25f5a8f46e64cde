"""One relief supply from registrations to hands, over HTTP and the stream, on real servers.

Goal: goods and needs agree at every step, and the log alone rebuilds all of it. Method: events of the victims
service on its streams, an office and a post's device over HTTP, then a replay into a scratch database.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.logistics.places.domain import HANDED_OUT, LOST
from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import DISASTER, POST, VILLAGE, new_id
from tests.logistics.neighbour import Neighbour, device_enrolled, enrolled, registered
from tests.logistics.office import Office, line
from tests.running import PATIENCE_S

pytestmark = pytest.mark.anyio


async def demand_of(office: Office, area_code: str = VILLAGE) -> dict[str, Any]:
    rows = await office.items("/v1/demand", disaster_id=DISASTER, area_code=area_code)
    return rows[0] if rows else {"household_count": 0, "person_count": 0, "items": []}


async def until_households(office: Office, count: int, area_code: str = VILLAGE) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await demand_of(office, area_code)
            if found["household_count"] == count:
                return found
            await asyncio.sleep(0.05)


async def on_hand(office: Office, lot_id: str) -> dict[str, int]:
    shown = await office.seen(f"/v1/lots/{lot_id}")
    return {one["place_id"]: one["on_hand"] for one in shown["balances"]}


def bench_of(office: Office) -> Bench:
    runtime = office.runtime
    return Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)


async def test_registered_households_are_served_and_the_log_rebuilds_it_all(
    office: Office, victims: Neighbour, make_database: Callable[[], str]
) -> None:
    """Registration becomes need, need becomes request, request becomes goods in hands, and each step is on record."""
    await office.seed()
    await victims.publish(enrolled(), *(registered(persons=persons) for persons in (3, 4, 1)))
    demand = await until_households(office, 3)
    assert demand["person_count"] == 8
    assert {one["item_code"]: one["open"] for one in demand["items"]}["beras"] == 8 * 2_800
    first = await office.receive(10_000, expires_on="2027-03-01")
    second = await office.receive(20_000, expires_on="2027-02-01", place_id="gudang-palangka-raya")

    opened = await office.done("/v1/requests:from-demand", {"disaster_id": DISASTER})
    (request_id,) = (one["id"] for one in opened["items"])
    assert all(one["open"] == 0 for one in (await demand_of(office))["items"])
    await office.approved(request_id)
    await office.done("/v1/requests:allocate", {"disaster_id": DISASTER})
    shown = await office.seen(f"/v1/requests/{request_id}")
    reserved = {one["lot_id"]: one["quantity"] for one in shown["reservations"]}
    assert reserved == {second: 20_000, first: 2_400}
    assert {one["item_code"] for one in shown["short"]} == {"air-mineral", "air-bersih", "family-kit"}

    body = {"request_id": request_id, "document_number": "SJ-1/2026"}
    sent = await office.done("/v1/shipments", {**body, "from_place_id": "gudang-palangka-raya"})
    shipment_id = sent["events"][0]["subject"].partition("/")[2]
    device = office.device(POST)
    await victims.publish(device_enrolled(device.device_id, datetime.now(UTC) - timedelta(days=1)))
    await office.knows(device, turns=1)
    arrived, handed = await device.send(
        device.arrival(shipment_id, line(second, 19_000, missing=1_000)),
        device.handout(DISASTER, {"item_code": "beras", "quantity": 5_600}, household_ids=[new_id()]),
    )
    assert (arrived["status"], handed["status"]) == ("accepted", "accepted")
    assert "flags" not in handed, handed
    there = await on_hand(office, second)
    assert there == {
        "supplier": -20_000,
        "gudang-palangka-raya": 0,
        "transit": 0,
        POST: 13_400,
        LOST: 1_000,
        HANDED_OUT: 5_600,
    }
    rice = next(
        one for one in (await office.seen(f"/v1/requests/{request_id}"))["lines"] if one["item_code"] == "beras"
    )
    assert (rice["dispatched"], rice["accepted"], rice["missing"], rice["reserved"]) == (19_000, 19_000, 1_000, 2_400)
    assert await rebuilt_differs(bench_of(office), make_database()) == []


async def test_a_household_counts_once_where_it_was_last_registered(office: Office, victims: Neighbour) -> None:
    """Registered again it replaces itself, moved it counts in the new area, and twins count where they were first."""
    other = "62.06.01.2002"
    household = new_id()
    await victims.publish(
        registered(household, 3),
        registered(persons=2),
        registered(persons=2, elsewhere=2),
        registered(persons=4, elsewhere=1),
    )
    demand = await until_households(office, 3)
    assert demand["person_count"] == 3 + 2 + 3
    await victims.publish(registered(household, 5, again=True), registered(household, 5, again=True, area_code=other))
    moved = await until_households(office, 1, other)
    assert moved["person_count"] == 5
    left = await until_households(office, 2)
    assert left["person_count"] == 5
    rice = {one["item_code"]: one["needed"] for one in left["items"]}["beras"]
    assert rice == 5 * 2_800


async def test_cancelled_requests_give_an_areas_needs_back(office: Office, victims: Neighbour) -> None:
    """What a cancelled request had not sent is open again; what it had sent is not asked for twice."""
    await office.seed()
    await victims.publish(enrolled(), registered(persons=2))
    await until_households(office, 1)
    lot = await office.receive(3_000)
    opened = await office.done("/v1/requests:from-demand", {"disaster_id": DISASTER})
    request_id = opened["items"][0]["id"]
    await office.approved(request_id)
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    body = {"request_id": request_id, "from_place_id": "gudang-kasongan", "document_number": "SJ-1"}
    await office.done("/v1/shipments", body)
    await office.done(f"/v1/requests/{request_id}/cancellation", {"reason": "no_longer_needed"})
    rice = next(one for one in (await demand_of(office))["items"] if one["item_code"] == "beras")
    assert (rice["needed"], rice["requested"], rice["open"]) == (5_600, 3_000, 2_600)
    opened = await office.done("/v1/requests:from-demand", {"disaster_id": DISASTER})
    again = await office.seen(f"/v1/requests/{opened['items'][0]['id']}")
    assert {one["item_code"]: one["requested"] for one in again["lines"]}["beras"] == 2_600
    assert (await on_hand(office, lot))["gudang-kasongan"] == 0
