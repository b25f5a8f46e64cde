"""A post's devices: known by the victims service's news, authorised by their history."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from services.logistics.places.admission import AdmitDevice, DismissDevice
from services.logistics.places.devices import Device
from services.logistics.places.domain import Place
from services.logistics.places.reactions import react_to_device
from shared.contracts import victims
from shared.contracts.ids import DeviceId, PlaceId, PostId
from shared.contracts.logistics import GoodsHandedOut
from shared.contracts.places import DeviceAdmitted, DeviceDismissed
from shared.contracts.shipments import ShipmentReceived
from shared.contracts.vocabulary import FieldFlag, PlaceKind
from shared.kit.decisions.types import Command, Event, Ref, Refusal
from tests.contracts.catalogue_cases import golden
from tests.logistics.builders import (
    DEVICE,
    POST,
    RICE,
    VILLAGE,
    admit,
    arrive,
    count,
    dismiss,
    given_line,
    hand_out,
    new_id,
    open_post,
    open_warehouse,
)
from tests.logistics.story import AT, Story, only


def days(number: int) -> datetime:
    return AT + timedelta(days=number)


def known(*commands: Command) -> Device:
    return Story().given(*commands).state(Place, POST).devices[DEVICE]


def test_the_news_of_a_device_is_kept_once() -> None:
    """Told again, nothing happens; what is kept says who, where and from when, and nothing more."""
    said = victims.DeviceEnrolled.model_validate(golden(victims.DeviceEnrolled)["data"])
    gone = victims.DeviceWithdrawn.model_validate(golden(victims.DeviceWithdrawn)["data"])
    story = Story()
    (admitted,) = react_to_device(Event("e-2", Ref("post", said.post_id), 2, AT, said, "a", "officer"), AT.date())
    (dismissed,) = react_to_device(Event("e-3", Ref("post", gone.post_id), 3, AT, gone, "a", "officer"), AT.date())
    event = only(story.accepted(admitted), DeviceAdmitted)
    assert (event.place_id, event.device_id) == (PlaceId(said.post_id), said.device_id)
    assert (event.valid_from_at, event.valid_until_at) == (said.valid_from_at, said.valid_until_at)
    assert only(story.accepted(dismissed), DeviceDismissed).withdrawn_at == gone.withdrawn_at
    assert [story.accepted(again) for again in (admitted, dismissed)] == [[], []]


def test_a_device_may_be_known_before_its_post() -> None:
    """Goods cannot be at a place nobody opened; opened later, it knows its devices."""
    story = Story().given(admit())
    assert story.state(Place, POST).place_kind is None
    assert story.refused(open_warehouse(PlaceId(POST))) == "place-opened-already"
    story.accepted(open_post())
    place = story.state(Place, POST)
    assert (place.place_kind, place.area_code, DEVICE in place.devices) == (PlaceKind.POST, VILLAGE, True)
    assert story.accepted(open_post()) == []


@pytest.mark.parametrize(
    ("captured", "authorised"), [(1, True), (2, False), (3, False), (5, True), (-400, True), (400, True)]
)
def test_what_an_admitted_device_captured_counts_except_while_it_was_dismissed(captured: int, authorised: bool) -> None:
    """A wrong clock of an admitted device voids nothing."""
    device = known(admit(days(0), 2), dismiss(days(2), 3), admit(days(4), 4))
    assert device.authorised(days(captured)) is authorised


@pytest.mark.parametrize(("captured", "authorised"), [(0, True), (1, True), (2, False), (-400, False), (400, False)])
def test_what_a_dismissed_device_captured_counts_only_while_it_was_admitted(captured: int, authorised: bool) -> None:
    """A stolen device cannot set its clock to before its admission or to the future to be believed."""
    assert known(admit(days(0), 2), dismiss(days(2), 3)).authorised(days(captured)) is authorised


def test_a_new_token_begins_no_new_period() -> None:
    """Enrolled is enrolled: what it captured under the first token counts after it was withdrawn."""
    device = known(admit(days(0), 2), admit(days(3), 3), dismiss(days(5), 4))
    assert [device.authorised(days(day)) for day in (0, 4, 5)] == [True, True, False]


def test_the_posts_own_order_decides_and_no_clock() -> None:
    """A withdrawal stamped before its enrolment, by a clock set back, still withdraws; in any order of arrival."""
    turns: tuple[AdmitDevice | DismissDevice, ...] = (admit(days(1), 2), dismiss(days(0), 3))
    for order in (turns, turns[::-1]):
        assert [known(*order).authorised(days(day)) for day in (0, 1, 2)] == [False, False, False]


def test_a_withdrawal_without_its_enrolment_leaves_what_was_captured_before() -> None:
    """Whoever was withdrawn had been enrolled: the missing news refuses nobody's report."""
    device = known(dismiss(days(2), 3))
    assert [device.authorised(days(day)) for day in (1, 2)] == [True, False]


def test_devices_are_kept_apart() -> None:
    """The loss of one device stops no other."""
    other = DeviceId("01936f5e-3a05-7005-8005-0c0ffee00005")
    admitted = AdmitDevice(PostId(POST), other, 3, days(0), days(14))
    devices = Story().given(admit(days(0), 2), admitted, dismiss(days(2), 4)).state(Place, POST).devices
    assert (devices[DEVICE].admitted, devices[other].admitted) == (False, True)


def a_handout() -> Command:
    return hand_out(given_line(1, item_code=RICE))


def a_count() -> Command:
    return arrive(new_id(), count(new_id(), 1))


@pytest.mark.parametrize("report", [a_handout, a_count])
@pytest.mark.parametrize(
    ("news", "flags"),
    [
        ((), {FieldFlag.UNKNOWN_DEVICE}),
        ((admit(),), set()),
        ((admit(), dismiss(AT + timedelta(seconds=1))), {FieldFlag.WITHDRAWN_DEVICE}),
        ((admit(), dismiss(days(-2)), admit(days(-1), 4)), set()),
    ],
    ids=["nobody told us of it", "enrolled", "withdrawn later", "withdrawn and enrolled again"],
)
def test_what_a_device_captured_while_it_was_admitted_is_taken(
    report: Callable[[], Command], news: tuple[Command, ...], flags: set[FieldFlag]
) -> None:
    """What happened is on record; what is odd about its sender is flagged."""
    story = Story().given(open_post(), *news)
    said = story.accepted(report())[0]
    assert isinstance(said, GoodsHandedOut | ShipmentReceived)
    assert set(said.flags) & {FieldFlag.UNKNOWN_DEVICE, FieldFlag.WITHDRAWN_DEVICE} == flags


@pytest.mark.parametrize("report", [a_handout, a_count])
@pytest.mark.parametrize("post", [(open_post(),), ()], ids=["of a known post", "of a post not known yet"])
def test_what_a_device_captured_after_it_was_withdrawn_is_refused(
    report: Callable[[], Command], post: tuple[Command, ...]
) -> None:
    """A stolen phone moves no goods, though its token is still valid."""
    story = Story().given(*post, admit(), dismiss(AT))
    decision = story.when(report())
    assert isinstance(decision, Refusal)
    assert (decision.slug, decision.status) == ("device-withdrawn", 403)


def test_of_an_unknown_post_one_flag_is_enough() -> None:
    """Whose devices nobody knows, its device is no further news."""
    said = only(Story().accepted(a_handout()), GoodsHandedOut)
    assert FieldFlag.UNKNOWN_POST in said.flags
    assert FieldFlag.UNKNOWN_DEVICE not in said.flags
