"""Donations and preparedness over HTTP: from a pledge to the donor's own statement, and what stores lack."""

from datetime import timedelta
from typing import Any

import pytest

from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import DISASTER, POST, new_id
from tests.logistics.neighbour import Neighbour, enrolled
from tests.logistics.office import Office, line, slug

pytestmark = pytest.mark.anyio

STORE = "gudang-kasongan"
FAR = "gudang-palangka-raya"
PAPER = {"document_number": "014/PTS/XI/2026"}


async def donated(office: Office, quantity: int, rejected: int, **pledge: Any) -> str:
    """The lot that became of a pledge of 500 blankets, of which so many came and some were turned away."""
    await office.done("/v1/partners", {"partner_id": "pt-sinar", "partner_kind": "company"})
    lines = [{"item_code": "selimut", "quantity": 500}]
    body = {"pledge_id": (pledge_id := new_id()), "partner_id": "pt-sinar", "lines": lines, **PAPER, **pledge}
    await office.done("/v1/pledges", body)
    arrived = {"receipt_id": (receipt_id := new_id()), "place_id": STORE, **PAPER}
    came = [{"item_code": "selimut", "quantity": quantity}]
    await office.done(f"/v1/pledges/{pledge_id}/receipts", {**arrived, "lines": came})
    found = {"line_no": 1, "accepted": quantity - rejected, "rejected": rejected, "rejection_cause": "damaged"}
    inspection = {"owner_id": "regency:62.06", "lines": [found], "document_number": "BAP-9/2026"}
    address = f"/v1/pledges/{pledge_id}/receipts/{receipt_id}/inspection"
    assert slug(await office.post(address, inspection)) == "same-person"
    await office.done(address, inspection, token=office.token(subject="officer-2"))
    shown = await office.seen(f"/v1/pledges/{pledge_id}")
    return str(shown["receipts"][receipt_id]["inspected"][0]["lot_id"])


async def test_a_donor_reads_what_became_of_its_goods_and_nothing_else(
    office: Office, victims: Neighbour, make_database: Any
) -> None:
    """Pledged, received, stocked, rejected, and where it went in districts and numbers of households."""
    await office.seed()
    await victims.publish(enrolled())
    await office.until(f"/v1/places/{POST}")
    lot = await donated(office, 300, 20)
    request_id = await office.asked(100, to_place_id=POST, item_code="selimut")
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    shipment = {"request_id": request_id, "from_place_id": STORE, "shipment_id": (shipment_id := new_id())}
    await office.done("/v1/shipments", {**shipment, **PAPER})
    device = office.device(POST)
    families = [new_id(), new_id(), new_id()]
    sent = await device.send(
        device.arrival(shipment_id, line(lot, 100)),
        device.handout(DISASTER, {"lot_id": lot, "quantity": 9}, household_ids=families),
    )
    assert [one["status"] for one in sent] == ["accepted", "accepted"]

    own = office.token("partner", subject="donor-1", scope={"partner": ("pt-sinar",)})
    shown = (await office.get("/v1/partners/pt-sinar/statement", token=own)).json()
    (pledge,) = shown["pledges"]
    figures = {"pledged": 500, "cancelled": 0, "received": 300, "waiting": 0, "stocked": 280, "rejected": 20}
    assert pledge["lines"] == [{"item_code": "selimut", **figures}]
    where = {one["place_kind"]: one["quantity"] for one in shown["where_it_is"]}
    assert where == {"warehouse": 180, "post": 91, "handed_out": 9}
    assert shown["where_it_went"] == [
        {"area_code": "62.06.01", "item_code": "selimut", "quantity": 9, "household_count": 3}
    ]
    assert not any(family in str(shown) for family in families)
    other = office.token("partner", subject="donor-2", scope={"partner": ("pt-lain",)})
    assert (await office.get("/v1/partners/pt-sinar/statement", token=other)).status_code == 403
    for path in ("/v1/partners", "/v1/lots", f"/v1/lots/{lot}", "/v1/requests", "/v1/places", "/v1/pledges"):
        assert (await office.get(path, token=own)).status_code == 403, path
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []


async def test_stores_are_told_what_they_lack_and_who_can_help(office: Office) -> None:
    """A buffer, a gap, the nearest store with enough, and what expires soon."""
    await office.seed()
    today = office.runtime.today()
    lumbung = {"place_id": "lumbung-samba", "place_kind": "lumbung", "area_code": "62.06.05.2001"}
    await office.done("/v1/places", lumbung)
    soon = await office.receive(900, place_id=FAR, expires_on=str(today + timedelta(days=20)))
    await office.receive(100, place_id="lumbung-samba")
    await office.receive(300, owner_id="bulog")
    buffer = {"item_code": "beras", "legal_basis": "Permensos 26/2015", "assumed": True}
    await office.done("/v1/buffers", {**buffer, "place_id": "lumbung-samba", "target": 700})
    await office.done("/v1/buffers", {**buffer, "place_id": FAR, "target": 750})
    (low,) = await office.items("/v1/low-stock")
    assert (low["place_id"], low["held"], low["missing"]) == ("lumbung-samba", 100, 600)
    plan = await office.seen("/v1/prepositioning")
    moves = {(one["from_place_id"], one["owner_id"]): one["quantity"] for one in plan["moves"]}
    assert moves == {(STORE, "bulog"): 300, (FAR, "regency:62.06"): 150}
    assert plan["gaps"] == [{"place_id": "lumbung-samba", "item_code": "beras", "missing": 150}]
    (expiring,) = await office.items("/v1/expiring", before=str(today + timedelta(days=30)))
    assert (expiring["lot_id"], expiring["on_hand"]) == (soon, 900)
    assert await office.items("/v1/expiring", before=str(today + timedelta(days=20))) == []

    due = [one["place_id"] for one in await office.items("/v1/stock-checks")]
    assert due == [FAR, "lumbung-samba"]
    check = {"checked_on": str(today - timedelta(days=100)), "document_number": "BA-3/2026"}
    await office.done("/v1/places/lumbung-samba/stock-checks", check)
    assert [one["place_id"] for one in await office.items("/v1/stock-checks")] == [FAR]
    later = str(today + timedelta(days=100))
    assert "lumbung-samba" in {one["place_id"] for one in await office.items("/v1/stock-checks", by=later)}

    numbers = {"members_count": 40, "trained_count": 32, "document_number": "SK-4/2026"}
    village = {"ksb_id": "ksb-samba", "area_code": "62.06.05.2001", "lumbung_place_id": "lumbung-samba", **numbers}
    await office.done("/v1/ksb", village)
    await office.done("/v1/ksb/ksb-samba/drills", {"drilled_on": "2026-05-20", "taking_part": 36})
    shown = await office.seen("/v1/ksb/ksb-samba")
    assert (shown["drilled_on"], shown["checked_on"]) == ("2026-05-20", check["checked_on"])
    assert shown["stock"] == [{"item_code": "beras", "held": 100, "target": 700}]
    assert [one["id"] for one in await office.items("/v1/ksb", area_code="62.06")] == ["ksb-samba"]


async def test_packs_are_part_of_the_catalogue(office: Office) -> None:
    """A store counts in sacks, the books in grams."""
    await office.seed()
    await office.done("/v1/items/beras/pack-units", {"pack_unit": "karung", "quantity": 50_000})
    rice = next(one for one in await office.items("/v1/items") if one["id"] == "beras")
    assert rice["pack_units"] == {"karung": 50_000}
    assert await office.done("/v1/items:seed-catalogue") == {"events": []}
