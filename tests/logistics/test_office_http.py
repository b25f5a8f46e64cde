"""The office over HTTP: roles and scopes, safe repetition, plans that others overtake, lists by page."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import Request

from services.logistics.office import Desk, decide_planned
from services.logistics.requests.planning import plan_allocations
from shared.kit.access.roles import Principal
from shared.kit.decisions.types import Accepted, Command
from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import DISASTER, POST, VILLAGE, new_id
from tests.logistics.neighbour import Neighbour, device_enrolled, enrolled, registered
from tests.logistics.office import Office, line, running, slug

pytestmark = pytest.mark.anyio

RECEIPT = {
    "item_code": "beras",
    "place_id": "gudang-kasongan",
    "quantity": 10,
    "owner_id": "regency:62.06",
    "document_number": "BAST-1/2026",
}


async def test_seeding_twice_lists_nothing_twice(office: Office) -> None:
    """The catalogue and the norms are what they are."""
    await office.seed()
    before = await office.items("/v1/items")
    assert await office.done("/v1/items:seed-catalogue") == {"events": []}
    assert await office.done("/v1/ration-profiles:seed-norms") == {"events": []}
    assert await office.items("/v1/items") == before
    assert {one["id"] for one in await office.items("/v1/ration-profiles")} == {"bnpb-7-2008", "sphere"}


async def test_the_chosen_profile_is_shown_as_default(office: Office) -> None:
    """Everybody can see which norm is in force."""
    await office.seed()
    await office.done("/v1/ration-profiles/sphere/choice")
    shown = {one["id"]: one for one in await office.items("/v1/ration-profiles")}
    assert shown["default"]["legal_basis"] == shown["sphere"]["legal_basis"]
    assert slug(await office.post("/v1/ration-profiles/tidak-ada/choice")) == "profile-unknown"


async def test_a_storekeeper_works_in_the_stores_of_the_token(office: Office) -> None:
    """Whose warehouse it is, answers for it."""
    await office.seed()
    token = office.token("warehouse", scope={"place": ("gudang-palangka-raya",), "owner": ("*",)})
    assert (await office.post("/v1/lots", RECEIPT, token=token)).status_code == 403
    assert (
        await office.post("/v1/lots", {**RECEIPT, "place_id": "gudang-palangka-raya"}, token=token)
    ).status_code == 201
    assert (await office.post("/v1/lots", RECEIPT, token=office.token("aid_officer"))).status_code == 403
    assert (await office.client.post("/v1/lots", json=RECEIPT)).status_code == 401


async def test_allocation_draws_on_the_warehouses_of_the_token(office: Office) -> None:
    """Other owners' goods are not ours to give."""
    await office.seed()
    await office.village()
    await office.receive(100)
    mine = await office.receive(100, place_id="gudang-palangka-raya")
    request_id = await office.asked(150)
    token = office.token("warehouse", scope={"place": ("gudang-palangka-raya",), "area": ("*",), "owner": ("*",)})
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]}, token=token)
    shown = await office.seen(f"/v1/requests/{request_id}")
    assert [one["lot_id"] for one in shown["reservations"]] == [mine]
    assert shown["short"] == [{"item_code": "beras", "quantity": 50}]


async def test_an_officer_asks_for_the_areas_of_the_token(office: Office) -> None:
    """Who is responsible for one regency does not ask for another."""
    await office.seed()
    await office.village()
    token = office.token("aid_officer", scope={"area": ("62.01",)})
    body = {
        "disaster_id": DISASTER,
        "area_code": VILLAGE,
        "to_place_id": "desa-2001",
        "lines": [{"item_code": "beras", "quantity": 5}],
    }
    assert (await office.post("/v1/requests", body, token=token)).status_code == 403
    assert (await office.post("/v1/requests", body, token=office.token("aid_officer"))).status_code == 201


async def test_a_command_repeated_under_its_key_has_one_effect(office: Office) -> None:
    """The answer is given again; another content under the key is refused."""
    await office.seed()
    first = await office.post("/v1/lots", RECEIPT, key="terima-0001")
    again = await office.post("/v1/lots", RECEIPT, key="terima-0001")
    other = await office.post("/v1/lots", {**RECEIPT, "quantity": 11}, key="terima-0001")
    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, slug(other)) == (422, "idempotency-key-reused")
    assert len(await office.items("/v1/lots")) == 1


