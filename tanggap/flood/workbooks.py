"""Stock that came with a workbook: looked at first, refused while a row is wrong, taken in once it is right.

Owns the workbook's rows and cells. The file is the same bytes for the same flood. Must not know how a table is read.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import xlsxwriter

from tanggap.flood.journal import Answered
from tanggap.flood.office import drawn_id
from tanggap.flood.readiness import PROVINCE_OWNER, PROVINCE_STORE, SERVICE, SOAP
from tanggap.flood.stage import NotAsPlanned, Stage

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET = "stok"
MATTRESS, COT = "matras", "velbed"
MATTRESSES, COTS = 40, 20
COLUMNS = (
    "lot_id", "item_code", "place_id", "quantity", "owner_id", "unit_value_idr", "value_basis", "document_number",
)  # fmt: skip
IMPORT = "/v1/imports/lots"
Row = tuple[str, str, str, int | str, str, int, str, str]


class Workbooks:
    """The storekeeper with the workbook that came with the goods."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._post = stage.world.posts[0].post_id
        self.cot_lot_id = drawn_id(stage, "workbook", COT)
        self._mattress_lot_id = drawn_id(stage, "workbook", MATTRESS)

    async def play(self) -> None:
        """See what is wrong, try to take it in all the same, correct it, take it in, and look at it again."""
        good = [
            self._row(self._mattress_lot_id, MATTRESS, PROVINCE_STORE, MATTRESSES),
            self._row(self.cot_lot_id, COT, self._post, COTS),
        ]
        known, unread = drawn_id(self._stage, "part", SOAP), drawn_id(self._stage, "workbook", "unread")
        wrong = [
            self._row(known, SOAP, PROVINCE_STORE, 100),
            self._row(unread, MATTRESS, PROVINCE_STORE, "empat puluh"),
        ]
        spoilt, right = self._workbook([*good, *wrong]), self._workbook(good)
        seen = await self._look(spoilt, {"new": 2, "same": 0, "conflict": 1, "bad": 1})
        cells = [error["cell"] for row in seen["rows"] for error in row.get("errors", ())]
        if f"{SHEET}!D5" not in cells:
            raise NotAsPlanned(f"the preview names the cells {cells} and not the one that cannot be read")
        await self._refused(spoilt, seen["preview"])
        await self._take_in(right, (await self._look(right, {"new": 2, "same": 0, "conflict": 0, "bad": 0}))["preview"])
        await self._look(right, {"new": 0, "same": 2, "conflict": 0, "bad": 0})
        self._stage.journal.story(
            "import",
            lots={self._mattress_lot_id: MATTRESSES, self.cot_lot_id: COTS},
            never=unread,
        )
        self._stage.journal.story("export", place_id=PROVINCE_STORE)

    def _row(self, lot_id: str, item_code: str, place_id: str, quantity: int | str) -> Row:
        document = f"SPG/{lot_id[-8:]}/CONTOH"
        return lot_id, item_code, place_id, quantity, PROVINCE_OWNER, 250_000, "cost", document

    def _workbook(self, rows: Sequence[Row]) -> bytes:
        content = io.BytesIO()
        book = xlsxwriter.Workbook(content, {"in_memory": True})
        book.set_properties({"created": self._stage.world.options.anchor.astimezone(UTC).replace(tzinfo=None)})
        sheet = book.add_worksheet(SHEET)
        for number, row in enumerate([COLUMNS, *rows]):
            sheet.write_row(number, 0, row)
        book.close()
        return content.getvalue()

    async def _look(self, content: bytes, wanted: Mapping[str, int]) -> Mapping[str, Any]:
        """What a preview says: as many rows of each kind as wanted."""
        seen = await self._stage.caller.preview(SERVICE, self._stage.cast.storekeeper, IMPORT, content, XLSX)
        if seen["counts"] != wanted:
            raise NotAsPlanned(f"a preview of the workbook tells {seen['counts']}")
        return seen

    async def _refused(self, content: bytes, preview: str) -> None:
        answer = await self._commit(content, preview, "spoilt")
        if answer.slug != "import-not-clean":
            raise NotAsPlanned(f"a workbook with wrong rows was answered {answer.status} ({answer.slug})")

    async def _take_in(self, content: bytes, preview: str) -> None:
        answer = await self._commit(content, preview, "right")
        if [item["status"] for item in answer.content.get("items", ())] != ["accepted", "accepted"]:
            raise NotAsPlanned(f"the workbook was answered {answer.status} ({answer.slug})")

    async def _commit(self, content: bytes, preview: str, name: str) -> Answered:
        path, key = f"{IMPORT}/commit?preview={preview}", self._stage.key("workbook", name)
        return await self._stage.caller.table(SERVICE, self._stage.cast.storekeeper, path, key, content, XLSX)
