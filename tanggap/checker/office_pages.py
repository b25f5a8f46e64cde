"""Whether the pages an office works from say what the log says: reports, workbooks, lists, statements.

Owns the comparison of each page with what follows from the log alone. Must not look for stories.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tanggap.checker.evidence import Evidence, Log
from tanggap.checker.findings import Finding, Kind
from tanggap.checker.holdings import Holdings
from tanggap.checker.owner_book import ACCOUNTS, FIGURES, Days, figures, held_for_others
from tanggap.checker.pages import (
    LOW_STOCK,
    QUOTAS,
    Page,
    Story,
    balances_workbook,
    expiring_page,
    page_shown,
    period_page,
    recall_page,
    statement_page,
    year_end_page,
    year_end_workbook,
)
from tanggap.checker.worth import Amount

LIST_COLUMNS = ("lot_id", "item_code", "owner_id", "expires_on", "on_hand", "reserved", "field_deficit")
Figures = Mapping[str, Mapping[str, Amount]]


def check_office_pages(evidence: Evidence) -> Iterator[Finding]:
    """Hold every page that was fetched against the log; a story's page that was not fetched is a finding."""
    log = evidence.logs.get("logistics")
    if log is None:
        return
    for story in evidence.journal.stories():
        for check in CHECKS.get(story["name"], ()):
            try:
                yield from check(log, evidence, story)
            except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
                yield _differs(log, f"page of {story['name']}", f"it cannot be read: {type(error).__name__}")


def _year_end(log: Log, evidence: Evidence, story: Story) -> Iterator[Finding]:
    page = year_end_page(story)
    shown = page_shown(evidence, page)
    owner_id, until = story["owner_id"], story["until"]
    reckoned = figures(log, Days(owner_id, until, shown["as_of"], since=story["since"]))
    yield from _compare(log, page, _of_lines(shown["lines"]), reckoned)
    for name in FIGURES:
        total = sum(line[name][1] for line in reckoned.values())
        if shown["totals_idr"][name] != total:
            yield _differs(log, page.name, f"the rupiah of {name} are not the sum of the items")
    kept = {(row["owner_id"], row["item_code"]): row["quantity"] for row in shown["held_for_others"]}
    others = held_for_others(log, owner_id, until, shown["as_of"])
    yield from _same(log, page, "what others have there", kept, others)
    yield from _workbook(log, evidence, story, reckoned)


def _workbook(log: Log, evidence: Evidence, story: Story, reckoned: Figures) -> Iterator[Finding]:
    page = year_end_workbook(story)
    head, *rows = page_shown(evidence, page)
    columns = ["item_code", *(f"{name}_{unit}" for name in FIGURES for unit in ("quantity", "value_idr"))]
    if head != columns:
        yield _differs(log, page.name, "its columns are not the report's")
    shown = {row[0]: [int(cell) for cell in row[1:]] for row in rows}
    wanted = {item: [part for name in FIGURES for part in line[name]] for item, line in reckoned.items()}
    yield from _same(log, page, "the workbook", shown, wanted)


def _period(log: Log, evidence: Evidence, story: Story) -> Iterator[Finding]:
    """As closed is what the log closed; as known now is reckoned anew, and the rest is their difference."""
    page = period_page(story)
    shown = page_shown(evidence, page)
    closed = next(
        entry.data
        for entry in log.named("period_closed")
        if (entry.data["owner_id"], entry.data["until"]) == (story["owner_id"], story["until"])
    )
    yield from _same(log, page, "what was closed", shown["as_closed"]["lines"], closed["lines"])
    known = shown["as_known_now"]
    days = Days(story["owner_id"], story["until"], known["as_of"], since=closed.get("opened_on"))
    reckoned = figures(log, days)
    yield from _compare(log, page, _of_lines(known["lines"]), reckoned)
    then, nothing = _of_lines(closed["lines"]), dict.fromkeys(FIGURES, (0, 0))
    items = then.keys() | reckoned.keys()
    differing = {item for item in items if then.get(item, nothing) != {**nothing, **reckoned.get(item, {})}}
    yield from _same(log, page, "the differences", {row["item_code"] for row in shown["differences"]}, differing)


