"""Whether what posts asked, counted on the way and cooked can be seen in the log, with the numbers it was played with.

Owns what must be found of each of these stories. Must not look anywhere but in the logs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tanggap.checker.evidence import Entry, Evidence, Log
from tanggap.checker.shipments import counts_of

Story = Mapping[str, Any]


def _log(evidence: Evidence) -> Log:
    return evidence.logs["logistics"]


def _of(evidence: Evidence, name: str, key: str, id_: str) -> list[Entry]:
    """The logistics events of a name about one thing."""
    return [entry for entry in _log(evidence).named(name) if entry.data.get(key) == id_]


def _stops_of(evidence: Evidence, shipment: str) -> list[Entry]:
    """The counts of one shipment in their order."""
    return [entry for entry in counts_of(_log(evidence)) if entry.data["shipment_id"] == shipment]


def _part(entries: Sequence[Entry], lot_id: str, part: str) -> list[int]:
    """A part of a lot's lines, stop by stop."""
    return [sum(line[part] for line in one.data["lines"] if line["lot_id"] == lot_id) for one in entries]


def _posts_asked(evidence: Evidence, story: Story) -> bool:
    """Each post's own report opened its request, and nobody asked in its name."""
    reports = {id_ for line in evidence.journal.lines if line["kind"] == "batch" for id_ in line["sent"]}
    for post, request in story["requests"].items():
        opened = _of(evidence, "request_opened", "request_id", request)
        if [(one.data["origin"], one.data["requested_by"], one.cause in reports) for one in opened] != [
            ("post", post, True)
        ]:
            return False
    return bool(story["requests"])


def _asked_back(evidence: Evidence, story: Story) -> bool:
    """The question was asked and answered once, and the request is due later by as long as it waited."""
    request = story["request_id"]
    opened = _of(evidence, "request_opened", "request_id", request)
    paused = _of(evidence, "request_paused", "request_id", request)
    resumed = _of(evidence, "request_resumed", "request_id", request)
    if [len(opened), len(paused), len(resumed)] != [1, 1, 1]:
        return False
    stood = _instant(resumed[0], "resumed_at") - _instant(paused[0], "paused_at")
    later = _instant(resumed[0], "due_at") - _instant(opened[0], "due_at")
    return bool(paused[0].data["question"] == story["question"] and later == stood and stood.total_seconds() > 0)


def _instant(entry: Entry, name: str) -> datetime:
    return datetime.fromisoformat(entry.data[name])


def _shared(evidence: Evidence, story: Story) -> bool:
    """All who asked have a share, together all that was there, and those that got less are said to be short by it."""
    item, ids = story["item_code"], set(story["request_ids"])
    first = {
        one.data["request_id"]: one
        for one in reversed(list(_log(evidence).named("request_allocated")))
        if one.data["request_id"] in ids and any(share["item_code"] == item for share in one.data["shares"])
    }
    shares = {
        id_: share["share"] for id_, one in first.items() for share in one.data["shares"] if share["item_code"] == item
    }
    short = [line["reason"] for one in first.values() for line in one.data["why_short"] if line["item_code"] == item]
    return (
        shares.keys() == ids
        and sum(shares.values()) == story["in_store"]
        and len(short) > 0
        and set(short) == {"shared"}
    )


def _forwarded(evidence: Evidence, story: Story) -> bool:
    """It went up once, under a letter of the regency's own register, and the province gave what was missing."""
    request = story["request_id"]
    forwarded = _of(evidence, "request_forwarded", "request_id", request)
    letters = _of(evidence, "document_issued", "document_id", story["document_id"])
    owned = {one.data["lot_id"] for one in _of(evidence, "lot_received", "owner_id", story["to_owner_id"])}
    given = sum(
        one.data["quantity"]
        for one in _of(evidence, "stock_reserved", "request_id", request)
        if one.data["lot_id"] in owned
    )
    said = [(one.data["from_owner_id"], one.data["to_owner_id"], one.data["letter_number"]) for one in forwarded]
    return (
        said == [(story["from_owner_id"], story["to_owner_id"], story["letter_number"])]
        and [(one.data["content"]["letter_number"], one.data["content"]["subject"]) for one in letters]
        == [(story["letter_number"], f"request/{request}")]
        and letters[0].position < forwarded[0].position
        and given == int(story["quantity"]) > 0
    )


