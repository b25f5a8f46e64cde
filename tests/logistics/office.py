"""The logistics service as its users reach it: storekeepers and a post's device, over HTTP on the real app."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import sqlalchemy as sa

from services.logistics.places.tables import place_device
from services.logistics.service import SERVICE
from shared.kit.access.tokens import Grant, issue, load_signing_key
from shared.kit.runtime import Runtime
from shared.kit.settings import Settings
from tests.logistics.builders import DISASTER, new_id
from tests.running import INSTALLATION, PATIENCE_S, serving, settings_for

BATCH = "application/cloudevents-batch+json"
EVERYWHERE: Mapping[str, Sequence[str]] = {"area": ("*",), "place": ("*",), "owner": ("*",)}


@dataclass
class Office:
    """The running service, and the tokens of the people who use it."""

    runtime: Runtime
    client: httpx.AsyncClient

    def token(self, *roles: str, scope: Mapping[str, Sequence[str]] = EVERYWHERE, **more: Any) -> str:
        scopes = {kind: tuple(codes) for kind, codes in scope.items()}
        grant = Grant(more.pop("subject", "officer-1"), roles or ("warehouse",), scopes, **more)
        key = load_signing_key(self.runtime.settings.keys_dir)
        return issue(key, grant, installation=INSTALLATION, ttl=timedelta(hours=1))

    async def post(
        self, path: str, body: Any = None, *, token: str | None = None, key: str | None = None
    ) -> httpx.Response:
        """An office command, under a new Idempotency-Key unless one is given."""
        headers = {
            "Authorization": f"Bearer {token or self.token()}",
            "Idempotency-Key": key or str(uuid.uuid4()),
            "Accept-Language": "en",
        }
        return await self.client.post(path, json={} if body is None else body, headers=headers)

    async def done(self, path: str, body: Any = None, **how: Any) -> Any:
        """The content of the answer to a command that must be taken."""
        answered = await self.post(path, body, **how)
        assert answered.status_code in (200, 201), answered.text
        return answered.json()

    async def get(self, path: str, *, token: str | None = None, **params: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.token()}", "Accept-Language": "en"}
        return await self.client.get(path, params=params, headers=headers)

    async def seen(self, path: str, **params: Any) -> Any:
        """The content of a read that must succeed."""
        answered = await self.get(path, **params)
        assert answered.status_code == 200, answered.text
        return answered.json()

    async def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All rows of a list, page by page."""
        rows: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            content = await self.seen(path, **params, **after)
            rows += content["items"]
            if "next" not in content:
                return rows
            after = {"after": content["next"]}

    async def seed(self) -> None:
        """The catalogue, the norms, and two warehouses with roads into the regency."""
        await self.done("/v1/items:seed-catalogue")
        await self.done("/v1/ration-profiles:seed-norms")
        for place_id, area_code, latitude, longitude in (
            ("gudang-kasongan", "62.06.05", -18_900_000, 1_133_900_000),
            ("gudang-palangka-raya", "62.71.03", -22_100_000, 1_139_200_000),
        ):
            body = {
                "place_id": place_id,
                "place_kind": "warehouse",
                "area_code": area_code,
                "authority": "regency",
                "latitude_e7": latitude,
                "longitude_e7": longitude,
            }
            await self.done("/v1/places", body)
        roads = (("gudang-kasongan", 60), ("gudang-palangka-raya", 150))
        routes = [{"from_end": end, "to_end": "62.06", "mode": "road", "minutes": minutes} for end, minutes in roads]
        await self.done("/v1/routes", {"routes": routes})

    async def receive(self, quantity: int, *, place_id: str = "gudang-kasongan", **changes: Any) -> str:
        """A received lot's id."""
        body = {
            "lot_id": new_id(),
            "item_code": "beras",
            "place_id": place_id,
            "quantity": quantity,
            "owner_id": "regency:62.06",
            "document_number": "BAST-1/2026",
            **changes,
        }
        await self.done("/v1/lots", body)
        return str(body["lot_id"])

    async def village(self, place_id: str = "desa-2001", area_code: str = "62.06.01.2001") -> None:
        """A village goods can go to."""
        await self.done("/v1/places", {"place_id": place_id, "place_kind": "village", "area_code": area_code})

    async def approved(self, *request_ids: str) -> None:
        """Let somebody else approve requests in full."""
        token = self.token("approver", subject="approver-1")
        answered = await self.done("/v1/requests:approve", {"request_ids": request_ids}, token=token)
        assert {item["status"] for item in answered["items"]} == {"accepted"}, answered

    async def asked(
        self,
        quantity: int,
        *,
        to_place_id: str = "desa-2001",
        item_code: str = "beras",
        approved: bool = True,
        **changes: Any,
    ) -> str:
        """The id of a request that was opened, and approved if nothing else is said."""
        body = {
            "request_id": new_id(),
            "disaster_id": DISASTER,
            "area_code": "62.06.01.2001",
            "to_place_id": to_place_id,
            "lines": [{"item_code": item_code, "quantity": quantity}],
            **changes,
        }
        await self.done("/v1/requests", body)
        if approved:
            await self.approved(str(body["request_id"]))
        return str(body["request_id"])

    async def sent(self, lot_id: str, quantity: int, *, to_place_id: str) -> str:
        """The id of a shipment that left with goods of the one lot there is."""
        request_id = await self.asked(quantity, to_place_id=to_place_id)
        await self.done("/v1/requests:allocate", {"request_ids": [request_id]})
        body = {"request_id": request_id, "from_place_id": "gudang-kasongan", "document_number": "SJ-1/2026"}
        await self.done("/v1/shipments", {**body, "shipment_id": (shipment_id := new_id())})
        assert (await self.seen(f"/v1/shipments/{shipment_id}"))["lines"][0]["lot_id"] == lot_id
        return shipment_id

    async def until(self, path: str, *, count: int | None = None, **params: Any) -> None:
        """Wait until something is there, or so many rows of a list."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                answered = await self.get(path, **params)
                if answered.status_code == 200 and (count is None or len(answered.json()["items"]) == count):
                    return
                await asyncio.sleep(0.05)

    async def knows(self, device: "Device", *, turns: int) -> None:
        """Wait until so many enrolments and withdrawals of a device have arrived."""
        query = sa.select(sa.func.jsonb_array_length(place_device.c.turns)).where(
            place_device.c.parent == device.post_id, place_device.c.entry == device.device_id
        )
        async with asyncio.timeout(PATIENCE_S):
            while True:
                async with self.runtime.database.reading() as connection:
                    if await connection.scalar(query) == turns:
                        return
                await asyncio.sleep(0.05)

    def device(self, post_id: str, area_code: str = "62.06") -> "Device":
        """A device of a post, with the token the victims service issues for it."""
        device_id = new_id()
        scope = {"post": (post_id,), "area": (area_code,)}
        token = self.token("post", subject=post_id, scope=scope, device_id=device_id)
        return Device(self.client, post_id, device_id, token)


@dataclass
class Device:
    """A post's device with its token; it numbers its reports from 1."""

    client: httpx.AsyncClient
    post_id: str
    device_id: str
    token: str
    number: int = 0

    def event(self, type_: str, content: dict[str, Any], **attributes: Any) -> dict[str, Any]:
        self.number += 1
        return {
            "specversion": "1.0",
            "id": new_id(),
            "source": f"urn:tanggap:device:{self.device_id}",
            "type": type_,
            "time": ago(minutes=1),
            "devicenumber": self.number,
            "data": content,
            **attributes,
        }

    def arrival(self, shipment_id: str, *lines: dict[str, Any], **attributes: Any) -> dict[str, Any]:
        content = {"shipment_id": shipment_id, "lines": list(lines)}
        return self.event("field.shipment_received.v1", content, **attributes)

    def handout(self, disaster_id: str, *lines: dict[str, Any], **attributes: Any) -> dict[str, Any]:
        content = {
            "handout_id": attributes.pop("handout_id", None) or new_id(),
            "disaster_id": disaster_id,
            "area_code": attributes.pop("area_code", "62.06.01.2001"),
            "lines": list(lines),
            "household_ids": attributes.pop("household_ids", []),
        }
        return self.event("field.goods_handed_out.v1", content, **attributes)

    async def send_raw(self, body: bytes, media_type: str = BATCH) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": media_type, "Accept-Language": "en"}
        return await self.client.post("/v1/events", content=body, headers=headers)

    async def send(self, *events: dict[str, Any]) -> list[dict[str, Any]]:
        """What became of each event of a batch."""
        answered = await self.send_raw(orjson.dumps(events))
        assert answered.status_code == 200, answered.text
        items: list[dict[str, Any]] = answered.json()["items"]
        assert len(items) == len(events)
        return items


def line(lot_id: str, accepted: int, missing: int = 0, damaged: int = 0) -> dict[str, Any]:
    """What came of one lot."""
    return {"lot_id": lot_id, "accepted": accepted, "missing": missing, "damaged": damaged}


def slug(answered: httpx.Response) -> str:
    """The slug of a problem."""
    type_: str = answered.json()["type"]
    return type_.removeprefix("urn:tanggap:problem:")


def ago(**span: int) -> str:
    """An instant as a device writes it."""
    return (datetime.now(UTC) - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def settings_of(database_url: str, redis_url: str, keys_dir: Path) -> Settings:
    return settings_for("logistics", database_url, redis_url, keys_dir)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Office]:
    """The migrated, started service behind an HTTP client."""
    async with serving(SERVICE, settings) as (runtime, client):
        yield Office(runtime, client)
