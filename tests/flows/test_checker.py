"""The checker sees each kind of damage: it is planted in copies of a real flood's logs and journal.

A checker that was never seen to fail is no evidence.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tanggap.checker.check import examine
from tanggap.checker.findings import Kind
from tests.flows.conftest import Played
from tests.flows.damage import Copy, Event


@pytest.fixture
def copy(small_flood: Played, tmp_path: Path) -> Copy:
    return Copy(small_flood, tmp_path)


def test_undamaged_copy_is_sound(copy: Copy) -> None:
    """The copy itself damages nothing."""
    assert copy.examine().sound


def test_registration_taken_out_of_the_log_is_lost(copy: Copy) -> None:
    """An answered registration that is missing is found lost, with what followed from it found causeless."""
    events = copy.events("victims")
    del events[copy.first("victims", "household_registered")]
    copy.rewrite("victims", events)
    assert {Kind.LOST, Kind.INVENTED} <= copy.found()


def test_registration_logged_twice_under_another_id_is_doubled(copy: Copy) -> None:
    """A second event of one report is found, though its id is new and its sequence is right."""
    events = copy.events("victims")
    again = dict(events[copy.first("victims", "household_registered")])
    again |= {"id": "00000000-0000-7000-8000-000000000001", "sequence": again["sequence"] + 1}
    copy.rewrite("victims", [*events, again])
    assert {Kind.DOUBLED, Kind.INVENTED} <= copy.found()


def test_event_logged_twice_under_its_own_id_is_doubled(copy: Copy) -> None:
    """The same event at two positions is found."""
    events = copy.events("aid")
    copy.rewrite("aid", [*events, events[copy.first("aid", "claim_paid")]])
    assert Kind.DOUBLED in copy.found()


def test_event_nobody_asked_for_is_invented(copy: Copy) -> None:
    """An event in an officer's name that the officer's journal does not know is found."""
    events = copy.events("aid")
    ghost = dict(events[copy.first("aid", "budget_proposed")])
    ghost |= {"id": "00000000-0000-7000-8000-000000000002", "subject": "budget/ghost"}
    ghost["data"] = {**ghost["data"], "budget_id": "ghost"}
    copy.rewrite("aid", [*events, ghost])
    assert Kind.INVENTED in copy.found()


def test_event_of_a_refused_report_is_invented(copy: Copy) -> None:
    """A report that was refused must have left nothing."""

    def refuse(line: Event) -> None:
        line["items"][0] = {"id": line["items"][0]["id"], "status": "refused", "slug": "device-withdrawn"}

    copy.change_line("batch", lambda line: bool(line["causes"]), refuse)
    assert Kind.INVENTED in copy.found()


def test_report_without_an_answer_is_not_passed_over(copy: Copy) -> None:
    """A report that was sent and never answered is found, whether it has events or not."""
    copy.change_line("batch", lambda line: bool(line["causes"]), lambda line: line["items"].pop())
    assert Kind.INVENTED in copy.found()
    copy.change_line("batch", lambda line: bool(line["causes"]), lambda line: line["sent"].append("nowhere"))
    assert Kind.LOST in copy.found()


def test_swapped_events_are_out_of_order(copy: Copy) -> None:
    """Two neighbouring events of one claim that changed places are found."""
    events = copy.events("aid")
    paid = copy.first("aid", "claim_paid")
    same = [place for place, event in enumerate(events) if event["subject"] == events[paid]["subject"]]
    before = same[same.index(paid) - 1]
    events[before], events[paid] = events[paid], events[before]
    copy.rewrite("aid", events)
    assert Kind.OUT_OF_ORDER in copy.found()


def test_effects_in_another_order_than_their_causes_are_out_of_order(copy: Copy) -> None:
    """Two needs of one partition that were recorded the wrong way round are found by their causes."""
    events = copy.events("logistics")
    needs = [place for place, event in enumerate(events) if event["type"] == "logistics.need_recorded.v1"]
    first, last = needs[0], needs[-1]
    events[first]["causationid"], events[last]["causationid"] = (
        events[last]["causationid"],
        events[first]["causationid"],
    )
    copy.rewrite("logistics", events)
    assert Kind.OUT_OF_ORDER in copy.found()


def test_entry_served_in_another_partition_is_out_of_order(copy: Copy) -> None:
    """A stream that carries an entry in a partition not its key's is found."""
    path = copy.folder / "victims" / "served.json"
    served = orjson.loads(path.read_bytes())
    served[5][1] = (served[5][1] + 1) % 4
    path.write_bytes(orjson.dumps(served))
    assert copy.found() == {Kind.OUT_OF_ORDER}


