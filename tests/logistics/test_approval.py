"""Who decides about a request: somebody other than who asked, for the owner it is addressed to; and its deadline."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.logistics.intake.domain import Capture
from services.logistics.requests.addressing import ForwardRequest, TakeOverRequest, above, first_addressee
from services.logistics.requests.allocating import ExpireReservations
from services.logistics.requests.approving import RejectRequest
from services.logistics.requests.asking import ReportRequest, SubmitDraft
from services.logistics.requests.domain import Approval, Request, requeued
from services.logistics.requests.waiting import Deadline, PauseRequest, ResumeRequest
from shared.contracts.ids import ActorId, LotId, OwnerId, PlaceId, RequestId
from shared.contracts.requests import (
    CutReason,
    QuestionReason,
    RequestApproved,
    RequestForwarded,
    RequestOpened,
    RequestOrigin,
    RequestResumed,
    TakeoverReason,
)
from shared.contracts.vocabulary import FieldFlag, Urgency
from tests.logistics.builders import (
    APPROVER,
    ASKER,
    AT,
    DEVICE,
    DISASTER,
    KIT,
    OWNER,
    POST,
    RICE,
    TODAY,
    VILLAGE,
    allocate,
    approve,
    dismiss,
    new_id,
    open_request,
    pick,
    quantities,
    receive,
    setting,
)
from tests.logistics.story import Story, only

PROVINCE = OwnerId("province")


def asked(*lines: tuple[str, int]) -> tuple[Story, str]:
    """A request that nobody has decided yet."""
    story = Story().given(*setting())
    story.accepted(open_request(request := new_id(), *(lines or ((RICE, 100),))))
    return story, request


def reject(request_id: str, by: str = APPROVER) -> RejectRequest:
    return RejectRequest(RequestId(request_id), OWNER, by, CutReason.DUPLICATE, TODAY)  # type: ignore[arg-type]


def report(*lines: tuple[str, int]) -> ReportRequest:
    """What a post asks for."""
    return ReportRequest(
        request_id=RequestId(new_id()),
        again_id=RequestId(new_id()),
        disaster_id=DISASTER,
        area_code=VILLAGE,
        place_id=POST,
        urgency=Urgency.CRITICAL,
        requested_by=ActorId(POST),
        deadline=Deadline.of(AT, Urgency.CRITICAL),
        lines=quantities(*lines),
        person_count=12,
        capture=Capture(DEVICE, AT),
        flags=(),
        recorded_on=TODAY,
    )


def forward(request_id: str, to: OwnerId = PROVINCE) -> ForwardRequest:
    return ForwardRequest(RequestId(request_id), OWNER, to, "460/12/2026", TODAY)


def test_nobody_approves_what_they_asked_for() -> None:
    """Four eyes are two persons, whatever roles one of them has."""
    story, request = asked()
    assert story.refused(approve(request, approved_by=ASKER)) == "own-request"
    assert story.refused(reject(request, ASKER)) == "own-request"
    story.accepted(approve(request))
    assert story.state(Request, request).approval is Approval.APPROVED
    assert story.refused(approve(request)) == "request-decided-already"


def test_nothing_is_reserved_before_somebody_approved_it() -> None:
    """A request is a wish until it is approved."""
    story, request = asked()
    story.given(receive(100, lot := new_id()))
    assert story.refused(allocate(request, pick(lot, 10))) == "request-not-approved"


def test_no_more_is_reserved_than_was_approved() -> None:
    """What was asked for and not approved is nobody's."""
    story, request = asked((RICE, 100), (KIT, 5))
    story.given(receive(100, lot := new_id()))
    approved = only(story.accepted(approve(request, (RICE, 60), reason=CutReason.ABOVE_NORM)), RequestApproved)
    assert approved.refused == quantities((RICE, 40), (KIT, 5))
    assert story.state(Request, request).approval is Approval.PARTLY_APPROVED
    assert story.refused(allocate(request, pick(lot, 61))) == "plan-outdated"
    story.accepted(allocate(request, pick(lot, 60)))


