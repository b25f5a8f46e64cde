"""Whether goods that did not suffice were shared fairly, and nobody was promised what was not there.

Owns the weights and the division, reckoned here anew from the log. Must not take a share for right because it is said.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tanggap.checker.asking import DUE_H
from tanggap.checker.evidence import Entry, Log
from tanggap.checker.findings import Finding, Kind
from tanggap.checker.stock import moves

WEIGHTS = {urgency: max(DUE_H.values()) // hours for urgency, hours in DUE_H.items()}


@dataclass(frozen=True, slots=True)
class Claim:
    """What one request wanted of scarce goods, by which weight, and what it was given."""

    request_id: str
    weight: int
    wanted: int
    share: int


@dataclass(slots=True)
class Division:
    """The requests that shared the same goods in one plan."""

    item_code: str
    available: int
    weights: int
    claims: list[Claim] = field(default_factory=list)


@dataclass(slots=True)
class _Books:
    """What each place has of each lot and what of it is reserved, as of an entry; warehouses and owners by the way."""

    on_hand: Counter[tuple[str, str]] = field(default_factory=Counter)
    reserved: Counter[tuple[str, str]] = field(default_factory=Counter)
    kept: dict[str, tuple[str, str]] = field(default_factory=dict)
    lots: dict[str, tuple[str, str]] = field(default_factory=dict)
    warehouses: set[str] = field(default_factory=set)

    def turn(self, entry: Entry) -> None:
        """Bring the books to an entry."""
        for place, lot, change in moves(entry):
            self.on_hand[(place, lot)] += change
        data = entry.data
        match entry.name:
            case "place_opened" if data["place_kind"] == "warehouse":
                self.warehouses.add(data["place_id"])
            case "lot_received":
                self.lots[data["lot_id"]] = (data["owner_id"], data["item_code"])
            case "stock_reserved":
                self.kept[data["reservation_id"]] = (data["place_id"], data["lot_id"])
                self.reserved[(data["place_id"], data["lot_id"])] += data["quantity"]
            case "reservation_released" if data["reservation_id"] in self.kept:
                self.reserved[self.kept[data["reservation_id"]]] -= data["quantity"]

    def free(self, owner: str, item_code: str) -> int:
        """What of an item an owner's lots have in warehouses and nobody was promised."""
        return sum(
            max(0, quantity - self.reserved[(place, lot)])
            for (place, lot), quantity in self.on_hand.items()
            if place in self.warehouses and self.lots.get(lot) == (owner, item_code)
        )


def check_sharing(log: Log) -> Iterator[Finding]:
    """Look at every reservation and every division of the log."""
    books, asked = _Books(), dict[str, Mapping[str, Any]]()
    addressee: dict[str, str] = {}
    divisions: dict[tuple[str, str, str, int, int], Division] = {}
    for entry in log.entries:
        books.turn(entry)
        match entry.name:
            case "stock_reserved":
                place = (entry.data["place_id"], entry.data["lot_id"])
                over = books.reserved[place] - books.on_hand[place]
                if over > 0:
                    yield Finding(Kind.RULE, log.service, entry.subject, f"{over} promised that {place[0]} has not got")
            case "request_opened":
                asked[entry.data["request_id"]] = entry.data
                addressee[entry.data["request_id"]] = entry.data["addressed_to"]
            case "request_forwarded" | "request_taken_over":
                addressee[entry.data["request_id"]] = entry.data["to_owner_id"]
            case "request_allocated" if entry.data.get("shares"):
                request = asked[entry.data["request_id"]]
                yield from _shares(log, entry, request, addressee[request["request_id"]], divisions, books)
    for division in divisions.values():
        yield from _division(log, division)


