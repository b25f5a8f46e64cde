"""Letters over HTTP on real servers: issued from what they are about, printed, checked, and what the registers lack."""

import asyncio
from typing import Any

import pytest

from tests.logistics.builders import new_id
from tests.logistics.office import Office, line, slug

pytestmark = pytest.mark.anyio

OFFICE = "gudang-kasongan"
SCAN = "ab" * 32


async def letter(office: Office, kind: str, subject: str, *predecessors: str, **more: Any) -> str:
    """The id of an issued letter."""
    body = {
        "document_id": (id_ := new_id()),
        "document_kind": kind,
        "office": OFFICE,
        "subject": subject,
        "predecessors": list(predecessors),
        **more,
    }
    await office.done("/v1/documents", body)
    return id_


async def test_a_supply_and_its_letters(office: Office) -> None:
    """From the order to the hand-over each letter tells what is in the books, and can be checked paper in hand."""
    await office.seed()
    await office.village()
    lot = await office.receive(100)
    request_id = await office.asked(100)
    order = await letter(office, "sppb", f"request/{request_id}")
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    shipment_id = new_id()
    picked = {"request_id": request_id, "from_place_id": OFFICE}
    await office.done(f"/v1/shipments/{shipment_id}/loading-list", picked)
    note = await letter(office, "surat_jalan", f"shipment/{shipment_id}", order)
    shown = await office.seen(f"/v1/documents/{note}")
    number = shown["content"]["letter_number"]
    assert number.startswith("001/SJ/GUDANG-KASONGAN/")
    said = {"item_code": "beras", "base_unit": "g", "lot_id": lot, "quantity": 100, "missing": 0, "damaged": 0}
    assert shown["content"]["lines"] == [said]
    await office.done("/v1/shipments", {**picked, "shipment_id": shipment_id, "document_number": number})

    count = {"place_id": "desa-2001", "receiver_id": "kaur-3", "lines": [line(lot, 89, missing=8, damaged=3)]}
    await office.done(f"/v1/shipments/{shipment_id}/counts", count)
    proof = await letter(office, "bast", f"shipment/{shipment_id}", note)
    (told,) = (await office.seen(f"/v1/documents/{proof}"))["content"]["lines"]
    assert (told["quantity"], told["missing"], told["damaged"]) == (89, 8, 3)

    first = await office.get(f"/v1/documents/{note}/pdf")
    again = await office.get(f"/v1/documents/{note}/pdf")
    assert first.headers["content-type"] == "application/pdf"
    assert first.content == again.content
    await office.done(f"/v1/documents/{note}/reprints")
    copy = await office.get(f"/v1/documents/{note}/pdf")
    assert copy.content != first.content
    assert (await office.get(f"/v1/documents/{note}/pdf", copy=0)).status_code == 404
    genuine = await office.seen(f"/v1/documents/{note}/check", hash=shown["content_sha256"])
    forged = await office.seen(f"/v1/documents/{note}/check", hash=SCAN)
    assert (genuine["genuine"], genuine["letter_number"], forged["genuine"]) == (True, number, False)


async def test_the_registers_show_what_they_lack(office: Office) -> None:
    """Numbers out on paper without their letter, and letters that nobody signed."""
    stated = {"lines": [], "from_place_id": OFFICE}
    pad = {"document_kind": "daftar_penerima", "office": OFFICE, "count": 2}
    await office.done("/v1/documents:set-numbers-aside", pad)
    listed = await letter(office, "daftar_penerima", f"handover/{new_id()}", **stated, number=2)
    lacking = await office.items("/v1/documents", kind="daftar_penerima", missing=True)
    assert [(row["number"], row["lacks"]) for row in lacking] == [(1, "letter"), (2, "signature")]
    signature = {"role": "receiver", "signer_id": "kaur-3"}
    signing = {"signatures": [signature], "scan_sha256": SCAN, "scan_kept": "vault"}
    await office.done(f"/v1/documents/{listed}/signing", signing)
    (row,) = await office.items("/v1/documents", kind="daftar_penerima", missing=True)
    assert (row["number"], row["lacks"]) == (1, "letter")
    assert await office.items("/v1/documents", office="lain", missing=True) == []

    unneeded = await letter(office, "daftar_penerima", f"handover/{new_id()}", **stated)
    await office.done(f"/v1/documents/{unneeded}/cancellation", {"reason": "not_needed"})
    register = await office.items("/v1/documents", kind="daftar_penerima")
    assert [(row["number"], row["cancelled"]) for row in register] == [(2, False), (3, True)]
    answered = await office.post(f"/v1/documents/{unneeded}/signing", signing)
    assert slug(answered) == "document-cancelled"
    foreign = {
        "document_kind": "bast",
        "office": "gudang-palangka-raya",
        "subject": f"shipment/{new_id()}",
        "lines": [],
    }
    token = office.token("warehouse", scope={"place": (OFFICE,)})
    assert (await office.post("/v1/documents", foreign, token=token)).status_code == 403
    assert (await office.post("/v1/documents", {**foreign, "office": OFFICE, "lines": None})).status_code == 404


async def test_many_letters_at_once_get_different_numbers(office: Office) -> None:
    """Clerks who press the key together do not share a number, and leave no gap."""
    issued = (letter(office, "bast", f"shipment/{new_id()}", lines=[]) for _ in range(12))
    await asyncio.gather(*issued)
    register = await office.items("/v1/documents", kind="bast", limit=5)
    assert [row["number"] for row in register] == list(range(1, 13))


async def test_a_count_has_its_record(office: Office) -> None:
    """BA opname: what was found of each lot, and what the book had more."""
    await office.seed()
    lot = await office.receive(100)
    count = {"count_id": (count_id := new_id()), "place_id": OFFICE, "purpose": "stocktake"}
    await office.done("/v1/counts", count)
    await office.done(f"/v1/counts/{count_id}/lines", {"lines": [{"lot_id": lot, "counted": 92}]})
    reasons = [{"lot_id": lot, "loss_reason": "unknown"}]
    await office.done(f"/v1/counts/{count_id}/submission", {"reasons": reasons})
    record = await letter(office, "ba_opname", f"count/{count_id}")
    (told,) = (await office.seen(f"/v1/documents/{record}"))["content"]["lines"]
    assert (told["lot_id"], told["quantity"], told["missing"]) == (lot, 92, 8)
