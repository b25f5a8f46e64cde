"""Whether the troubles that were played on purpose can be seen in the logs, and came out as they should.

Owns what must be found of each story. A story the checker does not know is a finding, never passed over.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tanggap.checker.evidence import Evidence
from tanggap.checker.findings import Finding, Kind
from tanggap.checker.office_stories import OFFICE_STORIES
from tanggap.checker.post_stories import POST_STORIES
from tanggap.checker.supply_stories import SUPPLY_STORIES

Story = Mapping[str, Any]


def check_stories(evidence: Evidence) -> Iterator[Finding]:
    """Look for each story of the journal, and for the people met twice."""
    for story in evidence.journal.stories():
        seen = SEEN.get(story["name"])
        if seen is None:
            yield _unseen(story["name"], "the checker does not know this story")
        elif not seen(evidence, story):
            yield _unseen(story["name"], "the logs do not show it")
    yield from _not_played(evidence)
    yield from _met_twice(evidence)


def _not_played(evidence: Evidence) -> Iterator[Finding]:
    """A flood with a supply has every story of it, at any scale, but for those that hang on what was there before."""
    if "logistics" in evidence.journal.opening["services"]:
        told = {story["name"] for story in evidence.journal.stories()}
        always = (SUPPLY_STORIES.keys() | POST_STORIES.keys() | OFFICE_STORIES.keys()) - SOMETIMES
        for name in sorted(always - told):
            yield _unseen(name, "it was not played")


def _met_twice(evidence: Evidence) -> Iterator[Finding]:
    """As many people are marked as written down before as there are pairs, each pointing at somebody registered."""
    wanted = evidence.journal.opening["sizes"]["pairs"]
    known: set[str] = set()
    again: set[str] = set()
    pointed_at: set[str] = set()
    for entry in evidence.logs["victims"].named("household_registered", "household_registered_again"):
        if entry.disaster_id != evidence.journal.opening["disaster_id"]:
            continue
        for person in entry.data["persons"]:
            known.add(person["person_id"])
            if "same_identity_as" in person:
                again.add(person["person_id"])
                pointed_at.add(person["same_identity_as"])
    if len(again) != wanted or not pointed_at <= known:
        yield _unseen("same_person", f"{len(again)} people were found to be written down twice, {wanted} were")


def _resent(evidence: Evidence, story: Story) -> bool:
    again = [
        line
        for line in evidence.journal.lines
        if line["kind"] == "batch" and line["causes"] and all(item.get("replayed") for item in line["items"])
    ]
    return len(again) >= int(story["batches"])


def _flagged(flag: str) -> Callable[[Evidence, Story], bool]:
    def seen(evidence: Evidence, story: Story) -> bool:
        names = ("household_registered", "household_registered_again", "casualty_reported", "damage_reported")
        own = [e for e in evidence.logs["victims"].named(*names) if e.data["post_id"] == story["post_id"]]
        return len(own) == story["reports"] and all(flag in entry.data.get("flags", ()) for entry in own)

    return seen


def _short_shipment(evidence: Evidence, story: Story) -> bool:
    counts = [
        line
        for entry in evidence.logs["logistics"].named("shipment_received")
        if entry.data["shipment_id"] == story["shipment_id"]
        for line in entry.data["lines"]
    ]
    parts = ("accepted", "missing", "damaged")
    return all(sum(line[part] for line in counts) == story[part] for part in parts)


def _rule_changed(evidence: Evidence, story: Story) -> bool:
    return any(
        entry.data["benefit"] == story["benefit"] and entry.data["amount_idr"] == story["amount_idr"]
        for entry in evidence.logs["aid"].named("benefit_rule_set")
    )


def _own_claim(evidence: Evidence, story: Story) -> bool:
    """The claim was approved in the end, by somebody else than who tried."""
    approvals = [e for e in evidence.logs["aid"].named("claim_approved") if e.data["claim_id"] == story["claim_id"]]
    refused = _refused(evidence, "same-person")
    return bool(approvals) and refused > 0 and all(e.data["approved_by"] != story["actor"] for e in approvals)


def _refused(evidence: Evidence, slug: str) -> int:
    return sum(answer.get("slug") == slug for _, answer in evidence.journal.answers())


def _ran_out(evidence: Evidence, story: Story) -> bool:
    amended = [e for e in evidence.logs["aid"].named("budget_enacted") if e.data["budget_id"] == story["budget_id"]]
    return _refused(evidence, "budget-exhausted") == story["refused"] > 0 and len(amended) > 1


def _not_enacted(evidence: Evidence, story: Story) -> bool:
    return _refused(evidence, "budget-not-enacted") == int(story["claims"])


def _returned(evidence: Evidence, story: Story) -> bool:
    came_back = {entry.data["payout_id"] for entry in evidence.logs["aid"].named("claim_returned")}
    return set(story["payouts"]) <= came_back


SEEN: Mapping[str, Callable[[Evidence, Story], bool]] = {
    "resent_batches": _resent,
    "two_days_late": _flagged("late"),
    "a_year_back": _flagged("implausible_time"),
    "short_shipment": _short_shipment,
    "rule_changed": _rule_changed,
    "own_claim": _own_claim,
    "budget_ran_out": _ran_out,
    "not_enacted": _not_enacted,
    "returned": _returned,
    **SUPPLY_STORIES,
    **POST_STORIES,
    **OFFICE_STORIES,
}


# The book of an earlier flood is closed already; a regency with goods for all is not taken over from.
SOMETIMES = frozenset({"period_closed", "taken_over"})


def _unseen(name: str, detail: str) -> Finding:
    return Finding(Kind.STORY, "flood", name, detail)
