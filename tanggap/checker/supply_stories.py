"""Whether what was played of the relief supply can be seen in the log, with the numbers it was played with.

Owns what must be found of each of these stories. Must not look anywhere but in the logs.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from tanggap.checker.evidence import Entry, Evidence

Story = Mapping[str, Any]


def _of(evidence: Evidence, name: str, key: str, id_: str) -> list[Entry]:
    """The logistics events of a name about one thing."""
    return [entry for entry in evidence.logs["logistics"].named(name) if entry.data.get(key) == id_]


def _moves(evidence: Evidence, cause: str, reason: str) -> Iterator[Mapping[str, Any]]:
    for entry in evidence.logs["logistics"].named("stock_moved"):
        if entry.data["cause"] == cause and entry.data["reason"] == reason:
            yield entry.data


def _moved(evidence: Evidence, cause: str, reason: str) -> int:
    return sum(int(move["quantity"]) for move in _moves(evidence, cause, reason))


def _period_closed(evidence: Evidence, story: Story) -> bool:
    return any(
        one.data["until"] == story["until"] for one in _of(evidence, "period_closed", "owner_id", story["owner_id"])
    )


def _opening_count(evidence: Evidence, story: Story) -> bool:
    """The lumbung's first book: received with a value, and taken in by a second person."""
    posted = _of(evidence, "count_posted", "count_id", story["count_id"])
    received = _of(evidence, "lot_received", "lot_id", story["lot_id"])
    return [one.data["approved_by"] is not None for one in posted] == [True] and [
        (one.data["quantity"], "unit_value_idr" in one.data) for one in received
    ] == [(story["quantity"], True)]


def _donation(evidence: Evidence, story: Story) -> bool:
    lines = [
        line
        for one in _of(evidence, "donation_inspected", "pledge_id", story["pledge_id"])
        for line in one.data["lines"]
    ]
    return all(sum(line[part] for line in lines) == story[part] for part in ("accepted", "rejected"))


def _kits_made(evidence: Evidence, story: Story) -> bool:
    made = _of(evidence, "kit_assembled", "lot_id", story["lot_id"])
    return [one.data["quantity"] for one in made] == [story["quantity"]]


def _taken_over(evidence: Evidence, story: Story) -> bool:
    disaster = evidence.journal.opening["disaster_id"]
    ours = {one.subject for one in _of(evidence, "request_opened", "disaster_id", disaster)}
    taken = {one.subject for one in evidence.logs["logistics"].named("request_taken_over")}
    return len(taken & ours) == int(story["requests"]) > 0


def _support(evidence: Evidence, story: Story) -> bool:
    """The other owner gave a part with a reason, and no more of its goods was reserved than that."""
    answers = _of(evidence, "support_answered", "request_id", story["request_id"])
    given = sum(line["quantity"] for one in answers for line in one.data["accepted"])
    owned = {one.data["lot_id"] for one in _of(evidence, "lot_received", "owner_id", story["owner_id"])}
    reserved = sum(
        one.data["quantity"]
        for one in _of(evidence, "stock_reserved", "request_id", story["request_id"])
        if one.data["lot_id"] in owned
    )
    return given == int(story["quantity"]) == reserved and all("reason" in one.data for one in answers)


def _diverted(evidence: Evidence, story: Story) -> bool:
    aside = sum(
        line["quantity"]
        for one in _of(evidence, "shipment_diverted", "shipment_id", story["shipment_id"])
        for line in one.data["lines"]
    )
    counted = {
        shipment: sum(
            line["accepted"]
            for one in _of(evidence, "shipment_received", "shipment_id", shipment)
            for line in one.data["lines"]
        )
        for shipment in (story["shipment_id"], story["into_shipment_id"])
    }
    left = story["sent"] - story["diverted"]
    return aside == int(story["diverted"]) and list(counted.values()) == [left, story["diverted"]]


def _letters(evidence: Evidence, story: Story) -> bool:
    """The chain was issued, each letter after the one before; the last was signed and printed again."""
    issued = [one for id_ in story["document_ids"] for one in _of(evidence, "document_issued", "document_id", id_)]
    chained = all(after.data["predecessors"] == [before.data["document_id"]] for before, after in pairwise(issued))
    signed = _of(evidence, "document_signed", "document_id", story["signed"])
    again = _of(evidence, "document_reprinted", "document_id", story["signed"])
    return len(issued) == len(story["document_ids"]) and chained and len(signed) == len(again) == 1


def _emergency(evidence: Evidence, story: Story) -> bool:
    ratified = _of(evidence, "emergency_ratified", "issue_id", story["issue_id"])
    moved = _moved(evidence, f"emergency_issue/{story['issue_id']}", "emergency_issue")
    return moved == int(story["quantity"]) and len(ratified) == 1


def _handover(evidence: Evidence, story: Story) -> bool:
    return _moved(evidence, f"handover/{story['handover_id']}", "handover") == int(story["quantity"])


def _recipient_list(evidence: Evidence, story: Story) -> bool:
    posted = _of(evidence, "recipient_list_posted", "list_id", story["list_id"])
    moved = _moved(evidence, f"recipient_list/{story['list_id']}", "hand_out")
    return [one.data["row_count"] for one in posted] == [story["rows"]] and moved == story["quantity"]


def _over_entitlement(evidence: Evidence, story: Story) -> bool:
    """The plan was refused, and the two households stand as one family."""
    first, second = story["household_ids"]
    linked = [
        {one.data["household_id"], one.data["other_household_id"]}
        for one in evidence.logs["logistics"].named("households_linked")
    ]
    refused = [answer for _, answer in evidence.journal.answers() if answer.get("slug") == "over-entitlement"]
    return {first, second} in linked and len(refused) == 1


def _meals(evidence: Evidence, story: Story) -> bool:
    served = _of(evidence, "meals_served", "meal_id", story["meal_id"])
    moved = _moved(evidence, f"meal/{story['meal_id']}", "consumption")
    return [one.data["portions"] for one in served] == [story["portions"]] and moved == story["consumed"]


def _goods_returned(evidence: Evidence, story: Story) -> bool:
    cause = f"return/{story['return_id']}"
    apart = sum(
        move["quantity"] for move in _moves(evidence, cause, "quarantine") if move["to_place_id"] == story["quarantine"]
    )
    return _moved(evidence, cause, "return") == int(story["good"]) and apart == story["doubtful"]


def _count(evidence: Evidence, story: Story) -> bool:
    counted = _of(evidence, "lot_counted", "count_id", story["count_id"])
    return [(one.data["lot_id"], one.data["difference"]) for one in counted] == [(story["lot_id"], story["difference"])]


def _recall(evidence: Evidence, story: Story) -> bool:
    """The part was called back and the kits made of it with it."""
    recalled = {one.data["lot_id"] for one in _of(evidence, "lot_recalled", "recall_id", story["recall_id"])}
    return story["kit_lot_id"] in recalled and len(recalled) == 2


SUPPLY_STORIES: Mapping[str, Callable[[Evidence, Story], bool]] = {
    "period_closed": _period_closed,
    "opening_count": _opening_count,
    "donation": _donation,
    "kits_made": _kits_made,
    "taken_over": _taken_over,
    "support": _support,
    "diverted": _diverted,
    "letters": _letters,
    "emergency_issue": _emergency,
    "handover": _handover,
    "recipient_list": _recipient_list,
    "over_entitlement": _over_entitlement,
    "meals": _meals,
    "goods_returned": _goods_returned,
    "count": _count,
    "recall": _recall,
}
