"""Field kitchens, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.kitchens import domain as kitchens
from services.logistics.kitchens import recipes
from services.logistics.kitchens.days import KITCHEN_DAYS
from services.logistics.kitchens.http import kitchens_router
from services.logistics.kitchens.tables import meal, recipe
from shared.contracts.kitchens import MealsServed, RecipeSet
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

KITCHENS = Capability(
    kinds=(
        StateKind(name="recipe", table=recipe, state=recipes.Recipe, evolve=recipes.evolve_recipe, events=(RecipeSet,)),
        StateKind(name="meal", table=meal, state=kitchens.Meal, evolve=kitchens.evolve_meal, events=(MealsServed,)),
    ),
    deciders={
        recipes.SetRecipe: recipes.decide_set_recipe,
        kitchens.ServeMeals: kitchens.decide_serve_meals,
    },
    routers=lambda runtime: [kitchens_router(runtime)],
    read_models=(KITCHEN_DAYS,),
)
