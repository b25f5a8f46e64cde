"""Receipts and hand-outs as posts report them, through the whole path: token, intake, rules, ledger, log, card.

Owns the supply the reports are about, made through the service's own doors, and the reports themselves: shipments of
several lots counted at a post, and goods of known lots given to households.
"""

import asyncio
import random
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import orjson
from uuid_utils.compat import uuid7

from bench.flow import Flow
from bench.households import Device, batches, reported
from bench.load import Target, send_all
from bench.office import prepare_devices, prepare_rations
from bench.plan import StockPlan
from bench.stage import Stage
from bench.ways import BATCH_EVENTS, BATCH_TYPE, check_accepted

RECEIVED = "field.shipment_received.v1"
HANDED_OUT = "field.goods_handed_out.v1"
WAREHOUSE = "gudang-uji"
VILLAGE = "62.06.01.2001"
OWNER = "regency:62.06"
ITEMS = ("beras", "air-mineral", "selimut", "tenda-gulung", "family-kit")
LOT_QUANTITY = 1_000_000_000
LOTS_EACH = 4
SENT_QUANTITY = 50
ORDERS_AT_ONCE = 8
REQUESTS_A_CALL = 200
TIMEOUT_S = 60.0

Content = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reports:
    """Reports of one kind, the events they became, the seconds until the last was answered, CPU µs an event."""

    what: str
    reports: int
    events: int
    spent_s: float
    cpu_us: dict[str, int] = field(default_factory=dict)

    @property
    def reports_per_s(self) -> float:
        """Reports a second."""
        return self.reports / self.spent_s

    @property
    def events_per_s(self) -> float:
        """Events logged a second."""
        return self.events / self.spent_s


class _Office:
    """Orders of an office, several at once, each under a key of its own."""

    def __init__(self, client: httpx.AsyncClient, stage: Stage) -> None:
        self._client = client
        self._tokens = {role: stage.token(role, subject=f"bench-{role}") for role in ("warehouse", "approver")}
        self._room = asyncio.Semaphore(ORDERS_AT_ONCE)

    async def done(self, path: str, body: Content, *, role: str = "warehouse") -> Content:
        headers = {"Authorization": f"Bearer {self._tokens[role]}", "Idempotency-Key": str(uuid7())}
        async with self._room:
            answered = await self._client.post(path, json=body, headers=headers)
        if answered.status_code not in (httpx.codes.OK, httpx.codes.CREATED):
            raise RuntimeError(f"{path}: {answered.status_code} {answered.text}")
        content: Content = answered.json()
        return content

    async def seen(self, path: str) -> Content:
        async with self._room:
            answered = await self._client.get(path, headers={"Authorization": f"Bearer {self._tokens['warehouse']}"})
        answered.raise_for_status()
        content: Content = answered.json()
        return content


async def measure_reports(stage: Stage, plan: StockPlan) -> tuple[Reports, Reports]:
    """Supply a post, then let its device report what arrived and what was given away."""
    prepare_rations(stage)
    device = prepare_devices(stage, 1)[0]
    async with Flow.open(stage, "victims", ("logistics",)) as flow:
        await flow.wait_all_applied()
    async with httpx.AsyncClient(base_url=stage.url("logistics"), timeout=TIMEOUT_S, trust_env=False) as client:
        office = _Office(client, stage)
        lots = await _stock(office, device)
        sent = await _sent(office, device, plan.shipments)
    said = [(RECEIVED, _arrival(shipment)) for shipment in sent]
    said += [(HANDED_OUT, _hand_out(device, lots, number)) for number in range(plan.hand_outs)]
    events = [reported(device, type_, content, number) for number, (type_, content) in enumerate(said, start=1)]
    await stage.settle()
    receipts = await _reported(stage, device, "receipts", events[: len(sent)], plan.connections)
    await stage.settle()
    hand_outs = await _reported(stage, device, "hand-outs", events[len(sent) :], plan.connections)
    return receipts, hand_outs


async def _stock(office: _Office, device: Device) -> list[str]:
    """Goods in the warehouse for shipments, and at the post for hand-outs: the lots at the post."""
    await office.done("/v1/places", {"place_id": WAREHOUSE, "place_kind": "warehouse", "area_code": "62.06.05"})
    route = {"from_end": WAREHOUSE, "to_end": "62.06", "mode": "road", "minutes": 60}
    await office.done("/v1/routes", {"routes": [route]})
    lots = []
    for place_id in (WAREHOUSE, device.post_id):
        for item_code in ITEMS * LOTS_EACH:
            body = {
                "lot_id": str(uuid7()),
                "item_code": item_code,
                "place_id": place_id,
                "quantity": LOT_QUANTITY,
                "owner_id": OWNER,
                "document_number": "BAST-1/2026",
            }
            await office.done("/v1/lots", body)
            lots.append(str(body["lot_id"]))
    return lots[len(lots) // 2 :]


async def _sent(office: _Office, device: Device, count: int) -> list[Content]:
    """Shipments on their way to the post, each of a line an item."""

    async def ask() -> str:
        body = {
            "request_id": str(uuid7()),
            "disaster_id": device.disaster_id,
            "area_code": VILLAGE,
            "to_place_id": device.post_id,
            "lines": [{"item_code": item_code, "quantity": SENT_QUANTITY} for item_code in ITEMS],
        }
        await office.done("/v1/requests", body)
        return str(body["request_id"])

    async def send(request_id: str) -> Content:
        body = {"shipment_id": str(uuid7()), "request_id": request_id, "from_place_id": WAREHOUSE}
        await office.done("/v1/shipments", {**body, "document_number": "SJ-1/2026"})
        return await office.seen(f"/v1/shipments/{body['shipment_id']}")

    requests = await _all(ask() for _ in range(count))
    for first in range(0, count, REQUESTS_A_CALL):
        some = {"request_ids": requests[first : first + REQUESTS_A_CALL]}
        await office.done("/v1/requests:approve", some, role="approver")
        await office.done("/v1/requests:allocate", some)
    return await _all(send(request_id) for request_id in requests)


async def _all(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    return list(await asyncio.gather(*work))


def _arrival(shipment: Content) -> Content:
    lines = [
        {"lot_id": line["lot_id"], "accepted": line["open"], "missing": 0, "damaged": 0} for line in shipment["lines"]
    ]
    return {"shipment_id": shipment["id"], "lines": lines}


def _hand_out(device: Device, lots: Sequence[str], number: int) -> Content:
    chance = random.Random(number)
    chosen = chance.sample(lots, 2)
    return {
        "handout_id": str(uuid7()),
        "disaster_id": device.disaster_id,
        "area_code": VILLAGE,
        "lines": [{"lot_id": lot, "quantity": chance.randint(1, 20)} for lot in chosen],
        "household_ids": [str(uuid7()) for _ in range(3)],
    }


async def _reported(stage: Stage, device: Device, what: str, events: Sequence[Content], connections: int) -> Reports:
    bodies = batches(events, BATCH_EVENTS)
    headers = {
        "Authorization": f"Bearer {device.token}",
        "Content-Type": BATCH_TYPE,
        "Content-Encoding": "gzip",
    }
    target = Target(stage.url("logistics"), "/v1/events", headers)
    meter = stage.cpu()
    before = meter.read()
    begun = time.monotonic()
    answers = await send_all(target, bodies, connections=connections, expected=200)
    spent_s = time.monotonic() - begun
    check_accepted(answers)
    logged = sum(len(item["events"]) for answer in answers for item in orjson.loads(answer.body)["items"])
    return Reports(what, len(events), logged, spent_s, meter.micros_each(before, logged))
