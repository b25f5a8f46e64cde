"""Tables from outside, as office programs write them: XLSX and CSV, read into rows of texts with their cells.

Owns the limits of a file and what cannot be read safely: a bomb, a formula, a number that lost its last digits. Must
not know what the columns mean, and never repeats what stood in a cell.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from shared.kit.errors import FieldProblem, Problem, ProblemError

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
MEDIA_TYPES = frozenset({XLSX, CSV})
ROWS_MAX = 1000
COLUMNS_MAX = 40
MEMBERS_MAX = 100
EXPANDED_MAX_BYTES = 16 * 1024 * 1024
# Office programs keep numbers as doubles: a longer one has lost digits before it comes here.
DIGITS_MAX = 15
_FORMULA = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*<f[\s>/]')
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")


@dataclass(frozen=True, slots=True)
class Row:
    """One row under the header: its number in the sheet, and by column the text and the cell's address.

    `flaws` are the cells that could not be read for what they were meant to be.
    """

    number: int
    values: Mapping[str, str]
    cells: Mapping[str, str]
    flaws: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns a table may have, and those it must have."""

    columns: tuple[str, ...]
    required: frozenset[str]


def read(content: bytes, media_type: str, layout: Layout) -> list[Row]:
    """The rows of a table, empty ones left out.

    Raises: ProblemError (422 file-unreadable, file-expands, formula-in-file, columns-unfit; 413 rows-too-many).
    """
    name, grid = _workbook(content) if media_type == XLSX else ("CSV", _text(content))
    if len(grid) > ROWS_MAX + 1:
        raise ProblemError(_too_many())
    header = _header(name, grid[0] if grid else [], layout)
    return [
        _row(name, number, header, cells)
        for number, cells in enumerate(grid[1:], 2)
        if any(cell not in ("", None) for cell in cells)
    ]


def _workbook(content: bytes) -> tuple[str, list[list[Any]]]:
    try:
        members = dict(_members(content))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise ProblemError(_unreadable()) from error
    for name, member in members.items():
        found = _FORMULA.search(member) if _SHEET.fullmatch(name) else None
        if found is not None:
            raise ProblemError(_formula(f"{name.rpartition('/')[2].removesuffix('.xml')}!{found[1].decode()}"))
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(_stored(members))).get_sheet_by_index(0)
        return sheet.name, sheet.to_python(skip_empty_area=False, nrows=ROWS_MAX + 2)
    except (CalamineError, OSError, ValueError) as error:
        raise ProblemError(_unreadable()) from error


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The files in a workbook, expanded here under a limit: what the archive says of their sizes may be a lie."""
    left = EXPANDED_MAX_BYTES
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if len(entries) > MEMBERS_MAX:
            raise ProblemError(_expands())
        for entry in entries:
            with archive.open(entry) as member:
                expanded = member.read(left + 1)
            left -= len(expanded)
            if left < 0:
                raise ProblemError(_expands())
            yield entry.filename, expanded


def _stored(members: Mapping[str, bytes]) -> bytes:
    """The same files packed anew without compression, so that nothing is expanded a second time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return packed.getvalue()


def _text(content: bytes) -> list[list[Any]]:
    try:
        text = content.decode("utf-8-sig", "strict")
        first = text.partition("\n")[0]
        delimiter = max(";,\t", key=first.count)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ProblemError(_unreadable()) from error
    for number, row in enumerate(rows[: ROWS_MAX + 1], 1):
        for column, cell in enumerate(row):
            if cell.startswith(("=", "@")):
                raise ProblemError(_formula(address("CSV", number, column)))
    return [list(row) for row in rows]


def _header(sheet: str, cells: Sequence[Any], layout: Layout) -> list[str | None]:
    names = [str(cell).strip().lower() or None for cell in cells[:COLUMNS_MAX]]
    wrong = [
        FieldProblem(address(sheet, 1, at), "This column is not known, or stands there twice.")
        for at, name in enumerate(names)
        if name is not None and (name not in layout.columns or name in names[:at])
    ]
    missing = sorted(layout.required - {name for name in names if name is not None})
    if wrong or missing or len(cells) > COLUMNS_MAX:
        raise ProblemError(
            Problem(
                slug="columns-unfit",
                status=422,
                detail="The first row does not name the columns expected here; missing: %(missing)s.",
                next_step="Name the columns in the first row: %(columns)s.",
                params={"missing": ", ".join(missing) or "-", "columns": ", ".join(layout.columns)},
                errors=wrong,
            )
        )
    return names


def _row(sheet: str, number: int, header: Sequence[str | None], cells: Sequence[Any]) -> Row:
    values: dict[str, str] = {}
    places: dict[str, str] = {}
    flaws: list[FieldProblem] = []
    for at, cell in enumerate(cells):
        name = header[at] if at < len(header) else None
        text = _cell(cell)
        place = address(sheet, number, at)
        if name is None:
            if text:
                flaws.append(FieldProblem(place, "This cell stands under no column."))
            continue
        places[name] = place
        if text is None:
            flaws.append(FieldProblem(place, "This number may have lost digits. Write it as text."))
        elif text:
            values[name] = text
    return Row(number, values, places, tuple(flaws))


def _cell(value: Any) -> str | None:
    """A cell as text; None for a number that may have lost digits."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 10**DIGITS_MAX:
            return str(int(value))
        case float() | int() if abs(value) >= 10**DIGITS_MAX:
            return None
        case datetime() | date():
            return value.isoformat().removesuffix("T00:00:00")
        case None:
            return ""
    return str(value).strip()


def address(sheet: str, row: int, column: int) -> str:
    """A cell's address as office programs show it, such as `Sheet1!C7`."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{sheet}!{letters}{row}"


def _unreadable() -> Problem:
    return Problem(
        slug="file-unreadable",
        status=422,
        detail="The file is not a table that can be read here.",
        next_step="Save it as XLSX without a password, or as CSV in UTF-8, and send it again.",
    )


def _expands() -> Problem:
    return Problem(
        slug="file-expands",
        status=422,
        detail="The file holds more than %(most_bytes)d bytes when it is unpacked.",
        next_step="Leave out pictures and other sheets, or send the rows in several files.",
        params={"most_bytes": EXPANDED_MAX_BYTES},
    )


def _formula(place: str) -> Problem:
    return Problem(
        slug="formula-in-file",
        status=422,
        detail="A cell holds a formula, and what it shows may not be what is read.",
        next_step="Put values in place of formulas, and send the file again.",
        errors=[FieldProblem(place, "A value is expected, not a formula.")],
    )


def _too_many() -> Problem:
    return Problem(
        slug="rows-too-many",
        status=413,
        detail="The table has more than %(most_rows)d rows.",
        next_step="Send the rows in several files.",
        params={"most_rows": ROWS_MAX},
    )
