"""Field kitchens (dapur umum): ingredients in, meals out.

Owns that ingredients consumed leave the kitchen's custody, and the flag of consumption that does not fit the portions.
A post's report has happened and is taken whatever the books say; the office, which can look first, is refused what is
not there. Pure.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.logistics.handouts.domain import GivenLine, lot_flags, lots_of
from services.logistics.intake.domain import Capture, believed_at, not_authorised, sender_flags
from services.logistics.kitchens.recipes import expected, implausible, in_force
from services.logistics.periods.late import OPEN_BOOKS, ClosedBooks
from services.logistics.places import domain as places
from services.logistics.stock.domain import lot_refs
from services.logistics.stock.posting import Postings, Transfer
from shared.contracts.envelope import Payload
from shared.contracts.ids import DisasterId, LotId, MealId, PlaceId, RecipeId, RequestId, Subject
from shared.contracts.kitchens import ConsumedLine, MealsServed
from shared.contracts.vocabulary import FieldFlag, MovementReason, PlaceKind
from shared.kit.decisions.types import Event, Ref, Refusal, States

# The list of flags is open: these concern kitchens alone.
IMPLAUSIBLE_CONSUMPTION = FieldFlag("implausible_consumption")
UNKNOWN_KITCHEN = FieldFlag("unknown_kitchen")


@dataclass(frozen=True, slots=True)
class Meal:
    """One serving of meals on record, as it was first told."""

    id: str
    version: int
    kitchen_id: str
    disaster_id: str
    portions: int
    person_count: int
    served_on: date


@dataclass(frozen=True, slots=True)
class Teller:
    """The post's device that reports for a kitchen."""

    place_id: PlaceId
    capture: Capture


@dataclass(frozen=True, slots=True)
class ServeMeals:
    """A kitchen served meals. `told_by` is None where the office records it; `closed` are books closed for the day."""

    meal_id: MealId
    disaster_id: DisasterId
    kitchen_id: PlaceId
    portions: int
    person_count: int
    recipe_id: RecipeId
    lines: tuple[GivenLine, ...]
    seed: str
    served_on: date
    recorded_on: date
    told_by: Teller | None = None
    flags: tuple[FieldFlag, ...] = ()
    holders: tuple[RequestId, ...] = ()
    closed: ClosedBooks = OPEN_BOOKS

    def lot_ids(self) -> Iterator[LotId]:
        """Every lot the ingredients may be of."""
        for line in self.lines:
            yield from line.lot_ids()

    def aggregates(self) -> Sequence[Ref]:
        """The meal, the lots, and the requests whose reservations it may break."""
        requests = tuple(Ref("request", request_id) for request_id in self.holders)
        return (*lot_refs(list(self.lot_ids())), Ref("meal", self.meal_id), *requests)

    def reads(self) -> Sequence[Ref]:
        """The kitchen, the recipe, the post that tells, and the books closed for the day."""
        told_by = () if self.told_by is None else (Ref("place", self.told_by.place_id),)
        return (Ref("place", self.kitchen_id), Ref("recipe", self.recipe_id), *told_by, *self.closed.refs())


def decide_serve_meals(states: States, command: ServeMeals) -> list[Payload] | Refusal:
    """Take the ingredients out of the kitchen's custody; the same meals told again move nothing."""
    refusal = _cannot_serve(states, command)
    if refusal is not None:
        return refusal
    postings = Postings.over(
        states,
        command.lot_ids(),
        seed=command.seed,
        cause=Subject(f"meal/{command.meal_id}"),
        moved_on=command.recorded_on,
        captured_at=None if command.told_by is None else believed_at(command.told_by.capture, command.flags),
        holders=command.holders,
        posted_on=command.closed.posted_on,
        prior_period=command.closed.days(states),
    )
    flags = [*command.flags, *_sender_flags(states, command)]
    for line in command.lines:
        flags += _consume(line, command, postings)
    if command.told_by is None and FieldFlag.NEGATIVE_STOCK in flags:
        return Refusal(
            slug="ingredients-short",
            detail="The kitchen does not have that much of its ingredients in its custody.",
            next_step="Correct the amounts, or record first how the ingredients came there.",
        )
    version, recipe = in_force(states, command.recipe_id)
    wanted = expected(recipe, command.portions)
    consumed: dict[str, int] = defaultdict(int)
    for one in postings.moves:
        consumed[one.item_code] += one.quantity
    if implausible(wanted, consumed):
        flags.append(IMPLAUSIBLE_CONSUMPTION)
    told_before = states.find(Meal, command.meal_id) is not None
    if told_before:
        flags.append(FieldFlag.LIKELY_DUPLICATE)
    served = MealsServed(
        meal_id=command.meal_id,
        disaster_id=command.disaster_id,
        kitchen_id=command.kitchen_id,
        portions=command.portions,
        person_count=command.person_count,
        recipe_id=command.recipe_id,
        recipe_version=version,
        consumed=tuple(
            ConsumedLine(lot_id=one.lot_id, item_code=one.item_code, quantity=one.quantity) for one in postings.moves
        ),
        expected=wanted,
        served_on=command.served_on,
        flags=tuple(dict.fromkeys(flags)),
    )
    return [served] if told_before else [served, *postings.events]


def _cannot_serve(states: States, command: ServeMeals) -> Refusal | None:
    if command.told_by is not None:
        return not_authorised(states, command.told_by.place_id, command.told_by.capture)
    if places.kind_of(states, command.kitchen_id) is not PlaceKind.KITCHEN:
        return places.place_unknown(command.kitchen_id)
    if command.served_on > command.recorded_on:
        return Refusal(
            slug="meals-of-the-future",
            detail="The day of the meals is still to come.",
            next_step="Record them when they were served.",
            status=422,
        )
    if states.find(Meal, command.meal_id) is not None:
        return Refusal(
            slug="meals-recorded-already",
            detail="Meals were recorded under this id already.",
            next_step="Record them under another id.",
        )
    return None


def _sender_flags(states: States, command: ServeMeals) -> list[FieldFlag]:
    flags = []
    if places.kind_of(states, command.kitchen_id) is not PlaceKind.KITCHEN:
        flags.append(UNKNOWN_KITCHEN)
    if command.told_by is not None:
        flags += sender_flags(states, command.told_by.place_id, command.told_by.capture)
    return flags


def _consume(line: GivenLine, command: ServeMeals, postings: Postings) -> list[FieldFlag]:
    flags: list[FieldFlag] = []
    for lot_id, quantity in lots_of(line, command.kitchen_id, postings):
        flags += lot_flags(lot_id, line, command.served_on, postings)
        transfer = Transfer(
            lot_id=lot_id,
            from_place_id=command.kitchen_id,
            to_place_id=places.CONSUMED,
            quantity=quantity,
            reason=MovementReason.CONSUMPTION,
            item_code=line.item_code,
        )
        flags += postings.post(transfer).flags
    return flags


def evolve_meal(meal: Meal | None, event: Event) -> Meal:
    """The meals as they were first told."""
    match event.payload:
        case MealsServed() if meal is not None:
            return replace(meal, version=event.sequence)
        case MealsServed() as said:
            return Meal(
                id=event.ref.id,
                version=event.sequence,
                kitchen_id=said.kitchen_id,
                disaster_id=said.disaster_id,
                portions=said.portions,
                person_count=said.person_count,
                served_on=said.served_on,
            )
    raise TypeError(f"{event.payload.type} after {meal and meal.version}")
