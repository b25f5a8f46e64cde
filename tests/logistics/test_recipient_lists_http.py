"""Goods in custody until a list tells who got them, over HTTP on the real servers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.logistics.handouts import queries as handouts
from services.logistics.recipients import queries as recipients
from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import DISASTER, VILLAGE, new_id
from tests.logistics.neighbour import Neighbour, registered
from tests.logistics.office import Office, slug
from tests.logistics.test_hard_case_1 import a_plan, rice_of, until_family

pytestmark = pytest.mark.anyio

RICE_G = 2_800


def a_list(**changes: Any) -> dict[str, Any]:
    return {
        "list_id": new_id(),
        "disaster_id": DISASTER,
        "place_id": "desa-2001",
        "area_code": VILLAGE,
        "document_number": "DP-1/2026",
        "scan_sha256": "ab" * 32,
        **changes,
    }


def row(household_id: str | None, quantity: int = RICE_G) -> dict[str, Any]:
    named = {} if household_id is None else {"household_id": household_id}
    return {**named, "lines": [{"item_code": "beras", "quantity": quantity}]}


async def listed(office: Office, *rows: dict[str, Any], **changes: Any) -> str:
    """The id of a list with these rows."""
    body = a_list(handed_out_on=office.runtime.today().isoformat(), **changes)
    await office.done("/v1/recipient-lists", body)
    await office.done(f"/v1/recipient-lists/{body['list_id']}/rows", {"rows": list(rows)})
    return str(body["list_id"])


async def test_a_list_tells_who_got_what_and_the_rest_stays_in_custody(
    office: Office, victims: Neighbour, make_database: Callable[[], str]
) -> None:
    """Matched, unknown and duplicate rows; households are found by lot; what no list tells of stays with its day."""
    await office.seed()
    await office.village()
    known, unknown = registered(persons=1), new_id()
    await victims.publish(known)
    await until_family(office, known.household_id, 1)
    lot = await office.receive(10 * RICE_G, place_id="desa-2001")
    (rest,) = await office.items("/v1/custody", place_id="desa-2001")
    assert (rest["quantity"], rest["overdue"]) == (10 * RICE_G, False)

    first = await listed(office, row(known.household_id), row(unknown), row(None))
    again = await listed(office, row(known.household_id), distribution_id=first)
    rows = await office.items(f"/v1/recipient-lists/{first}/rows")
    assert [one["state"] for one in rows] == ["matched", "unknown", "unknown"]
    assert (await office.seen(f"/v1/recipient-lists/{again}"))["rows"] == {"matched": 0, "unknown": 0, "duplicate": 1}

    await office.done(f"/v1/recipient-lists/{first}/posting")
    (rest,) = await office.items("/v1/custody")
    assert (rest["lot_id"], rest["quantity"]) == (lot, 7 * RICE_G)
    async with office.runtime.database.reading() as connection:
        found, _ = await handouts.recipients_of(connection, lot, after=None, limit=10)
    assert {(one["household_id"], one["quantity"]) for one in found} == {
        (known.household_id, RICE_G),
        (unknown, RICE_G),
    }
    assert await office.items("/v1/over-entitlements") == []
    await office.done(f"/v1/recipient-lists/{again}/posting")
    (over,) = await office.items("/v1/over-entitlements")
    assert (over["source"], over["quantity"]) == (f"recipient_list/{again}", RICE_G)
    assert [one["over_entitlement"] for one in await office.items(f"/v1/recipient-lists/{again}/rows")] == [True]
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []


async def test_goods_without_a_list_are_overdue_after_two_weeks(office: Office) -> None:
    """The earliest arrival goes first: what was listed is of it, what is left of it becomes overdue by itself."""
    await office.seed()
    await office.village()
    lot = await office.receive(1_000, place_id="desa-2001")
    other = await office.receive(500, place_id="desa-2001", item_code="family-kit")
    await office.receive(500)
    await listed_and_posted(office, 400)
    today = office.runtime.today()
    for days, count in ((14, 0), (15, 2)):
        on = today + timedelta(days=days)
        async with office.runtime.database.reading() as connection:
            rows, _ = await recipients.custody(connection, None, today=on, overdue=True, after=None, limit=10)
        assert len(rows) == count
    assert {row["lot_id"]: row["quantity"] for row in rows} == {lot: 600, other: 500}
    assert {row["due_on"] for row in rows} == {today + timedelta(days=14)}
    assert await office.items("/v1/custody", overdue=True) == []
    by_ones = await office.items("/v1/custody", limit=1)
    assert sorted(row["lot_id"] for row in by_ones) == sorted((lot, other))


async def listed_and_posted(office: Office, quantity: int) -> None:
    list_id = await listed(office, row(None, quantity))
    await office.done(f"/v1/recipient-lists/{list_id}/posting")


async def test_a_plan_is_settled_by_the_list_of_its_distribution(office: Office, victims: Neighbour) -> None:
    """Planned and given is not counted twice; who did not come is still to be given."""
    await office.seed()
    await office.village()
    came, stayed = registered(persons=1), registered(persons=1)
    await victims.publish(came, stayed)
    for one in (came, stayed):
        await until_family(office, one.household_id, 1)
    await office.receive(10 * RICE_G, place_id="desa-2001")
    body = a_plan(came.household_id, RICE_G)
    body["households"] += a_plan(stayed.household_id, RICE_G)["households"]
    await office.done("/v1/distribution-plans", {**body, "distribution_id": (distribution_id := new_id())})
    list_id = await listed(office, row(came.household_id), distribution_id=distribution_id)
    await office.done(f"/v1/recipient-lists/{list_id}/posting")
    assert (await rice_of(office, came.household_id))["planned"] == 0
    assert (await rice_of(office, came.household_id))["received"] == RICE_G
    to_give = (await office.seen(f"/v1/distribution-plans/{distribution_id}"))["to_give"]
    assert [one["household_id"] for one in to_give] == [stayed.household_id]


async def test_a_withdrawn_list_makes_no_duplicates(office: Office) -> None:
    """The list that replaces it has matched rows again, and what is too much is refused over HTTP with its amount."""
    await office.seed()
    await office.village()
    household_id = new_id()
    wrong = await listed(office, row(household_id))
    right = await listed(office, row(household_id), distribution_id=wrong)
    await office.done(f"/v1/recipient-lists/{wrong}/withdrawal", {"reason": "replaced"})
    assert (await office.seen(f"/v1/recipient-lists/{right}"))["rows"]["duplicate"] == 0
    refused = await office.post(f"/v1/recipient-lists/{right}/posting")
    assert (refused.status_code, slug(refused)) == (409, "list-over-custody")


async def test_a_hand_out_that_named_nobody_waits_for_its_list(
    office: Office, make_database: Callable[[], str]
) -> None:
    """Goods a post gave away are known by household once the list is posted; nothing moves a second time."""
    await office.seed()
    device = office.device(new_id())
    lot = await office.receive(10 * RICE_G)
    report = device.handout(DISASTER, {"lot_id": lot, "quantity": 2 * RICE_G})
    await device.send(report)
    handout_id = report["data"]["handout_id"]
    (waiting,) = await office.items("/v1/custody/given-to-nobody", overdue=False)
    assert (waiting["source"], waiting["quantity"]) == (f"handout/{handout_id}", 2 * RICE_G)
    balances = (await office.seen(f"/v1/lots/{lot}"))["balances"]
    first, second = new_id(), new_id()
    list_id = await listed(office, row(first), row(second), place_id=device.post_id, handout_id=handout_id)
    await office.done(f"/v1/recipient-lists/{list_id}/posting")
    assert await office.items("/v1/custody/given-to-nobody") == []
    assert (await office.seen(f"/v1/lots/{lot}"))["balances"] == balances
    async with office.runtime.database.reading() as connection:
        found, _ = await handouts.recipients_of(connection, lot, after=None, limit=10)
    assert {(one["household_id"], one["quantity"]) for one in found} == {(first, RICE_G), (second, RICE_G)}
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []
