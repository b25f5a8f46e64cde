"""Whether the rules of the relief supply held, as the log alone shows: four eyes, approvals, reservations, registers.

Owns these rules in the words of the events. Must not know how the service keeps them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from tanggap.checker.asking import check_asking
from tanggap.checker.books import check_books
from tanggap.checker.cooking import check_cooking
from tanggap.checker.evidence import Entry, Evidence, Log
from tanggap.checker.findings import Finding, Kind
from tanggap.checker.sharing import check_sharing
from tanggap.checker.shipments import check_shipments, check_told

# A decision, who decided, the event of the same subject it rests on, and who stood for that: never the same person.
FOUR_EYES = (
    ("request_approved", "approved_by", "request_opened", "requested_by"),
    ("emergency_ratified", "approver_id", "emergency_issued", "custodian_id"),
    ("count_posted", "approved_by", "count_submitted", "submitted_by"),
    ("explanation_approved", "approved_by", "explanation_given", "explained_by"),
)


def check_supply(evidence: Evidence) -> Iterator[Finding]:
    """Look at the logistics log by itself."""
    log = evidence.logs.get("logistics")
    if log is None:
        return
    yield from check_shipments(log)
    yield from check_told(log)
    yield from check_asking(log)
    yield from check_sharing(log)
    yield from check_cooking(log)
    yield from _four_eyes(log)
    yield from _inspections(log)
    yield from _reservations(log)
    yield from _approvals(log)
    yield from _registers(log)
    yield from _counts(log)
    yield from _periods(log)
    yield from _kits(log)
    yield from check_books(log)


def _four_eyes(log: Log) -> Iterator[Finding]:
    for decided, decider, told, teller in FOUR_EYES:
        stood_for = {entry.subject: entry.data.get(teller) for entry in log.named(told)}
        for entry in log.named(decided):
            by = entry.data.get(decider)
            if by is not None and by == stood_for.get(entry.subject):
                yield _broken(log, entry.subject, f"{decided} by the person of {told}")


def _inspections(log: Log) -> Iterator[Finding]:
    """Who inspects a donation did not receive it, and no more becomes stock than was found good."""
    received = {entry.data["receipt_id"]: entry for entry in log.named("donation_received")}
    stocked = {entry.data["lot_id"]: entry.data["quantity"] for entry in log.named("lot_received")}
    for entry in log.named("donation_inspected"):
        if received[entry.data["receipt_id"]].data["receiver_id"] == entry.data["inspector_id"]:
            yield _broken(log, entry.subject, "inspected by who received it")
        for line in entry.data["lines"]:
            if line["accepted"] and stocked.get(line["lot_id"]) != line["accepted"]:
                yield Finding(Kind.STOCK, log.service, entry.subject, "other than what was found good is in stock")


def _reservations(log: Log) -> Iterator[Finding]:
    """A reservation is made once and ends in parts that never sum to more than it."""
    left: dict[str, int] = {}
    for entry in log.named("stock_reserved", "reservation_released"):
        reservation, quantity = entry.data["reservation_id"], entry.data["quantity"]
        if entry.name == "stock_reserved":
            if reservation in left:
                yield _broken(log, entry.subject, f"reservation {reservation} made twice")
            left[reservation] = quantity
        else:
            left[reservation] = left.get(reservation, 0) - quantity
            if left[reservation] < 0:
                yield _broken(log, entry.subject, f"reservation {reservation} ended for more than it was")


def _approvals(log: Log) -> Iterator[Finding]:
    """No more is sent for a request than was approved; what is passed on and not reserved yet is decided anew."""
    approved: Counter[tuple[str, str]] = Counter()
    kept: Counter[tuple[str, str]] = Counter()
    sent: Counter[tuple[str, str]] = Counter()
    of_reservation: dict[str, tuple[str, str]] = {}
    for entry in log.entries:
        request = str(entry.data.get("request_id"))
        match entry.name:
            case "stock_reserved":
                line = of_reservation[entry.data["reservation_id"]] = (request, entry.data["item_code"])
                kept[line] += entry.data["quantity"]
            case "reservation_released" if entry.data["reason"] != "used":
                kept[of_reservation[entry.data["reservation_id"]]] -= entry.data["quantity"]
            case "request_approved" | "request_unserved":
                _add(approved, entry)
            case "request_taken_over" | "request_forwarded":
                for code in [one["item_code"] for one in entry.data["lines"]]:
                    approved[(request, code)] = min(approved[(request, code)], kept[(request, code)])
            case "shipment_dispatched" if "request_id" in entry.data and "diverted_from" not in entry.data:
                _add(sent, entry)
    for line, quantity in sent.items():
        if quantity > approved[line]:
            yield _broken(log, f"request/{line[0]}", f"{quantity} of {line[1]} sent, {approved[line]} approved")


def _add(to: Counter[tuple[str, str]], entry: Entry) -> None:
    for line in entry.data["lines"]:
        to[(entry.data["request_id"], line["item_code"])] += line["quantity"]


def _registers(log: Log) -> Iterator[Finding]:
    """Each register of letters counts from 1 without a gap it does not know of."""
    last: Counter[str] = Counter()
    for entry in log.named("number_given", "numbers_set_aside"):
        register = entry.data["register_id"]
        first = entry.data.get("number", entry.data.get("first", 0))
        if first > last[register]:
            if first != last[register] + 1:
                yield _broken(log, entry.subject, f"number {first} follows {last[register]}")
            last[register] = entry.data.get("last", first)


def _counts(log: Log) -> Iterator[Finding]:
    """What a count found beyond the books is what moved for it."""
    found: Counter[tuple[str, str]] = Counter()
    for entry in log.named("lot_counted"):
        found[(entry.data["count_id"], entry.data["lot_id"])] += entry.data["difference"]
    moved: Counter[tuple[str, str]] = Counter()
    for entry in log.named("stock_moved"):
        if entry.data["reason"] == "count" and "offsets" not in entry.data and "reverses" not in entry.data:
            sign = 1 if entry.data["from_place_id"] == "surplus" else -1
            moved[(entry.data["count_id"], entry.data["lot_id"])] += sign * entry.data["quantity"]
    for line in found.keys() | moved.keys():
        if found[line] != moved[line]:
            detail = f"{found[line]} of {line[1]} found, {moved[line]} moved"
            size = abs(found[line] - moved[line])
            yield Finding(Kind.STOCK, log.service, f"count/{line[0]}", detail, size)


def _periods(log: Log) -> Iterator[Finding]:
    """Closed figures add up, and each period opens with what the one before closed with."""
    closed: dict[tuple[str, str], Mapping[str, Any]] = {}
    parts = ("opening", "incoming", "outgoing", "adjustment", "prior_period")
    for entry in log.named("period_closed"):
        for line in entry.data["lines"]:
            book = (entry.data["owner_id"], line["item_code"])
            for unit in ("quantity", "value_idr"):
                if sum(line[part][unit] for part in parts) != line["closing"][unit]:
                    yield _broken(log, entry.subject, f"{line['item_code']}: the {unit} of the period do not add up")
            before = closed.get(book, {}).get("closing", {"quantity": 0, "value_idr": 0})
            if line["opening"] != before:
                yield _broken(log, entry.subject, f"{line['item_code']}: it does not open as the one before closed")
            closed[book] = line


def _kits(log: Log) -> Iterator[Finding]:
    """Kits came out of exactly their parts."""
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in log.named("stock_moved"):
        if entry.data["reason"] == "assembly":
            moved[entry.data["cause"]][entry.data["lot_id"]] += entry.data["quantity"]
    for entry in log.named("kit_assembled"):
        kits = entry.data["quantity"]
        wanted = Counter({part["lot_id"]: part["quantity"] * kits for part in entry.data["parts"]})
        got = Counter({lot: amount for lot, amount in moved[entry.subject].items() if lot != entry.data["lot_id"]})
        if got != wanted:
            yield Finding(Kind.STOCK, log.service, entry.subject, "kits are not made of their parts")


def _broken(log: Log, place: str, detail: str) -> Finding:
    return Finding(Kind.RULE, log.service, place, detail)
