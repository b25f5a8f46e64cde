"""How a person reported dead, missing or injured is verified."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.victims.casualties.domain import Casualty, RejectCasualty, ReportCasualty, VerifyCasualty
from services.victims.standing import Standing
from shared.contracts.ids import CasualtyId, HouseholdId, PersonId
from shared.contracts.victims import CasualtyRejected, CasualtyReported, CasualtyVerified
from shared.contracts.vocabulary import CasualtyKind, FieldFlag, RejectionReason
from tests.victims import builders
from tests.victims.builders import TODAY, declared, enrolled_device, enrolled_post, key, member, register, report
from tests.victims.story import Story


def ready() -> Story:
    return Story().given(declared(), enrolled_post(), enrolled_device())


def reported(**changes: Any) -> ReportCasualty:
    content: dict[str, Any] = {
        "report": report(),
        "casualty_id": CasualtyId(builders.new_id()),
        "casualty_kind": CasualtyKind.MISSING,
        "occurred_on": TODAY,
        **changes,
    }
    return ReportCasualty(**content)


def verify(command: ReportCasualty, **changes: Any) -> VerifyCasualty:
    return VerifyCasualty(**{"casualty_id": command.casualty_id, "document_count": 1, "recorded_on": TODAY, **changes})


def reject(command: ReportCasualty) -> RejectCasualty:
    return RejectCasualty(command.casualty_id, RejectionReason.NOT_FOUND, TODAY)


def test_casualty_of_a_registered_person_is_taken_without_flags() -> None:
    """A casualty who belongs to the household that is named needs no look."""
    story = ready()
    household = register(persons=(member(),))
    story.accepted(household)
    command = reported(household_id=household.household_id, person_id=household.persons[0].person_id)
    event = story.accepted(command)
    assert isinstance(event, CasualtyReported)
    assert event.flags == ()


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"household_id": HouseholdId(builders.new_id())}, FieldFlag.UNKNOWN_HOUSEHOLD),
        ({"person_id": PersonId(builders.new_id())}, FieldFlag.UNKNOWN_HOUSEHOLD),
        ({"occurred_on": TODAY + timedelta(days=1)}, FieldFlag.IMPLAUSIBLE_DATE),
        ({"occurred_on": TODAY - timedelta(days=11)}, FieldFlag.IMPLAUSIBLE_DATE),
        ({"number_flags": (FieldFlag.NIK_MALFORMED,)}, FieldFlag.NIK_MALFORMED),
    ],
)
def test_casualty_that_needs_a_look_is_taken_and_flagged(changes: dict[str, Any], flag: FieldFlag) -> None:
    """A casualty before its household, or with an odd date, is taken."""
    assert flag in ready().accepted(reported(**changes)).flags


def test_person_of_another_household_is_flagged() -> None:
    """A person the named household does not have is unknown there."""
    story = ready()
    household = register()
    story.accepted(household)
    command = reported(household_id=household.household_id, person_id=PersonId(builders.new_id()))
    assert story.accepted(command).flags == (FieldFlag.UNKNOWN_PERSON,)


def test_same_person_reported_under_another_id_is_a_likely_duplicate_to_be_compared() -> None:
    """Two posts report one death: the second is not verified before somebody compared them."""
    story = ready()
    first, second = reported(claims=(key("p"),)), reported(claims=(key("p"),))
    story.accepted(first, {key("p"): first.casualty_id})
    assert FieldFlag.LIKELY_DUPLICATE in story.accepted(second, {key("p"): second.casualty_id}).flags
    assert story.refused(verify(second)) == "likely-duplicate"
    assert isinstance(story.accepted(verify(second, distinct=True)), CasualtyVerified)


def test_missing_person_found_dead_is_verified_again() -> None:
    """Verified again with another kind, the later event holds."""
    story = ready()
    command = reported()
    story.accepted(command)
    story.accepted(verify(command))
    event = story.accepted(verify(command, casualty_kind=CasualtyKind.DEATH))
    assert event.casualty_kind is CasualtyKind.DEATH
    assert story.state(Casualty, command.casualty_id).casualty_kind is CasualtyKind.DEATH


def test_officer_completes_what_the_post_did_not_know() -> None:
    """The person and household an officer found out stand in the verification."""
    story = ready()
    command = reported()
    person_id, household_id = PersonId(builders.new_id()), HouseholdId(builders.new_id())
    story.accepted(command)
    event = story.accepted(verify(command, person_id=person_id, household_id=household_id))
    assert (event.person_id, event.household_id) == (person_id, household_id)


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"document_count": 0}, "documents-required"),
        ({"occurred_on": TODAY + timedelta(days=1)}, "occurred-in-future"),
    ],
)
def test_verification_needs_documents_and_a_date_that_has_come(changes: dict[str, Any], slug: str) -> None:
    """Compensation rests on a verification: it needs documents."""
    story = ready()
    command = reported()
    story.accepted(command)
    assert story.refused(verify(command, **changes)) == slug


def test_verifying_the_same_twice_is_refused() -> None:
    """A second verification with the same content would be a second cause for one claim."""
    story = ready()
    command = reported()
    story.accepted(command)
    story.accepted(verify(command))
    assert story.refused(verify(command)) == "verified-already"


def test_withdrawing_a_verification_points_at_it() -> None:
    """A verification made in error is reversed by an event that names it."""
    story = ready()
    command = reported()
    story.accepted(command)
    story.accepted(verify(command))
    verified_id = story.events[-1].id
    event = story.accepted(reject(command))
    assert isinstance(event, CasualtyRejected)
    assert event.reverses == verified_id
    assert story.refused(reject(command)) == "rejected-already"


def test_rejected_casualty_is_verified_when_documents_come() -> None:
    """A rejection is not the end: documents may come later. It reverses nothing."""
    story = ready()
    command = reported()
    story.accepted(command)
    assert story.accepted(reject(command)).reverses is None
    story.accepted(verify(command))
    assert story.state(Casualty, command.casualty_id).standing is Standing.VERIFIED


def test_later_report_does_not_undo_a_verification() -> None:
    """A post's late report of a verified casualty changes nothing the officer established."""
    story = ready()
    command = reported()
    story.accepted(command)
    story.accepted(verify(command, casualty_kind=CasualtyKind.DEATH))
    story.accepted(replace(command, casualty_kind=CasualtyKind.LIGHT_INJURY))
    casualty = story.state(Casualty, command.casualty_id)
    assert (casualty.standing, casualty.casualty_kind) == (Standing.VERIFIED, CasualtyKind.DEATH)


def test_decision_about_a_casualty_nobody_reported_is_refused() -> None:
    """An officer decides about reports only."""
    assert ready().refused(verify(reported())) == "casualty-unknown"
    assert ready().refused(reject(reported())) == "casualty-unknown"


def test_what_a_withdrawn_device_reports_is_refused() -> None:
    """A casualty captured after the device was withdrawn is not taken."""
    story = ready().given(builders.withdrawn_device(builders.NOW - timedelta(days=1)))
    assert story.refused(reported()) == "device-withdrawn"
