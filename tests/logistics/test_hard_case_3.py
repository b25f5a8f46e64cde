"""Hard case 3: a store counts less than its book says while a shipment is on its way. Over HTTP, on real servers.

Goal: what is on the road is no difference, the count stands against what happened before it and arrives later, and
what it took of a promise waits again. Method: a store, a second person, a custodian who tells late; then a replay.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import POST, new_id
from tests.logistics.neighbour import Neighbour, enrolled
from tests.logistics.office import Office, ago, line

pytestmark = pytest.mark.anyio

STORE = "gudang-kasongan"
BLANKET = "selimut"


async def on_hand(office: Office, lot_id: str, place_id: str) -> int:
    shown = await office.seen(f"/v1/lots/{lot_id}")
    return next((int(one["on_hand"]) for one in shown["balances"] if one["place_id"] == place_id), 0)


async def test_a_count_below_the_book_while_a_shipment_is_on_its_way(
    office: Office, victims: Neighbour, make_database: Callable[[], str]
) -> None:
    """100 came, 40 left, 30 are promised; 25 are counted where the book says 60; five had left before."""
    await office.seed()
    await victims.publish(enrolled())
    await office.until(f"/v1/places/{POST}")
    lot = await office.receive(100, item_code=BLANKET)
    shipped = await office.asked(40, to_place_id=POST, item_code=BLANKET)
    await office.done("/v1/requests:allocate", {"request_ids": [shipped]})
    shipment = {"shipment_id": (shipment_id := new_id()), "request_id": shipped, "from_place_id": STORE}
    await office.done("/v1/shipments", {**shipment, "document_number": "SJ-3/2026"})
    promised = await office.asked(30, to_place_id=POST, item_code=BLANKET)
    await office.done("/v1/requests:allocate", {"request_ids": [promised]})
    before_the_count = ago(minutes=5)

    count_id = await opened_and_submitted(office, lot, counted=25)
    shown = await office.seen(f"/v1/counts/{count_id}")
    (found,) = shown["lines"]
    assert (found["book"], found["counted"], found["difference"]) == (60, 25, -35)
    assert await on_hand(office, lot, STORE) == 60, "a count waits for its second person"
    second = office.token(subject="officer-2")
    await office.done(f"/v1/counts/{count_id}/approval", token=second)
    assert (await on_hand(office, lot, STORE), await on_hand(office, lot, "transit")) == (25, 40)
    waiting = await office.seen(f"/v1/requests/{promised}")
    assert waiting["short"] == [{"item_code": BLANKET, "quantity": 5}], "30 were promised and 25 are there"

    # A custodian tells late of five that left before the count: live stays as counted, the unexplained part shrinks.
    gone = {"from_place_id": STORE, "lines": [{"lot_id": lot, "quantity": 5}], "gone_at": before_the_count}
    await office.done("/v1/emergency-issues", gone)
    balance = next(one for one in await office.items(f"/v1/places/{STORE}/balances") if one["lot_id"] == lot)
    assert (balance["on_hand"], balance["unexplained"]) == (25, -30)

    # The shipment arrives as it left: the count has not touched it.
    device = office.device(POST)
    (arrived,) = await device.send(device.arrival(shipment_id, line(lot, 40)))
    assert arrived["status"] == "accepted"
    assert await on_hand(office, lot, POST) == 40
    reasons = [row["reason"] for row in await office.items(f"/v1/places/{STORE}/card", lot_id=lot)]
    assert sorted(reasons) == ["count", "count_offset", "dispatch", "emergency_issue", "receipt"]
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    assert await rebuilt_differs(bench, make_database()) == []


async def opened_and_submitted(office: Office, lot: str, *, counted: int) -> str:
    """The id of a count of one lot that misses some, with its reason."""
    begun: dict[str, Any] = {"count_id": (count_id := new_id()), "place_id": STORE, "whole": False}
    await office.done("/v1/counts", begun)
    await office.done(f"/v1/counts/{count_id}/lines", {"lines": [{"lot_id": lot, "counted": counted}]})
    blank = await office.post(f"/v1/counts/{count_id}/submission", {"reasons": []})
    assert blank.status_code == 422, "no difference without a reason"
    reasons = [{"lot_id": lot, "loss_reason": "unknown"}]
    await office.done(f"/v1/counts/{count_id}/submission", {"reasons": reasons})
    return count_id