def _shares(  # noqa: PLR0913, PLR0917 -- what a share is held against
    log: Log,
    entry: Entry,
    request: Mapping[str, Any],
    owner: str,
    divisions: dict[tuple[str, str, str, int, int], Division],
    books: _Books,
) -> Iterator[Finding]:
    """Put a request's shares to the divisions they are of; one is over when a request comes to it a second time."""
    for share in entry.data["shares"]:
        item = share["item_code"]
        drawn = _drawn(entry, item)
        short = sum(line["quantity"] for line in entry.data["short"] if line["item_code"] == item)
        claim = Claim(request["request_id"], share["weight"], drawn + short, share["share"])
        key = (request["disaster_id"], owner, item, share["available"], share["weights"])
        before = divisions.get(key)
        if before is None or any(one.request_id == claim.request_id for one in before.claims):
            if before is not None:
                yield from _division(log, before)
            divisions[key] = Division(item, share["available"], share["weights"])
            free = books.free(owner, item) + drawn
            if free < share["available"]:
                detail = f"{share['available']} of {item} shared, {free} were there"
                yield Finding(Kind.STOCK, log.service, entry.subject, detail, share["available"] - free)
        divisions[key].claims.append(claim)
        weight = _weight(request, item, claim.wanted)
        if weight not in (None, claim.weight):
            yield _broken(log, entry.subject, f"{item}: its weight is {weight}, {claim.weight} was taken")


def _drawn(entry: Entry, item: str) -> int:
    """What was reserved for a request of its addressee's own goods."""
    return sum(
        pick["quantity"] for pick in entry.data["allocations"] if pick["item_code"] == item and "support_id" not in pick
    )


def _weight(request: Mapping[str, Any], item: str, wanted: int) -> int | None:
    """Urgency times the persons still waiting; unknown where the request does not say for how many it is."""
    persons = request.get("person_count")
    if persons is None:
        return None
    asked: int = sum(line["quantity"] for line in request["lines"] if line["item_code"] == item)
    waiting = -(-int(persons or 1) * wanted // max(asked, wanted, 1))
    return WEIGHTS[str(request["urgency"])] * max(waiting, 1)


def _division(log: Log, division: Division) -> Iterator[Finding]:
    """Shares add up to no more than there was; where all who shared are known, each has just what it is due."""
    given, place = sum(claim.share for claim in division.claims), f"shared {division.item_code}"
    if given > division.available:
        detail = f"{given} given of {division.available}"
        yield Finding(Kind.STOCK, log.service, place, detail, given - division.available)
    weights = sum(claim.weight for claim in division.claims)
    if weights > division.weights:
        yield _broken(log, place, f"weights of {weights} taken for {division.weights}")
    if weights == division.weights:
        due = divided(division.available, division.claims)
        for claim in division.claims:
            if claim.share != due[claim.request_id]:
                detail = f"request {claim.request_id} was due {due[claim.request_id]}, {claim.share} was its share"
                yield _broken(log, place, detail)


def divided(available: int, claims: Sequence[Claim]) -> dict[str, int]:
    """What each claim is due: by weight, nobody more than wanted, whole units, the largest remainders first."""
    due: dict[str, int] = {}
    left, weights = available, sum(claim.weight for claim in claims)
    # Whoever wants least for the weight is satisfied first, and leaves the rest to the others.
    waiting = sorted(claims, key=lambda claim: Fraction(claim.wanted, claim.weight))
    while waiting and waiting[0].wanted * weights <= left * waiting[0].weight:
        full = waiting.pop(0)
        due[full.request_id] = full.wanted
        left, weights = left - full.wanted, weights - full.weight
    exact = {claim.request_id: Fraction(left * claim.weight, weights) for claim in waiting}
    due |= {id_: int(part) for id_, part in exact.items()}
    rest = left - sum(int(part) for part in exact.values())
    by_remainder = sorted(
        waiting,
        key=lambda one: (int(exact[one.request_id]) - exact[one.request_id], -one.weight, one.request_id),
    )
    for claim in by_remainder[: rest if waiting else 0]:
        due[claim.request_id] += 1
    return due


def _broken(log: Log, place: str, detail: str) -> Finding:
    return Finding(Kind.RULE, log.service, place, detail)
