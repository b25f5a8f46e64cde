"""Whether what was played of the office's side of supply can be seen in the log, with the numbers it was played with.

Owns what must be found of each of these stories. That the pages about them are right is `office_pages.py`'s.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tanggap.checker.evidence import Entry, Evidence
from tanggap.checker.holdings import Holdings
from tanggap.checker.pages import ksb_page, page_shown

Story = Mapping[str, Any]
HALF_A_YEAR = 6


def _of(evidence: Evidence, name: str, key: str, id_: str) -> list[Entry]:
    """The logistics events of a name about one thing."""
    return [entry for entry in evidence.logs["logistics"].named(name) if entry.data.get(key) == id_]


def _refused(evidence: Evidence, slug: str) -> int:
    """How many requests were refused whole for a reason."""
    return sum(line.get("slug") == slug for line in evidence.journal.lines)


def _import(evidence: Evidence, story: Story) -> bool:
    """The lots of the workbook came in once each, at their cost; nothing of the one that was refused did."""
    received = {lot_id: _of(evidence, "lot_received", "lot_id", lot_id) for lot_id in (*story["lots"], story["never"])}
    came = {lot_id: [one.data["quantity"] for one in entries] for lot_id, entries in received.items()}
    wanted = {lot_id: [quantity] for lot_id, quantity in story["lots"].items()}
    return came == {**wanted, story["never"]: []} and _refused(evidence, "import-not-clean") == 1


def _export(evidence: Evidence, story: Story) -> bool:
    """The place has a book that the workbook can be compared with."""
    log = evidence.logs["logistics"]
    return any(place == story["place_id"] for place, _ in Holdings.at(log, len(log.entries)).on_hand)


def _reserve(evidence: Evidence, story: Story) -> bool:
    """One draw within the quota, one refused, and one of goods that were gone: flagged and ratified."""
    drawn = _of(evidence, "quota_drawn", "lot_id", story["lot_id"])
    by_cause = {
        cause: [(one.data["quantity"], "over_quota" in one.data.get("flags", ())) for one in drawn if _is(one, cause)]
        for cause in (f"shipment/{story['shipment_id']}", f"emergency_issue/{story['issue_id']}")
    }
    within, over = by_cause.values()
    kept = within and all(one == (story["drawn"], False) for one in within)
    beyond = (story["over"], True) in over and all(quantity == story["over"] for quantity, _ in over)
    ratified = _of(evidence, "emergency_ratified", "issue_id", story["issue_id"])
    return bool(kept and beyond and ratified) and _refused(evidence, "quota-exceeded") == 1


def _is(entry: Entry, cause: str) -> bool:
    return bool(entry.data["cause"] == cause)


def _shift(evidence: Evidence, story: Story) -> bool:
    """Two people counted the store as the book had it, and both signed the paper that says so."""
    count_id = story["count_id"]
    opened = _of(evidence, "count_opened", "count_id", count_id)
    people = [(one.data.get("giver_id"), one.data.get("taker_id"), one.data["place_id"]) for one in opened]
    posted = _of(evidence, "count_posted", "count_id", count_id)
    if people != [(story["giver_id"], story["taker_id"], story["place_id"])] or len(posted) != 1:
        return False
    held = Holdings.at(evidence.logs["logistics"], posted[0].position).on_hand
    book = {lot: quantity for (place, lot), quantity in held.items() if place == story["place_id"] and quantity}
    letters = _of(evidence, "document_issued", "document_id", story["document_id"])
    told = [
        {line["lot_id"]: line["quantity"] for line in one.data["content"]["lines"] if line["quantity"]}
        for one in letters
        if one.data["content"]["subject"] == f"count/{count_id}"
    ]
    signed = [
        {signature["signer_id"] for signature in one.data["signatures"]}
        for one in _of(evidence, "document_signed", "document_id", story["document_id"])
    ]
    return told == [book] and signed == [{story["giver_id"], story["taker_id"]}]


def _kits_unpacked(evidence: Evidence, story: Story) -> bool:
    unpacked = _of(evidence, "kit_unpacked", "lot_id", story["lot_id"])
    return [one.data["quantity"] for one in unpacked] == [story["quantity"]]


def _reversal(evidence: Evidence, story: Story) -> bool:
    back = _of(evidence, "stock_moved", "reverses", story["event_id"])
    return [(one.data["lot_id"], one.data["quantity"]) for one in back] == [(story["lot_id"], story["quantity"])]


def _destroyed(evidence: Evidence, story: Story) -> bool:
    """The goods left under a record that names them, and that was signed by two."""
    returned = _of(evidence, "goods_returned", "return_id", story["return_id"])
    moved = [
        (one.data["lot_id"], one.data["quantity"])
        for one in _of(evidence, "stock_moved", "cause", f"return/{story['return_id']}")
        if one.data["to_place_id"] == "destroyed"
    ]
    letters = _of(evidence, "document_issued", "document_id", story["document_id"])
    named = [(line["lot_id"], line["quantity"]) for one in letters for line in one.data["content"]["lines"]]
    signed = [
        len({signature["signer_id"] for signature in one.data["signatures"]})
        for one in _of(evidence, "document_signed", "document_id", story["document_id"])
    ]
    under = [one.data.get("destruction_document_id") for one in returned]
    wanted = [(story["lot_id"], story["quantity"])]
    return under == [story["document_id"]] and moved == wanted == named and signed == [2]


def _late_fact(evidence: Evidence, story: Story) -> bool:
    """What happened in a closed period is posted after it, marked, under its own day."""
    moved = _of(evidence, "stock_moved", "cause", f"handout/{story['handout_id']}")
    late = [
        one for one in moved if "prior_period" in one.data.get("flags", ()) and one.data["moved_on"] > story["until"]
    ]
    days = {one.data.get("occurred_on") for one in late}
    closed = _of(evidence, "period_closed", "owner_id", story["owner_id"])
    covered = any(one.data["until"] == story["until"] for one in closed)
    return covered and days == {story["occurred_on"]} and sum(one.data["quantity"] for one in late) == story["quantity"]


def _year_end(evidence: Evidence, story: Story) -> bool:
    """The owner had goods to report of."""
    return bool(_of(evidence, "lot_received", "owner_id", story["owner_id"]))


def _ksb(evidence: Evidence, story: Story) -> bool:
    """The village held its drill, its store was looked through and is due half a year later, and the page says so."""
    drills = _of(evidence, "ksb_drilled", "ksb_id", story["ksb_id"])
    checks = _of(evidence, "stock_checked", "place_id", story["place_id"])
    drilled = any(
        (one.data["drilled_on"], one.data["taking_part"]) == (story["drilled_on"], story["taking_part"])
        for one in drills
    )
    due = {one.data["due_on"] for one in checks if one.data["checked_on"] == story["checked_on"]}
    shown = page_shown(evidence, ksb_page(story))
    last = max((one.data["drilled_on"] for one in drills), default=None)
    days = (shown["lumbung_place_id"], shown["drilled_on"], shown["checked_on"])
    on_page = days == (story["place_id"], last, story["checked_on"]) and {shown["due_on"]} == due
    return drilled and on_page and _months(story["checked_on"], due.copy().pop()) == HALF_A_YEAR


def _months(since: str, until: str) -> int:
    """How many months lie between two days of the calendar."""
    (year, month), (later_year, later_month) = ([int(part) for part in day.split("-")[:2]] for day in (since, until))
    return 12 * (later_year - year) + later_month - month


def _stock_lists(evidence: Evidence, story: Story) -> bool:
    """There are stores that should hold something, and goods that expire."""
    log = evidence.logs["logistics"]
    expiring = Holdings.at(log, len(log.entries)).expiring(story["before"])
    return bool(expiring) and any(True for _ in log.named("buffer_set"))


def _statement(evidence: Evidence, story: Story) -> bool:
    """The partner promised goods, and somebody inspected them."""
    pledges = {one.data["pledge_id"] for one in _of(evidence, "pledge_made", "partner_id", story["partner_id"])}
    return any(one.data["pledge_id"] in pledges for one in evidence.logs["logistics"].named("donation_inspected"))


OFFICE_STORIES: Mapping[str, Callable[[Evidence, Story], bool]] = {
    "import": _import,
    "export": _export,
    "reserve": _reserve,
    "shift": _shift,
    "kits_unpacked": _kits_unpacked,
    "reversal": _reversal,
    "destroyed": _destroyed,
    "late_fact": _late_fact,
    "year_end": _year_end,
    "ksb": _ksb,
    "stock_lists": _stock_lists,
    "statement": _statement,
}