def _balances(log: Log, evidence: Evidence, story: Story) -> Iterator[Finding]:
    """The workbook of a place holds the log's balances, and every id in it is a text."""
    page = balances_workbook(story)
    head, *rows = page_shown(evidence, page)
    at = {name: head.index(name) for name in LIST_COLUMNS}
    if any(not isinstance(row[at[name]], str) for row in rows for name in ("lot_id", "item_code", "owner_id")):
        yield _differs(log, page.name, "an id is no text")
    held = Holdings.at(log, evidence.shown["balances"][story["place_id"]]["as_of"])
    here = {lot: quantity for (place, lot), quantity in held.on_hand.items() if place == story["place_id"] and quantity}
    shown = {row[at["lot_id"]]: int(row[at["on_hand"]]) for row in rows if row[at["on_hand"]]}
    yield from _same(log, page, "what is on hand", shown, here)
    kept = {
        lot: quantity for (place, lot), quantity in held.reserved.items() if place == story["place_id"] and quantity
    }
    reserved = {row[at["lot_id"]]: int(row[at["reserved"]]) for row in rows if row[at["reserved"]]}
    yield from _same(log, page, "what is reserved", reserved, kept)


def _low_stock(log: Log, evidence: Evidence, story: Story) -> Iterator[Finding]:
    shown = page_shown(evidence, LOW_STOCK)
    held = Holdings.at(log, shown["as_of"]).free(story["today"])
    targets = {
        (entry.data["place_id"], entry.data["item_code"]): entry.data["target"] for entry in log.named("buffer_set")
    }
    low = {line: (target, held[line]) for line, target in targets.items() if held[line] < target}
    rows = {(row["place_id"], row["item_code"]): (row["target"], row["held"]) for row in shown["rows"]}
    yield from _same(log, LOW_STOCK, "what is low", rows, low)


def _expiring(log: Log, evidence: Evidence, story: Story) -> Iterator[Finding]:
    page = expiring_page(story)
    shown = page_shown(evidence, page)
    rows = {(row["place_id"], row["lot_id"]): row["on_hand"] for row in shown["rows"]}
    yield from _same(log, page, "what expires", rows, Holdings.at(log, shown["as_of"]).expiring(story["before"]))
    days = [row["expires_on"] for row in shown["rows"]]
    if days != sorted(days):
        yield _differs(log, page.name, "what expires first does not stand first")


def _quotas(log: Log, evidence: Evidence, _: Story) -> Iterator[Finding]:
    shown = page_shown(evidence, QUOTAS)
    used: Counter[str] = Counter()
    ceilings: dict[str, int] = {}
    for entry in log.named("quota_set", "quota_drawn"):
        used[entry.data["quota_id"]] += entry.data.get("quantity", 0)
        if entry.name == "quota_set":
            ceilings[entry.data["quota_id"]] = entry.data["ceiling"]
    rows = {row["id"]: (row["used"], row.get("ceiling")) for row in shown["rows"]}
    wanted = {id_: (quantity, ceilings.get(id_)) for id_, quantity in used.items()}
    yield from _same(log, QUOTAS, "what was drawn", rows, wanted)


