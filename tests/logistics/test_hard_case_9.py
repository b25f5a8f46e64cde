"""Hard case 9: kits that were handed out turn out to be bad. Over HTTP, on real servers.

Goal: whoever has one is found, nothing more is given out, and what a post did before the news reached it is on record.
Method: kits made of dated parts go to a post, which hands them out; later a part has expired, and is recalled.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import DISASTER, POST, VILLAGE, new_id
from tests.logistics.neighbour import Neighbour, enrolled
from tests.logistics.office import Device, Office, line

pytestmark = pytest.mark.anyio

STORE = "gudang-kasongan"
OWNER = "regency:62.06"
KIT = "/v1/kits/family-kit"
PAPER = {"document_number": "460/1/2026"}


@pytest.fixture
def long_ago(office: Office, monkeypatch: pytest.MonkeyPatch) -> date:
    """The legal date of the office is two months back until it is undone: goods that have expired since were good."""
    past = office.runtime.today() - timedelta(days=60)
    monkeypatch.setattr(office.runtime, "today", lambda: past)
    return past


async def make_kits(office: Office, past: date) -> tuple[str, str, str]:
    """Ten kits in the store, of soap that lasts and food that lasts thirty days: food, soap, kits."""
    parts = [{"item_code": "makanan-anak", "quantity": 3}, {"item_code": "sabun", "quantity": 200}]
    await office.done(f"{KIT}/versions", {"parts": parts, **PAPER})
    food = await office.receive(100, item_code="makanan-anak", expires_on=str(past + timedelta(days=30)))
    soap = await office.receive(9_000, item_code="sabun", expires_on=str(past + timedelta(days=900)))
    body = {"lot_id": (kits := new_id()), "place_id": STORE, "quantity": 10, "owner_id": OWNER, **PAPER}
    await office.done(f"{KIT}/assemblies", body)
    return food, soap, kits


async def at_the_post(office: Office, lot_id: str, quantity: int) -> Device:
    """A post's device, after kits went to the post and were counted there."""
    request_id = await office.asked(quantity, to_place_id=POST, item_code="family-kit")
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    shipment = {"request_id": request_id, "from_place_id": STORE, "shipment_id": (shipment_id := new_id())}
    await office.done("/v1/shipments", {**shipment, **PAPER})
    device = office.device(POST)
    (arrived,) = await device.send(device.arrival(shipment_id, line(lot_id, quantity)))
    assert arrived["status"] == "accepted"
    return device


def whereabouts(shown: dict[str, Any], lot_id: str) -> tuple[dict[str, int], dict[str, int]]:
    """What of a recalled lot is in which place, and in which account."""
    lot = next(one for one in shown["lots"] if one["id"] == lot_id)
    return {one["place_id"]: one["on_hand"] for one in lot["places"]}, lot["accounts"]


