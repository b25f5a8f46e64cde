"""A post counts its place without a network, and its count comes into the books, over HTTP on the real servers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.logistics.builders import DISASTER, new_id
from tests.logistics.neighbour import Neighbour, device_enrolled, enrolled
from tests.logistics.office import Device, Office, ago

pytestmark = pytest.mark.anyio


async def post_of(office: Office, victims: Neighbour) -> Device:
    """The device of a post that was just enrolled."""
    await office.done("/v1/items:seed-catalogue")
    device = office.device(new_id())
    enrolment = device_enrolled(device.device_id, datetime.now(UTC) - timedelta(days=2), post_id=device.post_id)
    await victims.publish(enrolled(device.post_id), enrolment)
    await office.until(f"/v1/places/{device.post_id}")
    await office.knows(device, turns=1)
    return device


def count(device: Device, as_of: int, *lines: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    content = {"count_id": new_id(), "as_of": as_of, "whole": True, "lines": list(lines)}
    return device.event("field.place_counted.v1", content, **attributes)


async def last_seen(office: Office, device: Device) -> int:
    """The last movement on the card that the device reads while it has a network."""
    rows = (await office.seen(f"/v1/places/{device.post_id}/card", token=device.token))["items"]
    return max(int(row["position"]) for row in rows)


async def test_a_post_counts_offline_and_goes_on_handing_out(office: Office, victims: Neighbour) -> None:
    """What it gave afterwards is no difference, though it arrives before the count; the rest has its reason."""
    device = await post_of(office, victims)
    lot = await office.receive(100, place_id=device.post_id)
    seen = await last_seen(office, device)
    counted = count(device, seen, {"lot_id": lot, "counted": 90, "loss_reason": "spoiled"}, time=ago(minutes=30))
    given = device.handout(DISASTER, {"lot_id": lot, "quantity": 25}, time=ago(minutes=10))
    assert [item.get("flags") for item in await device.send(given, counted)] == [None, None]
    assert (await device.send(counted))[0]["replayed"]
    path = f"/v1/counts/{counted['data']['count_id']}"
    shown = await office.seen(path, token=device.token)
    (line,) = shown["lines"]
    assert (shown["status"], shown["opened_by"]) == ("draft", device.post_id)
    assert (line["book"], line["moved_since"], line["counted"], line["difference"]) == (100, -25, 90, -10)
    await office.done(f"{path}/submission")
    await office.done(f"{path}/approval", token=office.token(subject="officer-2"))
    (balance,) = await office.items(f"/v1/places/{device.post_id}/balances")
    assert balance["on_hand"] == 65


async def test_a_post_that_reads_no_lots_counts_by_item(office: Office, victims: Neighbour) -> None:
    """Two lots of rice lie in one heap: what is left of it is of the one that expires last."""
    device = await post_of(office, victims)
    early, late = [
        await office.receive(50, place_id=device.post_id, expires_on=day) for day in ("2027-01-31", "2027-06-30")
    ]
    told = count(device, await last_seen(office, device), {"item_code": "beras", "counted": 60})
    (item,) = await device.send(told)
    assert "flags" not in item
    shown = await office.seen(f"/v1/counts/{told['data']['count_id']}")
    assert {line["lot_id"]: line["counted"] for line in shown["lines"]} == {early: 10, late: 50}


async def test_a_post_sees_its_own_counts_and_no_others(office: Office, victims: Neighbour) -> None:
    """A strange count stands among what is to be explained, and in the list of its own place."""
    device = await post_of(office, victims)
    told = count(device, 0, {"lot_id": new_id(), "item_code": "beras", "counted": 4})
    (item,) = await device.send(told)
    assert item["flags"] == ["unknown_lot"]
    count_id = told["data"]["count_id"]
    assert [one["id"] for one in await office.items("/v1/counts", token=device.token)] == [count_id]
    stranger = office.device(new_id())
    assert await office.items("/v1/counts", token=stranger.token) == []
    assert (await office.get(f"/v1/counts/{count_id}", token=stranger.token)).status_code == 403
    explain = [one for one in await office.items("/v1/to-explain") if one["place_id"] == device.post_id]
    assert [one["event_type"] for one in explain] == ["logistics.count_opened.v1"]
    both = {"surplus_reason": "found", "loss_reason": "stolen"}
    (bad,) = await device.send(count(device, 0, {"item_code": "beras", "counted": 1, **both}))
    assert bad["status"] == "invalid"