async def test_many_requests_opened_under_one_key_are_opened_once(office: Office, victims: Neighbour) -> None:
    """A repeated order for all areas answers the same and opens nothing new."""
    await office.seed()
    other = "62.06.01.2002"
    await victims.publish(enrolled(), enrolled(second := new_id(), other), registered(), registered(area_code=other))
    await office.until(f"/v1/places/{second}")
    await office.until("/v1/demand", count=2, disaster_id=DISASTER)
    body = {"disaster_id": DISASTER}
    first = await office.done("/v1/requests:from-demand", body, key="minta-semua-1")
    again = await office.done("/v1/requests:from-demand", body, key="minta-semua-1")
    assert [{**one, "replayed": True} for one in first["items"]] == again["items"]
    assert await office.done("/v1/requests:from-demand", body) == {"items": []}
    shown = await office.items("/v1/requests", disaster_id=DISASTER)
    assert {one["to_place_id"] for one in shown} == {POST, second}
    await office.approved(*(one["id"] for one in shown))
    first = await office.done("/v1/requests:allocate", body, key="alokasi-semua-1")
    again = await office.done("/v1/requests:allocate", body, key="alokasi-semua-1")
    assert [{**one, "replayed": True} for one in first["items"]] == again["items"]


async def test_requests_that_race_for_the_same_goods_are_planned_again(
    office: Office, make_database: Callable[[], str]
) -> None:
    """Two replicas reserve at once: all goods are given, none twice, and nobody is told to try again."""
    await office.seed()
    await office.village()
    for quantity in (40, 30, 30):
        await office.receive(quantity)
    ids = [await office.asked(15) for _ in range(10)]
    async with running(office.runtime.settings) as replica:
        answers = await asyncio.gather(
            *(
                (office, replica)[number % 2].done("/v1/requests:allocate", {"request_ids": [request_id]})
                for number, request_id in enumerate(ids)
            )
        )
    assert {item["status"] for answer in answers for item in answer["items"]} == {"accepted"}
    balances = await office.items("/v1/places/gudang-kasongan/balances")
    assert sum(one["reserved"] for one in balances) == 100
    assert all(one["reserved"] <= one["on_hand"] for one in balances)
    short = [line["quantity"] for one in await office.items("/v1/requests", short=True) for line in one["short"]]
    assert sum(short) == 50
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []


async def test_a_plan_that_is_overtaken_is_made_again(office: Office) -> None:
    """Goods written off between plan and decision are not reserved: other goods are, or their lack is stated."""
    await office.seed()
    await office.village()
    first = await office.receive(40, expires_on="2027-01-01")
    second = await office.receive(30, expires_on="2028-01-01")
    request_id = await office.asked(60)
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b"", "json": {}}
    principal = Principal("officer-1", "warehouse", ("warehouse",), {"place": ("*",), "area": ("*",), "owner": ("*",)})
    desk = Desk(office.runtime, Request(scope), principal, "alokasi-1")
    plans = 0

    async def plan(open_: Sequence[str]) -> Mapping[str, Command]:
        nonlocal plans
        plans += 1
        made = await plan_allocations(desk, open_)
        if plans == 1:
            body = {"from_place_id": "gudang-kasongan", "to_place_id": "lost", "quantity": 5, "reason": "loss"}
            await office.done(f"/v1/lots/{first}/movements", body)
        return made

    outcomes = await decide_planned(desk, [request_id], plan)
    assert isinstance(outcomes[request_id], Accepted)
    assert plans == 2
    shown = await office.seen(f"/v1/requests/{request_id}")
    assert {one["lot_id"]: one["quantity"] for one in shown["reservations"]} == {first: 35, second: 25}