async def test_a_bad_kit_is_found_wherever_it_went(
    office: Office, victims: Neighbour, long_ago: date, monkeypatch: pytest.MonkeyPatch, make_database: Any
) -> None:
    """From the part to the kits, the places, the village and the households; and from a household back to the part."""
    await office.seed()
    await victims.publish(enrolled())
    await office.until(f"/v1/places/{POST}")
    food, soap, kits = await make_kits(office, long_ago)
    device = await at_the_post(office, kits, 6)
    families = [new_id(), new_id()]
    (given,) = await device.send(device.handout(DISASTER, {"lot_id": kits, "quantity": 2}, household_ids=families))
    assert given["status"] == "accepted"
    monkeypatch.undo()
    recall = {"recall_id": (recall_id := new_id()), "lot_ids": [food], "reason": "expired", **PAPER}
    await office.done("/v1/recalls", recall)
    shown = await office.seen(f"/v1/recalls/{recall_id}")
    assert {one["id"] for one in shown["lots"]} == {food, kits}
    assert whereabouts(shown, kits) == ({STORE: 4, POST: 4}, {"consumed": -10, "handed_out": 2})
    assert whereabouts(shown, food)[0] == {STORE: 70}
    assert [(one["area_code"], one["quantity"]) for one in shown["handed_out"]] == [(VILLAGE, 2)]
    assert shown["household_count"] == 2
    reached = await office.items(f"/v1/recalls/{recall_id}/recipients")
    assert sorted(one["household_id"] for one in reached) == sorted(families)
    (back,) = await office.items(f"/v1/households/{families[0]}/lots")
    assert (back["lot_id"], back["recall_id"]) == (kits, recall_id)

    # The office gives out no more, and a post that had not heard of it is written down.
    request_id = await office.asked(1, to_place_id=POST, item_code="family-kit")
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    asked = await office.seen(f"/v1/requests/{request_id}")
    assert asked["reservations"] == []
    (late,) = await device.send(
        device.handout(DISASTER, {"lot_id": kits, "quantity": 1}, household_ids=[(third := new_id())])
    )
    assert {"recalled_lot", "expired_lot"} <= set(late["flags"])
    assert (await office.seen(f"/v1/recalls/{recall_id}"))["household_count"] == 3
    assert third in {one["household_id"] for one in await office.items(f"/v1/recalls/{recall_id}/recipients")}
    flagged = await office.items("/v1/to-explain", place_id=POST)
    assert any("recalled_lot" in one["flags"] for one in flagged)

    # What is still in the store is taken apart: the soap is good, the food stays recalled.
    await office.done(f"/v1/kit-lots/{kits}/unpackings", {"place_id": STORE, "quantity": 4})
    shown = await office.seen(f"/v1/recalls/{recall_id}")
    assert whereabouts(shown, food)[0] == {STORE: 82}
    assert "recall_id" not in await office.seen(f"/v1/lots/{soap}")
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []


async def test_all_lots_of_an_item_with_a_date_are_recalled_and_cleared(office: Office, long_ago: date) -> None:
    """A maker's notice names a date; what is reserved is asked for again, and what came in since can be taken in."""
    await office.seed()
    await office.village()
    when = str(long_ago + timedelta(days=200))
    first = await office.receive(10, item_code="makanan-anak", expires_on=when)
    other = await office.receive(10, item_code="makanan-anak", expires_on=str(long_ago + timedelta(days=300)))
    sent = await office.asked(4, item_code="makanan-anak")
    await office.done("/v1/requests:allocate", {"request_ids": [sent]})
    body = {"request_id": sent, "from_place_id": STORE, "shipment_id": (shipment_id := new_id()), **PAPER}
    await office.done("/v1/shipments", body)
    waiting = await office.asked(11, item_code="makanan-anak")
    await office.done("/v1/requests:allocate", {"request_ids": [waiting]})
    recall = {"item_code": "makanan-anak", "expires_on": when, "reason": "makers_notice", **PAPER}
    body = {**recall, "recall_id": (recall_id := new_id())}
    await office.done("/v1/recalls", body)
    moving = (await office.seen(f"/v1/recalls/{recall_id}"))["on_the_way"]
    assert [(one["shipment_id"], one["lot_id"], one["quantity"]) for one in moving] == [(shipment_id, first, 4)]
    asked = await office.seen(f"/v1/requests/{waiting}")
    assert [(one["lot_id"], one["quantity"]) for one in asked["reservations"]] == [(other, 5)]
    assert asked["short"] == [{"item_code": "makanan-anak", "quantity": 6}]
    second = await office.receive(10, item_code="makanan-anak", expires_on=when)
    await office.done("/v1/recalls", body)
    shown = await office.seen(f"/v1/recalls/{recall_id}")
    assert {one["id"] for one in shown["lots"]} == {first, second}
    assert "recall_id" not in await office.seen(f"/v1/lots/{other}")
    assert [one["id"] for one in await office.items("/v1/recalls", open_only=True)] == [recall_id]

    await office.done(f"/v1/recalls/{recall_id}/lifting", {"document_number": "460/9/2026"})
    assert "recall_id" not in await office.seen(f"/v1/lots/{first}")
    assert await office.items("/v1/recalls", open_only=True) == []
    wrong = await office.post("/v1/recalls", {**recall, "lot_ids": [first]})
    assert wrong.status_code == 422
