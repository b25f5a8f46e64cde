"""Requests over HTTP: asked by posts, decided for owners, served over routes, supported by others, on time or late."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.logistics.requests import queries
from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import DISASTER, POST, VILLAGE, new_id
from tests.logistics.neighbour import Neighbour, device_enrolled, enrolled, registered
from tests.logistics.office import Office, slug
from tests.running import PATIENCE_S

pytestmark = pytest.mark.anyio

RICE = [{"item_code": "beras", "quantity": 100}]
REGENCY = {"owner": ("regency:62.06",), "area": ("62.06",), "place": ("*",)}
PROVINCE = {"owner": ("province",), "area": ("62",), "place": ("*",)}


async def ready(office: Office) -> None:
    await office.seed()
    await office.village()


async def request_of(office: Office, request_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = await office.seen(f"/v1/requests/{request_id}")
    return shown


async def test_a_posts_request_is_decided_by_its_regency_and_served(office: Office, victims: Neighbour) -> None:
    """A post asks, another person approves, goods are reserved with a reason for each line; told twice it is one."""
    await office.seed()
    device = office.device(POST)
    await victims.publish(enrolled(), device_enrolled(device.device_id, datetime.now(UTC) - timedelta(days=1)))
    await office.knows(device, turns=1)
    lot = await office.receive(100, expires_on="2027-03-01")
    await office.receive(100, expires_on="2027-04-01", place_id="gudang-palangka-raya")
    content = {
        "request_id": (request_id := new_id()),
        "disaster_id": DISASTER,
        "area_code": VILLAGE,
        "urgency": "critical",
        "lines": [{"item_code": "beras", "quantity": 40}, {"item_code": "beras", "quantity": 20}],
        "person_count": 25,
    }
    odd = {**content, "request_id": new_id(), "lines": [{"item_code": "tidak-ada", "quantity": 1}]}
    type_ = "field.goods_requested.v1"
    first, again, other, flagged = await device.send(
        device.event(type_, content),
        device.event(type_, content),
        device.event(type_, {**content, "lines": [{"item_code": "beras", "quantity": 1}]}),
        device.event(type_, odd),
    )
    assert [one["status"] for one in (first, again, other, flagged)] == ["accepted"] * 4
    assert again["events"] == []
    assert other["flags"] == ["likely_duplicate"]
    assert flagged["flags"] == ["unknown_item"]
    shown = await request_of(office, request_id)
    assert (shown["origin"], shown["requested_by"], shown["to_place_id"]) == ("post", POST, POST)
    assert (shown["addressed_to"], shown["approval"], shown["fulfilment"]) == ("regency:62.06", "submitted", "none")
    due = datetime.fromisoformat(shown["due_at"]) - datetime.fromisoformat(shown["received_at"])
    assert due == timedelta(hours=4)
    await office.approved(request_id)
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    served = await request_of(office, request_id)
    assert (served["approval"], served["fulfilment"]) == ("approved", "reserved")
    (pick,) = served["picks"]
    assert (pick["lot_id"], pick["quantity"], pick["route_minutes"]) == (lot, 60, 60)
    assert pick["why"] == ["earliest_expiry", "nearest_open_route"]


async def test_four_eyes_and_owners_are_kept_at_the_doors(office: Office) -> None:
    """Who asked does not approve; another regency's approver does not decide; a storekeeper is no approver."""
    await ready(office)
    request_id = await office.asked(100, approved=False)
    path = f"/v1/requests/{request_id}/approval"
    both = office.token("approver", subject="officer-1")
    elsewhere = office.token("approver", subject="approver-2", scope={"owner": ("regency:62.01",)})
    assert slug(await office.post(path, token=both)) == "own-request"
    assert (await office.post(path, token=elsewhere)).status_code == 403
    assert (await office.post(path)).status_code == 403
    regency = office.token("approver", subject="approver-3", scope=REGENCY)
    part = {"lines": [{"item_code": "beras", "quantity": 70}], "reason": "above_norm"}
    await office.done(path, part, token=regency)
    shown = await request_of(office, request_id)
    (line,) = shown["lines"]
    assert (shown["approval"], line["approved"], line["given_back"]) == ("partly_approved", 70, 30)
    assert [one["id"] for one in await office.items("/v1/requests", approval="partly_approved")] == [request_id]