async def test_a_stock_card_shows_each_movement_with_the_balance_it_left(office: Office) -> None:
    """An auditor adds the changes up and arrives at every balance."""
    await office.seed()
    await office.village()
    lot = await office.receive(100)
    moves = [{"to_place_id": "lost", "reason": "loss"}, {"to_place_id": "damaged", "reason": "damage"}]
    for number, move in enumerate(moves, start=1):
        body = {"from_place_id": "gudang-kasongan", "quantity": number, **move}
        await office.done(f"/v1/lots/{lot}/movements", body)
    rows = await office.items("/v1/places/gudang-kasongan/card", limit=1)
    assert [(row["change"], row["balance"], row["reason"]) for row in rows] == [
        (100, 100, "receipt"),
        (-1, 99, "loss"),
        (-2, 97, "damage"),
    ]
    assert [row["position"] for row in rows] == sorted(row["position"] for row in rows)
    (lost,) = await office.items("/v1/places/lost/card", lot_id=lot)
    assert (lost["change"], lost["other_place_id"], lost["position"]) == (1, "gudang-kasongan", rows[1]["position"])


async def test_a_movement_is_reversed_once(office: Office) -> None:
    """The correction names what it corrects."""
    await office.seed()
    lot = await office.receive(100)
    body = {"from_place_id": "gudang-kasongan", "to_place_id": "lost", "quantity": 7, "reason": "loss"}
    moved = await office.done(f"/v1/lots/{lot}/movements", body)
    event_id = moved["events"][0]["id"]
    await office.done(f"/v1/movements/{event_id}/reversal")
    rows = await office.items("/v1/places/gudang-kasongan/card")
    assert (rows[-1]["reverses"], rows[-1]["balance"]) == (event_id, 100)
    assert slug(await office.post(f"/v1/movements/{event_id}/reversal")) == "movement-reversed-already"
    assert (await office.post(f"/v1/movements/{new_id()}/reversal")).status_code == 404


async def test_reasons_that_follow_from_shipments_are_not_written_by_hand(office: Office) -> None:
    """A hand-out is a report, a delivery is counted."""
    await office.seed()
    lot = await office.receive(100)
    body = {"from_place_id": "gudang-kasongan", "to_place_id": "handed_out", "quantity": 7, "reason": "hand_out"}
    answered = await office.post(f"/v1/lots/{lot}/movements", body)
    assert (answered.status_code, slug(answered)) == (422, "reason-not-written")


async def test_a_post_sees_the_requests_of_its_area(office: Office) -> None:
    """What other areas ask for is not a post's business."""
    await office.seed()
    await office.village()
    request_id = await office.asked(5)
    here, elsewhere = office.device(POST, "62.06.01"), office.device(POST, "62.07")
    shown = await office.get("/v1/requests", token=here.token)
    assert [one["id"] for one in shown.json()["items"]] == [request_id]
    assert (await office.get("/v1/requests", token=elsewhere.token)).json()["items"] == []
    assert (await office.get(f"/v1/requests/{request_id}", token=here.token)).status_code == 200
    assert (await office.get(f"/v1/requests/{request_id}", token=elsewhere.token)).status_code == 403
    demand = await office.get("/v1/demand", token=elsewhere.token, disaster_id=DISASTER)
    assert demand.json()["items"] == []


async def test_a_dispatch_repeated_under_its_key_is_answered_as_before(office: Office) -> None:
    """The reply to a dispatch may be lost; asking again neither loads twice nor says that nothing is there."""
    await office.seed()
    await office.village()
    await office.receive(100)
    request_id = await office.asked(60)
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    body = {"request_id": request_id, "from_place_id": "gudang-kasongan", "document_number": "SJ-1"}
    first = await office.post("/v1/shipments", body, key="kirim-0001")
    again = await office.post("/v1/shipments", body, key="kirim-0001")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert len(await office.items("/v1/shipments")) == 1


async def test_a_shipment_goes_only_with_what_is_reserved(office: Office) -> None:
    """Nothing reserved, nothing sent; named lines are loaded as named."""
    await office.seed()
    await office.village()
    await office.receive(100)
    request_id = await office.asked(60)
    body = {"request_id": request_id, "from_place_id": "gudang-kasongan", "document_number": "SJ-1"}
    assert slug(await office.post("/v1/shipments", body)) == "nothing-reserved"
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    (kept,) = (await office.seen(f"/v1/requests/{request_id}"))["reservations"]
    lines = [{"reservation_id": kept["reservation_id"], "quantity": 25}]
    sent = await office.done("/v1/shipments", {**body, "lines": lines})
    foreign = [{"reservation_id": new_id(), "quantity": 1}]
    assert slug(await office.post("/v1/shipments", {**body, "lines": foreign})) == "reservation-ended"
    shipment_id = sent["events"][0]["subject"].partition("/")[2]
    (shown,) = await office.items("/v1/shipments", on_the_way=True)
    assert (shown["id"], shown["lines"][0]["dispatched"]) == (shipment_id, 25)
    (rice,) = (await office.seen(f"/v1/requests/{request_id}"))["lines"]
    assert (rice["reserved"], rice["dispatched"]) == (35, 25)


