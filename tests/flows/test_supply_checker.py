"""The checker sees each rule of the relief supply broken: planted in copies of a real flood's log.

A checker that was never seen to fail is no evidence. Method: one event of the flood's logistics log is changed, taken
out or told again, and the rest left as it was.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tanggap.checker.evidence import load
from tanggap.checker.findings import Kind
from tanggap.checker.supply import check_supply
from tanggap.checker.supply_stories import SUPPLY_STORIES
from tests.flows.conftest import Played
from tests.flows.damage import Copy, Event

# A flood of its own worker is played for these: they run with the slow tests.
pytestmark = pytest.mark.slow

LOGISTICS = "logistics"


@pytest.fixture
def copy(small_flood: Played, tmp_path: Path) -> Copy:
    return Copy(small_flood, tmp_path)


def broken(copy: Copy) -> list[tuple[Kind, str]]:
    """What the rules of the supply alone find: each kind, with its words."""
    return [(one.kind, one.detail) for one in check_supply(load(copy.folder, copy.journal))]


def change(copy: Copy, name: str, make: Callable[[Event], Any]) -> None:
    """Change the content of the first event of a name for which the change finds something to do."""
    events = copy.events(LOGISTICS)
    for event in events:
        if event["type"] == f"{LOGISTICS}.{name}.v1" and make(event["data"]) is not False:
            copy.rewrite(LOGISTICS, events)
            return
    raise AssertionError(f"the flood has no such {name}")


def line_with(part: str, by: int) -> Callable[[Event], Any]:
    """Add to a part of the first line that has it."""

    def make(content: Event) -> Any:
        line = next((line for line in content["lines"] if line.get(part)), None)
        if line is None:
            return False
        line[part] += by
        return None

    return make


def test_the_flood_itself_breaks_no_rule(copy: Copy) -> None:
    """The copy damages nothing."""
    assert broken(copy) == []


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("shipment_received", line_with("accepted", 1)),
        ("shipment_received", line_with("missing", 1)),
        ("shipment_dispatched", line_with("quantity", -1)),
        ("shipment_diverted", line_with("quantity", 1)),
        ("emergency_issued", line_with("quantity", 1)),
        ("goods_handed_over", line_with("quantity", -1)),
        ("goods_returned", line_with("quantity", 1)),
        ("recipient_list_posted", line_with("quantity", 1)),
        ("donation_inspected", line_with("accepted", 1)),
        ("meals_served", lambda content: content["consumed"][0].update(quantity=1)),
        ("kit_assembled", lambda content: content.update(quantity=content["quantity"] + 1)),
        ("lot_counted", lambda content: content.update(difference=content["difference"] - 1)),
    ],
)
def test_goods_that_do_not_add_up_are_a_stock_difference(copy: Copy, name: str, make: Callable[[Event], Any]) -> None:
    """One unit more or less in what is told is found against what moved."""
    change(copy, name, make)
    assert Kind.STOCK in {kind for kind, _ in broken(copy)}


@pytest.mark.parametrize(
    ("decided", "decider", "told", "teller"),
    [
        ("request_approved", "approved_by", "request_opened", "requested_by"),
        ("emergency_ratified", "approver_id", "emergency_issued", "custodian_id"),
        ("donation_inspected", "inspector_id", "donation_received", "receiver_id"),
    ],
)
def test_a_decision_by_the_same_person_is_found(copy: Copy, decided: str, decider: str, told: str, teller: str) -> None:
    """Whoever asks, issues, receives or counts does not decide about it."""
    events = copy.events(LOGISTICS)
    tellers = {e["subject"]: e["data"][teller] for e in events if e["type"] == f"{LOGISTICS}.{told}.v1"}
    for event in events:
        if event["type"] == f"{LOGISTICS}.{decided}.v1":
            event["data"][decider] = tellers[event["subject"]]
            break
    copy.rewrite(LOGISTICS, events)
    assert [kind for kind, _ in broken(copy)] == [Kind.RULE]


def test_a_reservation_that_ends_twice_is_found(copy: Copy) -> None:
    """Goods are not set free a second time."""
    events = copy.events(LOGISTICS)
    again = dict(events[copy.first(LOGISTICS, "reservation_released")])
    copy.rewrite(LOGISTICS, [*events, again])
    assert (Kind.RULE, f"reservation {again['data']['reservation_id']} ended for more than it was") in broken(copy)


def test_more_sent_than_approved_is_found(copy: Copy) -> None:
    """An approval cut afterwards does not cover what left."""
    change(copy, "request_approved", line_with("quantity", -1_000_000_000))
    assert any("approved" in detail for _, detail in broken(copy))


def test_a_missing_letter_number_is_found(copy: Copy) -> None:
    """A register that jumps has lost a letter."""
    change(copy, "number_given", lambda content: content.update(number=content["number"] + 1))
    assert any("follows" in detail for _, detail in broken(copy))


@pytest.mark.parametrize("name", sorted(SUPPLY_STORIES))
def test_a_story_that_the_log_does_not_show_is_found(copy: Copy, name: str) -> None:
    """Every story that was played is missed when its numbers are others."""
    evidence = load(copy.folder, copy.journal)
    (story,) = [one for one in evidence.journal.stories() if one["name"] == name]
    assert SUPPLY_STORIES[name](evidence, story)
    key, other = OTHERWISE[name]
    assert not SUPPLY_STORIES[name](evidence, {**story, key: other})


OTHERWISE: dict[str, tuple[str, Any]] = {
    "period_closed": ("until", "2000-01-01"),
    "opening_count": ("quantity", 1),
    "donation": ("rejected", 0),
    "kits_made": ("quantity", 1),
    "taken_over": ("requests", 10_000),
    "support": ("quantity", 1),
    "diverted": ("diverted", 1),
    "letters": ("signed", "nobody"),
    "emergency_issue": ("quantity", 1),
    "handover": ("quantity", 1),
    "recipient_list": ("rows", 1),
    "over_entitlement": ("household_ids", ["one", "other"]),
    "meals": ("portions", 1),
    "goods_returned": ("good", 100),
    "count": ("difference", 1),
    "recall": ("kit_lot_id", "none"),
}
