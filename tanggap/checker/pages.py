"""The pages an office reads, as the services show them: fetched for the stories that tell of them.

Owns which page belongs to which story, and where it lies among what was shown. Workbooks are kept cell by cell, texts
as texts and numbers as numbers. Must not judge anything.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from python_calamine import CalamineWorkbook

from tanggap.checker.evidence import Evidence, Journal
from tanggap.checker.reading import Reader

PAGES = "pages"
# Words of people are no evidence, and what the players made up must not be kept beside it.
_WORDS = frozenset({"legal_basis"})

Story = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its address: an object, a whole list, or a workbook, as its path says."""

    path: str
    params: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Where it lies among what was shown."""
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path


def year_end_page(story: Story) -> Page:
    """An owner's report of a year."""
    return Page("/v1/reports/stock", _days_of(story))


def year_end_workbook(story: Story) -> Page:
    """The same report as a workbook."""
    return Page("/v1/exports/stock-report.xlsx", _days_of(story))


def _days_of(story: Story) -> tuple[tuple[str, str], ...]:
    return (("owner_id", story["owner_id"]), ("from", story["since"]), ("until", story["until"]))


def period_page(story: Story) -> Page:
    """A closed period, as closed and as known now."""
    return Page(f"/v1/periods/{story['owner_id']}/{story['until']}")


def balances_workbook(story: Story) -> Page:
    """What is in a place, as a workbook."""
    return Page("/v1/exports/balances.xlsx", (("place_id", story["place_id"]),))


def expiring_page(story: Story) -> Page:
    """What expires before a day."""
    return Page("/v1/expiring", (("before", story["before"]),))


LOW_STOCK = Page("/v1/low-stock")
QUOTAS = Page("/v1/quotas")


def ksb_page(story: Story) -> Page:
    """A village that stands ready."""
    return Page(f"/v1/ksb/{story['ksb_id']}")


def statement_page(story: Story) -> Page:
    """What a donor is told of its goods."""
    return Page(f"/v1/partners/{story['partner_id']}/statement")


def recall_page(story: Story) -> Page:
    """How far a recalled lot has spread."""
    return Page(f"/v1/recalls/{story['recall_id']}")


# Lists are read to their end, of everything else there is one.
_LISTS = frozenset({"/v1/expiring", LOW_STOCK.path, QUOTAS.path})


PAGES_OF: Mapping[str, Sequence[Callable[[Story], Page]]] = {
    "year_end": (year_end_page, year_end_workbook),
    "late_fact": (period_page,),
    "export": (balances_workbook,),
    "stock_lists": (lambda _: LOW_STOCK, expiring_page),
    "reserve": (lambda _: QUOTAS,),
    "ksb": (ksb_page,),
    "statement": (statement_page,),
    "recall": (recall_page,),
}


async def read_pages(reader: Reader, journal: Journal) -> dict[str, Any]:
    """Every page that a story of the journal tells of, by its name. Raises: NotCollected."""
    told = [page_of(story) for story in journal.stories() for page_of in PAGES_OF.get(story["name"], ())]
    wanted = {page.name: page for page in told}
    return {name: await _read(reader, page) for name, page in wanted.items()}


async def _read(reader: Reader, page: Page) -> Any:
    params = dict(page.params)
    if page.path.endswith(".xlsx"):
        content = (await reader.get(page.path, **params)).content
        return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    if page.path in _LISTS:
        shown = await reader.pages(page.path, **params)
        rows = [{name: value for name, value in row.items() if name not in _WORDS} for row in shown.rows]
        return {"as_of": shown.as_of, "rows": rows}
    return await reader.json(page.path, **params)


def page_shown(evidence: Evidence, page: Page) -> Any:
    """A page as it was shown. Raises: KeyError."""
    return evidence.shown[PAGES][page.name]