async def test_no_route_no_proposal_and_a_label_where_distance_is_asked_for(office: Office) -> None:
    """Goods nobody can bring are not reserved; the office may ask for distance, and the reservation says so."""
    await ready(office)
    await office.receive(100)
    request_id = await office.asked(100)
    routes = await office.items("/v1/routes")
    for route in routes:
        await office.done(f"/v1/routes/{route['id']}/closure", {"reason": "flooded"})
    assert await office.items("/v1/routes", open_on=office.runtime.today().isoformat()) == []
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    shown = await request_of(office, request_id)
    assert shown["why_short"] == [{"item_code": "beras", "quantity": 100, "reason": "no_open_route"}]
    assert shown["reservations"] == []
    proposed = await office.seen(f"/v1/requests/{request_id}/proposal", routing="distance")
    assert proposed["picks"][0]["why"] == ["only_lot"]
    await office.done("/v1/requests:allocate", {"request_ids": [request_id], "routing": "distance"})
    assert (await request_of(office, request_id))["fulfilment"] == "reserved"
    await office.done(f"/v1/routes/{routes[0]['id']}/reopening")
    assert slug(await office.post(f"/v1/routes/{new_id()}/closure", {"reason": "flooded"})) == "route-unknown"
    unknown = [{"from_end": "tidak-ada", "to_end": "62.06", "mode": "road", "minutes": 5}]
    assert slug(await office.post("/v1/routes", {"routes": unknown})) == "route-ends-unknown"
    known = {"from_end": "62.06", "to_end": "62.71", "mode": "air", "minutes": 40}
    before = len(await office.items("/v1/routes"))
    assert slug(await office.post("/v1/routes", {"routes": [known, *unknown]})) == "route-ends-unknown"
    assert len(await office.items("/v1/routes")) == before


async def test_another_owners_goods_come_by_its_own_answer(office: Office, make_database: Callable[[], str]) -> None:
    """Permintaan dukungan: the regency asks, the province's own approver gives a part, and only that is reserved."""
    await ready(office)
    theirs = await office.receive(500, owner_id="province", place_id="gudang-palangka-raya")
    request_id = await office.asked(100)
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    assert (await request_of(office, request_id))["why_short"][0]["reason"] == "no_stock"
    asked = {"support_id": (support_id := new_id()), "of_owner_id": "province", "lines": RICE}
    regency = office.token("aid_officer", subject="officer-4", scope=REGENCY)
    await office.done(f"/v1/requests/{request_id}/support", asked, token=regency)
    (open_,) = await office.items("/v1/support", of_owner_id="province", answer="open")
    assert (open_["id"], open_["request_id"]) == (support_id, request_id)
    answer = {"accepted": [{"item_code": "beras", "quantity": 60}], "reason": "own_need"}
    path = f"/v1/support/{support_id}/answer"
    ours = office.token("approver", subject="approver-3", scope=REGENCY)
    assert (await office.post(path, answer, token=ours)).status_code == 403
    await office.done(path, answer, token=office.token("approver", subject="approver-7", scope=PROVINCE))
    storekeeper = office.token("warehouse", scope={**REGENCY, "place": ("gudang-kasongan",)})
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]}, token=storekeeper)
    shown = await request_of(office, request_id)
    (pick,) = shown["picks"]
    assert (pick["lot_id"], pick["quantity"], pick["support_id"]) == (theirs, 60, support_id)
    assert "support" in pick["why"]
    assert shown["short"] == [{"item_code": "beras", "quantity": 40}]
    (answered,) = await office.items("/v1/support", request_id=request_id)
    assert answered["answer"] == "partly_accepted"
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []


