"""A shipment's whole way over HTTP on real servers: a stop, a diversion, a return, a hand-over, a surplus.

Goal: the doors reach the rules, and what they wrote is what the log alone rebuilds. Method: a storekeeper, a post that
keeps a drop point, and at the end a replay into a scratch database.
"""

from collections.abc import Callable

import pytest

from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import POST, new_id
from tests.logistics.office import Office, line, slug

pytestmark = pytest.mark.anyio

STORE, DROP_POINT, BOAT, QUARANTINE = "gudang-kasongan", "titik-drop-tewang", "kelotok-2", "karantina-kasongan"
PAPER = {"document_number": "SJ-1/2026"}


async def places(office: Office) -> None:
    await office.seed()
    await office.village()
    await office.village("desa-2002", "62.06.01.2002")
    for place_id, kind in ((DROP_POINT, "drop_point"), (BOAT, "vehicle"), (QUARANTINE, "quarantine")):
        await office.done("/v1/places", {"place_id": place_id, "place_kind": kind})


async def on_hand(office: Office, lot_id: str) -> dict[str, int]:
    """What of a lot is anywhere but in the supplier's account."""
    balances = (await office.seen(f"/v1/lots/{lot_id}"))["balances"]
    return {one["place_id"]: one["on_hand"] for one in balances if one["on_hand"] and one["place_id"] != "supplier"}


async def test_a_shipment_passes_a_drop_point_and_what_is_left_goes_three_ways(
    office: Office, make_database: Callable[[], str]
) -> None:
    """Thirty are left for villages to fetch, twenty diverted, ten sent back, the rest arrives; six are lost."""
    await places(office)
    lot = await office.receive(100)
    shipment = await office.sent(lot, 100, to_place_id="desa-2001")
    device = office.device(POST)
    signed = {"receiver_id": "petugas-2", "carrier_id": "sopir-17", "scan_sha256": "ab" * 32}
    counted = {"lot_id": lot, "left": 30, "missing": 6, "damaged": 0, "onward": 64}
    stop = {"shipment_id": shipment, "at_place_id": DROP_POINT, "vehicle_place_id": BOAT, "signed": signed}
    (passed,) = await device.send(device.event("field.shipment_passed.v1", {**stop, "lines": [counted]}))
    assert (passed["status"], passed["flags"]) == ("accepted", ["unknown_post"])
    assert await on_hand(office, lot) == {DROP_POINT: 30, BOAT: 64, "lost": 6}

    order = {"to_place_id": "desa-2002", "reason": "road_cut", "into_shipment_id": (other := new_id()), **PAPER}
    twenty = [{"lot_id": lot, "quantity": 20}]
    await office.done(f"/v1/shipments/{shipment}/diversions", {**order, "lines": twenty})
    back = {"shipment_id": shipment, "at_place_id": STORE, "quarantine_place_id": QUARANTINE, **PAPER}
    ten = [{"lot_id": lot, "quantity": 10, "condition": "doubtful"}]
    await office.done("/v1/returns", {**back, "lines": ten})
    unusable = [{"lot_id": lot, "quantity": 1, "condition": "unusable"}]
    assert slug(await office.post("/v1/returns", {**back, "lines": unusable})) == "destruction-not-recorded"
    paper = {"place_id": "desa-2001", "receiver_id": "kaur-3", "carrier_id": "motoris-4"}
    await office.done(f"/v1/shipments/{shipment}/counts", {**paper, "lines": [line(lot, 34)]})
    fetched = {"from_place_id": DROP_POINT, "to_place_id": "desa-2001", "receiver_id": "kadus-3", **PAPER}
    await office.done("/v1/handovers", {**fetched, "lines": [{"lot_id": lot, "quantity": 30}]})
    assert await on_hand(office, lot) == {"desa-2001": 64, BOAT: 20, QUARANTINE: 10, "lost": 6}

    shown = await office.seen(f"/v1/shipments/{shipment}")
    (of,) = shown["lines"]
    assert [of[part] for part in ("accepted", "missing", "diverted", "returned", "open", "unserved")] == [
        64,
        6,
        20,
        10,
        0,
        36,
    ]
    assert [stop["event_type"].split(".")[1] for stop in shown["stops"]] == [
        "shipment_dispatched",
        "shipment_passed",
        "shipment_diverted",
        "shipment_returned",
        "shipment_received",
    ]
    (open_,) = await office.items("/v1/shipments", on_the_way=True)
    assert (open_["id"], open_["diverted_from"]) == (other, shipment)
    short = (await office.seen(f"/v1/requests/{shown['request_id']}"))["short"]
    assert short == [{"item_code": "beras", "quantity": 36}]
    assert [one["to_place_id"] for one in await office.items("/v1/handovers")] == ["desa-2001"]
    assert [one["at_place_id"] for one in await office.items("/v1/returns", place_id=STORE)] == [STORE]
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []


async def test_a_surplus_is_a_question_to_the_store_it_came_from(office: Office) -> None:
    """The village keeps the four sacks; the store finds them on its list."""
    await places(office)
    lot = await office.receive(100)
    shipment = await office.sent(lot, 60, to_place_id="desa-2001")
    paper = {"place_id": "desa-2001", "receiver_id": "kaur-3"}
    await office.done(f"/v1/shipments/{shipment}/counts", {**paper, "lines": [line(lot, 64)]})
    (question,) = await office.items("/v1/to-explain", place_id=STORE)
    assert (question["event_type"], question["flags"]) == ("logistics.surplus_found.v1", ["surplus_found"])
    assert (await on_hand(office, lot))["desa-2001"] == 64
