"""An owner's book is closed, corrected and reported over HTTP, on the real servers, day after day."""

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from shared.kit import clock
from shared.kit.canonical import canonical
from tests.logistics.office import Office, slug

pytestmark = pytest.mark.anyio

PLACE = "gudang-kasongan"
OWNER = "regency:62.06"
WORTH: dict[str, Any] = {"unit_value_idr": 15_000, "valued_quantity": 1_000, "value_basis": "cost"}


async def store(office: Office) -> None:
    """The catalogue, and a warehouse of the regency."""
    await office.done("/v1/items:seed-catalogue")
    body = {"place_id": PLACE, "place_kind": "warehouse", "area_code": "62.06.05", "authority": "regency"}
    await office.done("/v1/places", body)


async def lost(office: Office, lot: str, quantity: int) -> str:
    """The id of the movement by which goods were written as lost."""
    body = {"from_place_id": PLACE, "to_place_id": "lost", "quantity": quantity, "reason": "loss"}
    return str((await office.done(f"/v1/lots/{lot}/movements", body))["events"][0]["id"])


def later(days: int) -> Any:
    """The same office, some days from now."""
    return time_machine.travel(clock.now() + timedelta(days=days))


def rice_of(content: dict[str, Any]) -> dict[str, Any]:
    line: dict[str, Any]
    (line,) = [line for line in content["lines"] if line["item_code"] == "beras"]
    return line


async def test_a_period_is_closed_once_all_is_settled_and_never_changes(office: Office) -> None:
    """What is found out later stands in the next period; the closed one shows both what it said and what is known."""
    await store(office)
    lot = await office.receive(1_000, **WORTH)
    unvalued = await office.receive(500)
    written = await lost(office, lot, 100)
    first, path = office.runtime.today(), f"/v1/periods/{OWNER}/close"
    assert slug(await office.post(path, {"until": first.isoformat()})) == "period-not-over"
    with later(1):
        closing = {"until": first.isoformat(), "method": "weighted_average"}
        assert slug(await office.post(path, closing)) == "lots-not-valued"
        await office.done(f"/v1/lots/{unvalued}/valuation", {**WORTH, "document_number": "BA-1/2026"})
        count_id = (await office.done("/v1/counts", {"place_id": PLACE}))["events"][0]["subject"].partition("/")[2]
        assert slug(await office.post(path, closing)) == "counts-open"
        await office.done(f"/v1/counts/{count_id}/cancellation")
        await office.done(path, closing)
        assert slug(await office.post(path, closing)) == "period-closed-already"
        await office.done(f"/v1/movements/{written}/reversal")
        correction = (await office.items(f"/v1/places/{PLACE}/card", lot_id=lot))[-1]
        assert ("prior_period" in correction["flags"], correction["occurred_on"]) == (True, first.isoformat())
        shown = await office.seen(f"/v1/periods/{OWNER}/{first}")
        closed, known = rice_of(shown["as_closed"]), rice_of(shown["as_known_now"])
        assert closed["closing"] == {"quantity": 1_400, "value_idr": 21_000}
        assert closed["adjustment"] == {"quantity": -100, "value_idr": -1_500}
        assert known["closing"] == {"quantity": 1_500, "value_idr": 22_500}
        assert [sorted(row) for row in shown["differences"]] == [["adjustment", "closing", "item_code"]]
        assert shown["as_closed"]["digest"] == digest_of(shown["as_closed"])
        second = office.runtime.today()
    with later(2):
        assert slug(await office.post(path, {"until": second.isoformat()})) == "method-fixed"
        await office.done(path, {**closing, "until": second.isoformat()})
        following = (await office.seen(f"/v1/periods/{OWNER}/{second}"))["as_closed"]
        rice = rice_of(following)
        assert (rice["opening"], rice["prior_period"]["quantity"]) == (closed["closing"], 100)
        assert rice["closing"] == {"quantity": 1_500, "value_idr": 22_500}
        assert date.fromisoformat(following["opened_on"]) == first + timedelta(days=1)
        again = (await office.seen(f"/v1/periods/{OWNER}/{first}"))["as_closed"]
        assert rice_of(again) == closed
        assert len(await office.items("/v1/periods", owner_id=OWNER)) == 2


def digest_of(closed: dict[str, Any]) -> str:
    """What anybody can compute over a closed period."""
    said = {name: closed[name] for name in ("owner_id", "until", "as_of", "method", "lines")}
    return hashlib.sha256(canonical(said)).hexdigest()


async def test_a_report_leaves_out_what_belongs_to_others(office: Office) -> None:
    """Goods of the province in the regency's warehouse are listed apart; its own are in units and rupiah."""
    await store(office)
    lot = await office.receive(1_000, **WORTH)
    await office.receive(300, owner_id="province", **WORTH)
    await lost(office, lot, 1)
    today = office.runtime.today().isoformat()
    span = {"from": today, "until": today}
    report = await office.seen("/v1/reports/stock", owner_id=OWNER, **span)
    rice = rice_of(report)
    assert (rice["incoming"]["quantity"], rice["closing"]["quantity"]) == (1_000, 999)
    assert rice["adjustment"] == {"quantity": -1, "value_idr": -15}
    assert report["totals_idr"]["closing"] == 14_985
    assert report["held_for_others"] == [{"owner_id": "province", "item_code": "beras", "quantity": 300}]
    other = await office.seen("/v1/reports/stock", owner_id="province", **span)
    assert (rice_of(other)["closing"]["quantity"], other["held_for_others"]) == (300, [])
    tomorrow = (office.runtime.today() + timedelta(days=1)).isoformat()
    following = await office.seen("/v1/reports/stock", owner_id=OWNER, **{"from": tomorrow, "until": tomorrow})
    assert rice_of(following)["opening"] == rice["closing"]
    turned = await office.get("/v1/reports/stock", owner_id=OWNER, **{"from": tomorrow, "until": today})
    assert slug(turned) == "days-turned-round"


async def test_only_who_acts_for_an_owner_closes_its_book(office: Office) -> None:
    """The regency's bookkeeper does not close the province's book."""
    token = office.token(scope={"owner": (OWNER,), "place": ("*",)})
    yesterday = (office.runtime.today() - timedelta(days=1)).isoformat()
    assert slug(await office.post("/v1/periods/province/close", {"until": yesterday}, token=token)) == "out-of-scope"
    assert (await office.post(f"/v1/periods/{OWNER}/close", {"until": yesterday}, token=token)).status_code == 201
    assert (await office.get("/v1/periods/nobody/2026-01-01")).status_code == 422
    assert (await office.get(f"/v1/periods/{OWNER}/2026-01-01")).status_code == 404
