"""Stock cards, sums, values and emergency issues, as storekeepers reach them over HTTP."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.emergencies.domain import Gone, IssueInEmergency
from services.logistics.places.domain import HANDED_OUT
from services.logistics.stock import queries
from shared.contracts.ids import ActorId, EmergencyIssueId, LotId, PlaceId, RequestId
from shared.kit.decisions.types import Accepted, Item, Origin
from tests.logistics.builders import new_id
from tests.logistics.office import Office, slug

pytestmark = pytest.mark.anyio

STORE = "gudang-kasongan"


async def pages(office: Office, path: str, **params: Any) -> list[dict[str, Any]]:
    """A list read two rows at a time."""
    return await office.items(path, limit=2, **params)


async def test_a_stock_card_goes_on_from_page_to_page(office: Office) -> None:
    """By place, item, lot and owner: each row has the balance its movement left of what the card is about."""
    await office.seed()
    ours = await office.receive(100)
    theirs = await office.receive(50, owner_id="kemensos")
    await office.receive(7, item_code="selimut")
    for lot, quantity in ((ours, 8), (theirs, 5), (ours, 2)):
        body = {"from_place_id": STORE, "to_place_id": "lost", "quantity": quantity, "reason": "loss"}
        await office.done(f"/v1/lots/{lot}/movements", body)
    card = f"/v1/places/{STORE}/card"
    assert [row["change"] for row in await pages(office, card)] == [100, 50, 7, -8, -5, -2]
    rice = await pages(office, card, item_code="beras")
    assert [row["running_balance"] for row in rice] == [100, 150, 142, 137, 135]
    assert [row["balance"] for row in rice] == [100, 50, 92, 45, 90]
    assert [row["running_balance"] for row in await pages(office, card, lot_id=ours)] == [100, 92, 90]
    kemensos = await pages(office, card, item_code="beras", owner_id="kemensos")
    assert [(row["running_balance"], row["owner_id"]) for row in kemensos] == [(50, "kemensos"), (45, "kemensos")]


async def test_every_item_sums_to_zero_over_all_places(office: Office) -> None:
    """What places hold by item and owner; with the accounts outside the stores nothing is left over."""
    await office.seed()
    lot = await office.receive(100)
    await office.receive(50, owner_id="kemensos", place_id="gudang-palangka-raya")
    loss = {"from_place_id": STORE, "to_place_id": "lost", "quantity": 8, "reason": "loss"}
    await office.done(f"/v1/lots/{lot}/movements", loss)
    held = await pages(office, "/v1/balances", item_code="beras")
    assert {(row["place_id"], row["owner_id"], row["on_hand"]) for row in held} == {
        (STORE, "regency:62.06", 92),
        ("gudang-palangka-raya", "kemensos", 50),
    }
    everywhere = await pages(office, "/v1/balances", accounts=True)
    assert sum(row["on_hand"] for row in everywhere) == 0
    assert [row["on_hand"] for row in await pages(office, "/v1/balances", owner_id="kemensos")] == [50]


async def test_an_officer_decides_about_the_goods_of_the_owners_in_the_token(office: Office) -> None:
    """Another owner's goods stand in our store; they are not ours to receive, value or write off."""
    await office.seed()
    lot = await office.receive(100, owner_id="kemensos")
    scope: Mapping[str, tuple[str, ...]] = {"place": ("*",), "owner": ("regency:62.06",)}
    token = office.token("warehouse", scope=scope)
    loss = {"from_place_id": STORE, "to_place_id": "lost", "quantity": 8, "reason": "loss"}
    refused = await office.post(f"/v1/lots/{lot}/movements", loss, token=token)
    assert (refused.status_code, slug(refused)) == (403, "other-owners-goods")
    value = {"unit_value_idr": 13_500, "valued_quantity": 1000, "value_basis": "cost", "document_number": "F-1/2026"}
    refused = await office.post(f"/v1/lots/{lot}/valuation", value, token=token)
    assert slug(refused) == "other-owners-goods"
    await office.done(f"/v1/lots/{lot}/valuation", value)
    shown = await office.seen(f"/v1/lots/{lot}")
    assert (shown["unit_value_idr"], shown["valued_quantity"], shown["value_basis"]) == (13_500, 1000, "cost")


async def test_a_value_and_what_it_rests_on_come_together(office: Office) -> None:
    """A number without a basis proves nothing."""
    await office.seed()
    body = {"item_code": "beras", "place_id": STORE, "quantity": 1, "owner_id": "province", "document_number": "B-1/26"}
    for half in ({"unit_value_idr": 5}, {"value_basis": "cost"}):
        assert (await office.post("/v1/lots", {**body, **half})).status_code == 422
    await office.done("/v1/lots", {**body, "unit_value_idr": 5, "value_basis": "cost"})


async def test_goods_go_first_and_the_letter_follows(office: Office) -> None:
    """The custodian records what went; the request that was promised the goods waits again; the head ratifies."""
    await office.seed()
    await office.village()
    lot = await office.receive(100)
    request = await office.asked(80)
    await office.done("/v1/requests:allocate", {"request_ids": [request]})
    issue = {"issue_id": new_id(), "from_place_id": STORE, "lines": [{"lot_id": lot, "quantity": 50}]}
    custodian = office.token("warehouse", subject="custodian-1")
    done = await office.done("/v1/emergency-issues", issue, token=custodian)
    assert "reservation_broken" in {flag for event in done["events"] for flag in event.get("flags", ())}
    line = (await office.seen(f"/v1/requests/{request}"))["lines"][0]
    assert (line["requested"], line["reserved"]) == (80, 50)
    balance = (await office.seen(f"/v1/lots/{lot}"))["balances"]
    assert {(row["place_id"], row["on_hand"], row["reserved"]) for row in balance if row["place_id"] == STORE} == {
        (STORE, 50, 50)
    }
    path = f"/v1/emergency-issues/{issue['issue_id']}"
    letter = {"document_number": "500/17/DS/2026"}
    same = office.token("warehouse", "approver", subject="custodian-1")
    assert slug(await office.post(f"{path}/ratification", letter, token=same)) == "same-person"
    listed = await office.items("/v1/emergency-issues", ratified=False, custodian="custodian-1")
    assert [(row["id"], row["late"]) for row in listed] == [(issue["issue_id"], False)]
    assert await office.items("/v1/emergency-issues", late=True) == []
    await office.done(f"{path}/ratification", letter, token=office.token("approver", subject="head-1"))
    assert (await office.seen(path))["approver_id"] == "head-1"
    assert await office.items("/v1/emergency-issues", ratified=False) == []


async def test_an_issue_nobody_ratified_in_time_is_listed_by_its_custodian(office: Office) -> None:
    """Three working days after Monday the 2nd it is late, until there is a letter; then it was ratified late."""
    await office.seed()
    lot = await office.receive(100)
    monday = date(2026, 3, 2)
    command = IssueInEmergency(
        issue_id=EmergencyIssueId(new_id()),
        from_place_id=PlaceId(STORE),
        to_place_id=HANDED_OUT,
        goods=(Gone(LotId(lot), 5),),
        custodian_id=ActorId("custodian-2"),
        gone_at=datetime(2026, 3, 2, 3, tzinfo=UTC),
        recorded_on=monday,
    )
    origin = Origin("custodian-2", "warehouse", new_id(), datetime(2026, 3, 2, 3, tzinfo=UTC))
    assert isinstance(await office.runtime.decisions.submit(Item(command, origin)), Accepted)
    path = "/v1/emergency-issues"
    late = await office.items(path, late=True, custodian="custodian-2")
    assert [(row["id"], row["ratify_by"], row["late"]) for row in late] == [(command.issue_id, "2026-03-05", True)]
    assert await office.items(path, late=True, custodian="custodian-1") == []
    letter = {"document_number": "500/18/DS/2026"}
    head = office.token("approver", subject="head-1")
    await office.done(f"{path}/{command.issue_id}/ratification", letter, token=head)
    assert await office.items(path, late=True) == []


async def test_goods_go_while_others_are_promised_them(office: Office) -> None:
    """Custodians give out and the office reserves at once: every fact is kept, and nothing is promised that is gone."""
    await office.seed()
    await office.village()
    lot = await office.receive(100)
    requests = [await office.asked(10) for _ in range(10)]

    async def give_out() -> int:
        issue = {"from_place_id": STORE, "lines": [{"lot_id": lot, "quantity": 6}]}
        key = new_id()
        while (answered := await office.post("/v1/emergency-issues", issue, key=key)).status_code == 503:
            await asyncio.sleep(0)
        return answered.status_code

    async def promise(request: str) -> int:
        return (await office.post("/v1/requests:allocate", {"request_ids": [request]})).status_code

    done = await asyncio.gather(*(give_out() for _ in range(10)), *(promise(request) for request in requests))
    assert done == [201] * 10 + [200] * 10
    balances = (await office.seen(f"/v1/lots/{lot}"))["balances"]
    there = next(row for row in balances if row["place_id"] == STORE)
    assert (there["on_hand"], there["field_deficit"]) == (40, 0)
    kept = [(await office.seen(f"/v1/requests/{request}"))["lines"][0]["reserved"] for request in requests]
    assert sum(kept) == there["reserved"] <= 40


async def test_a_fact_that_others_overtake_is_looked_up_again_and_never_lost(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reservations made after the look-up are found by the next one; if it goes on, the same key is sent again."""
    await office.seed()
    await office.village()
    lot = await office.receive(100)
    request = await office.asked(80)
    await office.done("/v1/requests:allocate", {"request_ids": [request]})
    seen, blind = queries.reserving, [1]

    async def looked_up_before(connection: AsyncConnection, place_ids: list[str]) -> dict[str, tuple[RequestId, ...]]:
        if blind[0]:
            blind[0] -= 1
            return {}
        return await seen(connection, place_ids)

    monkeypatch.setattr(queries, "reserving", looked_up_before)
    issue = {"from_place_id": STORE, "lines": [{"lot_id": lot, "quantity": 30}]}
    await office.done("/v1/emergency-issues", issue)
    blind[0], key = 10, new_id()
    busy = await office.post("/v1/emergency-issues", issue, key=key)
    assert (busy.status_code, slug(busy), busy.headers["Retry-After"]) == (503, "plan-outdated", "2")
    blind[0] = 0
    again = await office.post("/v1/emergency-issues", issue, key=key)
    assert again.status_code == 201
    balance = (await office.seen(f"/v1/lots/{lot}"))["balances"]
    assert {row["place_id"]: row["on_hand"] for row in balance}[STORE] == 40
