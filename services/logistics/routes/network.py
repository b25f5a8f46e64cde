"""The shortest way between two places over the routes open on a day, over several legs where one does not lead there.

Owns what an end that is an area means: a route from or to an area serves every place in it. Being in the same area is
no way: each step is a leg somebody set. Pure.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from services.logistics.routes.domain import Route


@dataclass(frozen=True, slots=True)
class Way:
    """How long goods take, what the smallest vehicle on the way carries (None: no leg says), and the legs' ends."""

    minutes: int
    capacity_kg: int | None = None
    ends: tuple[str, ...] = field(default=(), compare=False)


HERE = Way(0)


class Network:
    """The open routes of a day. `areas` tells where the places are that routes name as ends."""

    def __init__(self, routes: Iterable[Route], areas: Mapping[str, str], day: date) -> None:
        self._areas = areas
        self._from_end: dict[str, list[Route]] = defaultdict(list)
        self._from_inside: dict[str, list[Route]] = defaultdict(list)
        self._reached: dict[tuple[str, str | None], dict[str, Way]] = {}
        for route in routes:
            if route.open_on(day):
                self._from_end[route.from_end].append(route)
                for area in _around(route.from_end, areas.get(route.from_end)):
                    self._from_inside[area].append(route)

    def way(self, from_place: str, from_area: str | None, to_place: str, to_area: str | None) -> Way | None:
        """The shortest way between two places, or None where no open route leads there."""
        if from_place == to_place:
            return HERE
        reached = self._reached_from(from_place, from_area)
        arrivals = [reached[end] for end in _around(to_place, to_area) if end in reached]
        return min(arrivals, key=lambda way: way.minutes, default=None)

    def stops(self, from_place: str, from_area: str | None, to_place: str, to_area: str | None) -> tuple[str, ...]:
        """The places the shortest way passes, in order; none where no open route leads there."""
        way = self.way(from_place, from_area, to_place, to_area) or HERE
        passed = dict.fromkeys(end for end in way.ends if end in self._areas)
        return tuple(end for end in passed if end not in (from_place, to_place))

    def _reached_from(self, place: str, area: str | None) -> dict[str, Way]:
        """The shortest way to every end that can be reached from a place."""
        found = self._reached.get((place, area))
        if found is not None:
            return found
        reached: dict[str, Way] = {}
        waiting = [_leg(HERE, route) for end in _around(place, area) for route in self._from_end.get(end, ())]
        heapq.heapify(waiting)
        while waiting:
            minutes, end, capacity, ends = heapq.heappop(waiting)
            if end in reached:
                continue
            way = reached[end] = Way(minutes, capacity if capacity >= 0 else None, ends)
            for route in self._onward(end):
                heapq.heappush(waiting, _leg(way, route))
        self._reached[(place, area)] = reached
        return reached

    def _onward(self, end: str) -> list[Route]:
        """The routes goods can take on from an end: those from it, from an area it lies in, or from within it."""
        _, *areas = _around(end, self._areas.get(end))
        around = [route for area in areas for route in self._from_end.get(area, ())]
        return [*self._from_inside.get(end, ()), *around]


def _leg(way: Way, route: Route) -> tuple[int, str, int, tuple[str, ...]]:
    """A way made longer by a route, as the search orders it; -1 stands for no limit known."""
    limits = [limit for limit in (way.capacity_kg, route.capacity_kg) if limit is not None]
    return way.minutes + route.minutes, route.to_end, min(limits, default=-1), (*way.ends, route.from_end, route.to_end)


def _around(end: str, area: str | None) -> list[str]:
    """An end and the areas it lies in, from the smallest. An end that no place is known for is an area itself."""
    code = area if area is not None else end
    parts = code.split(".")
    areas = [".".join(parts[:levels]) for levels in range(len(parts), 0, -1)]
    return list(dict.fromkeys([end, *areas]))
