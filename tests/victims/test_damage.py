"""How the damage to a household's house gets its class."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.victims.damage.domain import Damage, RejectDamage, ReportDamage, VerifyDamage
from services.victims.standing import Standing
from shared.contracts.ids import DamageId, HouseholdId
from shared.contracts.victims import DamageRejected, DamageReported, DamageVerified
from shared.contracts.vocabulary import DamageClass, FieldFlag, RejectionReason
from tests.victims import builders
from tests.victims.builders import TODAY, declared, enrolled_device, enrolled_post, key, register, report
from tests.victims.story import Story

HOUSE = key("house", "damage")
HOUSEHOLD = HouseholdId(builders.new_id())


def ready() -> Story:
    """A flood in which one household is registered."""
    story = Story().given(declared(), enrolled_post(), enrolled_device())
    story.accepted(register(household_id=HOUSEHOLD))
    return story


def reported(**changes: Any) -> ReportDamage:
    content: dict[str, Any] = {
        "report": report(),
        "damage_id": DamageId(builders.new_id()),
        "household_id": HOUSEHOLD,
        "damage_claimed": DamageClass.BERAT,
        "occurred_on": TODAY,
        "house": HOUSE,
        **changes,
    }
    return ReportDamage(**content)


def take(story: Story, command: ReportDamage) -> DamageReported:
    """The event of a report, with the key it claims."""
    event = story.accepted(command, {command.house: command.damage_id})
    assert isinstance(event, DamageReported)
    return event


def verify(command: ReportDamage, damage_class: DamageClass, **changes: Any) -> VerifyDamage:
    return VerifyDamage(
        **{"damage_id": command.damage_id, "damage_class": damage_class, "recorded_on": TODAY, **changes}
    )


def test_class_is_set_by_a_survey_whatever_was_claimed() -> None:
    """The household claims berat, the survey finds ringan: ringan holds."""
    story, command = ready(), reported()
    assert take(story, command).flags == ()
    event = story.accepted(verify(command, DamageClass.RINGAN))
    assert isinstance(event, DamageVerified)
    assert (event.damage_class, event.previous_class) == (DamageClass.RINGAN, None)


def test_class_raised_later_says_which_it_was() -> None:
    """Hard case 6: ringan becomes sedang; the difference can be computed."""
    story, command = ready(), reported()
    take(story, command)
    story.accepted(verify(command, DamageClass.RINGAN))
    event = story.accepted(verify(command, DamageClass.SEDANG))
    assert event.previous_class is DamageClass.RINGAN


def test_same_class_set_twice_is_refused() -> None:
    """A second verification of the same class would be a second cause for one claim."""
    story, command = ready(), reported()
    take(story, command)
    story.accepted(verify(command, DamageClass.RINGAN))
    assert story.refused(verify(command, DamageClass.RINGAN)) == "verified-already"
    corrected = verify(command, DamageClass.RINGAN, occurred_on=TODAY - timedelta(days=1))
    assert story.accepted(corrected).occurred_on == TODAY - timedelta(days=1)


def test_second_report_of_a_house_is_compared_before_it_is_verified() -> None:
    """One house reported by two posts is one damage."""
    story, first, second = ready(), reported(), reported()
    take(story, first)
    assert take(story, second).flags == (FieldFlag.LIKELY_DUPLICATE,)
    assert story.refused(verify(second, DamageClass.BERAT)) == "likely-duplicate"
    assert story.accepted(verify(second, DamageClass.BERAT, distinct=True)).damage_class is DamageClass.BERAT


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"household_id": HouseholdId(builders.new_id())}, FieldFlag.UNKNOWN_HOUSEHOLD),
        ({"occurred_on": TODAY + timedelta(days=1)}, FieldFlag.IMPLAUSIBLE_DATE),
        ({"report": report(area_code=builders.OUTSIDE)}, FieldFlag.OUTSIDE_DISASTER_AREA),
    ],
)
def test_damage_that_needs_a_look_is_taken_and_flagged(changes: dict[str, Any], flag: FieldFlag) -> None:
    """Damage before its household, or in an odd place or time, is taken."""
    assert flag in take(ready(), reported(**changes)).flags


def test_class_withdrawn_in_error_points_at_it_and_can_be_set_again() -> None:
    """A class set in error is reversed; set again, it starts anew."""
    story, command = ready(), reported()
    take(story, command)
    story.accepted(verify(command, DamageClass.BERAT))
    verified_id = story.events[-1].id
    rejection = RejectDamage(command.damage_id, RejectionReason.VERIFIED_IN_ERROR, TODAY)
    event = story.accepted(rejection)
    assert isinstance(event, DamageRejected)
    assert event.reverses == verified_id
    assert story.refused(rejection) == "rejected-already"
    assert story.accepted(verify(command, DamageClass.SEDANG)).previous_class is None


def test_later_report_does_not_undo_a_class() -> None:
    """A late report of a verified damage changes nothing the survey established."""
    story, command = ready(), reported()
    take(story, command)
    story.accepted(verify(command, DamageClass.SEDANG))
    take(story, replace(command, damage_claimed=DamageClass.RINGAN))
    damage = story.state(Damage, command.damage_id)
    assert (damage.standing, damage.damage_class) == (Standing.VERIFIED, DamageClass.SEDANG)


def test_decision_that_cannot_be_right_is_refused() -> None:
    """A survey decides about reports only, and about what has happened."""
    story, command = ready(), reported()
    assert story.refused(verify(command, DamageClass.SEDANG)) == "damage-unknown"
    assert story.refused(RejectDamage(command.damage_id, RejectionReason.NOT_FOUND, TODAY)) == "damage-unknown"
    take(story, command)
    future = verify(command, DamageClass.SEDANG, occurred_on=TODAY + timedelta(days=1))
    assert story.refused(future) == "occurred-in-future"
