"""Everything the checker looks at, read over HTTP and laid down in a folder: logs, and what the services show.

Owns its own way of exporting a log, in the layout of `docs/audit.md`, so that no service's code stands between log and
check. What is shown is read first, and each log then up to a checkpoint that covers it. Must not judge anything.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import zstandard
from prometheus_client.parser import text_string_to_metric_families

SEGMENT_LEAVES = 65_536
PAGE_LEAVES = 1_024
HASH_BYTES = 32
TILE_LEAVES = 256
SIGNED_DEADLINE_S = 30.0
ANSWER_DEADLINE_S = 60.0
LOOK_EVERY_S = 0.1
TIMEOUT_S = 60.0
SHOWN = "shown.json"
SERVED = "served.json"


class NotCollected(Exception):
    """A service does not give what is to be checked."""

    slug = "not-collected"


@dataclass(frozen=True, slots=True)
class Reader:
    """The connection to one service, as an auditor."""

    service: str
    client: httpx.AsyncClient

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """What a path answers. Raises: NotCollected."""
        give_up_at = time.monotonic() + ANSWER_DEADLINE_S
        while True:
            status = await self._once(path, params)
            if isinstance(status, httpx.Response):
                return status
            if time.monotonic() > give_up_at:
                raise NotCollected(f"{self.service} answered {status} to {path}")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _once(self, path: str, params: Mapping[str, Any]) -> httpx.Response | str:
        try:
            answer = await self.client.get(path, params=params)
        except httpx.TransportError as error:
            return type(error).__name__
        if answer.is_success:
            return answer
        if answer.status_code < 500 and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            raise NotCollected(f"{self.service} answered {answer.status_code} to {path}")
        return str(answer.status_code)

    async def json(self, path: str, **params: Any) -> Any:
        """The JSON a path answers. Raises: NotCollected."""
        return orjson.loads((await self.get(path, **params)).content)

    async def pages(self, path: str, **params: Any) -> "Shown":
        """A whole list, with the log position of its last page. Raises: NotCollected when it changed meanwhile."""
        rows: list[dict[str, Any]] = []
        positions = set()
        after: dict[str, str] = {}
        while True:
            page = await self.json(path, limit=200, **params, **after)
            rows += page["items"]
            positions.add(page["as_of"])
            if "next" not in page:
                break
            after = {"after": page["next"]}
        if len(positions) > 1:
            raise NotCollected(f"{self.service}'s {path} changed while it was read; check again when nobody writes")
        return Shown(positions.pop(), rows)


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows a service shows as of a position of its log."""

    as_of: int
    rows: list[dict[str, Any]]


async def collect(urls: Mapping[str, str], token: str, folder: Path, reached: Mapping[str, int]) -> None:
    """Lay down what there is to check, each log at least as far as `reached`. Raises: NotCollected."""
    _make(folder)
    headers = {"Authorization": f"Bearer {token}"}
    readers = {
        service: Reader(service, httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False))
        for service, url in urls.items()
    }
    try:
        shown = await _shown(readers)
        (folder / SHOWN).write_bytes(orjson.dumps(shown, option=orjson.OPT_INDENT_2))
        for service, reader in readers.items():
            await _export(reader, folder / service, at_least=max(_covered(shown, service), reached.get(service, 1)))
    finally:
        for reader in readers.values():
            await reader.client.aclose()


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


async def _shown(readers: Mapping[str, Reader]) -> dict[str, Any]:
    """What the services show of goods and money, and how many entries they set aside."""
    shown: dict[str, Any] = {"parked": {}, "balances": {}, "budgets": None}
    for service, reader in readers.items():
        shown["parked"][service] = _parked((await reader.get("/metrics")).text)
    if "logistics" in readers:
        places = [row["id"] for row in (await readers["logistics"].pages("/v1/places")).rows]
        for place in (*places, *ACCOUNTS):
            balances = await readers["logistics"].pages(f"/v1/places/{place}/balances")
            shown["balances"][place] = {"as_of": balances.as_of, "rows": balances.rows}
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
