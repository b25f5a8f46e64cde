"""Whether every unit that left on a vehicle is accounted for: accepted, damaged, missing, returned, diverted or open.

Owns that identity, and that vehicles lost what shipments say they did. Must not know why goods moved.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tanggap.checker.evidence import Entry, Log
from tanggap.checker.findings import Finding, Kind

Lines = Counter[tuple[str, str]]  # by shipment and lot
# What changes what is open of a shipment apart from its counts.
_AFTERWARDS = ("shipment_count_reversed", "shipment_diverted", "shipment_returned")


def check_shipments(log: Log) -> Iterator[Finding]:
    """Per shipment and lot: dispatched + surplus = accepted + damaged + missing + returned + diverted + open."""
    sent, counted, surplus, gone, last_open = Lines(), Lines(), Lines(), Lines(), Lines()
    for entry in log.named("shipment_dispatched"):
        _add(sent, entry, "quantity")
    for entry in log.named("shipment_received", "shipment_passed", *_AFTERWARDS):
        if "received_twice" in entry.data.get("flags", ()):
            continue  # told again: on record, and nothing moved for it
        back = entry.name == "shipment_count_reversed"
        sign = -1 if back else 1
        taken, unsent, opened, moved_on = Lines(), Lines(), Lines(), Lines()
        for part in ("accepted", "missing", "damaged"):
            _add(taken, entry, part, sign=sign)
        _add(taken, entry, "missing_unsent", sign=-1)
        _add(unsent, entry, "surplus", sign=sign)
        _add(opened, entry, "open")
        _add(moved_on, entry, "quantity")
        for to, more in ((counted, taken), (surplus, unsent), (gone, moved_on)):
            for line, quantity in more.items():
                to[line] += quantity
        for line in {(entry.data["shipment_id"], one["lot_id"]) for one in entry.data["lines"]}:
            if entry.name not in _AFTERWARDS:
                last_open[line] = opened[line]
            elif line in last_open:
                last_open[line] += unsent[line] - taken[line] - moved_on[line]
    off_vehicle = _off_vehicle(log)
    for line, quantity in sent.items():
        shipment, lot = line
        open_ = quantity + surplus[line] - counted[line] - gone[line]
        if open_ < 0 or (line in last_open and last_open[line] != open_):
            detail = f"{quantity} of {lot} sent, {counted[line]} counted, {gone[line]} gone elsewhere, {open_} open"
            yield _differs(log, shipment, detail, max(1, abs(open_)))
        taken_off = counted[line] - surplus[line]
        if off_vehicle[line] != taken_off:
            detail = f"{taken_off} of {lot} counted off the vehicle, {off_vehicle[line]} moved"
            yield _differs(log, shipment, detail, abs(off_vehicle[line] - taken_off))


def _add(to: Lines, entry: Entry, part: str, *, sign: int = 1) -> None:
    for line in entry.data["lines"]:
        if line.get(part):
            to[(entry.data["shipment_id"], line["lot_id"])] += sign * line[part]


def _off_vehicle(log: Log) -> Lines:
    """What each shipment's own movements took off the vehicles, by lot."""
    vehicles = {"transit"}
    known: dict[str, str] = {}
    for entry in log.named("shipment_dispatched", "shipment_passed"):
        known[entry.data["shipment_id"]] = entry.data.get("vehicle_place_id") or known[entry.data["shipment_id"]]
        vehicles.add(known[entry.data["shipment_id"]])
    taken = Lines()
    for entry in log.named("stock_moved"):
        kind, _, shipment = str(entry.data["cause"]).partition("/")
        off, on = entry.data["from_place_id"] in vehicles, entry.data["to_place_id"] in vehicles
        if kind == "shipment" and off and not on:
            taken[(shipment, entry.data["lot_id"])] += entry.data["quantity"]
        elif kind == "shipment" and on and "reverses" in entry.data:
            taken[(shipment, entry.data["lot_id"])] -= entry.data["quantity"]
    return taken


def check_told(log: Log) -> Iterator[Finding]:
    """What a fact or decision says was moved is what has moved for it, lot by lot."""
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in log.named("stock_moved"):
        if "reverses" not in entry.data and "offsets" not in entry.data:
            moved[entry.data["cause"]][entry.data["lot_id"]] += entry.data["quantity"]
    for name, lines in TOLD.items():
        for entry in log.named(name):
            said: Counter[str] = Counter()
            for line in entry.data[lines]:
                said[line["lot_id"]] += line["quantity"]
            if said != moved[entry.subject]:
                lots = said.keys() | moved[entry.subject].keys()
                size = sum(abs(said[lot] - moved[entry.subject][lot]) for lot in lots)
                yield Finding(Kind.STOCK, log.service, entry.subject, f"{name} says other than what moved", size)


# The events that tell of a movement themselves, and their lines of lot and quantity. Each is told once a subject.
TOLD = {
    "emergency_issued": "lines",
    "goods_handed_over": "lines",
    "goods_returned": "lines",
    "recipient_list_posted": "lines",
    "meals_served": "consumed",
}


def _differs(log: Log, shipment: str, detail: str, size: int) -> Finding:
    return Finding(Kind.STOCK, log.service, f"shipment {shipment}", detail, size)
