"""What stands ready before the water comes: village stores, buffers, kits, a donation, a closed book.

Owns these steps of the logistics office. Must not touch what the flood's needs are served with.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tanggap.flood.areas import KATINGAN
from tanggap.flood.office import STORES, drawn_id
from tanggap.flood.stage import NotAsPlanned, Stage

SERVICE = "logistics"
PROVINCE_STORE = STORES[0].place_id
PROVINCE_OWNER = "province"
KIT = "kids-ware"
FOOD, SOAP = "makanan-anak", "sabun"
FOOD_A_KIT, SOAP_A_KIT = 2, 100
FOOD_IDR, SOAP_IDR_A_KG = 12_000, 40_000
KITS_AT_LEAST = 30
PERSONS_A_KIT = 100
PARTNER = "pt-contoh"
CLOTHES = "sandang-dewasa"
CLOTHES_PLEDGED, CLOTHES_REJECTED = 60, 5
LUMBUNG_RICE_G = 250_000
DRILLED = 33
SACK_G = 50_000
ASSUMED = "DATA CONTOH"
CLOSED_BEFORE = "period-closed-already"


@dataclass(frozen=True, slots=True)
class Ready:
    """What was made ready and is used later: the kits, how many of them, and the village store with its rice."""

    kit_lot_id: str
    kits: int
    lumbung_place_id: str
    rice_lot_id: str


async def get_ready(stage: Stage) -> Ready:
    """Make everything ready; on an installation that had a flood before, what is there already stays as it is."""
    await _close_yesterday(stage)
    lumbung = await _open_village_store(stage)
    await _set_buffers(stage)
    await _take_donation(stage)
    return Ready(*await _make_kits(stage), *lumbung)


async def _close_yesterday(stage: Stage) -> None:
    """The province's book is closed until yesterday: what posts tell later of earlier days is marked for it."""
    until = (stage.world.today - timedelta(days=1)).isoformat()
    path = f"/v1/periods/{PROVINCE_OWNER}/close"
    key = stage.key("close", until)
    answer = await stage.caller.command(SERVICE, stage.cast.storekeeper, path, key, {"until": until})
    if answer.accepted:
        stage.journal.story("period_closed", owner_id=PROVINCE_OWNER, until=until)
    elif answer.slug != CLOSED_BEFORE:
        raise NotAsPlanned(f"the book could not be closed: {answer.status} ({answer.slug})")


async def _open_village_store(stage: Stage) -> tuple[str, str]:
    """A village's lumbung goes live by a count that two persons sign, and its people hold a drill: place and lot."""
    world, coordinator = stage.world, stage.cast.coordinator
    village, place_id = world.posts[0].villages[0], f"lumbung-{world.options.run or 'contoh'}"
    place = {"place_id": place_id, "place_kind": "lumbung", "area_code": village}
    await stage.must(SERVICE, coordinator, "/v1/places", stage.key("lumbung"), place)
    count_id, lot_id = drawn_id(stage, "opening"), drawn_id(stage, "lumbung")
    begun = {"count_id": count_id, "place_id": place_id, "purpose": "opening"}
    await stage.must(SERVICE, stage.cast.storekeeper, "/v1/counts", stage.key("opening"), begun)
    found = {"owner_id": "regency:62.06", "unit_value_idr": 14_000, "valued_quantity": 1_000, "value_basis": "cost"}
    line = {"lot_id": lot_id, "item_code": "beras", "counted": LUMBUNG_RICE_G, "found": found}
    await _on_count(stage, count_id, "lines", {"lines": [line]})
    reasons = [{"lot_id": lot_id, "surplus_reason": "found"}]
    await _on_count(stage, count_id, "submission", {"reasons": reasons})
    path = f"/v1/counts/{count_id}/approval"
    await stage.must(SERVICE, stage.cast.inspector, path, stage.key("opening", "approval"), {})
    stage.journal.story("opening_count", count_id=count_id, lot_id=lot_id, quantity=LUMBUNG_RICE_G)
    ksb = {
        "ksb_id": f"ksb-{village}",
        "area_code": village,
        "lumbung_place_id": place_id,
        "members_count": 40,
        "trained_count": 36,
        "document_number": f"SK/{village}/CONTOH",
    }
    await stage.must(SERVICE, coordinator, "/v1/ksb", stage.key("ksb"), ksb)
    drill = {"drilled_on": (world.today - timedelta(days=90)).isoformat(), "taking_part": DRILLED}
    await stage.must(SERVICE, coordinator, f"/v1/ksb/ksb-{village}/drills", stage.key("drill"), drill)
    await _check(stage, place_id)
    told = {"place_id": place_id, "drilled_on": drill["drilled_on"], "checked_on": world.today.isoformat()}
    stage.journal.story("ksb", ksb_id=f"ksb-{village}", taking_part=DRILLED, **told)
    return place_id, lot_id


async def _on_count(stage: Stage, count_id: str, step: str, body: dict[str, Any]) -> None:
    path = f"/v1/counts/{count_id}/{step}"
    await stage.must(SERVICE, stage.cast.storekeeper, path, stage.key("count", count_id, step), body)


