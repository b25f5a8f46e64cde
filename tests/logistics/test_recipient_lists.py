"""Lists of recipients: what is in custody counts as given out by a list, row by row."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.logistics.places.domain import HANDED_OUT, OpenPlace
from services.logistics.recipients.domain import (
    ListRecipients,
    ListStatus,
    OpenList,
    PostList,
    RecipientList,
    WithdrawList,
)
from shared.contracts.distribution import ListedRow, RecipientListPosted, WithdrawalReason
from shared.contracts.ids import DistributionId, HandoutId, HouseholdId, ItemCode, LotId, PlaceId, RecipientListId
from shared.contracts.vocabulary import FieldFlag, PlaceKind
from tests.logistics.builders import (
    DISASTER,
    KIT,
    RICE,
    TODAY,
    VILLAGE,
    given_line,
    hand_out,
    new_id,
    quantities,
    receive,
    setting,
)
from tests.logistics.story import Story, only

DESA = PlaceId("desa-2001")
LIST = RecipientListId(new_id())


def village(*lots: tuple[str, int], **changes: Any) -> Story:
    story = Story().given(*setting(), OpenPlace(DESA, PlaceKind.VILLAGE, TODAY, area_code=VILLAGE))
    for lot_id, quantity in lots:
        story.given(receive(quantity, lot_id, place_id=DESA, **changes))
    return story


def opened(**changes: Any) -> OpenList:
    given: dict[str, Any] = {
        "distribution_id": DistributionId(LIST),
        "disaster_id": DISASTER,
        "place_id": DESA,
        "area_code": VILLAGE,
        "area_known": True,
        "lot_ids": (),
        "document_number": "DP-1/2026",
        "scan_sha256": "0" * 64,
        "handed_out_on": TODAY,
        "recorded_on": TODAY,
        **changes,
    }
    return OpenList(LIST, **given)


def rows(*quantities_: int, household_id: str | None = None, item_code: str = RICE) -> ListRecipients:
    household = HouseholdId(household_id) if household_id is not None else None
    made = tuple(ListedRow(household_id=household, lines=quantities((item_code, one))) for one in quantities_)
    return ListRecipients(LIST, made, TODAY)


def post(*lot_ids: str, item_code: str = RICE) -> PostList:
    return PostList(LIST, ((ItemCode(item_code), tuple(LotId(one) for one in lot_ids)),), new_id(), TODAY)


def test_a_posted_list_takes_its_rows_out_of_custody_first_expiry_first() -> None:
    """Duplicates and unknown households got goods too: all rows count; the rest stays in custody."""
    story = village((first := new_id(), 20), (second := new_id(), 100))
    story.given(opened(), rows(30, household_id=new_id()), rows(10, 10))
    posted = only(story.accepted(post(first, second)), RecipientListPosted)
    assert [(line.lot_id, line.quantity) for line in posted.lines] == [(first, 20), (second, 30)]
    assert story.on_hand(second, DESA, HANDED_OUT) == (70, 30)
    assert story.state(RecipientList, LIST).status is ListStatus.POSTED
    assert story.refused(post(second)) == "list-closed"
    assert story.refused(rows(1)) == "list-closed"


def test_a_list_beyond_what_is_in_custody_is_refused_and_moves_nothing() -> None:
    """The office can look first: a typing error must not empty a village's books."""
    story = village((lot := new_id(), 20)).given(opened(), rows(21))
    assert story.refused(post(lot)) == "list-over-custody"
    assert story.on_hand(lot, DESA) == (20,)


def test_expired_goods_on_a_list_are_flagged() -> None:
    """They were given all the same, and must be found again."""
    story = village((lot := new_id(), 5), expires_on=TODAY)
    story.given(opened(handed_out_on=TODAY + timedelta(days=1), recorded_on=TODAY + timedelta(days=1)), rows(5))
    assert only(story.accepted(post(lot)), RecipientListPosted).flags == (FieldFlag.EXPIRED_LOT,)


def test_a_list_is_opened_once_for_a_place_of_custody() -> None:
    """A warehouse gives nothing to victims, and a day to come is a plan."""
    story = village()
    assert story.refused(opened(place_id=PlaceId("gudang-kasongan"))) == "place-unknown"
    assert story.refused(opened(area_known=False)) == "area-unknown"
    assert story.refused(opened(handed_out_on=TODAY + timedelta(days=1))) == "list-of-the-future"
    story.given(opened())
    assert story.refused(opened()) == "list-opened-already"


def test_a_list_without_rows_or_of_unknown_items_is_refused() -> None:
    """Nothing is posted for nothing."""
    story = village().given(opened())
    assert story.refused(post()) == "list-empty"
    assert story.refused(rows(1, item_code="batu")) == "item-unknown"
    assert Story().refused(post()) == "list-unknown"


def test_a_withdrawn_list_takes_no_rows() -> None:
    """What it said does not hold."""
    story = village((lot := new_id(), 5), item_code=KIT).given(opened(), rows(5, item_code=KIT))
    story.given(WithdrawList(LIST, WithdrawalReason.REPLACED, TODAY))
    assert story.refused(post(lot, item_code=KIT)) == "list-closed"
    assert story.on_hand(lot, DESA) == (5,)


def test_a_list_for_a_hand_out_that_named_nobody_moves_nothing() -> None:
    """The goods left by the hand-out: the list tells who got them, and whether the two agree."""
    story = village((lot := new_id(), 100), (other := new_id(), 100))
    named, unnamed = HandoutId(new_id()), HandoutId(new_id())
    line = given_line(30, lot_id=lot)
    story.given(hand_out(line, place_id=DESA, handout_id=unnamed))
    story.given(hand_out(line, place_id=DESA, handout_id=named, household_ids=(HouseholdId(new_id()),)))
    assert story.refused(opened(handout_id=named)) == "handout-named-already"
    assert story.refused(opened(handout_id=HandoutId(new_id()))) == "handout-unknown"
    assert story.refused(opened(handout_id=unnamed, place_id=PlaceId("gudang-kasongan"))) == "handout-unknown"
    story.given(opened(handout_id=unnamed), rows(10, 15))
    command = replace(post(other), candidates=(), handed_out=((RICE, 30),))
    (posted,) = story.accepted(command)
    assert isinstance(posted, RecipientListPosted)
    assert (posted.lines, posted.flags) == ((), (FieldFlag.QUANTITY_MISMATCH,))


@pytest.mark.parametrize("count", [1, 3])
def test_rows_are_numbered_on(count: int) -> None:
    """As on the paper, however many come at once."""
    story = village().given(opened(), rows(1, 1), rows(*[1] * count))
    assert story.state(RecipientList, LIST).row_count == 2 + count
