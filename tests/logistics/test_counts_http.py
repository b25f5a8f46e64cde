"""A place is counted, goes live and changes hands over HTTP, on the real servers."""

from typing import Any

import pytest

from shared.kit import clock
from tests.logistics.office import Office, slug

pytestmark = pytest.mark.anyio

PLACE = "gudang-kasongan"
LOSS = "unrecorded_issue"


async def store(office: Office) -> None:
    """The catalogue, and a warehouse."""
    await office.done("/v1/items:seed-catalogue")
    body = {"place_id": PLACE, "place_kind": "warehouse", "area_code": "62.06.05", "authority": "regency"}
    await office.done("/v1/places", body)


async def counted(office: Office, lines: list[dict[str, Any]], **stated: Any) -> str:
    """The id of a count with these lines."""
    opened = await office.done("/v1/counts", {"place_id": PLACE, **stated})
    count_id = str(opened["events"][0]["subject"]).partition("/")[2]
    await office.done(f"/v1/counts/{count_id}/lines", {"lines": lines})
    return count_id


async def test_a_count_beside_a_book_that_goes_on(office: Office) -> None:
    """Hard case 3: goods leave while their place is counted, and neither the count nor the stock is wrong."""
    await store(office)
    lot = await office.receive(100)
    count_id = await counted(office, [{"lot_id": lot, "counted": 92}])
    await office.done(
        f"/v1/lots/{lot}/movements",
        {"from_place_id": PLACE, "to_place_id": "lost", "quantity": 30, "reason": "loss"},
    )
    shown = await office.seen(f"/v1/counts/{count_id}")
    (line,) = shown["lines"]
    assert (line["book"], line["moved_since"], line["counted"], line["difference"]) == (100, -30, 92, -8)
    assert [one["change"] for one in shown["movements_since"]] == [-30]
    path = f"/v1/counts/{count_id}"
    assert slug(await office.post(f"{path}/submission")) == "reason-missing"
    await office.done(f"{path}/submission", {"reasons": [{"lot_id": lot, "loss_reason": LOSS}]})
    assert slug(await office.post(f"{path}/approval")) == "same-person"
    second = office.token(subject="officer-2")
    key = "approve-once-0001"
    first = await office.post(f"{path}/approval", token=second, key=key)
    again = await office.post(f"{path}/approval", token=second, key=key)
    assert (first.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    balances = {one["place_id"]: one["on_hand"] for one in (await office.seen(f"/v1/lots/{lot}"))["balances"]}
    assert (balances[PLACE], balances["lost"]) == (62, 38)
    (line,) = (await office.seen(path))["lines"]
    assert (line["book"], line["counted"], line["difference"], line["loss_reason"]) == (100, 92, -8, LOSS)
    listed = await office.items("/v1/counts", place_id=PLACE, still_open=False)
    assert [(one["id"], one["approved_by"]) for one in listed] == [(count_id, "officer-2")]


async def test_a_place_goes_live_and_changes_hands(office: Office) -> None:
    """The first book is signed by two; so is the change of custodians on the next day."""
    await store(office)
    found = {"owner_id": "regency:62.06", "unit_value_idr": 15_000, "valued_quantity": 1_000, "value_basis": "cost"}
    lines = [{"item_code": "beras", "counted": 250_000, "found": found}]
    count_id = await counted(office, lines, purpose="opening")
    await office.done(f"/v1/counts/{count_id}/submission")
    second = office.token(subject="officer-2")
    await office.done(f"/v1/counts/{count_id}/approval", token=second)
    (balance,) = await office.items(f"/v1/places/{PLACE}/balances")
    assert (balance["on_hand"], balance["owner_id"]) == (250_000, "regency:62.06")
    assert slug(await office.post("/v1/counts", {"place_id": PLACE, "purpose": "opening"})) == "place-not-empty"
    signers = {"giver_id": "officer-1", "taker_id": "officer-2"}
    there = [{"lot_id": balance["lot_id"], "counted": 250_000}]
    handover = await counted(office, there, purpose="handover", **signers)
    await office.done(f"/v1/counts/{handover}/submission")
    stranger = office.token(subject="officer-3")
    assert slug(await office.post(f"/v1/counts/{handover}/approval", token=stranger)) == "not-a-signer"
    await office.done(f"/v1/counts/{handover}/approval", token=second)
    assert (await office.seen(f"/v1/counts/{handover}"))["status"] == "posted"


async def test_a_count_that_breaks_what_was_promised(office: Office) -> None:
    """What is not there cannot stay reserved: the request waits again, with its old deadline."""
    await office.seed()
    await office.village()
    lot = await office.receive(100)
    request_id = await office.asked(80)
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    count_id = await counted(office, [{"lot_id": lot, "counted": 50}])
    await office.done(f"/v1/counts/{count_id}/submission", {"reasons": [{"lot_id": lot, "loss_reason": "stolen"}]})
    await office.done(f"/v1/counts/{count_id}/approval", token=office.token(subject="officer-2"))
    (rice,) = (await office.seen(f"/v1/requests/{request_id}"))["lines"]
    assert rice["reserved"] == 50
    assert [one["id"] for one in await office.items("/v1/requests", short=True)] == [request_id]


async def test_a_count_answers_those_who_err(office: Office) -> None:
    """Nothing is counted where nobody may, or what nobody has opened."""
    await store(office)
    elsewhere = office.token(scope={"place": ("gudang-lain",), "owner": ("*",)})
    assert slug(await office.post("/v1/counts", {"place_id": PLACE}, token=elsewhere)) == "out-of-scope"
    unknown = "/v1/counts/01936f5e-3a02-7002-8002-0c0ffee00002"
    assert slug(await office.post(f"{unknown}/submission")) == "count-unknown"
    assert (await office.get(unknown)).status_code == 404
    ahead = await office.post("/v1/counts", {"place_id": PLACE, "as_of": 10**9})
    assert slug(ahead) == "count-ahead"
    opened = await office.done("/v1/counts", {"place_id": PLACE})
    count_id = opened["events"][0]["subject"].partition("/")[2]
    assert slug(await office.post(f"/v1/counts/{count_id}/lines", {"lines": [{"counted": 1}]})) == "item-missing"
    goods = {"item_code": "beras", "counted": 1}
    others = office.token(scope={"place": ("*",), "owner": ("province",)})
    lines = {"lines": [{**goods, "found": {"owner_id": "regency:62.06"}}]}
    assert slug(await office.post(f"/v1/counts/{count_id}/lines", lines, token=others)) == "out-of-scope"
    lines = {"lines": [{**goods, "found": {"owner_id": "province", "value_basis": "cost"}}]}
    assert (await office.post(f"/v1/counts/{count_id}/lines", lines)).status_code == 422


async def test_a_device_that_counted_offline_says_when_unless_its_clock_is_lost(office: Office) -> None:
    """What the office wrote since its counter looked is no difference; a clock of another year is not believed."""
    await store(office)
    lot = await office.receive(100)
    seen = (await office.items(f"/v1/places/{PLACE}/card"))[-1]["position"]
    counted_at = clock.now()
    await office.done(
        f"/v1/lots/{lot}/movements", {"from_place_id": PLACE, "to_place_id": "lost", "quantity": 40, "reason": "loss"}
    )
    at = {"as_of": seen, "device_at": counted_at.isoformat()}
    count_id = await counted(office, [{"lot_id": lot, "counted": 100}], **at)
    await office.done(f"/v1/counts/{count_id}/submission")
    (balance,) = await office.items(f"/v1/places/{PLACE}/balances")
    assert balance["on_hand"] == 60
    lost = (await office.done("/v1/counts", {"place_id": PLACE, "device_at": "1980-01-06T00:00:00Z"}))["events"][0]
    shown = await office.seen(f"/v1/counts/{lost['subject'].partition('/')[2]}")
    assert shown["counted_at"] > counted_at.isoformat()
    assert shown["device_at"] == "1980-01-06T00:00:00.000000Z"
