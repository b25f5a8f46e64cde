"""The bench itself: it runs whole, judges what it measured, and refuses to count what was not accepted.

Goal: numbers that are published come from runs in which everything that was sent took effect. Method: the command as
a person gives it, and the parts that judge.
"""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench.households import FIELD_TYPE, Device, Reporter, Villagers, batches
from bench.latency import percentile
from bench.load import Answer, UnexpectedAnswer
from bench.targets import TARGETS, all_met, judge
from bench.ways import check_accepted
from shared.contracts.field import FieldEnvelope, HouseholdRegistered

DEVICE = Device("00000000-0000-7000-8000-00000000c001", "", "00000000-0000-7000-8000-00000000d001")
DEADLINE_S = 240


@pytest.mark.slow
@pytest.mark.timeout(DEADLINE_S + 20)
def test_a_quick_bench_measures_every_way_and_leaves_nothing_running(tmp_path: Path) -> None:
    """`tanggap --json bench --quick` from any folder: every way, every target judged, no process left."""
    command = [str(Path(sys.executable).with_name("tanggap")), "--json", "bench", "--quick"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert set(document["ways"]) == {"usual", "batches", "singles", "echo"}
    for way in document["ways"].values():
        assert way["accepted_per_s"] > 0
        assert sum(way["cpu_us_per_event"].values()) > 0
    assert set(document["ways"]["batches"]["applied_per_s"]) >= {"logistics"}
    assert set(document["targets"]) == TARGETS.keys() - {"growth_ratio"}
    assert document["reading"]["entries"] > 600
    assert document["stock"]["hand_outs"]["events"] > document["stock"]["hand_outs"]["reports"]
    assert not [one for one in psutil.process_iter() if "tanggap-bench-" in " ".join(_words(one))]


def test_reports_of_the_workload_are_what_posts_may_send() -> None:
    """Every report fits the contract of the field, and no person or NIK comes twice."""
    events = Reporter(DEVICE, Villagers(7)).events(500)
    households = [HouseholdRegistered.model_validate(event["data"]) for event in events]
    envelopes = [FieldEnvelope.model_validate(event) for event in events]
    persons = [person for household in households for person in household.persons]
    assert {envelope.type for envelope in envelopes} == {FIELD_TYPE}
    assert [envelope.devicenumber for envelope in envelopes] == list(range(1, 501))
    assert len({person.nik for person in persons}) == len({person.person_id for person in persons}) == len(persons)
    assert 2.6 < len(persons) / len(households) < 3.0


def test_a_seed_gives_the_same_people() -> None:
    """Two runs with one seed measure the same work: all but ids is equal."""
    first, second = (Reporter(DEVICE, Villagers(3)).events(50) for _ in range(2))
    assert [_without_ids(event) for event in first] == [_without_ids(event) for event in second]


def test_batches_hold_every_report_once() -> None:
    """Cutting into batches of 200 loses no report at the end."""
    events = Reporter(DEVICE, Villagers(3)).events(450)
    assert len(batches(events, 200)) == 3


def test_a_refused_report_stops_the_bench() -> None:
    """What was not accepted must not count as done."""
    refused = b'{"items":[{"id":"1","status":"accepted"},{"id":"2","status":"refused"}]}'
    with pytest.raises(UnexpectedAnswer):
        check_accepted([Answer(200, refused, 0.0, 0.0)])


def test_an_answer_given_before_stops_the_bench() -> None:
    """A replayed answer costs next to nothing; counting it would flatter the number."""
    replayed = b'{"items":[{"id":"1","status":"accepted","replayed":true}]}'
    with pytest.raises(UnexpectedAnswer):
        check_accepted([Answer(200, replayed, 0.0, 0.0)])


def test_one_of_the_two_targets_for_single_requests_is_enough() -> None:
    """At least 4 times the usual way, or 40 % of the echo."""
    met = judge({"singles_to_usual": 2.0, "singles_to_echo": 0.5, "batches_per_s": 3_000})
    missed = judge({"singles_to_usual": 2.0, "singles_to_echo": 0.3, "batches_per_s": 3_000})
    assert all_met(met)
    assert not all_met(missed)


def test_a_missed_target_says_by_how_much() -> None:
    """Half the rate is a share of 0.5; twice the latency too."""
    judged = judge({"batches_per_s": 1_500, "applied_p99_ms": 600})
    assert {name: one.share for name, one in judged.items()} == {"batches_per_s": 0.5, "applied_p99_ms": 0.5}


@pytest.mark.parametrize(("percent", "value"), [(50, 5.0), (99, 10.0), (1, 1.0)])
def test_a_percentile_is_a_value_that_was_measured(percent: int, value: float) -> None:
    """Nearest rank: no value between two measured ones."""
    assert percentile([float(one) for one in range(1, 11)], percent) == value


def _without_ids(event: dict[str, object]) -> object:
    household = event["data"]
    assert isinstance(household, dict)
    persons = [{name: value for name, value in one.items() if name != "person_id"} for one in household["persons"]]
    return {**household, "household_id": None, "persons": persons}


def _words(process: psutil.Process) -> list[str]:
    try:
        words: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return words