async def test_goods_that_do_not_suffice_are_shared_and_the_share_is_shown(office: Office) -> None:
    """Two requests planned together share; each shows its weight, what there was, and what it got."""
    await ready(office)
    await office.receive(90)
    urgent, other = await office.asked(100, urgency="high", person_count=20), await office.asked(100, person_count=30)
    await office.done("/v1/requests:allocate", {"request_ids": [urgent, other]})
    shares = [(await request_of(office, id_))["shares"] for id_ in (urgent, other)]
    common = {"item_code": "beras", "available": 90, "weights": 180}
    assert shares == [[{**common, "weight": 120, "share": 60}], [{**common, "weight": 60, "share": 30}]]
    shown = await request_of(office, other)
    assert shown["why_short"] == [{"item_code": "beras", "quantity": 70, "reason": "shared"}]
    assert shown["fulfilment"] == "partly"


async def test_a_request_goes_upward_by_letter_or_is_taken_over(office: Office) -> None:
    """Who serves it decides anew, out of its own goods."""
    await ready(office)
    await office.receive(500, owner_id="province")
    by_letter, taken = await office.asked(100), await office.asked(50)
    regency = office.token("warehouse", subject="officer-4", scope=REGENCY)
    letter = {"to_owner_id": "province", "letter_number": "460/12/DINSOS/2026"}
    await office.done(f"/v1/requests/{by_letter}/forwarding", letter, token=regency)
    taking = {"request_ids": [taken], "reason": "regency_cut_off"}
    assert (await office.post("/v1/requests:take-over", taking, token=regency)).status_code == 403
    province = office.token("warehouse", subject="officer-5", scope=PROVINCE)
    await office.done("/v1/requests:take-over", taking, token=province)
    waiting = await office.items("/v1/requests", addressed_to="province", approval="submitted")
    assert {one["id"] for one in waiting} == {by_letter, taken}
    approver = office.token("approver", subject="approver-7", scope=PROVINCE)
    await office.done("/v1/requests:approve", {"request_ids": [by_letter, taken]}, token=approver)
    assert (await office.post("/v1/requests:allocate", {"request_ids": [taken]}, token=regency)).status_code == 403
    assert (await office.done("/v1/requests:allocate", {"disaster_id": DISASTER}, token=regency))["items"] == []
    await office.done("/v1/requests:allocate", {"disaster_id": DISASTER}, token=province)
    for request_id in (by_letter, taken):
        assert (await request_of(office, request_id))["fulfilment"] == "reserved"


async def test_goods_chosen_by_hand_need_a_reason(office: Office) -> None:
    """The later lot may be taken first if somebody says why."""
    await ready(office)
    await office.receive(100, expires_on="2027-03-01")
    later = await office.receive(100, expires_on="2028-03-01")
    request_id = await office.asked(80)
    picks = [{"lot_id": later, "place_id": "gudang-kasongan", "quantity": 80}]
    path = f"/v1/requests/{request_id}/allocation"
    assert (await office.post(path, {"picks": picks})).status_code == 422
    await office.done(path, {"picks": picks, "reason": "lasts_the_journey"})
    (pick,) = (await request_of(office, request_id))["picks"]
    assert (pick["lot_id"], pick["why"], pick["override"]) == (later, ["by_hand"], "lasts_the_journey")


async def test_late_requests_are_listed_and_those_that_wait_for_an_answer_are_not(office: Office) -> None:
    """The office sees what needs it: nobody is blamed for a question that is open."""
    await ready(office)
    request_id = await office.asked(100)
    assert await office.items("/v1/requests", overdue=True) == []
    assert await office.items("/v1/requests", warning=True) == []
    await office.done(f"/v1/requests/{request_id}/pause", {"question": "quantity_unclear"})
    paused = await request_of(office, request_id)
    assert paused["question"] == "quantity_unclear"
    await office.done(f"/v1/requests/{request_id}/resume")
    resumed = await request_of(office, request_id)
    assert datetime.fromisoformat(resumed["due_at"]) > datetime.fromisoformat(paused["due_at"])
    assert "paused_at" not in resumed or resumed["paused_at"] is None
    warn_at, due_at = (datetime.fromisoformat(resumed[name]) for name in ("warn_at", "due_at"))
    second = timedelta(seconds=1)
    for now, warned, over in ((warn_at - second, 0, 0), (warn_at, 1, 0), (due_at - second, 1, 0), (due_at, 0, 1)):
        assert await late_at(office, now, warning=True) == warned
        assert await late_at(office, now, overdue=True) == over
    await office.done(f"/v1/requests/{request_id}/pause", {"question": "item_unclear"})
    assert await late_at(office, due_at, warning=True, overdue=True) == 0


