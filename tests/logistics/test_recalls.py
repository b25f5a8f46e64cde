"""Recalls: lots that must not be given out any more, and the kits built of them."""

import pytest

from services.logistics.kits.assembling import AssembleKits, UnpackKits
from services.logistics.kits.domain import DefineKit
from services.logistics.places.domain import KITS
from services.logistics.recalls.domain import LiftRecall, OrderRecall, Recall
from services.logistics.requests.domain import Request
from services.logistics.stock.domain import Lot
from shared.contracts.ids import ItemCode, LotId, RecallId, RequestId
from shared.contracts.kits import KitPart
from shared.contracts.logistics import GoodsHandedOut
from shared.contracts.recalls import LotCleared, LotRecalled, RecallReason
from shared.contracts.vocabulary import FieldFlag
from tests.logistics.builders import (
    POST,
    RICE,
    TODAY,
    WAREHOUSE,
    allocate,
    given_line,
    hand_out,
    new_id,
    open_request,
    pick,
    quantities,
    receive,
    setting,
)
from tests.logistics.story import Story, only

LOT, OTHER, KIT_LOT = new_id(), new_id(), new_id()
RECALL = new_id()
KIT = ItemCode("family-kit")
SOAP = ItemCode("sabun")


def order(
    *lot_ids: str, recall_id: str = RECALL, kits: dict[str, str] | None = None, holders: tuple[str, ...] = ()
) -> OrderRecall:
    return OrderRecall(
        recall_id=RecallId(recall_id),
        lot_ids=tuple(LotId(id_) for id_ in lot_ids),
        kits={LotId(kit): LotId(part) for kit, part in (kits or {}).items()},
        reason=RecallReason.CONTAMINATED,
        document_number="460/1/2026",
        recorded_on=TODAY,
        holders=tuple(RequestId(id_) for id_ in holders),
    )


def lift(*lot_ids: str, recall_id: str = RECALL) -> LiftRecall:
    return LiftRecall(RecallId(recall_id), tuple(LotId(id_) for id_ in lot_ids), "460/2/2026", TODAY)


@pytest.fixture
def story() -> Story:
    return Story().given(*setting(), receive(100, LOT), receive(60, OTHER, item_code=SOAP))


def test_a_recalled_lot_is_not_reserved(story: Story) -> None:
    """The office gives nothing of it out, until the recall is lifted."""
    request_id = new_id()
    story.given(open_request(request_id, (RICE, 10)), order(LOT))
    assert story.refused(allocate(request_id, pick(LOT, 10))) == "lot-recalled"
    story.given(lift(LOT))
    assert story.state(Lot, LOT).recall_id is None
    assert story.accepted(allocate(request_id, pick(LOT, 10)))


def test_what_is_reserved_of_a_recalled_lot_is_asked_for_again(story: Story) -> None:
    """The request is short of it and due when it was due; one nobody looked up is looked up first."""
    request_id = new_id()
    story.given(open_request(request_id, (RICE, 10)), allocate(request_id, pick(LOT, 10)))
    assert story.refused(order(LOT)) == "plan-outdated"
    story.given(order(LOT, holders=(request_id,)))
    assert story.balance(LOT, WAREHOUSE).reserved == 0
    assert story.state(Request, request_id).short == quantities((RICE, 10))


def test_a_post_that_hands_a_recalled_lot_out_is_heard_and_flagged(story: Story) -> None:
    """It has happened: refusing to write it down would hide whom the goods reached."""
    story.given(order(LOT))
    given = story.accepted(hand_out(given_line(5, lot_id=LOT)))
    assert FieldFlag.RECALLED_LOT in only(given, GoodsHandedOut).flags


def test_a_recall_takes_in_the_kits_a_lot_was_built_into(story: Story) -> None:
    """Nobody can tell by looking which kit has the bad part."""
    story.given(*kits_of(LOT, OTHER))
    recalled = [one for one in story.accepted(order(LOT, kits={KIT_LOT: LOT})) if isinstance(one, LotRecalled)]
    assert [(one.lot_id, one.part_lot_id) for one in recalled] == [(LOT, None), (KIT_LOT, LOT)]
    assert story.state(Recall, RECALL).lot_ids == (LOT, KIT_LOT)


def test_a_recalled_kit_can_be_unpacked_and_its_bad_part_stays_recalled(story: Story) -> None:
    """What is good of it can be used again."""
    story.given(*kits_of(LOT, OTHER), order(LOT, kits={KIT_LOT: LOT}))
    unpack = UnpackKits(LotId(KIT_LOT), WAREHOUSE, 10, (LotId(LOT), LotId(OTHER)), new_id(), TODAY)
    story.given(unpack)
    assert story.on_hand(LOT, WAREHOUSE, KITS) == (100, 0)
    assert story.on_hand(OTHER, WAREHOUSE, KITS) == (60, 0)
    assert (story.state(Lot, LOT).recall_id, story.state(Lot, OTHER).recall_id) == (RECALL, None)


def test_no_kit_is_made_of_a_recalled_part(story: Story) -> None:
    """So a recall once ordered knows all the kits there can be."""
    define, assemble = kits_of(LOT, OTHER)
    story.given(define, order(LOT))
    assert story.refused(assemble) == "lot-recalled"


def test_a_lot_stands_in_one_open_recall(story: Story) -> None:
    """A second recall takes only what is in none, and the first one ordered again only what is new."""
    story.given(order(LOT))
    assert story.refused(order(LOT, recall_id=new_id())) == "lot-recalled-already"
    assert story.accepted(order(LOT)) == []
    again = story.accepted(order(LOT, OTHER))
    assert [one.lot_id for one in again if isinstance(one, LotRecalled)] == [OTHER]
    assert story.state(Recall, RECALL).lot_ids == (LOT, OTHER)


def test_lifting_clears_every_lot_once(story: Story) -> None:
    """The lots named are those of the recall, else it is read again."""
    story.given(order(LOT, OTHER))
    assert story.refused(lift(LOT)) == "plan-outdated"
    cleared = [one.lot_id for one in story.accepted(lift(LOT, OTHER)) if isinstance(one, LotCleared)]
    assert cleared == [LOT, OTHER]
    assert story.accepted(lift(LOT, OTHER)) == []
    assert story.refused(order(LOT)) == "recall-ordered-already"
    assert story.refused(lift(recall_id=new_id())) == "recall-unknown"


def test_only_lots_somebody_has_named_are_recalled(story: Story) -> None:
    """A lot a post reported and the office never received can be recalled too."""
    assert story.refused(order(new_id())) == "lot-unknown"
    told = new_id()
    story.given(hand_out(given_line(5, lot_id=told)))
    assert story.accepted(order(told))
    assert story.balance(told, POST).on_hand == -5


def kits_of(rice: str, soap: str) -> tuple[DefineKit, AssembleKits]:
    """A kit of 5 g of rice and 2 g of soap, and ten of them made."""
    parts = (KitPart(item_code=RICE, quantity=5), KitPart(item_code=SOAP, quantity=2))
    define = DefineKit(KIT, parts, "SK-1/2026", TODAY)
    lots = ((RICE, LotId(rice)), (SOAP, LotId(soap)))
    return define, AssembleKits(LotId(KIT_LOT), KIT, WAREHOUSE, 10, lots, "BA-1/2026", new_id(), TODAY)