def test_registration_without_a_need_is_a_lost_effect(copy: Copy) -> None:
    """A household that logistics never heard of is found."""
    events = copy.events("logistics")
    del events[copy.first("logistics", "need_recorded")]
    copy.rewrite("logistics", events)
    assert Kind.LOST in copy.found()


def test_verification_that_opened_two_claims_is_a_doubled_effect(copy: Copy) -> None:
    """One death is not compensated twice."""
    events = copy.events("aid")
    again = dict(events[copy.first("aid", "claim_opened")])
    again |= {"id": "00000000-0000-7000-8000-000000000003", "subject": "claim/second", "sequence": 1}
    again["data"] = {**again["data"], "claim_id": "second"}
    copy.rewrite("aid", [*events, again])
    assert Kind.DOUBLED in copy.found()


def test_balance_that_is_not_the_movements_sum_is_a_stock_difference(copy: Copy) -> None:
    """A store that shows one sack more than came in is found, by exactly how much."""

    def one_more(shown: Event) -> None:
        rows = next(page["rows"] for place, page in shown["balances"].items() if place.startswith("gudang"))
        rows[0]["on_hand"] += 7

    copy.change_shown(one_more)
    assert copy.found() == {Kind.STOCK}
    assert copy.examine().size(Kind.STOCK) == 7


def test_movement_of_another_quantity_is_a_stock_difference(copy: Copy) -> None:
    """A movement changed after the fact is found in balances and in its shipment."""
    place = copy.first("logistics", "stock_moved", reason="delivery")
    quantity = copy.events("logistics")[place]["data"]["quantity"]
    copy.change("logistics", place, quantity=quantity - 1)
    places = {finding.place.split(" ")[0] for finding in copy.examine().findings if finding.kind is Kind.STOCK}
    assert "shipment" in places
    assert len(places) > 1


def test_count_that_does_not_add_up_is_a_stock_difference(copy: Copy) -> None:
    """Accepted, missing and damaged must make what was dispatched."""
    place = copy.first("logistics", "shipment_received")
    lines = copy.events("logistics")[place]["data"]["lines"]
    lines[0]["accepted"] -= 1
    copy.change("logistics", place, lines=lines)
    assert Kind.STOCK in copy.found()


def test_hand_out_of_more_than_left_the_post_is_a_stock_difference(copy: Copy) -> None:
    """What a post says it gave must have left the post."""
    place = copy.first("logistics", "goods_handed_out")
    lines = copy.events("logistics")[place]["data"]["lines"]
    lines[0]["quantity"] += 1
    copy.change("logistics", place, lines=lines)
    assert Kind.STOCK in copy.found()


def test_budget_shown_otherwise_is_a_cash_difference(copy: Copy) -> None:
    """A rupiah that the log does not know is found."""

    def one_rupiah(shown: Event) -> None:
        shown["budgets"]["rows"][0]["free_idr"] += 1

    copy.change_shown(one_rupiah)
    assert copy.found() == {Kind.CASH}
    assert copy.examine().size(Kind.CASH) == 1


def test_payment_changed_in_the_log_is_a_cash_difference(copy: Copy) -> None:
    """A payment of another amount than was committed is found."""
    place = copy.first("aid", "funds_paid")
    copy.change("aid", place, amount_idr=copy.events("aid")[place]["data"]["amount_idr"] + 1)
    assert Kind.CASH in copy.found()