async def late_at(office: Office, now: datetime, *, warning: bool = False, overdue: bool = False) -> int:
    """How many requests would be listed at an instant."""
    condition = queries.late(now, warning=warning, overdue=overdue)
    async with office.runtime.database.reading() as connection:
        rows, _ = await queries.requests(connection, condition, after=None, limit=10)
    return len(rows)


async def test_a_draft_asks_for_nothing_until_it_is_submitted(office: Office) -> None:
    """What is still being written is on no list of lines."""
    await ready(office)
    body = {"request_id": (request_id := new_id()), "disaster_id": DISASTER, "area_code": VILLAGE, "draft": True}
    await office.done("/v1/requests", {**body, "to_place_id": "desa-2001", "lines": RICE})
    draft = await request_of(office, request_id)
    assert (draft["approval"], draft["lines"], draft["asked"]) == ("draft", [], RICE)
    await office.done(f"/v1/requests/{request_id}/submission", {"lines": [{"item_code": "beras", "quantity": 90}]})
    assert [line["requested"] for line in (await request_of(office, request_id))["lines"]] == [90]


async def test_needs_are_counted_by_the_norm_on_the_basis_and_for_the_days_chosen(
    office: Office, victims: Neighbour
) -> None:
    """Displaced or all affected, two days of the Sphere norm: each step stands in the answer and in the request."""
    await office.seed()
    await victims.publish(
        enrolled(), registered(persons=3), registered(persons=4, residence="shelter"), registered(persons=2)
    )
    async with asyncio.timeout(PATIENCE_S):
        while [one["household_count"] for one in await office.items("/v1/demand", disaster_id=DISASTER)] != [3]:
            await asyncio.sleep(0.05)
    body = {"disaster_id": DISASTER, "profile_id": "sphere", "days": 2, "basis": "displaced"}
    answered = await office.done("/v1/requests:from-demand", body)
    (item,) = answered["items"]
    need = item["need"]
    assert (need["basis"], need["household_count"], need["person_count"], need["days"]) == ("displaced", 1, 4, 2)
    rice = next(line for line in need["lines"] if line["item_code"] == "beras")
    assert (rice["heads"], rice["quantity"], rice["every_days"], rice["needed"]) == (4, 400, 1, 3_200)
    shown = await request_of(office, item["id"])
    assert shown["need"] == need
    assert {"item_code": "beras", "quantity": 3_200} in shown["asked"]
    more = await office.done("/v1/requests:from-demand", {**body, "basis": "affected"})
    (rest,) = more["items"]
    rice = next(line for line in rest["need"]["lines"] if line["item_code"] == "beras")
    assert rice["needed"] - rice["asked_before"] == 9 * 800 - 3_200
    assert await office.done("/v1/requests:from-demand", body) == {"items": []}
    assert (await office.post("/v1/requests:from-demand", {**body, "profile_id": "tidak-ada"})).status_code == 404
    assert (await office.post("/v1/requests:from-demand", {"disaster_id": DISASTER, "days": 2})).status_code == 422


async def test_a_token_whose_subject_cannot_stand_in_an_event_is_told_so(office: Office) -> None:
    """Who asks is on record by pseudonym: another kind of subject is refused and never a fault of the service."""
    await office.seed()
    body = {
        "disaster_id": DISASTER,
        "area_code": "62.06.01.2001",
        "to_place_id": "gudang-kasongan",
        "lines": [{"item_code": "beras", "quantity": 1}],
    }
    refused = await office.post("/v1/requests", body, token=office.token(subject="a person's name"))
    assert (refused.status_code, slug(refused)) == (403, "person-unusable")
