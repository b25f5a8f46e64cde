"""`tanggap stock`, `request` and `partner` as somebody at a terminal uses them.

Goal: one supply by words alone, with the documents and exit codes a script relies on. Method: the real service behind a
real port, and the command in this process.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from shared.kit.serve import app_of
from tanggap.cli.main import run
from tests.logistics.builders import DISASTER, VILLAGE, new_id
from tests.logistics.office import Office

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

STORE = "gudang-kasongan"
OWNER = "regency:62.06"
PAPER = ("--document", "BAST-1/2026")
Command = Callable[..., Any]


@asynccontextmanager
async def listening(office: Office) -> AsyncIterator[str]:
    """The running service's address."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app_of(office.runtime), lifespan="off", log_config=None))
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.fixture
async def tanggap(office: Office, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Command]:
    """Runs a command line as `by`; its exit code must be `code`; gives the one document it answers with."""
    async with listening(office) as url:

        async def command(*words: str, code: int = 0, by: str = "officer-1", **more: Any) -> Any:
            token = office.token(*more.get("roles", ()), subject=by)
            line = ["--json", *words, "--url", more.get("url", url), "--token", token]
            returned = await asyncio.to_thread(run, line)
            # The service logs to the same output here; a document is one line.
            (printed,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("{"))
            assert returned == code, printed
            return json.loads(printed)

        yield command


async def test_a_supply_at_the_command_line(office: Office, tanggap: Command) -> None:
    """Receive in sacks, ask, have it approved by another, reserve, write off, count."""
    await office.seed()
    await office.village()
    await office.done("/v1/items/beras/pack-units", {"pack_unit": "karung", "quantity": 50_000})
    got = await tanggap("stock", "receive", "beras", "2karung", "--place", STORE, "--owner", OWNER, *PAPER)
    lot = got["lot_id"]
    asked = await tanggap(
        "request", "open", "--to", "desa-2001", "--area", VILLAGE, "--disaster", DISASTER, "--line", "beras=1karung"
    )
    request_id = asked["request_id"]
    await tanggap("request", "approve", request_id, code=4, by="officer-1", roles=("approver",))
    await tanggap("request", "approve", request_id, by="approver-1", roles=("approver",))
    done = await tanggap("request", "allocate", request_id, new_id(), code=3)
    assert sorted(one["status"] for one in done["items"]) == ["accepted", "refused"]
    (listed,) = (await tanggap("request", "list", "--disaster", DISASTER))["items"]
    assert (listed["id"], listed["approval"]) == (request_id, "approved")

    await tanggap("stock", "move", lot, "500", "--from", STORE, "--to", "lost", "--reason", "loss")
    short = await tanggap("stock", "move", lot, "50000", "--from", STORE, "--to", "lost", "--reason", "loss", code=6)
    assert (short["error"], short["exit_code"]) == ("stock-short", 6)
    (there,) = (await tanggap("stock", "balances", STORE))["items"]
    assert (there["on_hand"], there["reserved"]) == (99_500, 50_000)
    await tanggap("stock", "count", STORE, "--line", f"{lot}=99400", "--loss", f"{lot}=stolen")
    card = (await tanggap("stock", "card", STORE, "--item", "beras"))["items"]
    assert [one["change"] for one in card][:2] == [100_000, -500]


async def test_a_donation_at_the_command_line(office: Office, tanggap: Command) -> None:
    """Pledged, received, inspected by another, and read by the donor with its own token."""
    await office.seed()
    await tanggap("partner", "register", "pt-sinar", "--kind", "company")
    pledged = await tanggap("partner", "pledge", "pt-sinar", "--line", "selimut=500", *PAPER, "--area", "62.06")
    pledge = pledged["pledge_id"]
    words = ("partner", "receive", pledge, "--place", STORE, "--line", "selimut=300", *PAPER, "--key", "terima-0001")
    got = await tanggap(*words)
    assert await tanggap(*words) == got
    found = ("partner", "inspect", pledge, got["receipt_id"], *PAPER, "--accept", "1=280", "--reject", "1=20")
    await tanggap(*found, "--cause", "damaged", "--owner", OWNER, code=4)
    await tanggap(*found, "--cause", "damaged", "--owner", OWNER, by="officer-2")
    shown = await tanggap("partner", "statement", "pt-sinar")
    (line,) = shown["pledges"][0]["lines"]
    assert (line["pledged"], line["received"], line["stocked"], line["rejected"]) == (500, 300, 280, 20)


async def test_what_cannot_be_done_is_said(office: Office, tanggap: Command) -> None:
    """Exit 2 for words, 1 for what the service refuses, 75 with the key to repeat it under for a lost connection."""
    await office.done("/v1/items:seed-catalogue")
    into = ("--place", STORE, "--owner", OWNER, *PAPER)
    asked = ("request", "open", "--to", "desa-2001", "--area", VILLAGE, "--disaster", DISASTER)
    for words, code, error in (
        (("stock", "receive", "beras", "lima", *into), 2, "amount_unreadable"),
        (("stock", "receive", "beras", "2peti", *into), 2, "pack_unknown"),
        (("stock", "receive", "beras", "2", *into), 1, "place-unknown"),
        ((*asked, "--line", "beras"), 2, "line_unreadable"),
        (("partner", "statement", "siapa"), 1, "not-found"),
    ):
        assert (await tanggap(*words, code=code))["error"] == error
    lost = await tanggap("stock", "receive", "beras", "2", *into, "--key", "terima-0002", code=75, url="http://[::1]:1")
    assert "--key terima-0002" in lost["next_step"]
