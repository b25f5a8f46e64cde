"""How long the plan of a large disaster takes: 1,000 requests of 30 items each, over 40 warehouses and a web of routes.

Owns the drawn disaster and the measurement. It times what the allocation door does between reading and deciding:
the ways, the order of goods, the shares and what is said of each line. Must not touch a database.
"""

import itertools
import sys
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from services.logistics.requests.candidates import ByRoutes, Offer, Where
from services.logistics.requests.planner import Wanted, plan
from services.logistics.routes.domain import Route
from services.logistics.routes.network import Network
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ItemCode, LotId, OwnerId, PlaceId, RequestId
from shared.contracts.routes import RouteMode
from shared.contracts.vocabulary import Urgency

TODAY = date(2026, 11, 20)
PROVINCE = OwnerId("province")
DISTRICTS = 136


@dataclass(frozen=True, slots=True)
class Size:
    """How large the disaster is. `lots` are those of each item in each warehouse."""

    requests: int = 1_000
    warehouses: int = 40
    items: int = 30
    lots: int = 2


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan took and came to."""

    took_s: float
    cpu_s: float
    lines: int
    offers: int
    routes: int
    picks: int
    shared: int


def plan_once(size: Size, *, scarce: bool, seed: int = 7) -> Planned:
    """Plan a drawn disaster; where goods are scarce a third of what is asked for is there, else twice as much."""
    random = Random(seed)
    wanted = [_wanted(random, number, size) for number in range(size.requests)]
    asked = sum(line.quantity for one in wanted for line in one.short)
    there = asked // 3 if scarce else asked * 2
    each = there // (size.warehouses * size.items * size.lots)
    offers = _offers(random, size, each)
    routes = _routes(random, size)
    numbers = itertools.count(1)
    began, began_cpu = time.perf_counter(), time.process_time()
    ways = ByRoutes(Network(routes, {_store(number): _district(number) for number in range(size.warehouses)}, TODAY))
    planned = plan(wanted, offers, ways, lambda: f"00000000-0000-4000-8000-{next(numbers):012}", unit_grams={})
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    return Planned(
        took_s,
        cpu_s,
        sum(len(one.short) for one in wanted),
        len(offers),
        len(routes),
        sum(len(one.picks) for one in planned.values()),
        sum(len(one.shares) for one in planned.values()),
    )


def _district(number: int) -> str:
    return f"62.{number % 14 + 1:02}.{number % DISTRICTS // 14 + 1:02}"


def _store(number: int) -> PlaceId:
    return PlaceId(f"gudang-{number}")


def _wanted(random: Random, number: int, size: Size) -> Wanted:
    lines = tuple(
        ItemQuantity(item_code=ItemCode(f"barang-{item}"), quantity=random.randint(1, 2_000))
        for item in range(size.items)
    )
    return Wanted(
        request_id=RequestId(f"20000000-0000-4000-8000-{number:012}"),
        owner_id=PROVINCE,
        short=lines,
        to_place_id=PlaceId(f"desa-{number}"),
        where=Where(f"{_district(number)}.{2001 + number // DISTRICTS}"),
        urgency=random.choice(list(Urgency)),
        due_at=datetime(2026, 11, 21, tzinfo=UTC) + timedelta(minutes=random.randint(0, 2_880)),
        requested={line.item_code: line.quantity for line in lines},
        person_count=random.randint(1, 900),
    )


def _offers(random: Random, size: Size, each: int) -> list[Offer]:
    places = itertools.product(range(size.warehouses), range(size.items), range(size.lots))
    return [
        Offer(
            lot_id=LotId(f"10000000-0000-4000-8000-{number:012}"),
            item_code=ItemCode(f"barang-{item}"),
            place_id=_store(store),
            available=max(1, random.randint(each // 2, each + each // 2)),
            expires_on=random.choice([None, TODAY + timedelta(days=random.randint(10, 700))]),
            where=Where(_district(store)),
            owner_id=PROVINCE,
        )
        for number, (store, item, _) in enumerate(places)
    ]


def _routes(random: Random, size: Size) -> list[Route]:
    """A web of districts by road and river, and a way from each warehouse into it."""
    legs: list[tuple[str, str]] = [(_store(number), _district(number)) for number in range(size.warehouses)]
    for number in range(DISTRICTS):
        legs += [(_district(number), _district((number + step) % DISTRICTS)) for step in (1, 14, DISTRICTS - 1)]
    modes = list(RouteMode)
    return [
        Route(f"{from_}/{to}", 1, from_, to, random.choice(modes), random.randint(10, 240), TODAY, capacity_kg=1_500)
        for from_, to in dict.fromkeys(legs)
        if from_ != to
    ]


def main() -> None:
    """Print what plans of the full size take."""
    for scarce in (False, True):
        planned = plan_once(Size(), scarce=scarce)
        sys.stdout.write(f"{'scarce' if scarce else 'plenty'}: {planned}\n")


if __name__ == "__main__":
    main()
