"""What an office does before posts report: a declared disaster, posts with devices, a catalogue with rations.

Owns the few commands the workload needs, sent as an office sends them. Must not measure anything.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from uuid_utils.compat import uuid7

from bench.households import Device
from bench.stage import Stage

OFFICE_ROLES = ("aid_officer", "operator", "warehouse")
TIMEOUT_S = 30.0


def prepare_devices(stage: Stage, count: int) -> list[Device]:
    """Declare a flood and enrol posts, each with a device."""
    today = (datetime.now(UTC) + timedelta(hours=7)).date()
    disaster = _ask(
        stage,
        "victims",
        "/v1/disasters",
        {
            "hazard": "flood",
            "area_codes": ["62.06"],
            "phase": "tanggap_darurat",
            "decree_number": "188.44/1/2026",
            "decree_date": (today - timedelta(days=3)).isoformat(),
            "valid_from": (today - timedelta(days=3)).isoformat(),
            "valid_until": (today + timedelta(days=11)).isoformat(),
        },
    )
    disaster_id = _subject_id(disaster)
    devices = []
    for _ in range(count):
        post = _ask(stage, "victims", "/v1/posts", {"disaster_id": disaster_id, "area_code": "62.06"})
        post_id = _subject_id(post)
        device = _ask(stage, "victims", f"/v1/posts/{post_id}/devices", {})
        devices.append(Device(device["device_id"], device["token"], disaster_id, post_id))
    return devices


def prepare_rations(stage: Stage) -> None:
    """List the items and set the ration norms, where logistics runs."""
    for path in ("/v1/items:seed-catalogue", "/v1/ration-profiles:seed-norms"):
        _ask(stage, "logistics", path, {})


def _ask(stage: Stage, service: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {stage.token(*OFFICE_ROLES)}", "Idempotency-Key": str(uuid7())}
    answered = httpx.post(stage.url(service) + path, json=body, headers=headers, timeout=TIMEOUT_S, trust_env=False)
    if answered.status_code != httpx.codes.CREATED:
        raise RuntimeError(f"{path}: {answered.status_code} {answered.text}")
    document: dict[str, Any] = answered.json()
    return document


def _subject_id(answered: dict[str, Any]) -> str:
    subject: str = answered["events"][0]["subject"]
    return subject.partition("/")[2]
