"""What the logistics service publishes of field kitchens (dapur umum): recipes, and meals with what went into them.

Owns the shapes only; `logistics.py` lists the events with the rest of what the service publishes.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.field import LINES_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import DisasterId, ItemCode, LotId, MealId, PlaceId, RecipeId
from shared.contracts.values import Boolean, Citation, Count, LegalDate, Number, Quantity
from shared.contracts.vocabulary import FieldFlag

RECIPE_LINES_MAX = 30


class RecipeLine(Value):
    """How much of an item goes into one portion, in base units of the item."""

    item_code: ItemCode
    quantity_per_portion: Quantity


class RecipeSet(Payload):
    """What one portion of a meal is made of; `assumed` marks figures that no norm stands behind."""

    type: ClassVar[str] = "logistics.recipe_set.v1"
    kind: ClassVar[str] = "recipe"
    key: ClassVar[str] = "recipe_id"

    recipe_id: RecipeId
    source_note: Citation
    assumed: Boolean
    lines: tuple[RecipeLine, ...] = Field(min_length=1, max_length=RECIPE_LINES_MAX)
    set_on: LegalDate


class ConsumedLine(Value):
    """Ingredients of one lot that went into meals."""

    lot_id: LotId
    item_code: ItemCode
    quantity: Quantity


class MealsServed(Payload):
    """A kitchen cooked and served meals: ingredients in, portions out.

    `expected` is what the recipe says for so many portions; `person_count` how many people the kitchen feeds that day.
    """

    type: ClassVar[str] = "logistics.meals_served.v1"
    kind: ClassVar[str] = "meal"
    key: ClassVar[str] = "meal_id"

    meal_id: MealId
    disaster_id: DisasterId
    kitchen_id: PlaceId
    portions: Number
    person_count: Count
    recipe_id: RecipeId
    recipe_version: Count = Field(description="sequence of the recipe's event; 0 for the built-in one")
    consumed: tuple[ConsumedLine, ...] = Field(max_length=LINES_MAX)
    expected: tuple[ItemQuantity, ...] = Field(max_length=RECIPE_LINES_MAX)
    served_on: LegalDate
    flags: tuple[FieldFlag, ...] = ()


EVENTS: tuple[type[Payload], ...] = (RecipeSet, MealsServed)