def _lost_between_hops(evidence: Evidence, story: Story) -> bool:
    """Two stops and the post: nothing was missing at the first, the loss at the second, the breakage at the end."""
    stops, lot = _stops_of(evidence, story["shipment_id"]), story["lot_id"]
    if [one.data.get("at_place_id") for one in stops] != [*story["stops"], None]:
        return False
    lost, left, sent = story["lost"], story["left"], story["sent"]
    figures = [_part(stops, lot, part) for part in ("missing", "accepted", "damaged", "open")]
    arrived = sent - lost - left - story["damaged"]
    signers = {one["role"] for one in stops[1].data["signatures"]}
    return "carrier" in signers and figures == [
        [0, lost, 0],
        [0, left, arrived],
        [0, 0, story["damaged"]],
        [sent, sent - lost - left, 0],
    ]


def _passed_drop_points(evidence: Evidence, story: Story) -> bool:
    """Each of these vehicles was told of at its drop point before its post counted it, and lost nothing there."""
    for shipment, stop in story["stops"].items():
        stops = _stops_of(evidence, shipment)
        if [(one.name, one.data.get("at_place_id")) for one in stops] != [
            ("shipment_passed", stop),
            ("shipment_received", None),
        ]:
            return False
        if any(line["open"] != line["dispatched"] for line in stops[0].data["lines"]):
            return False
    return bool(story["stops"])


def _came_unsent(evidence: Evidence, story: Story) -> bool:
    """The post kept what nobody had sent, and the store that loaded the vehicle has to explain just that."""
    stops, lot = _stops_of(evidence, story["shipment_id"]), story["lot_id"]
    questions = list(_questions(evidence, story))
    booked = sum(
        one.data["quantity"]
        for one in _of(evidence, "stock_moved", "cause", f"shipment/{story['shipment_id']}")
        if (one.data["from_place_id"], one.data["lot_id"]) == ("surplus", lot)
    )
    return bool(sum(_part(stops, lot, "surplus")) == booked == sum(questions) == int(story["quantity"]) > 0)


def _questions(evidence: Evidence, story: Story) -> Iterator[int]:
    for one in _of(evidence, "surplus_found", "shipment_id", story["shipment_id"]):
        if (one.data["from_place_id"], one.data["at_place_id"]) == (story["from_place_id"], story["at_place_id"]):
            yield sum(line["quantity"] for line in one.data["lines"] if line["lot_id"] == story["lot_id"])


def _wrong_item(evidence: Evidence, story: Story) -> bool:
    """As what came unsent, and of a lot that was on no such vehicle: the count and the question both say so."""
    sent = _of(evidence, "shipment_dispatched", "shipment_id", story["shipment_id"])
    on_board = {line["lot_id"] for one in sent for line in one.data["lines"]}
    told = _of(evidence, "surplus_found", "shipment_id", story["shipment_id"])
    counted = _stops_of(evidence, story["shipment_id"])[-1:]
    flagged = all("wrong_item" in one.data["flags"] for one in (*told, *counted))
    return _came_unsent(evidence, story) and story["lot_id"] not in on_board and flagged


def _posts_cooked(evidence: Evidence, story: Story) -> bool:
    """Every kitchen told of its meals, one of them twice, and each took its ingredients once out of its own stock."""
    ids, portions, consumed, again = set(story["meal_ids"]), 0, 0, 0
    kitchens: dict[str, str] = {}
    for one in _log(evidence).named("meals_served"):
        if one.data["meal_id"] in kitchens:
            again += "likely_duplicate" in one.data["flags"]
        elif one.data["meal_id"] in ids:
            kitchens[one.data["meal_id"]] = one.data["kitchen_id"]
            portions += one.data["portions"]
    for one in _log(evidence).named("stock_moved"):
        kind, _, meal = one.data["cause"].partition("/")
        if kind == "meal" and one.data["from_place_id"] == kitchens.get(meal):
            consumed += one.data["quantity"]
    told = (set(kitchens), portions, consumed, again)
    return bool(told == (ids, story["portions"], story["consumed"], 1))


POST_STORIES: Mapping[str, Callable[[Evidence, Story], bool]] = {
    "posts_asked": _posts_asked,
    "asked_back": _asked_back,
    "shared": _shared,
    "forwarded": _forwarded,
    "lost_between_hops": _lost_between_hops,
    "passed_drop_points": _passed_drop_points,
    "came_unsent": _came_unsent,
    "wrong_item": _wrong_item,
    "posts_cooked": _posts_cooked,
}
