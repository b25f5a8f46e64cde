"""Field kitchens: ingredients in, meals out."""

from datetime import timedelta
from typing import Any

import pytest

from services.logistics.handouts.domain import Candidate, GivenLine
from services.logistics.intake.domain import Capture
from services.logistics.kitchens.domain import IMPLAUSIBLE_CONSUMPTION, UNKNOWN_KITCHEN, Meal, ServeMeals, Teller
from services.logistics.kitchens.recipes import DEFAULT_RECIPE, SetRecipe, implausible
from services.logistics.places.domain import CONSUMED, OpenPlace
from shared.contracts.ids import ItemCode, LotId, MealId, PlaceId, RecipeId
from shared.contracts.kitchens import MealsServed, RecipeLine
from shared.contracts.vocabulary import FieldFlag, PlaceKind
from tests.logistics.builders import (
    AT,
    DEVICE,
    DISASTER,
    POST,
    RICE,
    TODAY,
    VILLAGE,
    given_line,
    new_id,
    quantities,
    receive,
    setting,
)
from tests.logistics.story import Story, only

DAPUR = PlaceId("dapur-kasongan")
SIDE_DISH = ItemCode("lauk-pauk")


def kitchen(*lots: tuple[str, ItemCode, int]) -> Story:
    story = Story().given(*setting(), OpenPlace(DAPUR, PlaceKind.KITCHEN, TODAY, area_code=VILLAGE))
    for lot_id, item_code, quantity in lots:
        story.given(receive(quantity, lot_id, place_id=DAPUR, item_code=item_code))
    return story


def serve(portions: int, *lines: GivenLine, **changes: Any) -> ServeMeals:
    given: dict[str, Any] = {
        "meal_id": MealId(new_id()),
        "disaster_id": DISASTER,
        "kitchen_id": DAPUR,
        "person_count": portions,
        "recipe_id": DEFAULT_RECIPE,
        "seed": new_id(),
        "served_on": TODAY,
        "recorded_on": TODAY,
        **changes,
    }
    return ServeMeals(portions=portions, lines=lines, **given)


def by_post(portions: int, *lines: GivenLine, **changes: Any) -> ServeMeals:
    return serve(portions, *lines, told_by=Teller(POST, Capture(DEVICE, AT)), **changes)


def test_ingredients_leave_the_kitchen_and_fit_the_portions() -> None:
    """100 portions of the built-in recipe: 20 kg of rice and 100 side dishes, and nothing to look at."""
    story = kitchen((rice := new_id(), RICE, 50_000), (dish := new_id(), SIDE_DISH, 100))
    lines = given_line(20_000, lot_id=rice), given_line(100, lot_id=dish)
    served = only(story.accepted(serve(100, *lines)), MealsServed)
    assert (served.flags, served.recipe_version) == ((), 0)
    assert served.expected == quantities((RICE, 20_000), (SIDE_DISH, 100))
    assert story.on_hand(rice, DAPUR, CONSUMED) == (30_000, 20_000)


@pytest.mark.parametrize(("rice", "odd"), [(9_999, True), (10_000, False), (30_000, False), (30_001, True), (0, True)])
def test_half_less_or_half_more_than_the_recipe_is_implausible(rice: int, odd: bool) -> None:
    """Between the two a cook is right; salt and oil, which no recipe names, are free."""
    assert implausible(quantities((RICE, 20_000)), {RICE: rice, "garam": 9}) is odd


def test_a_recipe_the_office_set_is_the_measure() -> None:
    """Set again, the later one holds for the meals after it; the meal says by which it was judged."""
    story = kitchen((rice := new_id(), RICE, 50_000))
    recipe = RecipeId("bubur")
    line = RecipeLine(item_code=RICE, quantity_per_portion=50)
    story.given(SetRecipe(recipe, "Dapur umum 2024", True, (line,), TODAY))
    served = only(story.accepted(serve(100, given_line(5_000, lot_id=rice), recipe_id=recipe)), MealsServed)
    assert (served.flags, served.recipe_version) == ((), 1)
    assert story.accepted(SetRecipe(recipe, "Dapur umum 2024", True, (line,), TODAY)) == []
    assert story.refused(SetRecipe(recipe, "x", True, (line, line), TODAY)) == "item-named-twice"
    unknown = RecipeLine(item_code=ItemCode("batu"), quantity_per_portion=1)
    assert story.refused(SetRecipe(recipe, "x", True, (unknown,), TODAY)) == "item-unknown"


def test_the_office_cannot_record_what_is_not_there_and_a_post_can() -> None:
    """The office can look first; the post's meals are eaten, and what is missing must be explained."""
    story = kitchen((rice := new_id(), RICE, 1_000))
    line = given_line(20_000, lot_id=rice)
    assert story.refused(serve(100, line)) == "ingredients-short"
    served = only(story.accepted(by_post(100, line)), MealsServed)
    assert {FieldFlag.NEGATIVE_STOCK, IMPLAUSIBLE_CONSUMPTION} == set(served.flags)
    assert story.on_hand(rice, DAPUR, CONSUMED) == (-19_000, 20_000)
    assert story.balance(rice, DAPUR).field_deficit == 19_000


def test_ingredients_without_a_lot_number_are_taken_first_expiry_first() -> None:
    """A cook knows rice, not lots."""
    story = kitchen((first := new_id(), RICE, 5_000), (second := new_id(), RICE, 50_000))
    candidates = tuple(Candidate(LotId(one)) for one in (first, second))
    served = only(story.accepted(serve(100, given_line(20_000, item_code=RICE, candidates=candidates))), MealsServed)
    assert [(one.lot_id, one.quantity) for one in served.consumed] == [(first, 5_000), (second, 15_000)]


def test_meals_told_again_take_nothing() -> None:
    """The first telling stands."""
    story = kitchen((rice := new_id(), RICE, 50_000))
    meal = MealId(new_id())
    story.given(by_post(10, given_line(2_000, lot_id=rice), meal_id=meal))
    again = story.accepted(by_post(10, given_line(2_000, lot_id=rice), meal_id=meal))
    assert FieldFlag.LIKELY_DUPLICATE in only(again, MealsServed).flags
    assert story.on_hand(rice, DAPUR) == (48_000,)
    assert story.state(Meal, meal).portions == 10
    assert story.refused(serve(10, meal_id=meal)) == "meals-recorded-already"


def test_only_a_kitchen_serves_meals_and_not_tomorrow() -> None:
    """A post that names another place is taken and flagged."""
    story = kitchen()
    assert story.refused(serve(10, kitchen_id=POST)) == "place-unknown"
    assert story.refused(serve(10, served_on=TODAY + timedelta(days=1))) == "meals-of-the-future"
    assert UNKNOWN_KITCHEN in only(story.accepted(by_post(10, kitchen_id=PlaceId("dapur-x"))), MealsServed).flags
