"""An owner's figures over some days, reckoned anew from the log's movements alone.

Owns which movement stands on which day and in which figure. A movement stands on the day of its fact; one that takes
another back stands on the other's. Must not look at what a service shows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tanggap.checker.evidence import Entry, Log
from tanggap.checker.worth import PARTS, SECTION, SOURCES, Amount, ItemGoods, LotWorth, Step

ACCOUNTS = frozenset({"supplier", "donor", "handed_out", "lost", "damaged", "consumed", "destroyed", "surplus"})
FIRST_BOOK = "supplier:opening"
FIGURES = (*PARTS, "closing", "expired", "damaged")


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot as it was received, and what it is worth by now."""

    item_code: str
    owner_id: str
    expires_on: str | None
    worth: LotWorth
    valued: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """A period that was closed: its last day, and the position its figures are of."""

    until: str
    as_of: int


@dataclass(frozen=True, slots=True)
class Days:
    """The days asked for, as the log stood at a position; what `since` came before is opening.

    With `closes` each period that was closed stays as it was, and what was found out later stands apart.
    """

    owner_id: str
    until: str
    as_of: int
    since: str | None = None
    closes: Sequence[Closed] = ()


def lots_of(log: Log, as_of: int) -> dict[str, Lot]:
    """The lots received until a position."""
    lots: dict[str, Lot] = {}
    for entry in log.named("lot_received", "lot_valued"):
        if entry.position > as_of:
            break
        data, lot_id = entry.data, entry.data["lot_id"]
        worth = LotWorth(data.get("unit_value_idr", 0), data.get("valued_quantity", 1))
        if entry.name == "lot_received":
            valued = "unit_value_idr" in data
            lots[lot_id] = Lot(data["item_code"], data["owner_id"], data.get("expires_on"), worth, valued)
        elif lot_id in lots:
            lots[lot_id] = replace(lots[lot_id], worth=worth, valued=True)
    return lots


def movements(log: Log, as_of: int) -> Iterator[tuple[Entry, str, str, str]]:
    """Every movement until a position: the entry, from where, to where, and the day of its fact."""
    days: dict[str, str] = {}
    for entry in log.named("lot_received", "stock_moved"):
        if entry.position > as_of:
            return
        data = entry.data
        if entry.name == "lot_received":
            yield entry, data["from_place_id"], data["place_id"], data["received_on"]
            continue
        told = data.get("occurred_on") or days.get(data.get("reverses", ""), data["moved_on"])
        days[entry.id] = data.get("occurred_on") or data["moved_on"]
        yield entry, data["from_place_id"], data["to_place_id"], told


def figures(log: Log, days: Days) -> dict[str, dict[str, Amount]]:
    """Each item's figures, in units and rupiah."""
    lots = lots_of(log, days.as_of)
    goods: dict[str, ItemGoods] = defaultdict(ItemGoods)
    for step in _steps(log, days, lots):
        goods[step.item_code].take(step, lots[step.lot_id].worth if step.lot_id else LotWorth())
    expired = _expired(log, days, lots)
    return {item: _line(one, expired[item]) for item, one in sorted(goods.items())}


def _line(goods: ItemGoods, expired: int) -> dict[str, Amount]:
    quantity, value_idr = goods.closing
    share = max(0, min(expired, quantity))
    old = expired, value_idr * share // quantity if share else 0
    return {**goods.parts, "closing": goods.closing, "expired": old, "damaged": goods.accounts["damaged"]}


@dataclass(slots=True)
class _Way:
    """Goods that went one way on one day, summed."""

    position: int
    quantity: int = 0


def _steps(log: Log, days: Days, lots: Mapping[str, Lot]) -> Iterator[Step]:
    """What went over the border, day by day; goods that went the same way on one day are one step."""
    ways: dict[tuple[Any, ...], _Way] = {}
    for entry, from_, to, on in movements(log, days.as_of):
        lot = lots.get(entry.data["lot_id"])
        account, onward, sign = _border(from_, to)
        if lot is None or lot.owner_id != days.owner_id or account is None or on > days.until:
            continue
        kind = account.partition(":")[0]
        lot_id = "" if sign < 0 and kind not in SOURCES else entry.data["lot_id"]
        period = next((n for n, c in enumerate(days.closes) if entry.position <= c.as_of and on <= c.until), None)
        order = (period is None, period or 0, on)
        way = (order, lot.item_code, lot_id, kind, onward, account == FIRST_BOOK, sign)
        ways.setdefault(way, _Way(entry.position)).quantity += sign * entry.data["quantity"]
    for way, sum_ in sorted(ways.items(), key=lambda one: (one[0][0], one[1].position)):
        (open_, _, on), item_code, lot_id, kind, onward, first, _sign = way
        before = _before(days, on, open_=open_)
        section = before or ("opening" if first else SECTION.get(kind, "adjustment"))
        yield Step(item_code, lot_id, kind, sum_.quantity, section, before is not None, onward)


def _border(from_: str, to: str) -> tuple[str | None, str | None, int]:
    """Which account goods came from or went to, whether they went on to another one, and the sign of what came."""
    if from_.partition(":")[0] in ACCOUNTS:
        onward = to.partition(":")[0]
        return from_, onward if onward in ACCOUNTS else None, 1
    return (to, None, -1) if to.partition(":")[0] in ACCOUNTS else (None, None, 0)


def _before(days: Days, on: str, *, open_: bool) -> str | None:
    """The figure of what was before the days asked for, or was found out of a closed period since."""
    if days.closes:
        if not open_:
            return "opening"
        return "prior_period" if on <= days.closes[-1].until else None
    return "opening" if days.since is not None and on < days.since else None


def _expired(log: Log, days: Days, lots: Mapping[str, Lot]) -> Counter[str]:
    """By item, what is past its last day and still in the stores."""
    held: Counter[str] = Counter()
    for entry, from_, to, on in movements(log, days.as_of):
        lot = lots.get(entry.data["lot_id"])
        if lot is None or lot.owner_id != days.owner_id or on > days.until:
            continue
        if lot.expires_on is not None and lot.expires_on < days.until:
            inside = [end.partition(":")[0] not in ACCOUNTS for end in (from_, to)]
            held[lot.item_code] += entry.data["quantity"] * (inside[1] - inside[0])
    return held


def held_for_others(log: Log, owner_id: str, until: str, as_of: int) -> dict[tuple[str, str], int]:
    """What others have in an owner's places at the end of a day, by owner and item (titipan)."""
    own = {entry.data["place_id"] for entry in log.named("place_opened") if _owner(entry.data) == owner_id}
    lots = lots_of(log, as_of)
    held: Counter[tuple[str, str]] = Counter()
    for entry, from_, to, on in movements(log, as_of):
        lot = lots.get(entry.data["lot_id"])
        if lot is not None and lot.owner_id != owner_id and on <= until:
            held[(lot.owner_id, lot.item_code)] += entry.data["quantity"] * ((to in own) - (from_ in own))
    return {line: quantity for line, quantity in held.items() if quantity}


def _owner(place: Mapping[str, Any]) -> str | None:
    """The authority a place belongs to; of regencies the one it lies in."""
    authority = place.get("authority")
    return f"regency:{place['area_code'][:5]}" if authority == "regency" else authority
