"""The checker sees what posts ask, pass on and cook go wrong: planted in copies of a real flood's log.

A checker that was never seen to fail is no evidence. Method: one event of the flood's logistics log is changed, and
the rest left as it was; the division of scarce goods is held against the service's own on made-up claims too.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.logistics.requests import sharing as service
from tanggap.checker.evidence import load
from tanggap.checker.findings import Kind
from tanggap.checker.post_stories import POST_STORIES
from tanggap.checker.sharing import Claim, divided
from tanggap.checker.stories import check_stories
from tests.flows.conftest import Played
from tests.flows.damage import Copy, Event
from tests.flows.test_supply_checker import broken, change, line_with

LOGISTICS = "logistics"


@pytest.fixture
def copy(small_flood: Played, tmp_path: Path) -> Copy:
    return Copy(small_flood, tmp_path)


def later(name: str) -> Callable[[Event], Any]:
    """A minute more on an instant that an event has."""

    def make(content: Event) -> Any:
        if name not in content:
            return False
        content[name] = (datetime.fromisoformat(content[name]) + timedelta(minutes=1)).isoformat()
        return None

    return make


def said(**others: Any) -> Callable[[Event], Any]:
    """An event that says something else."""
    return lambda content: content.update(others)


def share_with(part: str, by: int) -> Callable[[Event], Any]:
    """Add to a part of the first share of an allocation that has one."""

    def make(content: Event) -> Any:
        if not content.get("shares"):
            return False
        content["shares"][0][part] += by
        return None

    return make


def a_hop(**others: Any) -> Callable[[Event], Any]:
    """The movement from one vehicle to the next, told otherwise."""
    return lambda content: content.update(others) if content["reason"] == "hop" else False


def cooked(**others: Any) -> Callable[[Event], Any]:
    """The movement of an ingredient, told otherwise."""
    return lambda content: content.update(others) if content["reason"] == "consumption" else False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("shipment_passed", line_with("open", -1)),
        ("shipment_passed", line_with("dispatched", 1)),
        ("shipment_passed", line_with("missing", 1)),
        ("shipment_passed", line_with("accepted", 1)),
        ("shipment_received", line_with("surplus", 1)),
        ("shipment_diverted", said(into_shipment_id="nobody")),
        ("stock_moved", a_hop(quantity=1)),
        ("stock_moved", a_hop(to_place_id="kelotok-lain")),
        ("surplus_found", line_with("quantity", 1)),
        ("surplus_found", said(from_place_id="gudang-lain")),
        ("request_allocated", share_with("share", 1_000_000_000)),
        ("request_allocated", share_with("available", 1_000_000_000)),
    ],
)
def test_goods_that_do_not_add_up_on_their_way_are_found(copy: Copy, name: str, make: Callable[[Event], Any]) -> None:
    """A unit more or less at one stop, on one boat, in one question or one share."""
    change(copy, name, make)
    assert Kind.STOCK in {kind for kind, _ in broken(copy)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("request_opened", later("warn_at"), "to be warned of"),
        ("request_opened", later("due_at"), "is not due"),
        ("request_resumed", later("due_at"), "did not move"),
        ("request_resumed", later("warn_at"), "did not move"),
        ("request_resumed", said(resumed_at="2000-01-01T00:00:00Z"), "before it was paused"),
        ("request_paused", said(request_id="nobody"), "nobody opened"),
        ("stock_reserved", later("due_at"), "another deadline"),
        ("request_opened", said(addressed_to="province"), "first"),
        ("request_forwarded", said(to_owner_id="kemensos"), "not the one above"),
        ("request_forwarded", said(from_owner_id="regency:62.01"), "not addressed to it"),
        ("request_forwarded", said(letter_number=""), "without a letter"),
        ("request_taken_over", said(to_owner_id="kemensos"), "took over"),
        ("request_approved", said(owner_id="kemensos"), "decided for"),
        ("request_allocated", share_with("weight", 1), "weight"),
        ("request_allocated", share_with("share", -1), "was due"),
        ("stock_reserved", said(quantity=1_000_000_000_000), "promised"),
        ("stock_moved", cooked(from_place_id="dapur-lain"), "cooked"),
        ("meals_served", said(kitchen_id="gudang-provinsi"), "no kitchen"),
        ("meals_served", said(portions=1), "expected"),
        ("meals_served", said(flags=["implausible_consumption"]), "flagged otherwise"),
    ],
)
def test_a_request_or_meal_against_the_rules_is_found(
    copy: Copy, name: str, make: Callable[[Event], Any], words: str
) -> None:
    """An instant, an authority, a letter, a share or a kitchen that is not as it must be."""
    change(copy, name, make)
    assert any(kind is Kind.RULE and words in detail for kind, detail in broken(copy))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(POST_STORIES))
def test_a_story_of_the_posts_that_the_log_does_not_show_is_found(copy: Copy, name: str) -> None:
    """Every story that was played is missed when its numbers are others."""
    evidence = load(copy.folder, copy.journal)
    (story,) = [one for one in evidence.journal.stories() if one["name"] == name]
    assert POST_STORIES[name](evidence, story)
    key, other = OTHERWISE[name]
    assert not POST_STORIES[name](evidence, {**story, key: other})


OTHERWISE: dict[str, tuple[str, Any]] = {
    "posts_asked": ("requests", {}),
    "asked_back": ("question", "document_missing"),
    "shared": ("in_store", 1),
    "forwarded": ("letter_number", "001/SP/LAIN/I/2000"),
    "lost_between_hops": ("lost", 1),
    "passed_drop_points": ("stops", {}),
    "came_unsent": ("quantity", 1),
    "wrong_item": ("quantity", 9),
    "posts_cooked": ("consumed", 1),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "of", "make"),
    [
        ("lost_between_hops", "shipment_passed", said(at_place_id="titik-drop-lain")),
        ("asked_back", "request_resumed", later("due_at")),
        ("forwarded", "request_forwarded", said(letter_number="9/LAIN")),
        ("forwarded", "document_issued", lambda content: content["content"].update(letter_number="9/LAIN")),
        ("wrong_item", "surplus_found", lambda content: content["flags"].clear()),
        ("posts_cooked", "stock_moved", cooked(from_place_id="dapur-lain")),
    ],
)
def test_a_story_of_the_posts_that_came_out_otherwise_is_found(
    copy: Copy, name: str, of: str, make: Callable[[Event], Any]
) -> None:
    """The log of a flood in which a step of the story went another way."""
    events = copy.events(LOGISTICS)
    for event in events:
        if event["type"] == f"{LOGISTICS}.{of}.v1":
            make(event["data"])
    copy.rewrite(LOGISTICS, events)
    evidence = load(copy.folder, copy.journal)
    assert name in {finding.place for finding in check_stories(evidence)}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shared", "posts_cooked", "count"])
def test_a_flood_without_one_of_its_stories_is_found(copy: Copy, name: str) -> None:
    """A story left out cannot pass for one that came out right."""
    lines = copy.journal.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if orjson.loads(line).get("name") != name]
    assert len(kept) == len(lines) - 1
    copy.journal.write_bytes(b"".join(kept))
    found = [(one.place, one.detail) for one in check_stories(load(copy.folder, copy.journal))]
    assert found == [(name, "it was not played")]


@settings(deadline=None)
@given(
    available=st.integers(0, 500),
    claims=st.lists(st.tuples(st.integers(1, 60), st.integers(1, 200)), min_size=2, max_size=12),
)
def test_the_checker_divides_as_the_service_does_by_another_way(available: int, claims: list[tuple[int, int]]) -> None:
    """Two reckonings that share no code agree on every unit, and give out all there is or all that is wanted."""
    ours = [Claim(f"{number:02}", weight, wanted, 0) for number, (weight, wanted) in enumerate(claims)]
    theirs = [service.Claim(one.request_id, one.weight, one.wanted) for one in ours]
    due = divided(available, ours)
    assert due == service.shared(available, theirs)
    assert sum(due.values()) == min(available, sum(one.wanted for one in ours))
