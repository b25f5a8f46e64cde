"""Packs and kits: nothing is made or lost when goods are put together and taken apart."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.items.domain import Item, SetPackUnit
from services.logistics.kits.assembling import AssembleKits, UnpackKits
from services.logistics.kits.domain import DefineKit, Kit, KitLot
from services.logistics.places.domain import KITS, SUPPLIER
from services.logistics.stock.domain import Lot
from services.logistics.stock.valuing import Worth
from shared.contracts.ids import ItemCode, LotId
from shared.contracts.kits import KitAssembled, KitPart, PackUnitSet
from shared.contracts.ledger import ValueBasis
from shared.contracts.logistics import LotReceived, StockMoved
from shared.contracts.vocabulary import MovementReason
from tests.logistics.builders import FAR_WAREHOUSE, RICE, TODAY, WAREHOUSE, new_id, receive, setting
from tests.logistics.story import Story, only

KIT, SOAP = ItemCode("family-kit"), ItemCode("sabun")
FOOD, WASH, MADE = new_id(), new_id(), new_id()


def define(*parts: tuple[ItemCode, int]) -> DefineKit:
    lines = tuple(KitPart(item_code=code, quantity=quantity) for code, quantity in parts)
    return DefineKit(KIT, lines, "SK-1/2026", TODAY)


def assemble(quantity: int, *, lot_id: str = MADE, food: str = FOOD, wash: str = WASH) -> AssembleKits:
    lots = ((RICE, LotId(food)), (SOAP, LotId(wash)))
    return AssembleKits(LotId(lot_id), KIT, WAREHOUSE, quantity, lots, "BA-1/2026", new_id(), TODAY)


def unpack(quantity: int, *parts: str) -> UnpackKits:
    ids = tuple(LotId(id_) for id_ in parts or (FOOD, WASH))
    return UnpackKits(LotId(MADE), WAREHOUSE, quantity, ids, new_id(), TODAY)


@pytest.fixture
def story() -> Story:
    """100 g of rice until March and 60 g of soap until May; a kit has 5 g and 2 g."""
    return Story().given(
        *setting(),
        receive(100, FOOD, expires_on=date(2027, 3, 1), worth=Worth(900, 3, ValueBasis.COST)),
        receive(60, WASH, item_code=SOAP, expires_on=date(2027, 5, 1), worth=Worth(50, 1, ValueBasis.FAIR_VALUE)),
        define((RICE, 5), (SOAP, 2)),
    )


def test_a_kit_expires_with_its_earliest_part_and_is_worth_its_parts(story: Story) -> None:
    """Ten kits hold 50 g of rice (15,000 rupiah) and 20 g of soap (1,000 rupiah)."""
    made = only(story.accepted(assemble(10)), LotReceived)
    assert (made.expires_on, made.owner_id) == (date(2027, 3, 1), "regency:62.06")
    assert (made.unit_value_idr, made.valued_quantity) == (16_000, 10)
    assert made.value_basis is ValueBasis.FAIR_VALUE
    assert story.on_hand(FOOD, WAREHOUSE, KITS) == (50, 50)
    assert story.on_hand(MADE, WAREHOUSE, KITS) == (10, -10)


@given(made=st.integers(1, 20), taken=st.integers(0, 20))
def test_every_lot_sums_to_zero_through_making_and_unpacking(made: int, taken: int) -> None:
    """What is unpacked comes back to the lots it came from, and the books never hold more or less."""
    story = Story().given(
        *setting(), receive(100, FOOD), receive(60, WASH, item_code=SOAP), define((RICE, 5), (SOAP, 2)), assemble(made)
    )
    if taken > made:
        assert story.refused(unpack(taken)) == "stock-short"
    elif taken:
        story.given(unpack(taken))
    left = made - taken if taken <= made else made
    for lot_id in (FOOD, WASH, MADE):
        assert sum(one.on_hand for one in story.state(Lot, lot_id).balances.values()) == 0
    assert story.on_hand(FOOD, WAREHOUSE, KITS, SUPPLIER) == (100 - 5 * left, 5 * left, -100)
    assert story.on_hand(MADE, WAREHOUSE) == (left,)
    assert story.state(KitLot, MADE).made == made


def test_kits_keep_what_they_were_made_of_when_the_list_changes(story: Story) -> None:
    """A new version is for kits made from then on."""
    story.given(assemble(1))
    assert story.accepted(define((SOAP, 2), (RICE, 5))) == []
    story.given(define((RICE, 7), (SOAP, 2)))
    assert story.state(Kit, KIT).kit_version == 2
    again = only(story.accepted(assemble(1, lot_id=new_id())), KitAssembled)
    assert (again.kit_version, again.parts[0].quantity) == (2, 7)
    back = [one for one in story.accepted(unpack(1)) if isinstance(one, StockMoved)]
    assert [(one.lot_id, one.quantity) for one in back] == [(MADE, 1), (FOOD, 5), (WASH, 2)]
    assert {one.reason for one in back} == {MovementReason.UNPACKING}


def test_kits_are_made_only_of_what_is_there_sound_and_of_one_owner(story: Story) -> None:
    """Of another owner's goods, expired goods, another item or another kit there is none."""
    assert story.refused(assemble(21)) == "stock-short"
    others, old = new_id(), new_id()
    story.given(receive(60, others, item_code=SOAP, owner_id="bulog"))
    assert story.refused(assemble(1, wash=others)) == "kit-of-several-owners"
    story.given(receive(60, old, item_code=SOAP, expires_on=TODAY))
    late = replace(assemble(1, wash=old), recorded_on=date(2026, 11, 21))
    assert story.refused(late) == "lot-expired"
    assert story.refused(assemble(1, wash=FOOD)) == "kit-parts-differ"
    assert story.refused(assemble(1, wash=new_id())) == "lot-unknown"
    story.given(assemble(1))
    assert story.refused(assemble(1)) == "lot-received-already"
    assert story.refused(unpack(1, FOOD)) == "kit-parts-differ"