async def test_a_truck_of_100_that_arrives_as_92_with_3_damaged(office: Office, victims: Neighbour) -> None:
    """Hard case 8, over HTTP: the difference is on a list, each part of it in its own account."""
    await office.seed()
    await victims.publish(enrolled())
    await office.until(f"/v1/places/{POST}")
    lot = await office.receive(100)
    shipment_id = await office.sent(lot, 100, to_place_id=POST)
    device = office.device(POST)
    await victims.publish(device_enrolled(device.device_id, datetime.now(UTC) - timedelta(days=1)))
    await office.knows(device, turns=1)
    (item,) = await device.send(device.arrival(shipment_id, line(lot, 89, missing=8, damaged=3)))
    assert "flags" not in item
    shown = await office.seen(f"/v1/lots/{lot}")
    there = {one["place_id"]: one["on_hand"] for one in shown["balances"]}
    assert there == {"supplier": -100, "gudang-kasongan": 0, "transit": 0, POST: 89, "lost": 8, "damaged": 3}
    (differing,) = await office.items("/v1/shipments", differs=True)
    assert (differing["id"], differing["on_the_way"]) == (shipment_id, False)
    own = await office.get(f"/v1/shipments/{shipment_id}", token=device.token)
    foreign = await office.get(f"/v1/shipments/{shipment_id}", token=office.device(new_id()).token)
    assert (own.status_code, foreign.status_code) == (200, 403)


async def test_expired_reservations_are_set_free_on_demand(office: Office) -> None:
    """Nothing to expire is an answer too."""
    await office.seed()
    assert await office.done("/v1/requests:expire-reservations") == {"items": []}


async def test_bad_input_is_a_problem_that_says_what_to_do(office: Office) -> None:
    """Whoever errs is told where, in Indonesian unless asked otherwise, and nothing is done."""
    await office.seed()
    position = (await office.seen("/v1/lots"))["as_of"]
    cases = [
        ("/v1/lots", {**RECEIPT, "quantity": 0}),
        ("/v1/lots", {**RECEIPT, "quantity": 1.5}),
        ("/v1/lots", {**RECEIPT, "expires_on": "besok"}),
        ("/v1/lots", {**RECEIPT, "surprise": 1}),
        ("/v1/requests:allocate", {"request_ids": ["1"]}),
        ("/v1/places", {"place_id": "gudang", "place_kind": "castle"}),
    ]
    for path, body in cases:
        answered = await office.post(path, body)
        assert answered.status_code in (400, 422), (path, body)
        assert answered.headers["content-type"] == "application/problem+json"
        assert answered.json()["next_step"]
    token = office.token()
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id()}
    told = await office.client.post("/v1/lots", json={**RECEIPT, "item_code": "tidak-ada"}, headers=headers)
    assert told.json()["detail"] == "Barang tidak-ada tidak ada dalam katalog."
    assert (await office.seen("/v1/lots"))["as_of"] == position


async def test_unknown_ids_and_cursors_are_problems(office: Office) -> None:
    """What is not there is said to be not there."""
    for path in (
        f"/v1/lots/{new_id()}",
        "/v1/places/tidak-ada",
        f"/v1/requests/{new_id()}",
        f"/v1/shipments/{new_id()}",
    ):
        assert (await office.get(path)).status_code == 404
    for path in ("/v1/lots", "/v1/to-explain", "/v1/deficits", "/v1/requests", "/v1/shipments", "/v1/places"):
        assert slug(await office.get(path, after="abc")) == "cursor-invalid"
    cancelled = await office.post(f"/v1/requests/{new_id()}/cancellation", {"reason": "duplicate"})
    assert slug(cancelled) == "request-unknown"
    answered = await office.done("/v1/requests:allocate", {"request_ids": [new_id()]})
    assert answered["items"][0]["problem"]["status"] == 404