async def _set_buffers(stage: Stage) -> None:
    """Each store should hold a tenth of what the flood will need, is looked through, and packs rice by the sack."""
    storekeeper = stage.cast.storekeeper
    sack = {"pack_unit": "karung", "quantity": SACK_G}
    await stage.must(SERVICE, stage.cast.coordinator, "/v1/items/beras/pack-units", stage.key("sack"), sack)
    for store in STORES:
        buffer = {
            "place_id": store.place_id,
            "item_code": "beras",
            "target": stage.world.sizes.persons * 280,
            "legal_basis": ASSUMED,
            "assumed": True,
        }
        await stage.must(SERVICE, storekeeper, "/v1/buffers", stage.key("buffer", store.place_id), buffer)
        await _check(stage, store.place_id)


async def _check(stage: Stage, place_id: str) -> None:
    """A store is looked through, as it must be every six months."""
    check = {"checked_on": stage.world.today.isoformat(), "document_number": f"PERIKSA/{place_id}/CONTOH"}
    path = f"/v1/places/{place_id}/stock-checks"
    await stage.must(SERVICE, stage.cast.storekeeper, path, stage.key("check", place_id), check)


async def _take_donation(stage: Stage) -> None:
    """A company gives clothes for this regency; whoever inspects them did not receive them, and sends some back."""
    pledge_id, receipt_id = drawn_id(stage, "pledge"), drawn_id(stage, "receipt")
    registered = {"partner_id": PARTNER, "partner_kind": "company"}
    await stage.must(SERVICE, stage.cast.coordinator, "/v1/partners", stage.key("partner"), registered)
    pledge = {
        "pledge_id": pledge_id,
        "partner_id": PARTNER,
        "lines": [{"item_code": CLOTHES, "quantity": CLOTHES_PLEDGED}],
        "restriction": {"area_code": KATINGAN},
        "document_number": f"DONASI/{pledge_id[-8:]}/CONTOH",
    }
    await stage.must(SERVICE, stage.cast.coordinator, "/v1/pledges", stage.key("pledge"), pledge)
    receipt = {
        "receipt_id": receipt_id,
        "place_id": PROVINCE_STORE,
        "lines": [{"item_code": CLOTHES, "quantity": CLOTHES_PLEDGED}],
        "document_number": f"SPG/{receipt_id[-8:]}/CONTOH",
    }
    path = f"/v1/pledges/{pledge_id}/receipts"
    await stage.must(SERVICE, stage.cast.storekeeper, path, stage.key("receipt"), receipt)
    finding = {
        "line_no": 1,
        "accepted": CLOTHES_PLEDGED - CLOTHES_REJECTED,
        "rejected": CLOTHES_REJECTED,
        "rejection_cause": "damaged",
    }
    inspection = {"lines": [finding], "document_number": f"BAP/{receipt_id[-8:]}/CONTOH"}
    path = f"{path}/{receipt_id}/inspection"
    await stage.must(SERVICE, stage.cast.inspector, path, stage.key("inspection"), inspection)
    told = {"accepted": CLOTHES_PLEDGED - CLOTHES_REJECTED, "rejected": CLOTHES_REJECTED}
    stage.journal.story("donation", pledge_id=pledge_id, **told)


async def _make_kits(stage: Stage) -> tuple[str, int]:
    """Kits for children, made of what the province bought, which expire with their first part: lot and number."""
    kits = max(KITS_AT_LEAST, stage.world.sizes.persons // PERSONS_A_KIT)
    parts = [{"item_code": FOOD, "quantity": FOOD_A_KIT}, {"item_code": SOAP, "quantity": SOAP_A_KIT}]
    kit = {"parts": parts, "document_number": "SK/PAKET/CONTOH"}
    await stage.must(SERVICE, stage.cast.coordinator, f"/v1/kits/{KIT}/versions", stage.key("kit"), kit)
    part_lots = []
    for part in parts:
        lot_id = drawn_id(stage, "part", part["item_code"])
        body = {
            "lot_id": lot_id,
            "item_code": part["item_code"],
            "place_id": PROVINCE_STORE,
            "quantity": int(str(part["quantity"])) * kits,
            "owner_id": PROVINCE_OWNER,
            "expires_on": (stage.world.today + timedelta(days=300)).isoformat(),
            "unit_value_idr": FOOD_IDR if part["item_code"] == FOOD else SOAP_IDR_A_KG,
            "valued_quantity": 1 if part["item_code"] == FOOD else 1_000,
            "value_basis": "cost",
            "document_number": f"BAST/PAKET/{lot_id[-8:]}",
        }
        await stage.must(SERVICE, stage.cast.storekeeper, "/v1/lots", stage.key("part", lot_id), body)
        part_lots.append({"item_code": part["item_code"], "lot_id": lot_id})
    kit_lot = drawn_id(stage, "kits")
    assembly = {
        "lot_id": kit_lot,
        "place_id": PROVINCE_STORE,
        "quantity": kits,
        "owner_id": PROVINCE_OWNER,
        "part_lots": part_lots,
        "document_number": f"RAKIT/{kit_lot[-8:]}",
    }
    await stage.must(SERVICE, stage.cast.storekeeper, f"/v1/kits/{KIT}/assemblies", stage.key("assembly"), assembly)
    stage.journal.story("kits_made", lot_id=kit_lot, quantity=kits)
    return kit_lot, kits
