"""A wrong count of an arrived shipment is taken back and counted anew over HTTP, on real servers.

Goal: what the ledger says is on a vehicle is what its shipment says is open, all the way. Method: a village counts
wrong, the office reverses the movements and counts again; at the end the log alone rebuilds the same.
"""

from collections.abc import Callable

import pytest

from tests.logistics.office import Office, slug
from tests.logistics.own_supply import Supply, rebuilt_otherwise, reversed_movement

pytestmark = pytest.mark.anyio


async def test_a_wrong_count_is_taken_back_and_the_shipment_follows(
    office: Office, make_database: Callable[[], str]
) -> None:
    """Fifty-five counted where it was fifty: after the reversals all is on its way, then the right count stands."""
    supply = await Supply(office).opened()
    lot = await supply.received(60)
    shipment = await supply.sent(60)
    await supply.counted(shipment, lot, 55, missing=5)
    (arrived,), (lost,) = await supply.moved(lot, supply.village), await supply.moved(lot, "lost")
    for one in (arrived, lost):
        await reversed_movement(office, one["event_id"])

    shown = await office.seen(f"/v1/shipments/{shipment}")
    (of,) = shown["lines"]
    assert [of[part] for part in ("accepted", "missing", "open")] == [0, 0, 60]
    assert (shown["on_the_way"], shown["unsigned"]) == (True, False)
    assert await supply.on_hand(lot) == {"transit": 60}
    (asked,) = (await office.seen(f"/v1/requests/{shown['request_id']}"))["lines"]
    assert (asked["accepted"], asked["missing"]) == (0, 0)
    taken_back = [stop for stop in shown["stops"] if stop["event_type"].endswith("count_reversed.v1")]
    assert [stop["lines"][0]["accepted"] for stop in taken_back] == [55, 0]

    await supply.counted(shipment, lot, 50, missing=10)
    (of,) = (await office.seen(f"/v1/shipments/{shipment}"))["lines"]
    assert [of[part] for part in ("accepted", "missing", "open")] == [50, 10, 0]
    assert slug(await office.post(f"/v1/movements/{arrived['event_id']}/reversal")) == "movement-reversed-already"
    assert await rebuilt_otherwise(office, make_database()) == []


async def test_goods_on_the_road_are_written_off_by_their_shipment_alone(office: Office) -> None:
    """By hand they are refused, with what to do; the count of the shipment loses them."""
    supply = await Supply(office).opened()
    lot = await supply.received(20)
    shipment = await supply.sent(20)
    by_hand = {"from_place_id": "transit", "to_place_id": "lost", "quantity": 20, "reason": "loss"}
    refused = await office.post(f"/v1/lots/{lot}/movements", by_hand)
    assert (refused.status_code, slug(refused)) == (409, "goods-on-the-way")
    assert "Count the shipment" in refused.json()["next_step"]
    await supply.counted(shipment, lot, 0, missing=20)
    assert await supply.on_hand(lot) == {"lost": 20}
    (loaded, *_) = await supply.moved(lot, "transit")
    assert slug(await office.post(f"/v1/movements/{loaded['event_id']}/reversal")) == "dispatch-not-reversed"
