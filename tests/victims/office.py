"""The victims service as its users reach it: an office client and a post's device, over HTTP on the real app."""

import json
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from services.victims.service import SERVICE
from shared.kit.access.tokens import Grant, issue, load_signing_key
from shared.kit.runtime import Runtime
from shared.kit.settings import Settings
from tests.running import INSTALLATION, serving, settings_for
from tests.victims.builders import KATINGAN, event

BATCH = "application/cloudevents-batch+json"
SINGLE = "application/cloudevents+json"


@dataclass
class Office:
    """The running service, and the tokens of the people who use it."""

    runtime: Runtime
    client: httpx.AsyncClient

    def token(self, *roles: str, subject: str = "officer-1", area: Sequence[str] = ("*",), **more: Any) -> str:
        ttl = more.pop("ttl", timedelta(hours=1))
        grant = Grant(subject=subject, roles=roles, scope={"area": tuple(area), **more.pop("scope", {})}, **more)
        key = load_signing_key(self.runtime.settings.keys_dir)
        return issue(key, grant, installation=INSTALLATION, ttl=ttl, at=more.get("at"))

    async def post(
        self, path: str, body: Any = None, *, token: str | None = None, key: str | None = None
    ) -> httpx.Response:
        """An office command, under a new Idempotency-Key unless one is given."""
        headers = {
            "Authorization": f"Bearer {token or self.token('aid_officer')}",
            "Idempotency-Key": key or str(uuid.uuid4()),
            "Accept-Language": "en",
        }
        return await self.client.post(path, json=body if body is not None else {}, headers=headers)

    async def get(self, path: str, *, token: str | None = None, **params: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.token('aid_officer')}", "Accept-Language": "en"}
        return await self.client.get(path, params=params, headers=headers)

    async def declare(self, **changes: Any) -> str:
        """A declared disaster's id."""
        today = self.runtime.today()
        body = {
            "hazard": "flood",
            "area_codes": [KATINGAN],
            "phase": "tanggap_darurat",
            "decree_number": "188.44/123/2026",
            "decree_date": (today - timedelta(days=3)).isoformat(),
            "valid_from": (today - timedelta(days=10)).isoformat(),
            "valid_until": (today + timedelta(days=14)).isoformat(),
            **changes,
        }
        answered = await self.post("/v1/disasters", body)
        assert answered.status_code == 201, answered.text
        return subject_id(answered)

    async def enrol_post(self, disaster_id: str, area_code: str = "62.06.01") -> str:
        answered = await self.post("/v1/posts", {"disaster_id": disaster_id, "area_code": area_code})
        assert answered.status_code == 201, answered.text
        return subject_id(answered)

    async def enrol_device(self, post_id: str) -> "Device":
        answered = await self.post(f"/v1/posts/{post_id}/devices")
        assert answered.status_code == 201, answered.text
        content = answered.json()
        return Device(self.client, post_id, content["device_id"], content["token"])

    async def device(self, **disaster: Any) -> tuple[str, "Device"]:
        """A disaster with one post and one device, ready to report."""
        disaster_id = await self.declare(**disaster)
        return disaster_id, await self.enrol_device(await self.enrol_post(disaster_id))


@dataclass
class Device:
    """A post's device with its token; it numbers its reports from 1."""

    client: httpx.AsyncClient
    post_id: str
    device_id: str
    token: str
    number: int = 0
    extra: dict[str, str] = field(default_factory=dict)

    def event(self, type_: str, content: dict[str, Any], **attributes: Any) -> dict[str, Any]:
        self.number += 1
        return event(type_, content, device_id=self.device_id, number=self.number, **attributes)

    def household(self, content: dict[str, Any], **attributes: Any) -> dict[str, Any]:
        return self.event("field.household_registered.v1", content, **attributes)

    def casualty(self, content: dict[str, Any], **attributes: Any) -> dict[str, Any]:
        return self.event("field.casualty_reported.v1", content, **attributes)

    def damage(self, content: dict[str, Any], **attributes: Any) -> dict[str, Any]:
        return self.event("field.damage_reported.v1", content, **attributes)

    async def send_raw(self, body: bytes, media_type: str = BATCH) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": media_type,
            "Accept-Language": "en",
            **self.extra,
        }
        return await self.client.post("/v1/events", content=body, headers=headers)

    async def send(self, *events: dict[str, Any]) -> list[dict[str, Any]]:
        """What became of each event of a batch."""
        answered = await self.send_raw(json.dumps(events).encode())
        assert answered.status_code == 200, answered.text
        items: list[dict[str, Any]] = answered.json()["items"]
        assert len(items) == len(events)
        return items

    async def send_accepted(self, *events: dict[str, Any]) -> list[dict[str, Any]]:
        items = await self.send(*events)
        assert all(item["status"] == "accepted" for item in items), items
        return items


def subject_id(answered: httpx.Response) -> str:
    """The id of the aggregate whose event an office command was answered with."""
    subject: str = answered.json()["events"][0]["subject"]
    return subject.partition("/")[2]


def slug(answered: httpx.Response) -> str:
    """The slug of a problem."""
    type_: str = answered.json()["type"]
    return type_.removeprefix("urn:tanggap:problem:")


def ago(**span: int) -> str:
    """An instant as a device writes it."""
    return (datetime.now(UTC) - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def settings_of(database_url: str, redis_url: str, keys_dir: Path) -> Settings:
    return settings_for("victims", database_url, redis_url, keys_dir)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Office]:
    """The migrated, started service behind an HTTP client."""
    async with serving(SERVICE, settings) as (runtime, client):
        yield Office(runtime, client)
