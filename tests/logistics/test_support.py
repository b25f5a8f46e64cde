"""Support of other owners: only what they accepted, only for that request, only out of their lots."""

from datetime import timedelta

from services.logistics.requests.addressing import TakeOverRequest
from services.logistics.requests.allocating import ExpireReservations
from services.logistics.requests.domain import Request
from services.logistics.support.domain import AnswerSupport, AskSupport
from shared.contracts.ids import ActorId, LotId, OwnerId, RequestId, SupportId
from shared.contracts.requests import TakeoverReason
from shared.contracts.support import DeclineReason, SupportAnswered
from tests.logistics.builders import (
    OWNER,
    RICE,
    TODAY,
    allocate,
    approve,
    new_id,
    open_request,
    pick,
    quantities,
    receive,
    setting,
)
from tests.logistics.story import Story, only

PROVINCE = OwnerId("province")


def ask(request_id: str, support_id: str, quantity: int, of: OwnerId = PROVINCE) -> AskSupport:
    lines = quantities((RICE, quantity))
    return AskSupport(RequestId(request_id), SupportId(support_id), OWNER, of, lines, TODAY)


def answer(request_id: str, support_id: str, quantity: int, reason: DeclineReason | None = None) -> AnswerSupport:
    accepted = quantities((RICE, quantity)) if quantity else ()
    by = ActorId("approver-7")
    return AnswerSupport(RequestId(request_id), SupportId(support_id), by, accepted, TODAY, reason)


def short_of_rice(quantity: int = 100) -> tuple[Story, str, str]:
    """A request, and the province's lot that could serve it."""
    story = Story().given(*setting(), receive(500, lot := new_id(), owner_id=PROVINCE))
    story.given(open_request(request := new_id(), (RICE, quantity)))
    return story, request, lot


def test_an_owners_goods_are_reserved_up_to_what_it_accepted() -> None:
    """The province gives sixty of a hundred, and sixty are taken, however often somebody tries."""
    story, request, lot = short_of_rice()
    assert story.refused(allocate(request, pick(lot, 10))) == "other-owners-goods"
    story.given(ask(request, support := new_id(), 100))
    assert story.refused(allocate(request, pick(lot, 10, support_id=support))) == "plan-outdated"
    assert story.refused(answer(request, support, 60)) == "cut-without-reason"
    said = only(story.accepted(answer(request, support, 60, DeclineReason.OWN_NEED)), SupportAnswered)
    assert said.accepted == quantities((RICE, 60))
    assert story.refused(allocate(request, pick(lot, 61, support_id=support))) == "plan-outdated"
    story.accepted(allocate(request, pick(lot, 40, support_id=support)))
    assert story.refused(allocate(request, pick(lot, 21, support_id=support))) == "plan-outdated"
    story.accepted(allocate(request, pick(lot, 20, support_id=support)))
    assert story.state(Request, request).short == quantities((RICE, 40))


def test_an_acceptance_is_for_one_owners_lots_and_one_request() -> None:
    """Another owner's goods, or another request, need an answer of their own."""
    story, request, lot = short_of_rice()
    story.given(receive(500, kemensos := new_id(), owner_id=OwnerId("kemensos")))
    story.given(ask(request, support := new_id(), 100), answer(request, support, 100))
    assert story.refused(allocate(request, pick(kemensos, 10, support_id=support))) == "other-owners-goods"
    story.given(open_request(other := new_id(), (RICE, 10)))
    assert story.refused(allocate(other, pick(lot, 10, support_id=support))) == "other-owners-goods"


def test_a_declined_support_gives_nothing() -> None:
    """An owner answers once, and may say no."""
    story, request, lot = short_of_rice()
    story.given(ask(request, support := new_id(), 100))
    story.accepted(answer(request, support, 0, DeclineReason.STOCK_SCARCE))
    assert story.refused(allocate(request, pick(lot, 1, support_id=support))) == "plan-outdated"
    assert story.refused(answer(request, support, 100)) == "support-answered-already"


def test_support_is_asked_from_others_for_what_a_request_is_short_of() -> None:
    """Nobody asks themselves, nor for more than was approved."""
    story, request, _ = short_of_rice()
    assert story.refused(ask(request, new_id(), 100, of=OWNER)) == "support-of-oneself"
    assert story.refused(ask(request, new_id(), 101)) == "support-beyond-request"
    story.given(ask(request, support := new_id(), 50))
    assert story.refused(answer(request, support, 51)) == "accepts-more-than-asked"


def test_goods_of_another_owner_that_nobody_fetched_are_its_own_again() -> None:
    """An acceptance is used up by its reservation: once that has expired, the owner is asked anew."""
    story, request, lot = short_of_rice()
    story.given(ask(request, support := new_id(), 100), answer(request, support, 100))
    story.given(allocate(request, pick(lot, 100, support_id=support)))
    expired = ExpireReservations(RequestId(request), (LotId(lot),), TODAY + timedelta(days=4))
    story.accepted(expired)
    assert story.state(Request, request).short == quantities((RICE, 100))
    assert story.refused(allocate(request, pick(lot, 1, support_id=support))) == "plan-outdated"


def test_support_lapses_when_its_request_is_passed_on() -> None:
    """Who asked does not serve it any more, and who does has not asked."""
    story, request, lot = short_of_rice()
    story.given(ask(request, support := new_id(), 100), answer(request, support, 100))
    story.given(TakeOverRequest(RequestId(request), TakeoverReason.DEADLINE_AT_RISK, TODAY))
    story.given(approve(request, owner_id=PROVINCE))
    late = pick(lot, 1, support_id=support)
    assert story.refused(allocate(request, late, owner_id=PROVINCE)) == "other-owners-goods"
    story.accepted(allocate(request, pick(lot, 100), owner_id=PROVINCE))
