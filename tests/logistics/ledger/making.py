"""What is made of goods on a random day: kits, meals; and goods called back."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.logistics.kitchens.domain import ServeMeals
from services.logistics.kitchens.recipes import DEFAULT_RECIPE
from services.logistics.kits.assembling import AssembleKits, UnpackKits
from services.logistics.kits.domain import DefineKit, KitLot
from services.logistics.recalls.domain import LiftRecall, OrderRecall, Recall
from shared.contracts.ids import LotId, MealId, RecallId
from shared.contracts.kits import KitPart
from shared.contracts.recalls import RecallReason
from tests.logistics.builders import DISASTER, KIT, OWNER, RICE, TODAY, WAREHOUSE, given_line, new_id, receive
from tests.logistics.ledger.world import DATA, KITCHEN, World

IN_A_KIT = 2


class MakingDays(World):
    """Kits of rice alone, a kitchen that cooks it, and recalls of both."""

    @rule()
    def say_what_a_kit_is(self) -> None:
        self.does(DefineKit(KIT, (KitPart(item_code=RICE, quantity=IN_A_KIT),), "SK-1/2026", TODAY))

    @precondition(lambda self: self.held([WAREHOUSE]))
    @rule(data=DATA, quantity=st.integers(1, 10))
    def make_kits(self, data: st.DataObject, quantity: int) -> None:
        lot, place, _ = data.draw(st.sampled_from(self.held([WAREHOUSE])))
        parts = ((RICE, LotId(lot)),)
        self.does(AssembleKits(LotId(new_id()), KIT, place, quantity, parts, "BA-1/2026", new_id(), TODAY))

    @precondition(lambda self: self.states(KitLot))
    @rule(data=DATA, quantity=st.integers(1, 10))
    def take_kits_apart(self, data: st.DataObject, quantity: int) -> None:
        made = data.draw(st.sampled_from(self.states(KitLot)))
        parts = tuple(LotId(part.lot_id) for part in made.parts)
        self.does(UnpackKits(LotId(made.id), WAREHOUSE, quantity, parts, new_id(), TODAY))

    @rule(quantity=st.integers(20, 90))
    def stock_the_kitchen(self, quantity: int) -> None:
        self.must(receive(quantity, new_id(), place_id=KITCHEN, owner_id=OWNER))

    @precondition(lambda self: self.held([KITCHEN]))
    @rule(data=DATA, too_much=st.sampled_from([0, 0, 0, 1]))
    def cook(self, data: st.DataObject, too_much: int) -> None:
        lot, _, most = data.draw(st.sampled_from(self.held([KITCHEN])))
        quantity = data.draw(st.integers(1, most)) + too_much * most
        command = ServeMeals(
            meal_id=MealId(new_id()),
            disaster_id=DISASTER,
            kitchen_id=KITCHEN,
            portions=10,
            person_count=10,
            recipe_id=DEFAULT_RECIPE,
            lines=(given_line(quantity, lot_id=lot),),
            seed=new_id(),
            served_on=TODAY,
            recorded_on=TODAY,
        )
        self.does(command)

    @rule(data=DATA)
    def call_back(self, data: st.DataObject) -> None:
        lot = LotId(self.lot(data))
        kits = {LotId(one.id): lot for one in self.states(KitLot) if lot in {part.lot_id for part in one.parts}}
        self.does(OrderRecall(RecallId(new_id()), (lot,), kits, RecallReason.CONTAMINATED, "SE-1/2026", TODAY))

    @precondition(lambda self: self.states(Recall))
    @rule(data=DATA)
    def end_a_recall(self, data: st.DataObject) -> None:
        recall = data.draw(st.sampled_from(self.states(Recall)))
        lots = tuple(LotId(lot) for lot in recall.lot_ids)
        self.does(LiftRecall(RecallId(recall.id), lots, "SE-2/2026", TODAY))
