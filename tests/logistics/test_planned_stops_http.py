"""A drop point's post knows beforehand what will pass it, and counts it there, over HTTP on the real servers."""

import pytest

from tests.logistics.builders import new_id
from tests.logistics.neighbour import Neighbour, enrolled
from tests.logistics.office import Device, Office, slug

pytestmark = pytest.mark.anyio

STORE = "gudang-kasongan"


async def post_at(office: Office, victims: Neighbour, area_code: str) -> Device:
    """The device of a post that was just enrolled."""
    device = office.device(new_id(), area_code)
    await victims.publish(enrolled(device.post_id, area_code))
    await office.until(f"/v1/places/{device.post_id}")
    return device


async def drop_point(office: Office, area_code: str) -> str:
    place_id = f"titik-drop-{new_id()}"
    await office.done("/v1/places", {"place_id": place_id, "place_kind": "drop_point", "area_code": area_code})
    return place_id


async def reserved(office: Office, quantity: int, village: str) -> tuple[str, str]:
    """A lot of its own, and the request in the village that part of it is reserved for."""
    lot = await office.receive(quantity)
    request_id = await office.asked(quantity, to_place_id=village)
    chosen = {"lot_id": lot, "place_id": STORE, "quantity": quantity}
    await office.done(f"/v1/requests/{request_id}/allocation", {"picks": [chosen], "reason": "package_size"})
    return lot, request_id


async def sent(office: Office, request_id: str, **stated: object) -> str:
    """The id of a shipment that left the store."""
    body = {"shipment_id": new_id(), "request_id": request_id, "from_place_id": STORE, "document_number": "SJ-7/2026"}
    await office.done("/v1/shipments", {**body, "carrier_id": "sopir-17", **stated})
    return str(body["shipment_id"])


async def ids(office: Office, device: Device) -> list[str]:
    return [one["id"] for one in await office.items("/v1/shipments", token=device.token)]


async def test_a_post_confirms_the_hop_it_was_told_of(office: Office, victims: Neighbour) -> None:
    """It sees goods and way before they come, nobody who answers for them, and a stranger sees nothing."""
    await office.seed()
    village = f"desa-{new_id()}"
    await office.village(village)
    keeper = await post_at(office, victims, "62.06.05.2001")
    stranger = await post_at(office, victims, "62.06.02.2001")
    stop = await drop_point(office, "62.06.05.2001")
    lot, request_id = await reserved(office, 100, village)
    shipment_id = await sent(office, request_id, via_place_ids=[stop])
    assert (await ids(office, keeper), await ids(office, stranger)) == ([shipment_id], [])
    shown = await office.seen(f"/v1/shipments/{shipment_id}", token=keeper.token)
    assert (shown["via_place_ids"], shown["to_place_id"], shown["lines"][0]["open"]) == ([stop], village, 100)
    assert "sopir-17" not in str(shown)
    assert "sopir-17" in str(await office.seen(f"/v1/shipments/{shipment_id}"))
    assert (await office.get(f"/v1/shipments/{shipment_id}", token=stranger.token)).status_code == 403
    line = {"lot_id": lot, "left": 0, "missing": 0, "damaged": 0, "onward": 100}
    content = {"shipment_id": shipment_id, "at_place_id": stop, "lines": [line]}
    (item,) = await keeper.send(keeper.event("field.shipment_passed.v1", content))
    assert "unknown_place" not in item.get("flags", ())
    passed = await office.seen(f"/v1/shipments/{shipment_id}", token=keeper.token)
    assert [one["place_id"] for one in passed["stops"]] == [STORE, stop]


async def test_without_a_stated_way_the_open_routes_say_what_is_passed(office: Office, victims: Neighbour) -> None:
    """The road leads to the jetty, the boat from there to the village; a way over no place is refused."""
    await office.seed()
    area = "62.06.03.2001"
    village = f"desa-{new_id()}"
    await office.village(village, area)
    keeper = await post_at(office, victims, "62.06.05.2002")
    jetty = await drop_point(office, "62.06.05.2002")
    legs = [(STORE, jetty, "road", 5), (jetty, village, "river", 10)]
    routes = [{"from_end": one, "to_end": other, "mode": mode, "minutes": long} for one, other, mode, long in legs]
    await office.done("/v1/routes", {"routes": routes})
    _, request_id = await reserved(office, 10, village)
    nowhere = {"request_id": request_id, "from_place_id": STORE, "document_number": "SJ-8/2026"}
    assert slug(await office.post("/v1/shipments", {**nowhere, "via_place_ids": ["lost"]})) == "place-unknown"
    shipment_id = await sent(office, request_id)
    assert (await office.seen(f"/v1/shipments/{shipment_id}"))["via_place_ids"] == [jetty]
    assert await ids(office, keeper) == [shipment_id]
