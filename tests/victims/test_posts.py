"""Which posts and devices may report, and since when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.victims.posts.domain import EnrolDevice, EnrolPost, Post, WithdrawDevice
from shared.contracts.ids import DeviceId, DisasterId, PostId, TokenId
from shared.contracts.vocabulary import DisasterPhase
from shared.kit.decisions.types import Refusal
from tests.victims import builders
from tests.victims.builders import DEVICE, DISASTER, NOW, POST, TODAY, declared, enrolled_device, enrolled_post
from tests.victims.story import Story

ENROL = EnrolPost(PostId(POST), DisasterId(DISASTER), "62.06.01", TODAY)
ENROL_DEVICE = EnrolDevice(PostId(POST), DeviceId(DEVICE), TokenId(builders.new_id()), NOW, NOW + timedelta(days=30))
WITHDRAW = WithdrawDevice(PostId(POST), DeviceId(DEVICE), NOW)


def test_post_is_enrolled_in_an_area_of_the_decree() -> None:
    """A post works for a disaster in one of its areas."""
    story = Story().given(declared())
    story.accepted(ENROL)
    assert story.state(Post, POST).area_code == "62.06.01"


@pytest.mark.parametrize(
    ("command", "slug"),
    [
        (replace(ENROL, area_known=False), "area-unknown"),
        (replace(ENROL, area_code="62.01"), "area-outside-disaster"),
        (replace(ENROL, disaster_id=DisasterId(builders.new_id())), "disaster-unknown"),
    ],
)
def test_post_outside_any_decree_is_refused(command: EnrolPost, slug: str) -> None:
    """The office enrols no post in an unknown area, outside the decree, or for an unknown disaster."""
    assert Story().given(declared()).refused(command) == slug


def test_post_is_not_enrolled_after_the_end_nor_twice() -> None:
    """No post for an ended disaster; no post twice."""
    ended = declared(phase=DisasterPhase.SELESAI)
    assert Story().given(ended).refused(ENROL) == "disaster-ended"
    assert Story().given(declared(), enrolled_post()).refused(ENROL) == "post-enrolled-already"


def test_new_token_for_an_enrolled_device_goes_on_with_its_enrolment() -> None:
    """A device whose token is renewed was enrolled all along."""
    story = Story().given(declared(), enrolled_post(), enrolled_device())
    story.accepted(ENROL_DEVICE)
    device = story.state(Post, POST).devices[DEVICE]
    assert device.token_id == ENROL_DEVICE.token_id
    assert len(device.periods) == 1


def test_device_of_a_post_nobody_enrolled_is_refused() -> None:
    """A device needs an enrolled post."""
    assert Story().refused(ENROL_DEVICE) == "post-unknown"
    assert Story().refused(WITHDRAW) == "post-unknown"
    assert Story().given(declared(), enrolled_post()).refused(WITHDRAW) == "device-unknown"


def test_withdrawing_a_withdrawn_device_changes_nothing() -> None:
    """Withdrawn is withdrawn: the first time holds."""
    story = Story().given(declared(), enrolled_post(), enrolled_device())
    story.accepted(WITHDRAW)
    assert story.when(replace(WITHDRAW, withdrawn_at=NOW + timedelta(days=1))) == []
    assert story.state(Post, POST).devices[DEVICE].periods[-1].withdrawn_at == NOW


def withdrawn_for_two_days() -> Story:
    """Enrolled five days ago, withdrawn three days ago, enrolled again yesterday."""
    return Story().given(
        declared(),
        enrolled_post(),
        enrolled_device(NOW - timedelta(days=5)),
        builders.withdrawn_device(NOW - timedelta(days=3)),
        enrolled_device(NOW - timedelta(days=1)),
    )


@pytest.mark.parametrize(
    ("captured_days_ago", "authorised"),
    [(4, True), (3, False), (2, False), (0, True), (400, True), (-400, True)],
)
def test_what_an_enrolled_device_captured_counts_except_while_it_was_withdrawn(
    captured_days_ago: int, authorised: bool
) -> None:
    """Authorised at capture time, by the history of enrolment: a wrong clock of an enrolled device voids nothing."""
    device = withdrawn_for_two_days().state(Post, POST).devices[DEVICE]
    assert device.authorised(NOW - timedelta(days=captured_days_ago)) is authorised


@pytest.mark.parametrize(("captured_days_ago", "authorised"), [(4, True), (2, False), (400, False), (-400, False)])
def test_what_a_withdrawn_device_captured_counts_only_while_it_was_enrolled(
    captured_days_ago: int, authorised: bool
) -> None:
    """A stolen device cannot set its clock to before its enrolment or to the future to be believed."""
    story = Story().given(
        declared(),
        enrolled_post(),
        enrolled_device(NOW - timedelta(days=5)),
        builders.withdrawn_device(NOW - timedelta(days=3)),
    )
    device = story.state(Post, POST).devices[DEVICE]
    assert device.authorised(NOW - timedelta(days=captured_days_ago)) is authorised


def test_report_captured_after_withdrawal_is_refused_with_what_to_do() -> None:
    """The only reason a report is not taken: its device was not enrolled when it captured it."""
    story = Story().given(
        declared(), enrolled_post(), enrolled_device(), builders.withdrawn_device(NOW - timedelta(days=1))
    )
    decision = story.when(builders.register())
    assert isinstance(decision, Refusal)
    assert (decision.slug, decision.status) == ("device-withdrawn", 403)
