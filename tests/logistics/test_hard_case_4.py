"""Hard case 4: a post offline for two days syncs out of order, over HTTP, on real servers.

Goal: everything it tells is taken and flagged, the stock is right, and nothing is lost or doubled. Method: a post in a
store that the office has counted, and whose goods it has reserved, while the post was silent; its reports come in
any order, and once more; then the log is replayed into a scratch database.
"""

from collections.abc import Callable
from typing import Any

import pytest

from services.logistics.places.domain import HANDED_OUT, LOST
from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import DISASTER, new_id
from tests.logistics.office import Device, Office, ago, line

pytestmark = pytest.mark.anyio


async def on_hand(office: Office, lot_id: str) -> dict[str, int]:
    """What of a lot is where, empty places left out; all together they come to nothing."""
    shown = await office.seen(f"/v1/lots/{lot_id}")
    found = {one["place_id"]: one["on_hand"] for one in shown["balances"]}
    assert sum(found.values()) == 0
    return {place_id: quantity for place_id, quantity in found.items() if quantity}


async def counted(office: Office, place_id: str, lots: dict[str, int], reasons: list[dict[str, str]]) -> None:
    """A count of a place that a second person takes into the books, if one is needed."""
    body = {"count_id": (count_id := new_id()), "place_id": place_id, "whole": False}
    await office.done("/v1/counts", body)
    lines = [{"lot_id": lot_id, "counted": quantity} for lot_id, quantity in lots.items()]
    await office.done(f"/v1/counts/{count_id}/lines", {"lines": lines})
    await office.done(f"/v1/counts/{count_id}/submission", {"reasons": reasons})
    if (await office.seen(f"/v1/counts/{count_id}"))["status"] == "submitted":
        second = office.token("warehouse", subject="officer-2")
        await office.done(f"/v1/counts/{count_id}/approval", token=second)


class Silent:
    """What a post in a store did in two days without a network: it took goods in, and gave goods out of two lots."""

    def __init__(self, device: Device, shipment_id: str, old: str, new: str) -> None:
        self.arrival = device.arrival(shipment_id, line(new, 590, missing=10), time=ago(hours=47))
        self.of_old = [
            device.handout(
                DISASTER, {"lot_id": old, "quantity": 100}, household_ids=[new_id()], time=ago(hours=45 - day)
            )
            for day in range(5)
        ]
        self.of_new = [
            device.handout(DISASTER, {"lot_id": new, "quantity": 100}, time=ago(hours=20 - hour)) for hour in range(2)
        ]

    def shuffled(self) -> list[dict[str, Any]]:
        """All of it, the last first, and what came in at the very end."""
        return [
            *reversed(self.of_new),
            self.of_old[3],
            self.of_old[0],
            *self.of_old[4:],
            *self.of_old[1:3],
            self.arrival,
        ]


async def test_a_post_offline_for_two_days_leaves_the_stock_as_it_was_counted(
    office: Office, make_database: Callable[[], str]
) -> None:
    """The count stands, its differences are explained by what the post tells, and reservations break only after it."""
    await office.seed()
    store = new_id()
    await office.done("/v1/places", {"place_id": store, "place_kind": "warehouse", "area_code": "62.06.01"})
    await office.done("/v1/routes", {"routes": [{"from_end": store, "to_end": "62.06", "mode": "road", "minutes": 30}]})
    await office.village()
    device = office.device(store)
    new = await office.receive(600)
    shipment_id = await office.sent(new, 600, to_place_id=store)
    old = await office.receive(1_000, place_id=store)
    post = Silent(device, shipment_id, old, new)

    reasons = [
        {"lot_id": old, "loss_reason": "unrecorded_issue"},
        {"lot_id": new, "surplus_reason": "unrecorded_receipt"},
    ]
    await counted(office, store, {old: 500, new: 390}, reasons)
    assert (await on_hand(office, old))[LOST] == 500
    request_id = await office.asked(450)
    await office.done(
        f"/v1/requests/{request_id}/allocation",
        {"picks": [{"lot_id": old, "place_id": store, "quantity": 450}], "reason": "left_for_nearer_places"},
    )

    told = await device.send(*post.shuffled())
    assert {one["status"] for one in told} == {"accepted"}
    flags = [set(one["flags"]) for one in told]
    assert sum("late" in one for one in flags) == 6
    assert all("before_count" in one for one in flags[:-1])
    expected_old = {"supplier": -1_000, store: 500, HANDED_OUT: 500}
    expected_new = {"supplier": -600, store: 390, HANDED_OUT: 200, LOST: 10}
    assert (await on_hand(office, old), await on_hand(office, new)) == (expected_old, expected_new)
    assert await office.items("/v1/deficits") == []
    (kept,) = (await office.seen(f"/v1/requests/{request_id}"))["reservations"]
    assert kept["quantity"] == 450

    again = await device.send(*post.shuffled())
    assert all(one["replayed"] for one in again)
    assert (await on_hand(office, old), await on_hand(office, new)) == (expected_old, expected_new)

    (since,) = await device.send(device.handout(DISASTER, {"lot_id": old, "quantity": 100}, time=ago(minutes=-1)))
    assert "reservation_broken" in since["flags"]
    assert "before_count" not in since["flags"]
    assert (await on_hand(office, old))[store] == 400
    shown = await office.seen(f"/v1/requests/{request_id}")
    assert ([one["quantity"] for one in shown["reservations"]], shown["short"][0]["quantity"]) == ([400], 50)
    assert await office.items("/v1/deficits") == []
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []
