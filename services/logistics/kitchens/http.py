"""The doors for field kitchens: recipes, meals, days.

Owns request models and answers. Must not decide anything.
"""

from typing import Self

from fastapi import APIRouter, Request, Response
from pydantic import Field, model_validator

from services.logistics.access import PLACE_SCOPE, demand_place
from services.logistics.doors import Asked, Body, CommandKey, Coordinator, Reader, Storekeeper
from services.logistics.handouts.domain import GivenLine, unattributed_lot
from services.logistics.items.domain import UNKNOWN_ITEM
from services.logistics.kitchens import queries
from services.logistics.kitchens.domain import ServeMeals
from services.logistics.kitchens.recipes import DEFAULT_RECIPE, SetRecipe
from shared.contracts.field import LINES_MAX
from shared.contracts.ids import DisasterId, ItemCode, LotId, MealId, PlaceId, RecipeId, Slug, UuidText
from shared.contracts.kitchens import RECIPE_LINES_MAX, RecipeLine
from shared.contracts.values import Boolean, Citation, Count, LegalDate, Number, Quantity
from shared.kit import clock
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class RecipeStated(Body):
    """What one portion is made of; `assumed` marks figures nobody has verified."""

    recipe_id: Slug
    source_note: Citation
    assumed: Boolean
    lines: tuple[RecipeLine, ...] = Field(min_length=1, max_length=RECIPE_LINES_MAX)


class IngredientStated(Body):
    """Ingredients that were used: by lot, or by item and then first expiry first."""

    lot_id: UuidText | None = None
    item_code: Slug | None = None
    quantity: Quantity

    @model_validator(mode="after")
    def _names_goods(self) -> Self:
        if self.lot_id is None and self.item_code is None:
            raise ValueError("a line names a lot or an item")
        return self


class MealsStated(Body):
    """Meals a kitchen served, and how many people it feeds that day. Without an id one is given."""

    meal_id: UuidText = Field(default_factory=clock.new_id)
    disaster_id: UuidText
    portions: Number
    person_count: Count
    recipe_id: Slug = DEFAULT_RECIPE
    served_on: LegalDate | None = None
    ingredients: tuple[IngredientStated, ...] = Field(max_length=LINES_MAX)


def kitchens_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/recipes` and `/v1/kitchens`."""
    router = APIRouter(prefix="/v1", tags=["kitchens"])
    _add_recipes(router, runtime)
    _add_meals(router, runtime)
    return router


def _add_recipes(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/recipes", status_code=201, summary="Set what one portion is made of")
    async def set_recipe(request: Request, body: RecipeStated, principal: Coordinator, key: CommandKey) -> Response:
        command = SetRecipe(
            recipe_id=RecipeId(body.recipe_id),
            source_note=body.source_note,
            assumed=body.assumed,
            lines=body.lines,
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.get("/recipes", summary="List the recipes that were set")
    async def list_recipes(request: Request, asked: Asked, _: Reader) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.recipes(connection, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)


def _add_meals(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/kitchens/{kitchen_id}/meals", status_code=201, summary="Record meals and what went into them")
    async def serve(
        request: Request, kitchen_id: Slug, body: MealsStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        """The ingredients leave the kitchen's custody; what does not fit the portions is flagged."""
        principal.demand(PLACE_SCOPE, kitchen_id)
        command = ServeMeals(
            meal_id=MealId(body.meal_id),
            disaster_id=DisasterId(body.disaster_id),
            kitchen_id=PlaceId(kitchen_id),
            portions=body.portions,
            person_count=body.person_count,
            recipe_id=RecipeId(body.recipe_id),
            lines=await _lines(runtime, kitchen_id, body),
            seed=clock.new_id(),
            served_on=body.served_on or runtime.today(),
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command, disaster_id=body.disaster_id)

    @router.get("/kitchens/{kitchen_id}/days", summary="Show a kitchen's days: ingredients in, meals out")
    async def list_days(request: Request, kitchen_id: Slug, asked: Asked, principal: Reader) -> Response:
        """Two meals (assumed) a person a day are due; `expected` is what the recipes say for the portions served."""
        demand_place(principal, kitchen_id)
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.days(connection, kitchen_id, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["served_on"].isoformat(),), as_of=as_of)


async def _lines(runtime: Runtime, kitchen_id: str, body: MealsStated) -> tuple[GivenLine, ...]:
    by_item = [one.item_code for one in body.ingredients if one.lot_id is None and one.item_code is not None]
    async with runtime.database.reading() as connection:
        found = await queries.ingredients(connection, kitchen_id, by_item) if by_item else {}
    return tuple(
        GivenLine(
            quantity=one.quantity,
            lot_id=LotId(one.lot_id) if one.lot_id is not None else None,
            item_code=ItemCode(one.item_code or UNKNOWN_ITEM),
            candidates=found.get(one.item_code or "", ()) if one.lot_id is None else (),
            unattributed=unattributed_lot(kitchen_id, one.item_code or UNKNOWN_ITEM),
        )
        for one in body.ingredients
    )
