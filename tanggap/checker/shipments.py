"""Whether every unit that left on a vehicle is accounted for: accepted, damaged, missing, returned, diverted or open.

Owns that identity over all stops of a shipment, that vehicles lost what shipments say they did, and that a store is
asked about what came unsent. Must not know why goods moved.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tanggap.checker.evidence import Entry, Log
from tanggap.checker.findings import Finding, Kind

Lines = Counter[tuple[str, str]]  # by shipment and lot
# What a count is flagged with that moved nothing: told again, or told before the store said that it was sent.
_ON_RECORD_ONLY = frozenset({"received_twice", "unknown_shipment"})
_COUNTED = ("accepted", "damaged", "missing")
# What changes a line apart from its counts: a count taken back, goods that go elsewhere or come back.
_AFTERWARDS = ("shipment_count_reversed", "shipment_diverted", "shipment_returned")


@dataclass(slots=True)
class Line:
    """What became of one line so far."""

    lot_id: str
    dispatched: int = 0
    surplus: int = 0
    counted: int = 0
    gone: int = 0

    @property
    def open(self) -> int:
        """What must still be on its way."""
        return self.dispatched + self.surplus - self.counted - self.gone


def check_shipments(log: Log) -> Iterator[Finding]:
    """At every stop, per line: dispatched + surplus = accepted + damaged + missing + returned + diverted + open."""
    lines: dict[tuple[str, int], Line] = {}
    for entry in log.named("shipment_dispatched"):
        for said in entry.data["lines"]:
            lines[_key(entry, said)] = Line(said["lot_id"], dispatched=said["quantity"])
    yield from _stops(log, lines)
    yield from _off_vehicles(log, lines)
    yield from _hops(log)
    yield from _diversions(log)
    yield from _surplus(log)


def counts_of(log: Log) -> Iterator[Entry]:
    """The counts that moved something, at drop points and at the end."""
    for entry in log.named("shipment_passed", "shipment_received"):
        if not _ON_RECORD_ONLY & set(entry.data.get("flags", ())):
            yield entry


def _key(entry: Entry, said: Mapping[str, Any]) -> tuple[str, int]:
    return entry.data["shipment_id"], said["line_no"]


def _stops(log: Log, lines: dict[tuple[str, int], Line]) -> Iterator[Finding]:
    """Walk what happened to the lines in its order: what each stop leaves open is what it comes to until then."""
    counted = {entry.position for entry in counts_of(log)}
    for entry in log.named("shipment_passed", "shipment_received", *_AFTERWARDS):
        if entry.position in counted:
            yield from _stop(log, entry, lines)
        elif entry.name in _AFTERWARDS:
            for said in entry.data["lines"]:
                line = lines.setdefault(_key(entry, said), Line(said["lot_id"]))
                line.gone += said.get("quantity", 0)
                line.surplus -= said.get("surplus", 0)
                line.counted -= sum(said.get(part, 0) for part in _COUNTED)
                if line.open < 0:
                    yield _differs(log, entry, f"{-line.open} of {line.lot_id} more left it than was open", -line.open)


def _stop(log: Log, entry: Entry, lines: dict[tuple[str, int], Line]) -> Iterator[Finding]:
    for said in entry.data["lines"]:
        line = lines.setdefault(_key(entry, said), Line(said["lot_id"]))
        line.surplus += said["surplus"]
        line.counted += sum(said[part] for part in _COUNTED)
        if line.open != said["open"] or line.dispatched != said["dispatched"]:
            detail = f"{line.dispatched} of {line.lot_id} sent, {line.surplus} unsent, {line.counted} counted"
            detail += f", {line.gone} gone elsewhere, {said['open']} said to be open of {line.open}"
            yield _differs(log, entry, detail, max(1, abs(line.open - said["open"])))


def _off_vehicles(log: Log, lines: Mapping[tuple[str, int], Line]) -> Iterator[Finding]:
    """What was counted of a shipment is what its own movements took off the vehicles; unsent goods were on none."""
    counted = Lines()
    for (shipment, _), line in lines.items():
        counted[(shipment, line.lot_id)] += line.counted - line.surplus
    moved = Lines()
    vehicles = _vehicles(log)
    for shipment, data in _own_moves(log):
        leaves, comes = data["from_place_id"] in vehicles, data["to_place_id"] in vehicles
        if leaves and not comes:
            moved[(shipment, data["lot_id"])] += data["quantity"]
        elif comes and ("reverses" in data or data["from_place_id"] == "surplus"):
            moved[(shipment, data["lot_id"])] -= data["quantity"]
    for key in sorted(counted.keys() | moved.keys()):
        if counted[key] != moved[key]:
            detail = f"{counted[key]} of {key[1]} counted off the vehicle, {moved[key]} moved"
            yield _of_shipment(log, key[0], detail, abs(counted[key] - moved[key]))


def _hops(log: Log) -> Iterator[Finding]:
    """Where another vehicle takes goods on, it holds what the stop left open, no more and no less."""
    carried = {entry.data["shipment_id"]: entry.data["vehicle_place_id"] for entry in log.named("shipment_dispatched")}
    open_: Counter[tuple[str, str, str]] = Counter()
    for entry in counts_of(log):
        shipment, vehicle = entry.data["shipment_id"], entry.data.get("vehicle_place_id")
        if entry.name == "shipment_passed" and vehicle is not None and vehicle != carried.get(shipment):
            carried[shipment] = vehicle
            for said in entry.data["lines"]:
                open_[(shipment, said["lot_id"], vehicle)] += said["open"]
    moved: Counter[tuple[str, str, str]] = Counter()
    for shipment, data in _own_moves(log):
        if data["reason"] == "hop" and "reverses" not in data:
            moved[(shipment, data["lot_id"], data["to_place_id"])] += data["quantity"]
    for key in sorted(open_.keys() | moved.keys()):
        if open_[key] != moved[key]:
            detail = f"{open_[key]} of {key[1]} went on with {key[2]}, {moved[key]} moved there"
            yield _of_shipment(log, key[0], detail, abs(open_[key] - moved[key]))


def _vehicles(log: Log) -> set[str]:
    named = (entry.data.get("vehicle_place_id") for entry in log.named("shipment_dispatched", "shipment_passed"))
    return {"transit", *(place for place in named if place is not None)}


def _own_moves(log: Log) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for entry in log.named("stock_moved"):
        kind, _, shipment = str(entry.data["cause"]).partition("/")
        if kind == "shipment":
            yield shipment, entry.data


def _diversions(log: Log) -> Iterator[Finding]:
    """What is diverted goes on as the other shipment, lot by lot."""
    sent = {entry.data["shipment_id"]: _lots(entry) for entry in log.named("shipment_dispatched")}
    for entry in log.named("shipment_diverted"):
        went_on = sent.get(entry.data["into_shipment_id"], Counter())
        if went_on != _lots(entry):
            yield _differs(log, entry, "what was diverted is not what went on elsewhere", 1)


def _lots(entry: Entry) -> Counter[str]:
    lots: Counter[str] = Counter()
    for line in entry.data["lines"]:
        lots[line["lot_id"]] += line["quantity"]
    return lots


def _surplus(log: Log) -> Iterator[Finding]:
    """What came unsent is asked of the store that loaded the vehicle, in full."""
    came, asked = Lines(), Lines()
    for entry in counts_of(log):
        for line in entry.data["lines"]:
            came[(entry.data["shipment_id"], line["lot_id"])] += line["surplus"]
    stores = {entry.data["shipment_id"]: entry.data["from_place_id"] for entry in log.named("shipment_dispatched")}
    for entry in log.named("surplus_found"):
        for lot_id, quantity in _lots(entry).items():
            asked[(entry.data["shipment_id"], lot_id)] += quantity
        if entry.data["from_place_id"] != stores.get(entry.data["shipment_id"]):
            yield _differs(log, entry, f"{entry.data['from_place_id']} is asked about what it did not load", 1)
    for key in sorted(came.keys() | asked.keys()):
        if came[key] != asked[key]:
            detail = f"{came[key]} of {key[1]} came unsent, {asked[key]} is to be explained"
            yield _of_shipment(log, key[0], detail, abs(came[key] - asked[key]))


def check_told(log: Log) -> Iterator[Finding]:
    """What a fact or decision says was moved is what has moved for it, lot by lot."""
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in log.named("stock_moved"):
        if "reverses" not in entry.data and "offsets" not in entry.data:
            moved[entry.data["cause"]][entry.data["lot_id"]] += entry.data["quantity"]
    for name, lines in TOLD.items():
        first: set[str] = set()
        for entry in log.named(name):
            if entry.subject in first:
                continue  # told again: on record, and nothing moved for it
            first.add(entry.subject)
            said: Counter[str] = Counter()
            for line in entry.data[lines]:
                said[line["lot_id"]] += line["quantity"]
            if said != moved[entry.subject]:
                lots = said.keys() | moved[entry.subject].keys()
                size = sum(abs(said[lot] - moved[entry.subject][lot]) for lot in lots)
                yield Finding(Kind.STOCK, log.service, entry.subject, f"{name} says other than what moved", size)


# The events that tell of a movement themselves, and their lines of lot and quantity; the first of a subject moves.
TOLD = {
    "emergency_issued": "lines",
    "goods_handed_over": "lines",
    "goods_returned": "lines",
    "recipient_list_posted": "lines",
    "meals_served": "consumed",
}


def _differs(log: Log, entry: Entry, detail: str, size: int) -> Finding:
    return _of_shipment(log, entry.data["shipment_id"], f"{entry.name}: {detail}", size)


def _of_shipment(log: Log, shipment: str, detail: str, size: int) -> Finding:
    return Finding(Kind.STOCK, log.service, f"shipment {shipment}", detail, size)
