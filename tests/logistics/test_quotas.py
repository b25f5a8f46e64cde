"""Quotas: a decision stays below the ceiling, a fact beyond it is flagged, and every draw counts from the first."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.emergencies.domain import Gone, IssueInEmergency
from services.logistics.places.domain import HANDED_OUT
from services.logistics.quotas.domain import Quota, SetQuota, quotas_of
from services.logistics.stock.domain import Lot
from services.logistics.support.domain import AnswerSupport, AskSupport
from shared.contracts.ids import EmergencyIssueId, LotId, OwnerId, RequestId, SupportId
from shared.contracts.quotas import QuotaDrawn
from shared.contracts.vocabulary import FieldFlag
from tests.logistics.builders import (
    APPROVER,
    AT,
    OWNER,
    RICE,
    TODAY,
    VILLAGE,
    WAREHOUSE,
    allocate,
    dispatch,
    load,
    new_id,
    open_request,
    pick,
    quantities,
    receive,
    setting,
)
from tests.logistics.story import Story

LOT = new_id()
REGENCY, PROVINCE = "beras:62.06:2026", "beras:62:2026"
BOTH = tuple(quotas_of(RICE, VILLAGE, TODAY))
BULOG = OwnerId("bulog")


def ceiling(quantity: int, area_code: str = "62.06", **changes: Any) -> SetQuota:
    given: dict[str, Any] = {"owner_id": BULOG, "area_known": True, "fiscal_year": 2026, **changes}
    return SetQuota(
        item_code=RICE,
        area_code=area_code,
        ceiling=quantity,
        legal_basis="Perpres 125/2022",
        recorded_on=TODAY,
        **given,
    )


def story_of(*more: Any, owner_id: OwnerId = BULOG) -> Story:
    return Story().given(*setting(), receive(1_000, LOT, owner_id=owner_id), *more)


def leave(story: Story, quantity: int, **changes: Any) -> Any:
    """What a dispatch of rice from the lot to the village comes to."""
    request_id, support_id = new_id(), None
    story.given(open_request(request_id, (RICE, quantity)))
    if story.state(Lot, LOT).owner_id == BULOG:
        support_id = new_id()
        asked, lines = (RequestId(request_id), SupportId(support_id)), quantities((RICE, quantity))
        story.given(AskSupport(*asked, OWNER, BULOG, lines, TODAY), AnswerSupport(*asked, APPROVER, lines, TODAY))
    kept = pick(LOT, quantity, support_id=support_id)
    story.given(allocate(request_id, kept))
    named = {"quota_ids": BOTH, **changes}
    return story.when(dispatch(new_id(), request_id, load(kept), **named))


def issue(quantity: int) -> IssueInEmergency:
    goods = (Gone(LotId(LOT), quantity),)
    return IssueInEmergency(
        EmergencyIssueId(new_id()), WAREHOUSE, HANDED_OUT, goods, APPROVER, AT, TODAY, quota_ids=BOTH
    )


def test_a_village_draws_on_its_regency_and_province() -> None:
    """The ids are made of item, area and year, so that nobody has to look them up."""
    assert BOTH == (PROVINCE, REGENCY)
    assert quotas_of(RICE, "62", TODAY) == {PROVINCE: "62"}


def test_a_decision_beyond_the_ceiling_is_refused_with_what_is_left() -> None:
    """What a refused dispatch would have taken stays in the store."""
    story = story_of(ceiling(100))
    assert not hasattr(leave(story, 60), "slug")
    refused = leave(story, 50)
    assert (refused.slug, refused.params) == ("quota-exceeded", {"remaining": 40})
    assert not hasattr(leave(story, 40), "slug")
    assert story.state(Quota, REGENCY).used == 100
    assert story.state(Quota, PROVINCE).used == 100


def test_a_fact_beyond_the_ceiling_is_flagged() -> None:
    """The goods are gone; the list of quotas shows it."""
    story = story_of(ceiling(100))
    drawn = [one for one in story.accepted(issue(120)) if isinstance(one, QuotaDrawn)]
    flags = {one.quota_id: one.flags for one in drawn}
    assert flags == {REGENCY: (FieldFlag.OVER_QUOTA,), PROVINCE: ()}
    assert story.state(Quota, REGENCY).used == 120
    refused = leave(story, 1)
    assert (refused.slug, refused.params) == ("quota-exceeded", {"remaining": 0})


def test_what_left_before_the_ceiling_was_set_counts() -> None:
    """A letter that comes late is for the whole year."""
    story = story_of()
    leave(story, 70)
    story.given(ceiling(100))
    assert leave(story, 40).params == {"remaining": 30}


def test_goods_of_owners_without_quotas_draw_nothing() -> None:
    """Our own rice is ours."""
    story = story_of(ceiling(10), owner_id=OWNER)
    assert not any(isinstance(one, QuotaDrawn) for one in leave(story, 500))
    assert story.state(Quota, REGENCY).used == 0


def test_a_dispatch_that_did_not_name_its_quotas_is_planned_again() -> None:
    """So none is drawn on without its lock."""
    assert leave(story_of(), 10, quota_ids=()).slug == "plan-outdated"


@pytest.mark.parametrize(
    ("command", "slug"),
    [
        (ceiling(1, VILLAGE), "area-unknown"),
        (ceiling(1, area_known=False), "area-unknown"),
        (ceiling(1, owner_id=OwnerId("province")), "owner-without-quota"),
    ],
)
def test_quotas_are_for_provinces_and_regencies_and_the_reserve(command: SetQuota, slug: str) -> None:
    """Governors and regents draw on the reserve that Bulog keeps."""
    assert story_of().refused(command) == slug


@given(st.integers(1, 150), st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=6))
def test_decisions_never_go_beyond_a_ceiling_whatever_facts_do(most: int, steps: list[tuple[bool, int]]) -> None:
    """`used` is the sum of all draws, and a decision is taken exactly when it fits."""
    story = story_of(ceiling(most))
    used = 0
    for by_fact, quantity in steps:
        if by_fact:
            story.given(issue(quantity))
            used += quantity
            continue
        refused = hasattr(leave(story, quantity), "slug")
        assert refused == (used + quantity > most)
        used += 0 if refused else quantity
    assert story.state(Quota, REGENCY).used == used
