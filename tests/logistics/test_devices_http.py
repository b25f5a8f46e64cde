"""A withdrawn device at the door: its token is still valid, and the news of its withdrawal has arrived."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.logistics.builders import DISASTER, POST
from tests.logistics.neighbour import Neighbour, device_enrolled, device_withdrawn, enrolled
from tests.logistics.office import Device, Office, ago

pytestmark = pytest.mark.anyio

RICE = {"item_code": "beras", "quantity": 1}


def before(**span: int) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


async def tell(device: Device, **when: Any) -> dict[str, Any]:
    """What becomes of a hand-out."""
    (item,) = await device.send(device.handout(DISASTER, RICE, **when))
    return item


async def test_a_withdrawn_device_still_hands_in_what_it_captured_before(office: Office, victims: Neighbour) -> None:
    """Taken and flagged if captured before the withdrawal, refused after it, told what to do; goods stay put."""
    device = office.device(POST)
    enrolment = device_enrolled(device.device_id, before(days=2))
    await victims.publish(enrolled(), enrolment, device_withdrawn(device.device_id, before(hours=1)))
    await office.knows(device, turns=2)
    taken = await tell(device, time=ago(hours=2))
    assert (taken["status"], "withdrawn_device" in taken["flags"]) == ("accepted", True)
    refused = await tell(device)
    assert (refused["status"], refused["http_status"]) == ("refused", 403)
    assert refused["problem"]["type"].endswith(":device-withdrawn")
    assert "enrol this one again" in refused["problem"]["next_step"]
    assert len(await office.items(f"/v1/places/{POST}/card")) == 1


async def test_a_device_whose_enrolment_has_not_arrived_is_taken_and_flagged(
    office: Office, victims: Neighbour
) -> None:
    """The flag ends with the news; a withdrawal ends the taking; a new enrolment begins it again."""
    device = office.device(POST)
    await victims.publish(enrolled())
    await office.until(f"/v1/places/{POST}")
    early = await tell(device)
    assert (early["status"], "unknown_device" in early["flags"]) == ("accepted", True)
    await victims.publish(device_enrolled(device.device_id, before(minutes=30)))
    await office.knows(device, turns=1)
    assert "unknown_device" not in (await tell(device))["flags"]
    await victims.publish(device_withdrawn(device.device_id, before(minutes=20)))
    await office.knows(device, turns=2)
    assert (await tell(device))["status"] == "refused"
    await victims.publish(device_enrolled(device.device_id, before(minutes=10)))
    await office.knows(device, turns=3)
    again = await tell(device)
    assert (again["status"], {"unknown_device", "withdrawn_device"} & set(again["flags"])) == ("accepted", set())
    assert (await tell(device, time=ago(minutes=15)))["status"] == "refused"


async def test_a_device_known_before_its_post_opens_no_place(office: Office, victims: Neighbour) -> None:
    """Nobody sees a place that was not opened; it is there with its device once it was."""
    device = office.device(POST)
    await victims.publish(device_enrolled(device.device_id, before(hours=1)))
    await office.knows(device, turns=1)
    assert (await office.get(f"/v1/places/{POST}")).status_code == 404
    assert await office.items("/v1/places") == []
    assert "unknown_post" in (await tell(device))["flags"]
    await victims.publish(enrolled())
    await office.until(f"/v1/places/{POST}")
    flags = (await tell(device))["flags"]
    assert {"unknown_post", "unknown_device"} & set(flags) == set()
