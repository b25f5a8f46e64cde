"""The checker sees each rule of the books broken, and each page of the office that says other than the log.

Method: one event of a real flood's logistics log, or one figure of a page that was shown, is changed, and the rest left
as it was.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tanggap.checker.books import check_books
from tanggap.checker.evidence import load
from tanggap.checker.findings import Finding, Kind
from tanggap.checker.office_pages import check_office_pages
from tanggap.checker.office_stories import OFFICE_STORIES
from tanggap.checker.owner_book import Days, figures
from tests.flows.conftest import Played
from tests.flows.damage import Copy, Event

# A flood of its own worker is played for these: they run with the slow tests.
pytestmark = pytest.mark.slow

LOGISTICS = "logistics"


@pytest.fixture
def copy(small_flood: Played, tmp_path: Path) -> Copy:
    return Copy(small_flood, tmp_path)


def broken_rules(copy: Copy) -> list[Finding]:
    return list(check_books(load(copy.folder, copy.journal).logs[LOGISTICS]))


def wrong_pages(copy: Copy) -> list[Finding]:
    return list(check_office_pages(load(copy.folder, copy.journal)))


def change_first(copy: Copy, name: str, change: Callable[[Event], Any], **said: Any) -> None:
    """Change the content of the first event of a name that says this."""
    events = copy.events(LOGISTICS)
    change(events[copy.first(LOGISTICS, name, **said)]["data"])
    copy.rewrite(LOGISTICS, events)


def change_page(copy: Copy, start: str, change: Callable[[Any], Any]) -> None:
    """Change the first page whose address begins so."""

    def make(shown: Event) -> None:
        change(next(page for name, page in shown["pages"].items() if name.startswith(start)))

    copy.change_shown(make)


def reversal_of(copy: Copy) -> Event:
    return next(event["data"] for event in copy.events(LOGISTICS) if "reverses" in event["data"])


def test_the_flood_itself_breaks_no_rule_and_no_page_is_wrong(copy: Copy) -> None:
    """The copy damages nothing."""
    assert broken_rules(copy) == []
    assert wrong_pages(copy) == []


def test_the_report_of_a_year_tells_of_values_that_were_worked_for(copy: Copy) -> None:
    """What the checker reckons is no empty table: the province has goods, some of them came after they had left."""
    log = load(copy.folder, copy.journal).logs[LOGISTICS]
    story = next(one for one in load(copy.folder, copy.journal).journal.stories() if one["name"] == "year_end")
    reckoned = figures(log, Days(story["owner_id"], story["until"], len(log.entries), since=story["since"]))
    assert reckoned["velbed"]["adjustment"][1] < 0
    assert reckoned["beras"]["closing"][1] > 0
    assert all(
        sum(line[part][unit] for part in ("opening", "incoming", "outgoing", "adjustment", "prior_period"))
        == line["closing"][unit]
        for line in reckoned.values()
        for unit in (0, 1)
    )


def test_a_correction_of_another_quantity_is_found(copy: Copy) -> None:
    """A reversal brings back what the movement took, to the gram."""
    change_first(copy, "stock_moved", lambda data: data.update(quantity=data["quantity"] + 1), **_named(copy))
    assert [(one.kind, one.size) for one in broken_rules(copy)] == [(Kind.STOCK, 1)]


def test_a_correction_by_another_way_is_found(copy: Copy) -> None:
    """What is taken back comes from where the movement went."""
    change_first(copy, "stock_moved", lambda data: data.update(from_place_id="lost"), **_named(copy))
    assert [one.kind for one in broken_rules(copy)] == [Kind.RULE]


def test_a_movement_taken_back_twice_is_found(copy: Copy) -> None:
    """A slip is corrected once."""
    events = copy.events(LOGISTICS)
    again = events[copy.first(LOGISTICS, "stock_moved", **_named(copy))]
    copy.rewrite(LOGISTICS, [*events, {**again, "id": "00000000-0000-7000-8000-000000000009"}])
    assert Kind.RULE in {one.kind for one in broken_rules(copy)}


def _named(copy: Copy) -> Event:
    return {"reverses": reversal_of(copy)["reverses"]}


def test_a_draw_beyond_the_quota_without_its_flag_is_found(copy: Copy) -> None:
    """Whoever takes the flag off hides that the year's reserve was exceeded."""
    events = copy.events(LOGISTICS)
    for event in events:
        if event["type"] == "logistics.quota_drawn.v1" and event["data"].get("flags"):
            event["data"]["flags"] = []
    copy.rewrite(LOGISTICS, events)
    assert {one.detail for one in broken_rules(copy)} == {
        "a draw beyond the quota without its flag, or a flag without reason"
    }


def test_a_draw_of_less_than_left_is_found(copy: Copy) -> None:
    """What is drawn on a quota is what went."""
    change_first(copy, "quota_drawn", lambda data: data.update(quantity=data["quantity"] - 5))
    assert (Kind.STOCK, 5) in {(one.kind, one.size) for one in broken_rules(copy)}


def test_a_decision_beyond_the_quota_is_found(copy: Copy) -> None:
    """A ceiling that was lower than what the office sent is no ceiling."""
    change_first(copy, "quota_set", lambda data: data.update(ceiling=1))
    assert "a decision went beyond the quota" in {one.detail for one in broken_rules(copy)}


