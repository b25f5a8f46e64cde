"""Tables for others, as workbooks: balances, a stock card, an owner's report.

Owns which columns they have. Ids, codes and long numbers are text cells, so that no office program rounds one or takes
a code for a date. Must not write.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import xlsxwriter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.exchange.sheets import DIGITS_MAX
from services.logistics.periods import reporting
from services.logistics.stock import card_queries, queries
from shared.contracts.periods import ValuationMethod
from shared.kit.errors import Problem, ProblemError

EXPORT_ROWS_MAX = 20_000
_BALANCES = ("lot_id", "item_code", "owner_id", "expires_on", "on_hand", "reserved", "field_deficit")
_CARD = (
    "position", "moved_on", "occurred_on", "lot_id", "item_code", "owner_id", "other_place_id", "reason", "change",
    "balance", "cause", "event_id",
)  # fmt: skip
_FIGURES = ("opening", "incoming", "outgoing", "adjustment", "prior_period", "closing", "expired", "damaged")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under their columns."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]


async def balances(connection: AsyncConnection, place_id: str) -> Table:
    """What is in a place, lot by lot."""
    rows, _ = await queries.balances(connection, place_id, None, after=None, limit=EXPORT_ROWS_MAX)
    return Table(_BALANCES, _bounded([[row.get(name) for name in _BALANCES] for row in rows]))


async def card(connection: AsyncConnection, place_id: str) -> Table:
    """A place's stock card, oldest movement first."""
    of = card_queries.CardOf(place_id)
    rows, _ = await card_queries.card(connection, of, after=None, limit=EXPORT_ROWS_MAX)
    return Table(_CARD, _bounded([[row.get(name) for name in _CARD] for row in rows]))


async def report(
    connection: AsyncConnection, owner_id: str, since: date, until: date, method: ValuationMethod
) -> Table:
    """An owner's figures over some days, item by item, each in units and rupiah."""
    lines = await reporting.report(connection, owner_id, since, until, method)
    columns = ("item_code", *(f"{name}_{unit}" for name in _FIGURES for unit in ("quantity", "value_idr")))
    rows = [[said["item_code"], *_figures(said)] for said in reporting.as_json(lines)]
    return Table(columns, rows)


def _figures(said: dict[str, Any]) -> Iterable[int]:
    for name in _FIGURES:
        yield said[name]["quantity"]
        yield said[name]["value_idr"]


def _bounded(rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    if len(rows) > EXPORT_ROWS_MAX:
        raise ProblemError(
            Problem(
                slug="export-too-long",
                status=422,
                detail="The table has more than %(most_rows)d rows.",
                next_step="Read the list page by page instead.",
                params={"most_rows": EXPORT_ROWS_MAX},
            )
        )
    return rows


def workbook(name: str, table: Table) -> bytes:
    """A table as an XLSX file of one sheet."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(name)
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, column, bold)
    for number, row in enumerate(table.rows, 1):
        for at, value in enumerate(row):
            if isinstance(value, int) and abs(value) < 10**DIGITS_MAX:
                sheet.write_number(number, at, value)
            elif value is not None:
                sheet.write_string(number, at, value.isoformat() if isinstance(value, date) else str(value), text)
    sheet.freeze_panes(1, 0)
    book.close()
    return content.getvalue()