def test_claim_paid_twice_is_a_cash_difference(copy: Copy) -> None:
    """A claim has one payout that stands, however it was recorded."""
    events = copy.events("aid")
    paid = events[copy.first("aid", "claim_paid")]
    again = {**paid, "id": "00000000-0000-7000-8000-000000000004", "sequence": paid["sequence"] + 90}
    again["data"] = {**paid["data"], "payout_id": "second"}
    events.insert(copy.first("aid", "claim_paid") + 1, again)
    copy.rewrite("aid", events)
    assert Kind.CASH in copy.found()


def test_money_committed_before_the_enactment_breaks_a_rule(copy: Copy) -> None:
    """Nothing may be committed from a budget that is not enacted yet."""
    events = copy.events("aid")
    place = copy.first("aid", "funds_committed")
    events.insert(3, events.pop(place))
    copy.rewrite("aid", events)
    assert Kind.RULE in copy.found()


def test_approval_by_the_preparer_breaks_a_rule(copy: Copy) -> None:
    """Four eyes are two persons."""
    place = copy.first("aid", "claim_approved")
    copy.change("aid", place, approved_by=copy.events("aid")[place]["data"]["prepared_by"])
    assert Kind.RULE in copy.found()


def test_claim_priced_by_another_amount_is_a_cash_difference(copy: Copy) -> None:
    """A claim is worth what its rule says."""
    place = copy.first("aid", "claim_opened", benefit="death")
    copy.change("aid", place, amount_idr=copy.events("aid")[place]["data"]["amount_idr"] + 5)
    assert Kind.CASH in copy.found()


def test_parked_entries_are_told(copy: Copy) -> None:
    """Entries that wait for somebody are no clean end."""
    copy.change_shown(lambda shown: shown["parked"].update(logistics=2))
    assert copy.found() == {Kind.PARKED}


def test_edited_log_is_not_verified(copy: Copy) -> None:
    """One changed word that no other check looks at is found by the signature."""
    place = copy.first("victims", "disaster_declared")
    copy.change("victims", place, decree_number="999/PALSU")
    result = copy.examine()
    assert {finding.kind for finding in result.findings} == {Kind.NOT_VERIFIED}
    assert (result.logs_verified, result.sound) == (2, False)


def test_log_signed_by_another_key_is_not_verified(copy: Copy, small_flood: Played) -> None:
    """The key that lies beside a log proves nothing: only the one an auditor brought."""
    swapped = {**small_flood.log_keys, "victims": small_flood.log_keys["aid"]}
    result = examine(copy.folder, copy.journal, swapped)
    assert {(finding.kind, finding.service) for finding in result.findings} == {(Kind.NOT_VERIFIED, "victims")}
    assert examine(copy.folder, copy.journal, {}).logs_verified == 0


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("short_shipment", {"missing": 9}),
        ("two_days_late", {"reports": 1}),
        ("returned", {"payouts": ["never"]}),
        ("budget_ran_out", {"refused": 99}),
        ("not_enacted", {"claims": 2}),
        ("rule_changed", {"amount_idr": 1}),
        ("own_claim", {"claim_id": "never"}),
        ("resent_batches", {"batches": 99}),
        ("a_year_back", {"post_id": "never"}),
    ],
)
def test_story_the_logs_do_not_show_is_told(copy: Copy, name: str, change: dict[str, Any]) -> None:
    """A trouble that came out otherwise than it was played is found."""
    copy.change_line("story", lambda line: line["name"] == name, lambda line: line.update(change))
    assert copy.found() == {Kind.STORY}


def test_checker_shares_no_code_with_what_it_checks() -> None:
    """Checking loads nothing of the services, the kit or the contracts, and no database or broker client."""
    code = "import sys, tanggap.checker.check, tanggap.checker.table; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    ours = {name.partition(".")[0] for name in loaded} | {".".join(name.split(".")[:2]) for name in loaded}
    assert not ours & {"services", "shared", "sqlalchemy", "asyncpg", "redis", "faststream", "tanggap.flood"}
    assert "tanggap.verifier" in ours
