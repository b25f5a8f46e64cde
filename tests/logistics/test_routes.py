"""Ways between places: dated, closed and opened, and the shortest over several legs."""

import itertools
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.logistics.routes.domain import CloseRoute, ReopenRoute, Route, SetRoutes, StatedRoute, route_id
from services.logistics.routes.network import Network, Way
from shared.contracts.ids import RouteId
from shared.contracts.routes import ClosureReason, RouteMode
from tests.logistics.builders import TODAY
from tests.logistics.story import Story

STORE = "gudang-kasongan"
AREAS = {STORE: "62.06.05", "dermaga": "62.06.05", "bandara": "62.71.03"}


def leg(from_end: str, to_end: str, minutes: int, **changes: object) -> Route:
    given_: dict[str, object] = {"mode": RouteMode.ROAD, "valid_from": TODAY, **changes}
    return Route(f"{from_end}/{to_end}", 1, from_end, to_end, minutes=minutes, **given_)  # type: ignore[arg-type]


def set_route(minutes: int = 60, **changes: object) -> SetRoutes:
    given_: dict[str, object] = {"valid_from": TODAY, **changes}
    stated = StatedRoute(STORE, "62.06.01", RouteMode.RIVER, minutes, **given_)  # type: ignore[arg-type]
    return SetRoutes((stated,), TODAY)


def way(routes: list[Route], to_place: str, to_area: str | None, *, on: date = TODAY) -> Way | None:
    return Network(routes, AREAS, on).way(STORE, AREAS[STORE], to_place, to_area)


def test_a_route_to_an_area_leads_to_every_place_in_it() -> None:
    """One row serves a district's villages."""
    routes = [leg(STORE, "62.06.01", 60)]
    assert way(routes, "desa-2001", "62.06.01.2001") == Way(60)
    assert way(routes, "desa-2001", "62.06.02.2001") is None


def test_being_in_one_area_is_no_way() -> None:
    """Somebody must have said that goods can go there: between two banks of a river there may be nothing."""
    assert way([], "desa-2001", "62.06.05.2001") is None
    assert way([leg("62.06", "62.07", 60)], "desa-2001", "62.06.01.2001") is None
    assert way([], STORE, "62.06.05") == Way(0)


def test_the_shortest_way_may_change_from_road_to_boat_and_its_smallest_vehicle_counts() -> None:
    """By road to the landing and up the river is nearer than the long road round."""
    routes = [
        leg(STORE, "dermaga", 20, capacity_kg=8_000),
        leg("dermaga", "62.06.01", 90, mode=RouteMode.RIVER, capacity_kg=1_500),
        leg(STORE, "62.06.01", 240),
    ]
    assert way(routes, "desa-2001", "62.06.01.2001") == Way(110, 1_500)


def test_a_route_is_used_on_the_days_it_is_open() -> None:
    """Both days of a closure are closed; after its last day a route is no more."""
    tomorrow, later = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
    closed = [leg(STORE, "62.06.01", 60, closed_from=TODAY, closed_until=tomorrow)]
    assert way(closed, "desa-2001", "62.06.01.2001", on=tomorrow) is None
    assert way(closed, "desa-2001", "62.06.01.2001", on=later) == Way(60)
    ended = [leg(STORE, "62.06.01", 60, valid_until=tomorrow)]
    assert way(ended, "desa-2001", "62.06.01.2001", on=later) is None


@given(st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), st.integers(1, 50), max_size=14))
def test_the_way_is_the_shortest_there_is(minutes: dict[tuple[int, int], int]) -> None:
    """No path over the same legs is faster, and where there is none there is no way."""
    minutes = {ends: took for ends, took in minutes.items() if ends[0] != ends[1]}
    network = Network([leg(f"t{a}", f"t{b}", took) for (a, b), took in minutes.items()], {}, TODAY)
    best: dict[int, int] = {}
    for length in range(1, 6):
        for path in itertools.permutations(range(6), length + 1):
            legs = list(itertools.pairwise(path))
            if path[0] == 0 and all(one in minutes for one in legs):
                best[path[-1]] = min(best.get(path[-1], 10**6), sum(minutes[one] for one in legs))
    found = {end: network.way("t0", None, f"t{end}", None) for end in range(1, 6)}
    assert {end: one.minutes for end, one in found.items() if one is not None} == best


def test_a_route_is_set_again_closed_and_opened() -> None:
    """New figures take the place of the old; the same figures are no news; a closure ends by an event."""
    story = Story()
    id_ = route_id(STORE, "62.06.01", RouteMode.RIVER)
    assert story.refused(CloseRoute(RouteId(id_), ClosureReason.FLOODED, TODAY)) == "route-unknown"
    story.accepted(set_route(60))
    assert story.accepted(set_route(60)) == []
    story.accepted(set_route(75))
    story.accepted(CloseRoute(RouteId(id_), ClosureReason.LOW_WATER, TODAY))
    closed = story.state(Route, id_)
    assert (closed.minutes, closed.open_on(TODAY), closed.open_on(TODAY - timedelta(days=1))) == (75, False, False)
    story.accepted(ReopenRoute(RouteId(id_), TODAY))
    assert story.accepted(ReopenRoute(RouteId(id_), TODAY)) == []
    assert story.state(Route, id_).open_on(TODAY)


def test_a_route_needs_two_known_ends_and_days_in_their_order() -> None:
    """An office's slip of the pen is told at once."""
    story = Story()
    assert story.refused(set_route(ends_known=False)) == "route-ends-unknown"
    assert story.refused(set_route(valid_until=TODAY - timedelta(days=1))) == "ends-before-it-begins"