def _statement(log: Log, evidence: Evidence, story: Story) -> Iterator[Finding]:
    """A donor reads of each pledge what was promised, came, waits, is in stock and was rejected."""
    page = statement_page(story)
    shown = page_shown(evidence, page)
    told: dict[str, dict[str, Counter[str]]] = {}
    for entry in log.named("pledge_made", "donation_received", "donation_inspected"):
        if entry.name == "pledge_made" and entry.data["partner_id"] == story["partner_id"]:
            told[entry.data["pledge_id"]] = defaultdict(Counter)
        if entry.data["pledge_id"] in told:
            for line in entry.data["lines"]:
                _add(told[entry.data["pledge_id"]][line["item_code"]], entry.name, line)
    rows = {
        (pledge["id"], line["item_code"]): {name: line[name] for name in STATED}
        for pledge in shown["pledges"]
        for line in pledge["lines"]
    }
    wanted = {
        (pledge_id, item): {name: of_item[name] for name in STATED}
        for pledge_id, items in told.items()
        for item, of_item in items.items()
    }
    yield from _same(log, page, "what became of the goods", rows, wanted)


STATED = ("pledged", "received", "waiting", "stocked", "rejected")


def _add(to: Counter[str], name: str, line: Mapping[str, Any]) -> None:
    match name:
        case "pledge_made":
            to["pledged"] += line["quantity"]
        case "donation_received":
            to["received"] += line["quantity"]
            to["waiting"] += line["quantity"]
        case "donation_inspected":
            to["stocked"] += line["accepted"]
            to["rejected"] += line["rejected"]
            to["waiting"] -= line["accepted"] + line["rejected"]


def _recall(log: Log, evidence: Evidence, story: Story) -> Iterator[Finding]:
    """The recalled lots, and all that was built of them, are shown where the log has them."""
    page = recall_page(story)
    shown = page_shown(evidence, page)
    ordered = {e.data["lot_id"] for e in log.named("lot_recalled") if e.data["recall_id"] == story["recall_id"]}
    built = {
        entry.data["lot_id"]
        for entry in log.named("kit_assembled")
        if any(part["lot_id"] in ordered for part in entry.data["parts"])
    }
    rows = {row["id"]: {place["place_id"]: place["on_hand"] for place in row["places"]} for row in shown["lots"]}
    held = Holdings.at(log, len(log.entries))
    inside = {lot: _inside(held.of_lot(lot)) for lot in ordered | built}
    yield from _same(log, page, "where the lots are", rows, inside)


def _inside(places: Mapping[str, int]) -> dict[str, int]:
    return {place: quantity for place, quantity in places.items() if place.partition(":")[0] not in ACCOUNTS}


CHECKS: Mapping[str, Sequence[Callable[[Log, Evidence, Story], Iterator[Finding]]]] = {
    "year_end": (_year_end,),
    "late_fact": (_period,),
    "export": (_balances,),
    "stock_lists": (_low_stock, _expiring),
    "reserve": (_quotas,),
    "statement": (_statement,),
    "recall": (_recall,),
}


def _of_lines(lines: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Amount]]:
    return {
        line["item_code"]: {name: (line[name]["quantity"], line[name]["value_idr"]) for name in FIGURES}
        for line in lines
    }


def _compare(log: Log, page: Page, shown: Figures, reckoned: Figures) -> Iterator[Finding]:
    """Units that differ are a stock difference, rupiah that differ one of cash."""
    nothing = dict.fromkeys(FIGURES, (0, 0))
    for item in sorted(shown.keys() | reckoned.keys()):
        for name in FIGURES:
            is_, must = shown.get(item, nothing)[name], reckoned.get(item, nothing)[name]
            for at, kind in ((0, Kind.STOCK), (1, Kind.CASH)):
                if is_[at] != must[at]:
                    detail = f"{item}, {name}: {is_[at]} shown, {must[at]} by the log"
                    yield Finding(kind, log.service, page.name, detail, abs(is_[at] - must[at]))


def _same(log: Log, page: Page, what: str, shown: Any, wanted: Any) -> Iterator[Finding]:
    if shown != wanted:
        yield _differs(log, page.name, f"{what}: the page says other than the log")


def _differs(log: Log, place: str, detail: str) -> Finding:
    return Finding(Kind.STOCK, log.service, place, detail)
