"""An auditor visits a running service twice, over HTTP, with a token, a key and a checkpoint taken home.

Goal: what the service answers is what the export proves. Method: a real process on real servers, the real command.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tanggap.cli.exits import Exit
from tanggap.cli.main import run
from tests.kit.processes import ServiceProcess, token
from tests.running import PATIENCE_S


@pytest.fixture
async def toy(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ServiceProcess]:
    """A toy service that serves."""
    process = ServiceProcess("toy", database_url, redis_url, tmp_path / "keys")
    try:
        await process.prepare()
        process.start()
        await process.ready()
        yield process
    finally:
        process.kill()


async def raised(toy: ServiceProcess, prefix: str, times: int) -> list[dict[str, Any]]:
    """Open a counter and raise it so often; the events the service answered with."""
    events: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {token(toy.keys_dir, 'clerk')}"}
    async with httpx.AsyncClient(base_url=toy.url, headers=headers) as client:
        body: dict[str, Any] = {"counter_id": prefix, "ceiling": 1_000}
        for number in range(times + 1):
            path = f"/v1/counters/{prefix}/raise" if number else "/v1/counters"
            key = {"Idempotency-Key": f"{prefix}-{number:08}"}
            answer = await client.post(path, json={"amount": 1} if number else body, headers=key)
            events += answer.raise_for_status().json()["events"]
    return events


async def signed(toy: ServiceProcess, position: int) -> None:
    """Wait until the service has signed up to a position."""
    headers = {"Authorization": f"Bearer {token(toy.keys_dir, 'auditor')}"}
    async with httpx.AsyncClient(base_url=toy.url, headers=headers) as client, asyncio.timeout(PATIENCE_S):
        while True:
            answer = await client.get("/v1/log/checkpoint")
            if answer.is_success and int(answer.text.split("\n")[1]) >= position:
                return
            await asyncio.sleep(0.05)


async def audit(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[Exit, dict[str, Any]]:
    capsys.readouterr()
    code = await asyncio.to_thread(run, ["audit", *map(str, words), "--json"])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, answer


async def test_an_auditor_verifies_a_running_service_on_two_visits(
    toy: ServiceProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every answered event is in the export and can be proved; the second visit extends the first."""
    out, key, kept = tmp_path / "toy-log", toy.keys_dir / "toy.log.pub", tmp_path / "kept"
    monkeypatch.setenv("TANGGAP_TOKEN", token(toy.keys_dir, "auditor"))
    answered = await raised(toy, "first", 5)
    await signed(toy, answered[-1]["position"])
    assert (await audit(capsys, "export", out, "--url", toy.url))[0] is Exit.OK
    kept.write_bytes((out / "checkpoint").read_bytes())
    answered += await raised(toy, "second", 20)
    await signed(toy, answered[-1]["position"])
    assert (await audit(capsys, "export", out, "--url", toy.url))[0] is Exit.OK
    code, verdict = await audit(capsys, "verify", out, "--key", key, "--since", kept)
    assert (code, verdict["trusted"], verdict["size"]) == (Exit.OK, True, 1 + len(answered))
    for event in answered:
        proof = tmp_path / "event.tlog-proof"
        await audit(capsys, "prove", out, event["id"], "--out", proof)
        code, proven = await audit(capsys, "check", proof, "--key", key)
        assert (code, proven["position"]) == (Exit.OK, event["position"])


async def test_who_may_not_read_the_log_is_told_so(
    toy: ServiceProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clerk's token, or none, opens no log: exit 4."""
    monkeypatch.setenv("TANGGAP_TOKEN", token(toy.keys_dir, "clerk"))
    assert (await audit(capsys, "export", tmp_path / "out", "--url", toy.url))[0] is Exit.NOT_ALLOWED
    monkeypatch.delenv("TANGGAP_TOKEN")
    assert (await audit(capsys, "export", tmp_path / "out", "--url", toy.url))[0] is Exit.NOT_ALLOWED
