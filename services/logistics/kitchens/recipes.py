"""Recipes: how much of each ingredient goes into one portion.

Owns the recipes the office sets, the built-in one until then, and when what was consumed is implausible for so many
portions. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.items import domain as items
from services.logistics.items.catalogue import RICE
from services.logistics.requests.domain import item_named_twice
from shared.contracts.envelope import Payload
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ItemCode, RecipeId
from shared.contracts.kitchens import RecipeLine, RecipeSet
from shared.kit.decisions.types import Event, Ref, Refusal, States

# Assumed: no recipe of a Tagana kitchen was found. Rice is BNPB's 400 g a person a day in two meals.
DEFAULT_RECIPE = RecipeId("nasi-bungkus")
ASSUMED_LINES = (
    RecipeLine(item_code=RICE, quantity_per_portion=200),
    RecipeLine(item_code=ItemCode("lauk-pauk"), quantity_per_portion=1),
)
# Assumed: meals a person a day, and how far from the recipe a kitchen may be before somebody looks at it: half less
# or half more.
ASSUMED_MEALS_A_DAY = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one portion is made of."""

    id: str
    version: int
    source_note: str
    assumed: bool
    lines: tuple[RecipeLine, ...]


@dataclass(frozen=True, slots=True)
class SetRecipe:
    """The office sets a recipe; set again, the later one holds."""

    recipe_id: RecipeId
    source_note: str
    assumed: bool
    lines: tuple[RecipeLine, ...]
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The recipe."""
        return (Ref("recipe", self.recipe_id),)

    def reads(self) -> Sequence[Ref]:
        """The items of its lines."""
        return tuple(Ref("item", line.item_code) for line in self.lines)


def decide_set_recipe(states: States, command: SetRecipe) -> list[Payload] | Refusal:
    """Set a recipe whose items are all in the catalogue and named once."""
    codes = [line.item_code for line in command.lines]
    if len(set(codes)) < len(codes):
        return item_named_twice()
    unknown = items.unknown_among(states, codes)
    if unknown is not None:
        return unknown
    before = states.find(Recipe, command.recipe_id)
    said = (command.source_note, command.assumed, command.lines)
    if before is not None and (before.source_note, before.assumed, before.lines) == said:
        return []
    return [
        RecipeSet(
            recipe_id=command.recipe_id,
            source_note=command.source_note,
            assumed=command.assumed,
            lines=command.lines,
            set_on=command.recorded_on,
        )
    ]


def in_force(states: States, recipe_id: RecipeId) -> tuple[int, tuple[RecipeLine, ...]]:
    """A recipe's version and lines: the built-in ones, version 0, where the office set none under this id."""
    recipe = states.find(Recipe, recipe_id)
    return (0, ASSUMED_LINES) if recipe is None else (recipe.version, recipe.lines)


def expected(lines: Sequence[RecipeLine], portions: int) -> tuple[ItemQuantity, ...]:
    """What so many portions are made of."""
    return tuple(
        ItemQuantity(item_code=line.item_code, quantity=line.quantity_per_portion * portions) for line in lines
    )


def implausible(wanted: Sequence[ItemQuantity], consumed: Mapping[str, int]) -> bool:
    """Whether less than half or more than one and a half times of any ingredient was consumed; others are free."""
    return any(not line.quantity <= 2 * consumed.get(line.item_code, 0) <= 3 * line.quantity for line in wanted)


def evolve_recipe(recipe: Recipe | None, event: Event) -> Recipe:
    """The recipe as it was last set."""
    match event.payload:
        case RecipeSet() as said:
            return Recipe(event.ref.id, event.sequence, said.source_note, said.assumed, said.lines)
    raise TypeError(f"{event.payload.type} after {recipe and recipe.version}")
