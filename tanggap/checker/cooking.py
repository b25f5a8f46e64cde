"""Whether meals came out of what went into them: taken from the kitchen, by its recipe, flagged where it is not so.

Owns the built-in recipe as the box publishes it. Must not look at who ate.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from tanggap.checker.evidence import Entry, Log
from tanggap.checker.findings import Finding, Kind

# Version 0 of a recipe, before the office sets one: a portion of rice in grams and one side dish.
BUILT_IN = {"beras": 200, "lauk-pauk": 1}


def check_cooking(log: Log) -> Iterator[Finding]:
    """Look at all meals of the log."""
    kitchens = {entry.data["place_id"] for entry in log.named("place_opened") if entry.data["place_kind"] == "kitchen"}
    recipes = {(entry.data["recipe_id"], entry.sequence): _portion(entry) for entry in log.named("recipe_set")}
    taken: dict[str, list[Entry]] = defaultdict(list)
    for entry in log.named("stock_moved"):
        if entry.data["reason"] == "consumption" and "reverses" not in entry.data:
            taken[entry.data["cause"]].append(entry)
    for meal in log.named("meals_served"):
        kitchen, flags = meal.data["kitchen_id"], meal.data.get("flags", ())
        if kitchen not in kitchens and "unknown_kitchen" not in flags:
            yield _broken(log, meal, f"{kitchen} is no kitchen")
        for move in taken[meal.subject]:
            if (move.data["from_place_id"], move.data["to_place_id"]) != (kitchen, "consumed"):
                yield _broken(log, meal, f"{move.data['from_place_id']} gave what {kitchen} cooked")
        portion = recipes.get((meal.data["recipe_id"], meal.data["recipe_version"]), BUILT_IN)
        yield from _plausible(log, meal, portion)


def _portion(entry: Entry) -> Mapping[str, int]:
    return {line["item_code"]: line["quantity_per_portion"] for line in entry.data["lines"]}


def _plausible(log: Log, meal: Entry, portion: Mapping[str, int]) -> Iterator[Finding]:
    """What was expected is the recipe's, and what lies far from it is flagged, nothing else."""
    expected = {line["item_code"]: line["quantity"] for line in meal.data["expected"]}
    if expected != {item: quantity * meal.data["portions"] for item, quantity in portion.items()}:
        yield _broken(log, meal, "expected is other than the recipe says for so many portions")
    consumed: Counter[str] = Counter()
    for line in meal.data["consumed"]:
        consumed[line["item_code"]] += line["quantity"]
    far = any(not quantity <= 2 * consumed[item] <= 3 * quantity for item, quantity in expected.items())
    if far is not ("implausible_consumption" in meal.data.get("flags", ())):
        yield _broken(log, meal, "it is flagged otherwise than what went into it")


def _broken(log: Log, meal: Entry, detail: str) -> Finding:
    return Finding(Kind.RULE, log.service, meal.subject, detail)