def test_a_part_is_refused_with_a_reason_and_never_more_than_asked_approved() -> None:
    """Who gets less than they asked for is told why."""
    story, request = asked()
    assert story.refused(approve(request, (RICE, 60))) == "cut-without-reason"
    assert story.refused(approve(request, (RICE, 101))) == "approves-more-than-asked"
    assert story.refused(approve(request, (RICE, 1), (RICE, 2))) == "item-named-twice"


def test_a_rejected_request_is_served_by_nobody() -> None:
    """A refusal is an answer too."""
    story, request = asked()
    story.given(receive(100, lot := new_id()))
    story.accepted(reject(request))
    assert story.state(Request, request).approval is Approval.REJECTED
    assert story.refused(allocate(request, pick(lot, 1))) == "request-not-approved"


def test_a_draft_has_no_clock_and_is_submitted_by_its_author() -> None:
    """The deadline counts from receipt, not from the first line somebody wrote."""
    story = Story().given(*setting())
    story.accepted(open_request(request := new_id(), (RICE, 100), deadline=None))
    assert story.state(Request, request).due_at is None
    assert story.refused(approve(request)) == "request-is-draft"
    deadline = Deadline.of(AT, Urgency.HIGH)
    assert story.refused(SubmitDraft(RequestId(request), APPROVER, deadline)) == "draft-of-another"
    story.accepted(SubmitDraft(RequestId(request), ASKER, deadline, quantities((RICE, 80))))
    submitted = story.state(Request, request)
    assert (submitted.approval, submitted.lines, submitted.due_at) == (
        Approval.SUBMITTED,
        quantities((RICE, 80)),
        AT + timedelta(hours=8),
    )
    assert story.refused(SubmitDraft(RequestId(request), ASKER, deadline)) == "request-submitted-already"


@pytest.mark.parametrize(("urgency", "hours"), [("critical", 4), ("high", 8), ("medium", 24), ("low", 48)])
def test_a_request_is_due_by_its_urgency_and_warned_of_at_three_quarters(urgency: str, hours: int) -> None:
    """4, 8, 24 and 48 hours, after OpenSPP's relief module."""
    deadline = Deadline.of(AT, Urgency(urgency))
    assert (deadline.due_at - AT, deadline.warn_at - AT) == (timedelta(hours=hours), timedelta(hours=hours) * 3 / 4)


def test_the_clock_stands_while_the_office_waits_for_the_requester() -> None:
    """Time the requester takes to answer is not the office's; the instants of the events alone decide."""
    story, request = asked()
    before = story.state(Request, request)
    assert before.warn_at is not None
    assert before.due_at is not None
    question = PauseRequest(RequestId(request), QuestionReason.QUANTITY_UNCLEAR, AT + timedelta(hours=1))
    assert story.refused(ResumeRequest(RequestId(request), AT)) == "request-not-paused"
    story.accepted(question)
    assert story.refused(question) == "request-paused-already"
    resumed = only(story.accepted(ResumeRequest(RequestId(request), AT + timedelta(hours=3))), RequestResumed)
    assert (resumed.due_at, resumed.warn_at) == (
        before.due_at + timedelta(hours=2),
        before.warn_at + timedelta(hours=2),
    )
    story.accepted(PauseRequest(RequestId(request), QuestionReason.ITEM_UNCLEAR, AT + timedelta(hours=4)))
    again = only(story.accepted(ResumeRequest(RequestId(request), AT + timedelta(hours=5))), RequestResumed)
    assert again.due_at == before.due_at + timedelta(hours=3)
    assert story.state(Request, request).paused_at is None


def test_a_request_goes_to_its_regency_first_and_upward_from_there() -> None:
    """An authority is asked by the one below it."""
    assert [first_addressee(code) for code in ("62.06.01.2001", "62.06", "62")] == [OWNER, OWNER, PROVINCE]
    assert above(OWNER) == {PROVINCE}
    assert OwnerId("kemensos") in above(PROVINCE)
    assert above("kemensos") == frozenset()


