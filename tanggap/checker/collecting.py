"""Everything the checker looks at, read over HTTP and laid down in a folder: logs, and what the services show.

Owns its own way of exporting a log, in the layout of `docs/audit.md`, so that no service's code stands between log and
check. What is shown is read first, and each log then up to a checkpoint that covers it. Must not judge anything.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson
import zstandard
from prometheus_client.parser import text_string_to_metric_families

from tanggap.checker.evidence import SERVED, SHOWN, Journal
from tanggap.checker.pages import PAGES, read_pages
from tanggap.checker.reading import LOOK_EVERY_S, NotCollected, Reader

SEGMENT_LEAVES = 65_536
PAGE_LEAVES = 1_024
HASH_BYTES = 32
TILE_LEAVES = 256
SIGNED_DEADLINE_S = 30.0
TIMEOUT_S = 60.0


async def collect(urls: Mapping[str, str], token: str, folder: Path, told: Journal) -> None:
    """Lay down what there is to check, each log at least as far as the players were told. Raises: NotCollected."""
    _make(folder)
    headers = {"Authorization": f"Bearer {token}"}
    readers = {
        service: Reader(service, httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False))
        for service, url in urls.items()
    }
    try:
        shown = await _shown(readers, told)
        (folder / SHOWN).write_bytes(orjson.dumps(shown, option=orjson.OPT_INDENT_2))
        for service, reader in readers.items():
            at_least = max(_covered(shown, service), told.reached(service))
            await _export(reader, folder / service, at_least=at_least)
    finally:
        for reader in readers.values():
            await reader.client.aclose()


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


async def _shown(readers: Mapping[str, Reader], told: Journal) -> dict[str, Any]:
    """What the services show of goods and money, and how many entries they set aside."""
    shown: dict[str, Any] = {"parked": {}, "balances": {}, "budgets": None, PAGES: {}}
    for service, reader in readers.items():
        shown["parked"][service] = _parked((await reader.get("/metrics")).text)
    if "logistics" in readers:
        places = [row["id"] for row in (await readers["logistics"].pages("/v1/places")).rows]
        for place in (*places, *ACCOUNTS):
            balances = await readers["logistics"].pages(f"/v1/places/{place}/balances")
            shown["balances"][place] = {"as_of": balances.as_of, "rows": balances.rows}
        shown[PAGES] = await read_pages(readers["logistics"], told)
    if "aid" in readers:
        budgets = await readers["aid"].pages("/v1/budgets")
        shown["budgets"] = {"as_of": budgets.as_of, "rows": budgets.rows}
    return shown


# Places that are there without being opened: see docs/glossary.md.
ACCOUNTS = (
    "supplier",
    "supplier:opening",
    "donor",
    "handed_out",
    "lost",
    "damaged",
    "consumed",
    "consumed:kits",
    "destroyed",
    "surplus",
    "transit",
)


def _parked(metrics: str) -> int:
    families = text_string_to_metric_families(metrics)
    return sum(
        int(sample.value) for family in families if family.name == "tanggap_parked_entries" for sample in family.samples
    )


def _covered(shown: Mapping[str, Any], service: str) -> int:
    """The position a log's export must reach, so that it covers what was shown."""
    if service == "logistics":
        return max((one["as_of"] for one in shown["balances"].values()), default=1)
    return int(shown["budgets"]["as_of"]) if service == "aid" and shown["budgets"] else 1


async def _export(reader: Reader, directory: Path, *, at_least: int) -> None:
    """Write a log as an auditor keeps it: entries, leaf hashes, checkpoints; and where the service says each stands."""
    note = await _signed(reader, at_least)
    size = int(note.split("\n")[1])
    for name in ("entries", "tiles"):
        _make(directory / name)
    layout = {"format": "tanggap-log-export/1", "segment_leaves": SEGMENT_LEAVES}
    (directory / "layout.json").write_bytes(orjson.dumps(layout) + b"\n")
    served: list[tuple[int, int, int]] = []
    for first in range(0, size, SEGMENT_LEAVES):
        last = min(first + SEGMENT_LEAVES, size)
        entries = await _entries(reader, first, last)
        served += [(one["position"], one["partition"], one["number"]) for one in entries]
        stem = f"{first + 1:012}-{last:012}"
        lines = b"".join(one["leaf"].encode() + b"\n" for one in entries)
        (directory / "entries" / f"{stem}.jsonl.zst").write_bytes(zstandard.ZstdCompressor(level=3).compress(lines))
        (directory / "tiles" / f"{stem}.sha256").write_bytes(await _hashes(reader, first, last))
    (directory / SERVED).write_bytes(orjson.dumps(served))
    notes = [orjson.dumps({"note": each}) + b"\n" for each in await _notes(reader, size)]
    (directory / "checkpoints.jsonl").write_bytes(b"".join(notes))
    (directory / "checkpoint").write_text(note, encoding="utf-8")


async def _signed(reader: Reader, at_least: int) -> str:
    """The latest checkpoint's note, once it covers so much: a log is signed at most a second after it was written."""
    give_up_at = time.monotonic() + SIGNED_DEADLINE_S
    while True:
        note = (await reader.get("/v1/log/checkpoint")).text
        if int(note.split("\n")[1]) >= at_least:
            return note
        if time.monotonic() > give_up_at:
            raise NotCollected(f"{reader.service} has not signed its log up to position {at_least}")
        await asyncio.sleep(LOOK_EVERY_S)


async def _entries(reader: Reader, after: int, to: int) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    while after < to:
        page = await reader.json("/v1/log/entries", after=after, limit=min(PAGE_LEAVES, to - after))
        if not page["entries"]:
            raise NotCollected(f"{reader.service}'s log ends at {after}, before its checkpoint's {to}")
        entries += page["entries"]
        after += len(page["entries"])
    return entries


async def _hashes(reader: Reader, after: int, to: int) -> bytes:
    """The leaf hashes of positions after `after`, which begins a tile, up to `to`."""
    joined = b""
    while len(joined) < (to - after) * HASH_BYTES:
        first = (after + len(joined) // HASH_BYTES) // TILE_LEAVES
        part = (await reader.get("/v1/log/tiles", level=0, first=first, limit=256)).content
        if not part or len(joined) % (TILE_LEAVES * HASH_BYTES):
            raise NotCollected(f"{reader.service} has no tiles up to position {to}")
        joined += part
    return joined[: (to - after) * HASH_BYTES]


async def _notes(reader: Reader, size: int) -> Iterable[str]:
    notes: list[str] = []
    after = 0
    while after < size:
        page = (await reader.json("/v1/log/checkpoints", after=after))["checkpoints"]
        if not page:
            break
        notes += [each for each in page if int(each.split("\n")[1]) <= size]
        after = int(page[-1].split("\n")[1])
    return notes
