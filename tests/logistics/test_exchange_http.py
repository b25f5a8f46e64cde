"""Tables go in and out over HTTP: seen before they are stored, stored once, and read again as they were written."""

import io
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from services.logistics.exchange.sheets import CSV, XLSX
from tests.logistics.builders import new_id
from tests.logistics.office import Office, slug
from tests.logistics.test_exchange_sheets import workbook

pytestmark = pytest.mark.anyio

COLUMNS = ["item_code", "place_id", "quantity", "owner_id", "document_number"]
RICE = ["beras", "gudang-kasongan", 5000, "regency:62.06", "BAST-1/2026"]


async def sent(
    office: Office,
    path: str,
    content: bytes,
    media_type: str = XLSX,
    *,
    key: str | None = None,
    token: str | None = None,
) -> httpx.Response:
    """A table on its way in."""
    headers = {
        "Authorization": f"Bearer {token or office.token()}",
        "Content-Type": media_type,
        "Idempotency-Key": key or new_id(),
        "Accept-Language": "en",
    }
    return await office.client.post(path, content=content, headers=headers)


async def previewed(office: Office, kind: str, content: bytes, media_type: str = XLSX) -> dict[str, Any]:
    """What an import would do."""
    answered = await sent(office, f"/v1/imports/{kind}", content, media_type)
    assert answered.status_code == 200, answered.text
    found: dict[str, Any] = answered.json()
    return found


async def committed(office: Office, kind: str, content: bytes, media_type: str = XLSX) -> list[str]:
    """What became of each row of an import."""
    seen = (await previewed(office, kind, content, media_type))["preview"]
    answered = await sent(office, f"/v1/imports/{kind}/commit?preview={seen}", content, media_type)
    assert answered.status_code == 200, answered.text
    return [one["status"] for one in answered.json()["items"]]


PLACES = b"place_id;place_kind;area_code;authority\ngudang-kasongan;warehouse;62.06.05;regency\n"


async def test_a_table_of_lots_is_seen_corrected_and_stored_once(office: Office) -> None:
    """Each row is told by its cell; what was stored is the same the next time."""
    items = workbook(["item_code", "category", "base_unit"], ["beras", "food", "g"])
    assert await committed(office, "items", items) == ["accepted"]
    assert await committed(office, "places", PLACES, CSV) == ["accepted"]
    wrong = [*RICE]
    wrong[0], wrong[2] = "tidak-ada", "banyak"
    bad = workbook(COLUMNS, RICE, RICE, wrong, ["tidak-ada", *RICE[1:]])
    found = await previewed(office, "lots", bad)
    assert found["counts"] == {"new": 2, "same": 0, "conflict": 0, "bad": 2}
    assert [error["cell"] for row in found["rows"] for error in row.get("errors", ())] == ["Beras!C4", "Beras!A5"]
    refused = await sent(office, f"/v1/imports/lots/commit?preview={found['preview']}", bad)
    assert slug(refused) == "import-not-clean"
    assert await office.items("/v1/lots") == []

    good = workbook(COLUMNS, RICE, RICE)
    seen = (await previewed(office, "lots", good))["preview"]
    path, key = f"/v1/imports/lots/commit?preview={seen}", new_id()
    assert slug(await sent(office, path, bad)) == "preview-outdated"
    first = await sent(office, path, good, key=key)
    again = await sent(office, path, good, key=key)
    assert [one["status"] for one in first.json()["items"]] == ["accepted", "accepted"]
    assert [one["replayed"] for one in again.json()["items"]] == [True, True]
    assert len(await office.items("/v1/lots")) == 2
    assert (await previewed(office, "lots", good))["counts"]["same"] == 2


async def test_what_the_books_say_otherwise_is_a_conflict(office: Office) -> None:
    """An import never changes what is there."""
    items = workbook(["item_code", "category", "base_unit"], ["beras", "food", "g"])
    await committed(office, "items", items)
    other = workbook(["item_code", "category", "base_unit"], ["beras", "food", "piece"])
    found = await previewed(office, "items", other)
    assert [(row["status"], row["errors"][0]["cell"]) for row in found["rows"]] == [("conflict", "Beras!C2")]
    refused = await sent(office, f"/v1/imports/items/commit?preview={found['preview']}", other)
    assert slug(refused) == "import-not-clean"


async def test_what_goes_out_is_what_came_in(office: Office) -> None:
    """Ids are texts, quantities are numbers, and a workbook read again says the same."""
    await committed(office, "items", workbook(["item_code", "category", "base_unit"], ["beras", "food", "g"]))
    await committed(office, "places", PLACES, CSV)
    await committed(office, "lots", workbook(COLUMNS, RICE))
    (lot,) = await office.items("/v1/lots")
    header, row = await exported(office, "balances", place_id="gudang-kasongan")
    shown = dict(zip(header, row, strict=True))
    assert (shown["lot_id"], shown["item_code"], shown["on_hand"]) == (lot["id"], "beras", 5000)
    header, row = await exported(office, "card", place_id="gudang-kasongan")
    assert dict(zip(header, row, strict=True))["change"] == 5000
    today = office.runtime.today().isoformat()
    header, row = await exported(office, "stock-report", owner_id="regency:62.06", **{"from": today, "until": today})
    assert dict(zip(header, row, strict=True))["closing_quantity"] == 5000


async def exported(office: Office, name: str, **params: str) -> list[list[Any]]:
    """The rows of a workbook, header first."""
    answered = await office.get(f"/v1/exports/{name}.xlsx", **params)
    assert (answered.status_code, answered.headers["content-type"]) == (200, XLSX)
    rows: list[list[Any]] = (
        CalamineWorkbook.from_filelike(io.BytesIO(answered.content)).get_sheet_by_index(0).to_python()
    )
    return rows


async def test_a_table_of_somebody_elses_store_is_not_theirs_to_send(office: Office) -> None:
    """Each row is looked at under the token's scope; other content than a table is none."""
    await committed(office, "items", workbook(["item_code", "category", "base_unit"], ["beras", "food", "g"]))
    await committed(office, "places", PLACES, CSV)
    elsewhere = office.token(scope={"place": ("gudang-lain",), "owner": ("*",)})
    answered = await sent(office, "/v1/imports/lots", workbook(COLUMNS, RICE), token=elsewhere)
    assert answered.json()["counts"]["bad"] == 1
    assert slug(await office.post("/v1/imports/lots", {"rows": []})) == "media-type-not-accepted"
    assert slug(await sent(office, "/v1/imports/lots", b"PK", XLSX)) == "file-unreadable"