def test_a_forwarded_request_is_decided_anew_by_the_province_out_of_its_own_goods() -> None:
    """What the regency reserved stays; the rest is the province's decision, and its goods."""
    story, request = asked()
    story.given(receive(40, ours := new_id()), receive(100, theirs := new_id(), owner_id=PROVINCE))
    story.given(approve(request), allocate(request, pick(ours, 40)))
    assert story.refused(allocate(request, pick(theirs, 60))) == "other-owners-goods"
    assert story.refused(forward(request, OwnerId("kemensos"))) == "not-above"
    forwarded = only(story.accepted(forward(request)), RequestForwarded)
    assert forwarded.lines == quantities((RICE, 60))
    assert story.refused(approve(request)) == "plan-outdated"
    assert story.refused(allocate(request, pick(theirs, 60), owner_id=PROVINCE)) == "request-not-approved"
    story.accepted(approve(request, owner_id=PROVINCE))
    assert story.refused(allocate(request, pick(ours, 1), owner_id=PROVINCE)) != "request-not-approved"
    story.accepted(allocate(request, pick(theirs, 60), owner_id=PROVINCE))
    assert story.state(Request, request).short == ()
    assert story.state(Request, request).letter_number == "460/12/2026"


def test_what_expires_after_a_request_was_passed_on_waits_for_the_new_decision() -> None:
    """The province reserves nothing of its own because a regency had approved it."""
    story, request = asked()
    story.given(receive(40, ours := new_id()), receive(100, theirs := new_id(), owner_id=PROVINCE))
    story.given(approve(request), allocate(request, pick(ours, 40)), forward(request))
    story.given(ExpireReservations(RequestId(request), (LotId(ours),), TODAY + timedelta(days=4)))
    assert story.refused(allocate(request, pick(theirs, 40), owner_id=PROVINCE)) == "request-not-approved"
    story.accepted(approve(request, owner_id=PROVINCE))
    story.accepted(allocate(request, pick(theirs, 100), owner_id=PROVINCE))


def test_the_province_takes_a_regencys_request_over_once() -> None:
    """A regency that is cut off does not keep its people waiting."""
    story, request = asked()
    take_over = TakeOverRequest(RequestId(request), TakeoverReason.REGENCY_CUT_OFF, TODAY)
    story.accepted(take_over)
    assert story.state(Request, request).addressed_to == PROVINCE
    assert story.refused(take_over) == "not-a-regencys-request"


def test_a_broken_reservation_queues_its_request_again_with_its_old_deadline() -> None:
    """Who lost goods to a fact is due when they were due."""
    story, request = asked()
    story.given(receive(100, lot := new_id()), approve(request), allocate(request, pick(lot, 100)))
    before = story.state(Request, request)
    again = requeued(before, {RICE: 30}, TODAY)
    assert again is not None
    story.apply(again)
    after = story.state(Request, request)
    assert (after.short, after.due_at, again.due_at) == (quantities((RICE, 30)), before.due_at, before.due_at)
    assert requeued(None, {RICE: 30}, TODAY) is None
    assert requeued(before, {}, TODAY) is None


def test_a_posts_request_is_taken_as_it_is_and_flagged() -> None:
    """A post that asks for something odd, or that nobody enrolled, still waits for an answer."""
    story = Story().given(*setting())
    first = report(("tidak-ada", 3), (RICE, 2), (RICE, 3))
    opened = only(story.accepted(first), RequestOpened)
    assert (opened.lines, opened.flags) == (quantities((RICE, 5), ("tidak-ada", 3)), (FieldFlag.UNKNOWN_ITEM,))
    assert (opened.origin, opened.to_place_id, opened.addressed_to) == (RequestOrigin.POST, POST, OWNER)
    assert story.accepted(first) == []
    again = only(story.accepted(replace(first, lines=quantities((RICE, 9)))), RequestOpened)
    assert (again.request_id, again.flags) == (first.again_id, (FieldFlag.LIKELY_DUPLICATE,))
    stranger = replace(report((RICE, 1)), place_id=PlaceId(new_id()))
    assert FieldFlag.UNKNOWN_POST in only(story.accepted(stranger), RequestOpened).flags


def test_a_withdrawn_device_asks_for_nothing() -> None:
    """What it captured after it was withdrawn is no report of the post's."""
    story = Story().given(*setting(), dismiss(AT - timedelta(hours=1)))
    assert story.refused(report((RICE, 1))) == "device-withdrawn"
