"""Whether goods add up: in the log by itself, and between the log and what the service shows.

Owns the sums over movements. A movement takes from one place what it gives to another, so each lot's places sum to
zero. Must not know why goods moved.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tanggap.checker.evidence import Entry, Evidence, Log
from tanggap.checker.findings import Finding, Kind

Balances = Mapping[tuple[str, str], int]
# Accounts outside the stores may hold less than nothing, as may a store that a report from the field overdrew.
ACCOUNTS = ("supplier", "donor", "handed_out", "lost", "damaged", "consumed", "destroyed", "surplus")


def check_stock(evidence: Evidence) -> Iterator[Finding]:
    """Sum the movements of the logistics log and hold them against its balances and hand-outs."""
    log = evidence.logs.get("logistics")
    if log is None:
        return
    yield from _balances(log, evidence.shown["balances"])
    yield from _negative(log)
    yield from _hand_outs(log)


def moves(entry: Entry) -> Iterator[tuple[str, str, int]]:
    """What an entry does to places: place, lot, change."""
    data = entry.data
    if entry.name == "lot_received":
        yield data["from_place_id"], data["lot_id"], -data["quantity"]
        yield data["place_id"], data["lot_id"], data["quantity"]
    elif entry.name == "stock_moved":
        yield data["from_place_id"], data["lot_id"], -data["quantity"]
        yield data["to_place_id"], data["lot_id"], data["quantity"]


def _balances(log: Log, shown: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Each place's balances as of the position they were shown at, and every place in the log was shown."""
    wanted: dict[int, list[str]] = defaultdict(list)
    for place, page in shown.items():
        wanted[page["as_of"]].append(place)
    balances: Counter[tuple[str, str]] = Counter()
    position = 0
    for as_of in sorted(wanted):
        for entry in log.entries[position:as_of]:
            for place, lot, change in moves(entry):
                balances[(place, lot)] += change
        position = max(position, as_of)
        for place in wanted[as_of]:
            yield from _place(log, place, balances, shown[place]["rows"])
    for place in sorted({place for (place, _), left in balances.items() if left} - shown.keys()):
        yield _differs(log, place, "the log has goods there, the service shows no such place")
    yield from _unbalanced(log, balances)


def _place(log: Log, place: str, balances: Balances, rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    shown = {row["lot_id"]: row["on_hand"] for row in rows}
    summed = {lot: left for (at, lot), left in balances.items() if at == place}
    for lot in sorted(shown.keys() | summed.keys()):
        difference = shown.get(lot, 0) - summed.get(lot, 0)
        if difference:
            detail = f"lot {lot}: {shown.get(lot, 0)} shown, {summed.get(lot, 0)} by the log"
            yield _differs(log, place, detail, abs(difference))


def _unbalanced(log: Log, balances: Balances) -> Iterator[Finding]:
    totals: Counter[str] = Counter()
    for (_, lot), left in balances.items():
        totals[lot] += left
    for lot, total in totals.items():
        if total:
            yield _differs(log, lot, f"its places sum to {total}", abs(total))


def _negative(log: Log) -> Iterator[Finding]:
    """No store gives what it has not got, unless a report says so, and then the movement is flagged."""
    balances: Counter[tuple[str, str]] = Counter()
    for entry in log.entries:
        for place, lot, change in moves(entry):
            balances[(place, lot)] += change
            account = place.partition(":")[0] in ACCOUNTS
            flagged = "negative_stock" in entry.data.get("flags", ())
            if change < 0 and balances[(place, lot)] < 0 and not account and not flagged:
                detail = f"{place} gave {-change} of {lot} and has {balances[(place, lot)]} left, unflagged"
                yield Finding(Kind.RULE, log.service, str(entry.position), detail)


def _hand_outs(log: Log) -> Iterator[Finding]:
    """What a hand-out says was given is what left the post for it; told again, nothing more left."""
    told: dict[str, Counter[str]] = {}
    for entry in log.named("goods_handed_out"):
        if entry.data["handout_id"] not in told:
            told[entry.data["handout_id"]] = Counter()
            for line in entry.data["lines"]:
                told[entry.data["handout_id"]][line["lot_id"]] += line["quantity"]
    given: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in log.named("stock_moved"):
        kind, _, hand_out = str(entry.data["cause"]).partition("/")
        if kind == "handout" and "reverses" not in entry.data and "offsets" not in entry.data:
            given[hand_out][entry.data["lot_id"]] += entry.data["quantity"]
    for hand_out in sorted(told.keys() | given.keys()):
        said, moved = told.get(hand_out, Counter()), given.get(hand_out, Counter())
        if said != moved:
            size = sum(abs(said[lot] - moved[lot]) for lot in said.keys() | moved.keys())
            yield _differs(log, f"handout {hand_out}", "what was given is not what left the post", size)


def _differs(log: Log, place: str, detail: str, size: int = 1) -> Finding:
    return Finding(Kind.STOCK, log.service, place, detail, size)
