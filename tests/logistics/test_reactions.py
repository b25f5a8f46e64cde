"""What logistics makes of the victims service's events, in whatever order the partitions bring them.

Goal: order is promised within a partition only, and the result is the same. Method: one story of events, shuffled
between partitions and cut into batches differently, through the batch decider on PostgreSQL.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.logistics.needs.tables import demand_area, demand_line, household_need
from services.logistics.places.tables import place, place_device
from services.logistics.service import SERVICE
from shared.contracts import victims
from shared.contracts.envelope import Payload
from shared.kit import clock
from shared.kit.decisions.batch import decide_batch
from shared.kit.decisions.types import Accepted, Event, Item, Origin, Ref
from shared.kit.log.rebuild import dump
from tests.contracts.catalogue_cases import golden
from tests.kit.harness import Bench, rebuilt_differs, workbench
from tests.logistics.builders import POST, TODAY, new_id
from tests.logistics.neighbour import device_enrolled, device_withdrawn, enrolled, registered, shuffled_by_partition
from tests.logistics.story import AT

pytestmark = pytest.mark.anyio

AREAS = ("62.06.01.2001", "62.06.01.2002", "62.06.02.2001")


def a_week_of_registrations() -> list[Payload]:
    """Posts enrolled late, households registered, corrected, moved, and registered twice."""
    chance = random.Random(7)
    story: list[Payload] = []
    households = [new_id() for _ in range(30)]
    for household in households:
        story.append(registered(household, chance.randint(1, 6), area_code=chance.choice(AREAS)))
    for household in chance.sample(households, 15):
        persons = chance.randint(1, 6)
        elsewhere = chance.choice((0, 0, 1, persons))
        area = chance.choice(AREAS)
        story.append(registered(household, persons, elsewhere=min(elsewhere, persons), again=True, area_code=area))
    story += [enrolled(POST), *a_devices_life(), enrolled(new_id(), AREAS[1])]
    return story


def a_devices_life() -> list[Payload]:
    """Enrolled, given a new token, withdrawn, enrolled again in the second it was withdrawn; another one, lost."""
    first, second = new_id(), new_id()
    withdrawn_at = AT + timedelta(days=2, milliseconds=700)
    return [
        device_enrolled(first, AT),
        device_enrolled(second, AT),
        device_enrolled(first, AT + timedelta(days=1)),
        device_withdrawn(first, withdrawn_at),
        device_enrolled(first, withdrawn_at.replace(microsecond=0)),
        device_withdrawn(second, AT + timedelta(days=3)),
    ]


def sequenced(payloads: list[Payload]) -> list[tuple[Payload, int]]:
    """Each event with its sequence in its aggregate, as the victims service logged it."""
    counts: Counter[Ref] = Counter()
    found = []
    for payload in payloads:
        ref = Ref(payload.kind, payload.aggregate_id)
        counts[ref] += 1
        found.append((payload, counts[ref]))
    return found


async def apply(bench: Bench, payloads: list[Payload], *, batch: int) -> None:
    await apply_sequenced(bench, sequenced(payloads), batch=batch)


async def apply_sequenced(bench: Bench, payloads: list[tuple[Payload, int]], *, batch: int) -> None:
    items = [item for payload, sequence in payloads for item in reactions_to(payload, sequence)]
    for first in range(0, len(items), batch):
        async with bench.database.transaction() as connection:
            outcomes = await decide_batch(connection, bench.rules, items[first : first + batch], now=clock.now())
        assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes


def reactions_to(payload: Payload, sequence: int = 1) -> list[Item]:
    event = Event(new_id(), Ref(payload.kind, payload.aggregate_id), sequence, AT, payload, POST, "post")
    origin = Origin("logistics", "service", "c-1", AT, causation_id=event.id, reaction="logistics/test/0")
    return [
        Item(command, origin)
        for reaction in SERVICE.reactions[type(payload)]
        for command in reaction.react(event, TODAY)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_partitions_in_any_order_come_to_the_same_needs(seed: int, make_database: Callable[[], str]) -> None:
    """However the partitions interleave and batches are cut, each area needs the same."""
    story = a_week_of_registrations()
    chance = random.Random(seed)
    shuffled = shuffled_by_partition(story, [chance.randrange(100) for _ in story])
    tables = [household_need, demand_area, demand_line, place, place_device]
    found = []
    for order, batch in ((story, 200), (shuffled, chance.randint(1, 9))):
        async with workbench(SERVICE, make_database()) as bench:
            await apply(bench, order, batch=batch)
            async with bench.database.reading() as connection:
                found.append(await dump(connection, tables))
            assert await rebuilt_differs(bench, make_database()) == []
    assert found[0] == found[1]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_devices_history_is_the_same_in_any_order(seed: int, make_database: Callable[[], str]) -> None:
    """Set aside and taken up later, or told twice: the post's own order of events decides, not the order they came."""
    story = sequenced([enrolled(POST), *a_devices_life()])
    chance = random.Random(seed)
    shuffled = [*story, *chance.sample(story, 3)]
    chance.shuffle(shuffled)
    found = []
    for order in (story, shuffled):
        async with workbench(SERVICE, make_database()) as bench:
            await apply_sequenced(bench, order, batch=chance.randint(1, 9))
            async with bench.database.reading() as connection:
                found.append(await dump(connection, [place, place_device]))
            assert await rebuilt_differs(bench, make_database()) == []
    assert found[0] == found[1]


async def test_an_areas_needs_are_the_sum_of_its_counted_households(database_url: str) -> None:
    """The running sums are those an auditor gets by adding the households up."""
    async with workbench(SERVICE, database_url) as bench:
        await apply(bench, a_week_of_registrations(), batch=7)
        async with bench.database.reading() as connection:
            households = (await connection.execute(sa.select(household_need))).all()
            areas = (await connection.execute(sa.select(demand_area))).all()
            lines = (await connection.execute(sa.select(demand_line))).all()
    counted = [one for one in households if one.counted]
    for area in areas:
        here = [one for one in counted if one.demand_id == area.demand_id]
        assert (area.household_count, area.person_count) == (len(here), sum(one.person_count for one in here))
    for line in lines:
        needed = sum(
            quantity
            for one in counted
            if one.demand_id == line.demand_id
            for code, quantity in one.lines
            if code == line.item_code
        )
        assert line.needed == needed


@pytest.mark.parametrize("payload", [payload for payload in SERVICE.reactions if payload in victims.EVENTS])
def test_every_foreign_event_of_an_older_release_is_understood(payload: type[Payload]) -> None:
    """The golden events of victims become commands."""
    said = payload.model_validate(golden(payload)["data"], extra="ignore")
    assert len(reactions_to(said)) == 1