@pytest.mark.parametrize(
    ("name", "change", "kind"),
    [
        ("kit_unpacked", lambda data: data.update(quantity=data["quantity"] + 1), Kind.STOCK),
        ("goods_returned", lambda data: data.pop("destruction_document_id", None), Kind.RULE),
        ("count_posted", lambda data: data.update(approved_by="somebody-else"), Kind.RULE),
        ("period_closed", lambda data: data.update(as_of=1_000_000), Kind.STOCK),
    ],
)
def test_a_book_that_was_not_kept_is_found(copy: Copy, name: str, change: Callable[[Event], Any], kind: Kind) -> None:
    """Kits, destruction, a change of shifts, a closed period: each is found when it is told otherwise."""
    events = copy.events(LOGISTICS)
    for event in events:
        if event["type"] == f"{LOGISTICS}.{name}.v1":
            change(event["data"])
    copy.rewrite(LOGISTICS, events)
    assert kind in {one.kind for one in broken_rules(copy)}


def test_a_late_fact_that_is_not_marked_is_found(copy: Copy) -> None:
    """A correction of a closed period that hides among the movements of today is found by its day."""
    events = copy.events(LOGISTICS)
    moved = [event["data"] for event in events if event["type"] == f"{LOGISTICS}.stock_moved.v1"]
    late = next(data for data in moved if "prior_period" in data.get("flags", ()))
    late["flags"] = []
    copy.rewrite(LOGISTICS, events)
    assert [one.kind for one in broken_rules(copy)] == [Kind.RULE]


def more(part: str, unit: str) -> Callable[[Any], None]:
    """One more of a figure in the first line of a report."""

    def make(page: Any) -> None:
        page["lines"][0][part][unit] += 3

    return make


@pytest.mark.parametrize(
    ("part", "unit", "kind"),
    [
        ("opening", "quantity", Kind.STOCK),
        ("incoming", "quantity", Kind.STOCK),
        ("outgoing", "value_idr", Kind.CASH),
        ("adjustment", "value_idr", Kind.CASH),
        ("closing", "value_idr", Kind.CASH),
        ("expired", "quantity", Kind.STOCK),
        ("damaged", "value_idr", Kind.CASH),
    ],
)
def test_a_figure_of_the_year_that_does_not_follow_from_the_log_is_found(
    copy: Copy, part: str, unit: str, kind: Kind
) -> None:
    """A report of another figure, in units or in rupiah, is found by how much."""
    change_page(copy, "/v1/reports/stock", more(part, unit))
    assert [(one.kind, one.size) for one in wrong_pages(copy)] == [(kind, 3)]


def without_first(page: Any) -> None:
    page["rows"].pop(0)


def ids_as_numbers(page: Any) -> None:
    page[1][0] = 620_601.0


@pytest.mark.parametrize(
    ("start", "change"),
    [
        ("/v1/reports/stock", lambda page: page["totals_idr"].update(closing=1)),
        ("/v1/reports/stock", lambda page: page["held_for_others"].clear()),
        ("/v1/exports/stock-report", lambda page: page[1].__setitem__(3, page[1][3] + 1)),
        ("/v1/exports/stock-report", lambda page: page[0].reverse()),
        ("/v1/exports/balances", ids_as_numbers),
        ("/v1/exports/balances", lambda page: page.pop()),
        ("/v1/periods", lambda page: page["differences"].clear()),
        ("/v1/periods", lambda page: page["as_known_now"]["lines"].pop()),
        (
            "/v1/low-stock",
            lambda page: page["rows"].append({"place_id": "x", "item_code": "y", "target": 1, "held": 0}),
        ),
        ("/v1/expiring", without_first),
        ("/v1/expiring", lambda page: page["rows"].reverse()),
        ("/v1/quotas", lambda page: page["rows"][0].update(used=1)),
        ("/v1/partners", lambda page: page["pledges"][0]["lines"][0].update(rejected=0)),
        ("/v1/recalls", lambda page: page["lots"].pop()),
    ],
)
def test_a_page_that_says_other_than_the_log_is_found(copy: Copy, start: str, change: Callable[[Any], Any]) -> None:
    """Reports, workbooks, lists and statements are each held against the log."""
    change_page(copy, start, change)
    assert wrong_pages(copy)


def test_a_page_that_was_not_fetched_is_found(copy: Copy) -> None:
    """A check that has nothing to look at has not passed."""
    copy.change_shown(lambda shown: shown["pages"].clear())
    assert {one.detail for one in wrong_pages(copy)} == {"it cannot be read: KeyError"}


@pytest.mark.parametrize("name", sorted(OFFICE_STORIES))
def test_a_story_of_the_office_that_the_log_does_not_show_is_found(copy: Copy, name: str) -> None:
    """Every story that was played is missed when its numbers are others."""
    evidence = load(copy.folder, copy.journal)
    story = next(one for one in evidence.journal.stories() if one["name"] == name)
    assert OFFICE_STORIES[name](evidence, story)
    key, other = OTHERWISE[name]
    assert not OFFICE_STORIES[name](evidence, {**story, key: other})


OTHERWISE: dict[str, tuple[str, Any]] = {
    "import": ("lots", {"none": 1}),
    "export": ("place_id", "nowhere"),
    "reserve": ("over", 1),
    "shift": ("giver_id", "nobody"),
    "kits_unpacked": ("quantity", 1),
    "reversal": ("quantity", 1),
    "destroyed": ("quantity", 1),
    "late_fact": ("quantity", 1),
    "year_end": ("owner_id", "nobody"),
    "ksb": ("taking_part", 1),
    "stock_lists": ("before", "2000-01-01"),
    "statement": ("partner_id", "nobody"),
}
