"""Families and what is over their entitlement, in whatever order partitions and posts bring the news.

Goal: registrations, corrections, hand-outs and links come to the same families and the same excess. Method: one story
shuffled and cut into batches differently, through the batch decider on PostgreSQL, and rebuilt from the log.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from services.logistics.entitlements.domain import LinkHouseholds, UnlinkHouseholds
from services.logistics.entitlements.tables import family_member, over_entitlement
from services.logistics.service import SERVICE
from shared.contracts.distribution import LinkReason, UnlinkReason
from shared.contracts.ids import HouseholdId, PersonId
from shared.contracts.victims import HouseholdRegistration
from shared.kit import clock
from shared.kit.decisions.batch import decide_batch
from shared.kit.decisions.types import Accepted, Command, Item, Origin
from tests.kit.harness import Bench, rebuilt_differs, workbench
from tests.logistics.builders import POST, TODAY, given_line, hand_out, new_id, receive, setting
from tests.logistics.neighbour import registered
from tests.logistics.story import AT
from tests.logistics.test_reactions import reactions_to

pytestmark = pytest.mark.anyio

LOT = new_id()


def sharing(first: HouseholdRegistration, persons: int) -> HouseholdRegistration:
    """Another household with so many persons, the first of whom is registered in the first one too."""
    other = registered(persons=persons)
    twin = other.persons[0].model_copy(update={"same_identity_as": PersonId(first.persons[0].person_id)})
    return other.model_copy(update={"persons": (twin, *other.persons[1:])})


def item(command: Command) -> Item:
    return Item(command, Origin("officer-1", "warehouse", "c-1", AT))


def a_story() -> list[list[Item]]:
    """Chains of three households each, served by a post; some linked by the office, some said to be apart.

    Each inner list keeps its order: a correction comes after what it corrects.
    """
    chance = random.Random(4)
    parts: list[list[Item]] = []
    chains: list[list[HouseholdId]] = []
    for _ in range(8):
        one = registered(persons=chance.randint(1, 4))
        other = sharing(one, chance.randint(1, 3))
        third = sharing(other.model_copy(update={"persons": other.persons[-1:]}), 2)
        members = [HouseholdId(each.household_id) for each in (one, other, third)]
        chains.append(members)
        parts += [reactions_to(each) for each in (one, other)]
        again = registered(third.household_id, 3, again=True)
        parts.append([*reactions_to(third), *(reactions_to(again) if chance.random() < 0.5 else ())])
        for named in ([members[0]], members[1:], [members[2]]):
            line = given_line(chance.randint(1_000, 9_000), lot_id=LOT)
            parts.append([item(hand_out(line, household_ids=tuple(named)))])
        parts.append([item(UnlinkHouseholds(members[0], members[1], UnlinkReason.DIFFERENT_PERSONS, TODAY))])
    for here, there in zip(chains[:4], chains[3:7], strict=True):
        link = LinkHouseholds(chance.choice(here), chance.choice(there), LinkReason.SAME_FAMILY_CARD, TODAY)
        parts.append([item(link)])
    return parts


def shuffled(parts: list[list[Item]], chance: random.Random) -> list[Item]:
    """All parts in another order, each part's own kept."""
    queues = [list(part) for part in parts]
    found = []
    while open_ := [queue for queue in queues if queue]:
        found.append(chance.choice(open_).pop(0))
    return found


async def decide(bench: Bench, items: list[Item], batch: int) -> None:
    for first in range(0, len(items), batch):
        async with bench.database.transaction() as connection:
            outcomes = await decide_batch(connection, bench.rules, items[first : first + batch], now=clock.now())
        assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes


async def seen(bench: Bench) -> tuple[list[Any], list[Any]]:
    """The families, and how much each family got of what beyond what it was due.

    Which of a day's hand-outs is the later one follows from the order they came in; how much is over does not.
    """
    over = sa.select(over_entitlement.c.family_id, sa.func.sum(over_entitlement.c.quantity))
    async with bench.database.reading() as connection:
        families = (await connection.execute(sa.select(family_member).order_by(*family_member.c))).all()
        sums = (await connection.execute(over.group_by(over_entitlement.c.family_id).order_by("family_id"))).all()
    return [tuple(row) for row in families], [tuple(row) for row in sums]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_order_comes_to_the_same_families_and_excess(seed: int, make_database: Callable[[], str]) -> None:
    """What is known at the end is what counts, not when it came to be known."""
    story = a_story()
    chance = random.Random(seed)
    before = [item(command) for command in (*setting(), receive(10_000_000, LOT, place_id=POST))]
    found = []
    whole = [one for part in story for one in part]
    for order, batch in ((whole, 200), (shuffled(story, chance), chance.randint(1, 9))):
        async with workbench(SERVICE, make_database()) as bench:
            await decide(bench, before, 50)
            await decide(bench, order, batch)
            found.append(await seen(bench))
            assert await rebuilt_differs(bench, make_database()) == []
    assert found[0] == found[1]
    assert all(found[0])