def test_a_kit_is_no_part_of_itself_nor_of_another(story: Story) -> None:
    """So a recall of a part finds every kit in one step."""
    assert story.refused(define((KIT, 1), (SOAP, 2))) == "kit-parts-unclear"
    assert story.refused(define((SOAP, 1), (SOAP, 2))) == "kit-parts-unclear"
    story.given(assemble(10))
    big = ItemCode("dapur-umum-lapangan")
    story.given(DefineKit(big, (KitPart(item_code=KIT, quantity=2),), "SK-2/2026", TODAY))
    nested = AssembleKits(LotId(new_id()), big, WAREHOUSE, 1, ((KIT, LotId(MADE)),), "BA-2/2026", new_id(), TODAY)
    assert story.refused(nested) == "kit-parts-differ"


def test_kits_are_taken_apart_where_they_are(story: Story) -> None:
    """A store that has none has nothing to unpack."""
    story.given(assemble(10))
    elsewhere = UnpackKits(LotId(MADE), FAR_WAREHOUSE, 1, (LotId(FOOD), LotId(WASH)), new_id(), TODAY)
    assert story.refused(elsewhere) == "stock-short"
    assert story.refused(UnpackKits(LotId(FOOD), WAREHOUSE, 1, (), new_id(), TODAY)) == "kit-unknown"


def test_a_pack_is_another_word_for_a_quantity(story: Story) -> None:
    """It may change: what was written before stays in base units."""
    sack = SetPackUnit(RICE, "karung", 50_000, TODAY)
    assert only(story.accepted(sack), PackUnitSet).quantity == 50_000
    assert story.accepted(sack) == []
    story.given(SetPackUnit(RICE, "karung", 25_000, TODAY), SetPackUnit(RICE, "slop", 5_000, TODAY))
    assert story.state(Item, RICE).pack_units == {"karung": 25_000, "slop": 5_000}
    assert story.refused(SetPackUnit(ItemCode("tidak-ada"), "karung", 1, TODAY)) == "item-unknown"
