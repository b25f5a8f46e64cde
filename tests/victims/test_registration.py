"""How a household is registered: taken as it comes, flagged, and nobody counted twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.victims.registration.domain import Household, RegisterHousehold
from shared.contracts.ids import PersonId
from shared.contracts.victims import HouseholdRegistered, HouseholdRegisteredAgain
from shared.contracts.vocabulary import DisasterPhase, FieldFlag
from shared.kit.decisions.types import UniqueKey
from tests.victims import builders
from tests.victims.builders import NOW, TODAY, declared, enrolled_device, enrolled_post, key, member, register, report
from tests.victims.story import Story


def ready() -> Story:
    """A declared flood with an enrolled post and device."""
    return Story().given(declared(), enrolled_post(), enrolled_device())


def claims(command: RegisterHousehold) -> dict[UniqueKey, str]:
    """What the intake claims for a registration: the first person of each NIK, and the household's KK."""
    held: dict[UniqueKey, str] = {}
    for person in command.persons:
        if person.nik is not None:
            held.setdefault(person.nik, person.person_id)
    if command.kk is not None:
        held[command.kk] = command.household_id
    return held


def test_household_in_its_area_is_registered_without_flags() -> None:
    """A report in time, from an enrolled device, in an area of the decree needs no look."""
    event = ready().accepted(register())
    assert isinstance(event, HouseholdRegistered)
    assert event.flags == ()


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"captured_at": NOW - timedelta(hours=25)}, FieldFlag.LATE),
        ({"captured_at": NOW + timedelta(minutes=6)}, FieldFlag.IMPLAUSIBLE_TIME),
        ({"captured_at": NOW - timedelta(days=366)}, FieldFlag.IMPLAUSIBLE_TIME),
        ({"captured_at": datetime(2019, 12, 31, tzinfo=UTC)}, FieldFlag.IMPLAUSIBLE_TIME),
        ({"captured_at": NOW - timedelta(days=12)}, FieldFlag.IMPLAUSIBLE_TIME),
        ({"area_known": False, "area_code": builders.UNKNOWN_AREA}, FieldFlag.UNKNOWN_AREA),
        ({"area_code": builders.OUTSIDE}, FieldFlag.OUTSIDE_DISASTER_AREA),
        ({"area_code": "62.06.02.2001"}, FieldFlag.UNAUTHORISED_AREA),
        ({"disaster_id": builders.new_id()}, FieldFlag.UNKNOWN_DISASTER),
        ({"post_id": builders.new_id()}, FieldFlag.UNKNOWN_POST),
        ({"device_id": builders.new_id()}, FieldFlag.UNKNOWN_DEVICE),
    ],
)
def test_report_that_needs_a_look_is_taken_and_flagged(changes: dict[str, object], flag: FieldFlag) -> None:
    """What a post reports has happened: it is flagged, never refused."""
    event = ready().accepted(register(report=report(**changes)))
    assert flag in event.flags


@pytest.mark.parametrize("captured_at", [NOW - timedelta(hours=24), NOW + timedelta(minutes=5)])
def test_report_a_day_old_or_minutes_ahead_is_not_flagged(captured_at: datetime) -> None:
    """Exactly at the limits nothing is flagged."""
    assert ready().accepted(register(report=report(captured_at=captured_at))).flags == ()


def test_report_after_the_end_of_the_disaster_is_flagged() -> None:
    """After the decree ran out, or the disaster was ended, a report is taken and flagged."""
    ran_out = Story().given(declared(valid_until=TODAY - timedelta(days=1)), enrolled_post(), enrolled_device())
    ended = Story().given(declared(phase=DisasterPhase.SELESAI), enrolled_post(), enrolled_device())
    for story in (ran_out, ended):
        assert story.accepted(register()).flags == (FieldFlag.DISASTER_NOT_IN_FORCE,)


def test_what_a_device_captured_before_it_was_withdrawn_is_taken_and_flagged() -> None:
    """A queue of a withdrawn device is not lost."""
    story = ready().given(builders.withdrawn_device(NOW - timedelta(minutes=1)))
    event = story.accepted(register(report=report(captured_at=NOW - timedelta(hours=2))))
    assert event.flags == (FieldFlag.WITHDRAWN_DEVICE,)


