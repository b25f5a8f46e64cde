"""Reports from a post's device: every item answered for itself, nothing lost, nothing twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from tests.logistics.builders import DISASTER, POST, new_id
from tests.logistics.neighbour import Neighbour, device_enrolled, enrolled
from tests.logistics.office import Office, ago, line

pytestmark = pytest.mark.anyio


def rice(quantity: int, **changes: Any) -> dict[str, Any]:
    return {"item_code": "beras", "quantity": quantity, **changes}


async def test_a_report_sent_again_has_its_effect_once(office: Office) -> None:
    """A bad network repeats: the same id gets the same answer."""
    device = office.device(POST)
    report = device.handout(DISASTER, rice(5))
    (first,) = await device.send(report)
    (again,) = await device.send(report)
    assert again == {**first, "replayed": True}
    both = await device.send(report, report)
    assert [item["position"] for item in both] == [first["position"]] * 2
    assert len(await office.items(f"/v1/places/{POST}/card")) == 1


async def test_the_same_id_with_other_content_is_told_and_kept(office: Office) -> None:
    """It may be all there is of a report, so it is kept for review and never applied."""
    device = office.device(POST)
    report = device.handout(DISASTER, rice(5))
    await device.send(report)
    other = {**report, "data": {**report["data"], "lines": [rice(6)]}}
    (answered,) = await device.send(other)
    assert answered["http_status"] == 422
    assert answered["problem"]["type"].endswith("idempotency-key-reused")
    (row,) = await office.items(f"/v1/places/{POST}/card")
    assert row["change"] == -5


async def test_one_bad_item_never_holds_back_the_others(office: Office) -> None:
    """Each item is answered in the order sent."""
    device = office.device(POST)
    good, last = device.handout(DISASTER, rice(1)), device.handout(DISASTER, rice(2))
    bad = device.handout(DISASTER, rice(0))
    foreign = device.event("field.household_registered.v1", {"household_id": new_id()})
    unknown = device.event("field.weather_seen.v1", {})
    items = await device.send(good, bad, foreign, unknown, last)
    assert [item["status"] for item in items] == ["accepted", "invalid", "invalid", "invalid", "accepted"]
    slugs = [item["problem"]["type"].rpartition(":")[2] for item in items[1:4]]
    assert slugs == ["content-invalid", "report-of-another-service", "type-unknown"]


@pytest.mark.parametrize(
    ("time", "flag"),
    [
        (ago(hours=30), "late"),
        (ago(days=400), "implausible_time"),
        ("2019-01-01T00:00:00Z", "implausible_time"),
        ("2099-01-01T00:00:00Z", "implausible_time"),
    ],
    ids=["late", "a year back", "before there was a system", "in the future"],
)
async def test_a_report_with_a_strange_time_is_accepted_and_flagged(office: Office, time: str, flag: str) -> None:
    """A phone's clock is no reason to forget what it reports; a late one keeps its date, a wrong one gets ours."""
    device = office.device(POST)
    (item,) = await device.send(device.handout(DISASTER, rice(1), time=time))
    assert item["status"] == "accepted"
    assert flag in item["flags"]
    (row,) = await office.items(f"/v1/places/{POST}/card")
    today = office.runtime.today().isoformat()
    assert (row["moved_on"] < today) is (flag == "late")


async def test_a_time_nobody_can_read_is_a_problem_of_its_item(office: Office) -> None:
    """What cannot be parsed cannot be kept as stated."""
    device = office.device(POST)
    (item,) = await device.send(device.handout(DISASTER, rice(1), time="kemarin"))
    assert item["status"] == "invalid"


async def test_a_report_of_an_unknown_post_area_and_lot_is_accepted_with_every_flag(office: Office) -> None:
    """Nothing a post says it did is refused for what the books do not know."""
    device = office.device(POST)
    report = device.handout(DISASTER, {"lot_id": new_id(), "quantity": 3}, area_code="62.99.99.9999")
    (item,) = await device.send(report)
    assert item["flags"] == ["negative_stock", "unknown_area", "unknown_item", "unknown_lot", "unknown_post"]
    explain = await office.items("/v1/to-explain")
    assert {row["event_type"] for row in explain} == {
        "logistics.goods_handed_out.v1",
        "logistics.stock_moved.v1",
    }
    (deficit,) = await office.items("/v1/deficits")
    assert (deficit["place_id"], deficit["field_deficit"]) == (POST, 3)


async def test_a_device_reports_for_itself_and_a_post_for_its_own_place(office: Office) -> None:
    """A token speaks for one device of one post."""
    device, other = office.device(POST), office.device(POST)
    (item,) = await device.send(other.handout(DISASTER, rice(1)))
    assert (item["http_status"], item["problem"]["type"].rpartition(":")[2]) == (403, "device-not-yours")
    everywhere = office.token("post", scope={"post": ("*",)})
    headers = {"Authorization": f"Bearer {everywhere}", "Content-Type": "application/cloudevents-batch+json"}
    body = orjson.dumps([device.handout(DISASTER, rice(1))])
    assert (await office.client.post("/v1/events", content=body, headers=headers)).status_code == 403
    own = await office.get(f"/v1/places/{POST}/card", token=device.token)
    foreign = await office.get(f"/v1/places/{new_id()}/card", token=device.token)
    assert (own.status_code, foreign.status_code) == (200, 403)


async def test_posts_report_and_storekeepers_do_not(office: Office) -> None:
    """A report says who saw it happen."""
    device = office.device(POST)
    device.token = office.token("warehouse")
    answered = await device.send_raw(orjson.dumps([device.handout(DISASTER, rice(1))]))
    assert answered.status_code == 403


async def test_a_post_enrolled_later_explains_itself(office: Office, victims: Neighbour) -> None:
    """What a post did before the news of its enrolment stays where it was booked."""
    device = office.device(POST)
    (early,) = await device.send(device.handout(DISASTER, rice(1)))
    assert "unknown_post" in early["flags"]
    await victims.publish(enrolled())
    await office.until(f"/v1/places/{POST}")
    (item,) = await device.send(device.handout(DISASTER, rice(1)))
    assert "unknown_post" not in item["flags"]
    shown = await office.seen(f"/v1/places/{POST}", token=device.token)
    assert (shown["place_kind"], shown["area_code"]) == ("post", "62.06.01.2001")


async def test_a_post_that_was_offline_sends_two_days_in_any_order(office: Office, victims: Neighbour) -> None:
    """Hard case 4: hand-outs that arrive before the count of their shipment leave nothing unexplained at the end."""
    await office.seed()
    await victims.publish(enrolled())
    await office.until(f"/v1/places/{POST}")
    lot = await office.receive(1_000)
    shipment_id = await office.sent(lot, 600, to_place_id=POST)
    device = office.device(POST)
    await victims.publish(device_enrolled(device.device_id, datetime.now(UTC) - timedelta(days=3)))
    await office.knows(device, turns=1)
    arrival = device.arrival(shipment_id, line(lot, 590, missing=10), time=ago(hours=47))
    given = [device.handout(DISASTER, rice(100), time=ago(hours=46 - hour)) for hour in range(5)]
    items = await device.send(*reversed(given))
    assert all("negative_stock" in item["flags"] for item in items)
    assert (await office.items("/v1/deficits"))[0]["field_deficit"] == 500
    (item,) = await device.send(arrival)
    assert item["flags"] == ["late"]
    assert await office.items("/v1/deficits") == []
    (balance,) = await office.items(f"/v1/places/{POST}/balances")
    assert (balance["lot_id"], balance["on_hand"]) == (lot, 90)
