"""Tables from outside, as office programs write them: XLSX and CSV, read into rows of texts with their cells.

Owns how many rows and columns a table has, and a number that lost its last digits. Must not know what the columns mean,
and never repeats what stood in a cell.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from services.logistics.exchange.unpacking import checked, formula, unreadable
from shared.kit.errors import FieldProblem, Problem, ProblemError

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
MEDIA_TYPES = frozenset({XLSX, CSV})
ROWS_MAX = 1000
COLUMNS_MAX = 40
# Office programs keep numbers as doubles: a longer one has lost digits before it comes here.
DIGITS_MAX = 15


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
    packed = io.BytesIO(checked(content))
    try:
        sheet = CalamineWorkbook.from_filelike(packed).get_sheet_by_index(0)
        return sheet.name, sheet.to_python(skip_empty_area=False, nrows=ROWS_MAX + 2)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise ProblemError(unreadable()) from error


def _text(content: bytes) -> list[list[Any]]:
    try:
        text = content.decode("utf-8-sig", "strict")
        first = text.partition("\n")[0]
        delimiter = max(";,\t", key=first.count)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ProblemError(unreadable()) from error
    for number, row in enumerate(rows[: ROWS_MAX + 1], 1):
        for column, cell in enumerate(row):
            if cell.startswith(("=", "@")):
                raise ProblemError(formula(address("CSV", number, column)))
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


def _too_many() -> Problem:
    return Problem(
        slug="rows-too-many",
        status=413,
        detail="The table has more than %(most_rows)d rows.",
        next_step="Send the rows in several files.",
        params={"most_rows": ROWS_MAX},
    )
