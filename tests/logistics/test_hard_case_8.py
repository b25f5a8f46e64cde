"""Hard case 8: a truck left with 100, 92 arrived, 3 of them broken. Over HTTP, on real servers.

Goal: what was lost on the way and what broke are in two accounts with two signers, and the request is served for what
arrived and short again of the rest. Method: a store, a carrier and a post's device; then a replay of the log.
"""

from collections.abc import Callable
from typing import Any

import pytest

from services.logistics.places.domain import DAMAGED, LOST
from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import POST, new_id
from tests.logistics.neighbour import Neighbour, enrolled
from tests.logistics.office import Office, line, slug

pytestmark = pytest.mark.anyio

STORE = "gudang-kasongan"
SCAN = "ab" * 32
BLANKET = "selimut"


async def on_hand(office: Office, lot_id: str) -> dict[str, int]:
    shown = await office.seen(f"/v1/lots/{lot_id}")
    return {one["place_id"]: one["on_hand"] for one in shown["balances"]}


async def served(office: Office, request_id: str) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """How far the one line of a request is, and what it is short of."""
    shown = await office.seen(f"/v1/requests/{request_id}")
    (one,) = shown["lines"]
    return {name: one[name] for name in ("reserved", "dispatched", "accepted", "missing", "damaged")}, shown["short"]


async def leave(office: Office, request_id: str, carrier_id: str = "sopir-17") -> str:
    """The id of a shipment that was picked, and then left with a carrier."""
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    order = {"request_id": request_id, "from_place_id": STORE}
    shipment_id = new_id()
    await office.done(f"/v1/shipments/{shipment_id}/loading-list", order)
    paper = {"shipment_id": shipment_id, "document_number": "SJ-8/2026", "carrier_id": carrier_id}
    await office.done("/v1/shipments", {**order, **paper})
    return shipment_id


async def test_a_truck_of_100_that_arrives_as_92_with_3_broken(
    office: Office, victims: Neighbour, make_database: Callable[[], str]
) -> None:
    """The carrier answers for eight, the receiver tells of three, and the request still waits for eleven."""
    await office.seed()
    await victims.publish(enrolled())
    await office.until(f"/v1/places/{POST}")
    lot = await office.receive(200, item_code=BLANKET)
    request_id = await office.asked(100, to_place_id=POST, item_code=BLANKET)
    shipment_id = await leave(office, request_id)
    assert (await on_hand(office, lot))["transit"] == 100

    signed = {"receiver_id": "petugas-7", "carrier_id": "sopir-17", "scan_sha256": SCAN}
    device = office.device(POST)
    report = device.arrival(shipment_id, line(lot, 89, missing=8, damaged=3))
    report["data"]["signed"] = signed
    (arrived,) = await device.send(report)
    assert (arrived["status"], arrived.get("flags")) == ("accepted", ["unknown_device"])

    assert await on_hand(office, lot) == {
        "supplier": -200,
        STORE: 100,
        "transit": 0,
        POST: 89,
        LOST: 8,
        DAMAGED: 3,
    }
    shown = await office.seen(f"/v1/shipments/{shipment_id}")
    assert (shown["loss_signer_id"], shown["damage_signer_id"], shown["unsigned"]) == ("sopir-17", "petugas-7", False)
    (of,) = shown["lines"]
    assert {name: of[name] for name in ("dispatched", "accepted", "missing", "damaged", "open")} == {
        "dispatched": 100,
        "accepted": 89,
        "missing": 8,
        "damaged": 3,
        "open": 0,
    }
    assert shown["stops"][-1]["signatures"][1] == {"role": "carrier", "signer_id": "sopir-17", "scan_sha256": SCAN}

    far, short = await served(office, request_id)
    assert far == {"reserved": 0, "dispatched": 89, "accepted": 89, "missing": 8, "damaged": 3}
    assert short == [{"item_code": BLANKET, "quantity": 11}]
    card = await office.items(f"/v1/places/{STORE}/card", lot_id=lot)
    assert [(row["change"], row["balance"]) for row in card] == [(200, 200), (-100, 100)]

    rest = await leave(office, request_id)
    (arrived,) = await device.send(device.arrival(rest, line(lot, 11)))
    assert arrived["status"] == "accepted"
    far, short = await served(office, request_id)
    assert (far["dispatched"], far["accepted"], short) == (100, 100, [])
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []


async def test_a_loss_nobody_signed_for_is_listed_until_the_carrier_does(office: Office) -> None:
    """The receiver cannot answer for what never arrived."""
    await office.seed()
    await office.village()
    lot = await office.receive(100, item_code=BLANKET)
    shipment_id = await leave(office, await office.asked(100, item_code=BLANKET))
    paper = {"place_id": "desa-2001", "receiver_id": "kaur-3", "scan_sha256": SCAN}
    count = {**paper, "lines": [{"lot_id": lot, "accepted": 89, "missing": 8, "damaged": 3}]}
    await office.done(f"/v1/shipments/{shipment_id}/counts", count)
    assert slug(await office.post(f"/v1/shipments/{shipment_id}/counts", count)) == "shipment-counted-already"
    (unsigned,) = await office.items("/v1/shipments", unsigned=True)
    assert unsigned["id"] == shipment_id
    signatures = f"/v1/shipments/{shipment_id}/signatures"
    loss = {"shortfall": "loss", "signer_id": "kaur-3"}
    assert slug(await office.post(signatures, loss)) == "signer-not-other"
    await office.done(signatures, {**loss, "signer_id": "sopir-17", "scan_sha256": SCAN})
    assert slug(await office.post(signatures, {**loss, "signer_id": "sopir-18"})) == "nothing-to-sign"
    assert await office.items("/v1/shipments", unsigned=True) == []
    elsewhere = office.token("warehouse", scope={"place": ("gudang-palangka-raya",)})
    assert (await office.post(signatures, loss, token=elsewhere)).status_code == 403
