"""Tables from outside: read cell by cell, and refused where reading would guess, expand or calculate."""

import io
import zipfile
from collections.abc import Sequence

import pytest
import xlsxwriter

from services.logistics.exchange.sheets import CSV, ROWS_MAX, XLSX, Layout, Row, address, read
from services.logistics.exchange.unpacking import EXPANDED_MAX_BYTES, LAST_ROW
from shared.kit.errors import Problem, ProblemError

LAYOUT = Layout(("item_code", "quantity", "expires_on"), frozenset({"item_code", "quantity"}))


def workbook(*rows: Sequence[object]) -> bytes:
    """A workbook as an office program saves it."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Beras")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return content.getvalue()


def refused(content: bytes, media_type: str = XLSX) -> Problem:
    """The problem of a file that is not read."""
    with pytest.raises(ProblemError) as raised:
        read(content, media_type, LAYOUT)
    return raised.value.problem


def test_a_workbook_is_read_as_texts_with_their_cells() -> None:
    """Whole numbers lose the point an office program gives them; empty rows are passed over."""
    content = workbook(["Item_Code", "quantity"], ["beras", 1000.0], [None, None], ["selimut", "007"])
    first, second = read(content, XLSX, LAYOUT)
    assert first == Row(
        2, {"item_code": "beras", "quantity": "1000"}, {"item_code": "Beras!A2", "quantity": "Beras!B2"}
    )
    assert (second.number, second.values["quantity"]) == (4, "007")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_is_read_by_whatever_divides_its_header(delimiter: str) -> None:
    """Indonesian office programs divide by semicolons."""
    text = f"item_code{delimiter}quantity\r\nberas{delimiter}10\r\n".encode("utf-8-sig")
    (row,) = read(text, CSV, LAYOUT)
    assert (row.values, row.cells["quantity"]) == ({"item_code": "beras", "quantity": "10"}, "CSV!B2")


def test_a_long_number_is_not_taken_for_what_it_was() -> None:
    """Excel keeps fifteen digits of a sixteen-digit number and says nothing."""
    (row,) = read(workbook(["item_code", "quantity"], ["beras", 6206012001990001]), XLSX, LAYOUT)
    assert [flaw.location for flaw in row.flaws] == ["Beras!B2"]
    assert "quantity" not in row.values


def test_a_formula_is_refused_with_its_cell() -> None:
    """What it shows was calculated by another program, at another time."""
    problem = refused(workbook(["item_code", "quantity"], ["beras", "=1+1"]))
    assert (problem.slug, problem.errors[0].location) == ("formula-in-file", "sheet1!B2")
    text = refused(b'item_code,quantity\nberas,"=cmd()"\n', CSV)
    assert (text.slug, text.errors[0].location) == ("formula-in-file", "CSV!B2")


def test_columns_are_named_and_each_once() -> None:
    """A column nobody knows may hold what was meant for another."""
    problem = refused(workbook(["item_code", "jumlah", "item_code"]))
    assert problem.slug == "columns-unfit"
    assert [error.location for error in problem.errors] == ["Beras!B1", "Beras!C1"]
    assert refused(b"", CSV).slug == "columns-unfit"


def test_a_cell_beside_the_table_is_a_flaw() -> None:
    """A remark under no column would be lost without a word."""
    (row,) = read(b"item_code,quantity\nberas,1,segera\n", CSV, LAYOUT)
    assert [flaw.location for flaw in row.flaws] == ["CSV!C2"]


def test_more_rows_than_one_decision_holds_are_refused() -> None:
    """They are sent in several files."""
    rows = "".join("beras,1\n" for _ in range(ROWS_MAX + 1))
    assert refused(f"item_code,quantity\n{rows}".encode(), CSV).slug == "rows-too-many"
    assert len(read(f"item_code,quantity\n{rows[8:]}".encode(), CSV, LAYOUT)) == ROWS_MAX


def changed(name: str, before: bytes, after: bytes) -> bytes:
    """A workbook of which one part says something else."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["item_code", "quantity"], ["beras", 5]))) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    assert before in parts[name]
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in parts.items():
            archive.writestr(part, text.replace(before, after) if part == name else text)
    return content.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_a_small_file_that_unpacks_to_a_large_one_is_refused() -> None:
    """It is expanded under a limit, whatever it says of its own size."""
    content = changed(SHEET, b"<sheetData>", b"<!--" + b" " * EXPANDED_MAX_BYTES + b"--><sheetData>")
    assert len(content) < 64 * 1024
    assert refused(content).slug == "file-expands"


@pytest.mark.parametrize("far", ["B1048576", f"B{LAST_ROW + 1}", "XFD2", "ZZZ9999999"])
def test_a_cell_far_off_is_refused_before_a_table_is_made_up_to_it(far: str) -> None:
    """Two cells in the corners of the largest sheet would fill the memory of any machine."""
    assert refused(changed(SHEET, b'r="B2"', f'r="{far}"'.encode())).slug == "file-expands"
    assert refused(changed(SHEET, b'<row r="2"', b'<row r="9999999"')).slug == "file-expands"


@pytest.mark.parametrize("strange", [b'r="2B"', b'r="&#90;"', b"r='B-2'", b'r=""', b'r="B2" r="B3"'])
def test_an_address_that_is_none_makes_the_file_unreadable(strange: bytes) -> None:
    """It is not guessed what the sender's program meant."""
    assert refused(changed(SHEET, b'r="B2"', strange)).slug == "file-unreadable"


def test_a_part_with_a_document_type_is_not_read() -> None:
    """An entity would expand to what the file does not show."""
    declared = b'<!DOCTYPE worksheet [<!ENTITY x "y">]><worksheet'
    assert refused(changed(SHEET, b"<worksheet", declared)).slug == "file-unreadable"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"%PDF-1.7", b"\xff\xfe" * 20, workbook(["item_code"])[:-40]])
def test_what_is_no_workbook_is_said_to_be_none(content: bytes) -> None:
    """A picture, a damaged file, nothing at all."""
    assert refused(content).slug == "file-unreadable"


def test_a_workbook_without_sheets_or_text_in_another_encoding() -> None:
    """Neither breaks the reader."""
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert refused(empty.getvalue()).slug == "file-unreadable"
    assert refused("item_code,quantity\nberas,é\n".encode("latin-1"), CSV).slug == "file-unreadable"


def test_addresses_go_on_after_z() -> None:
    """As office programs show them."""
    assert [address("S", 7, at) for at in (2, 25, 26, 701, 702)] == ["S!C7", "S!Z7", "S!AA7", "S!ZZ7", "S!AAA7"]