def test_without_disaster_and_post_a_report_is_taken_all_the_same() -> None:
    """Order is not promised: a report may come before what it refers to."""
    event = Story().accepted(register())
    assert set(event.flags) == {FieldFlag.UNKNOWN_DISASTER, FieldFlag.UNKNOWN_POST}


def test_same_household_reported_again_replaces_the_report() -> None:
    """A second report of the same household is a new version; the household is not counted twice."""
    story = ready()
    first = register(persons=(member(), member()))
    story.accepted(first)
    event = story.accepted(replace(first, persons=(member(), member(), member())))
    assert isinstance(event, HouseholdRegisteredAgain)
    household = story.state(Household, first.household_id)
    assert (household.version, household.persons_counted) == (2, 3)


def test_person_with_a_known_nik_points_to_the_one_registered_first() -> None:
    """The same family registered by two posts: both stay, linked, and the second is not counted."""
    story = ready()
    first = register(persons=(member(nik=key("a")),))
    second = register(persons=(member(nik=key("a")), member(nik=key("b"))))
    story.accepted(first, claims(first))
    event = story.accepted(second, claims(second))
    assert [person.same_identity_as for person in event.persons] == [first.persons[0].person_id, None]
    assert story.state(Household, second.household_id).persons_counted == 1


def test_one_nik_twice_in_a_household_counts_once() -> None:
    """Within one report, the second person with a NIK points to the first."""
    command = register(persons=(member(nik=key("a")), member(nik=key("a"))))
    event = ready().accepted(command, claims(command))
    assert [person.same_identity_as for person in event.persons] == [None, command.persons[0].person_id]


def test_one_person_written_down_twice_counts_once() -> None:
    """The same person id twice in one report is one person."""
    person = member()
    story = ready()
    command = register(persons=(person, person))
    story.accepted(command)
    assert story.state(Household, command.household_id).persons_counted == 1


def test_same_persons_reported_again_are_not_their_own_duplicates() -> None:
    """Who is reported again, under the same or a new id, is not a duplicate of the report it replaces."""
    story = ready()
    first = register(persons=(member(nik=key("a")),))
    story.accepted(first, claims(first))
    for persons in (first.persons, (member(nik=key("a")),), (member(nik=key("a")),)):
        again = replace(first, persons=persons)
        event = story.accepted(again, claims(again))
        assert event.persons[0].same_identity_as is None


def test_person_kept_and_written_again_in_the_same_household_counts_once() -> None:
    """A report again that keeps a person and adds the same NIK under another id counts it once."""
    story = ready()
    first = register(persons=(member(nik=key("a")),))
    story.accepted(first, claims(first))
    kept = replace(first.persons[0], nik=None)
    again = replace(first, persons=(kept, member(nik=key("a"))))
    event = story.accepted(again, {key("a"): again.persons[1].person_id})
    assert event.persons[1].same_identity_as == kept.person_id


def test_second_household_under_one_family_card_is_a_likely_duplicate() -> None:
    """One KK, two households in one disaster: to be looked at, because a KK may be split lawfully."""
    story = ready()
    first, second = register(kk=key("kk", "kk")), register(kk=key("kk", "kk"))
    story.accepted(first, claims(first))
    assert FieldFlag.LIKELY_DUPLICATE in story.accepted(second, claims(second)).flags


def test_flag_found_twice_stands_once() -> None:
    """Two members without NIK are one flag."""
    command = register(number_flags=(FieldFlag.NIK_MISSING, FieldFlag.NIK_MISSING))
    assert ready().accepted(command).flags == (FieldFlag.NIK_MISSING,)


def test_person_ids_are_carried_as_reported() -> None:
    """The event names persons by the ids the device gave them."""
    person_id = PersonId(builders.new_id())
    event = ready().accepted(register(persons=(member(person_id=person_id),)))
    assert event.persons[0].person_id == person_id
