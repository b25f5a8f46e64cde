"""Routes: how long goods take from one end to another by road, river or air, and from when until when.

Owns the table of ways and their closures. A route has one direction: a river is faster downstream. Pure.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from shared.contracts.envelope import Payload
from shared.contracts.ids import RouteId
from shared.contracts.routes import ClosureReason, RouteClosed, RouteMode, RouteReopened, RouteSet
from shared.kit.decisions.types import Event, Ref, Refusal, States

_ROUTES = uuid.UUID("6a8f2a56-6a3e-5a0f-9a55-2b7c1c1f8d10")


@dataclass(frozen=True, slots=True)
class Route:
    """A way as it was last set, and its last closure; both days of a closure are part of it."""

    id: str
    version: int
    from_end: str
    to_end: str
    mode: RouteMode
    minutes: int
    valid_from: date
    valid_until: date | None = None
    capacity_kg: int | None = None
    closed_from: date | None = None
    closed_until: date | None = None
    closure: ClosureReason | None = None

    def open_on(self, day: date) -> bool:
        """Whether goods can go this way on a day."""
        valid = self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
        closed = (
            self.closed_from is not None
            and self.closed_from <= day
            and (self.closed_until is None or day <= self.closed_until)
        )
        return valid and not closed


@dataclass(frozen=True, slots=True)
class StatedRoute:
    """A way as the office states it. `ends_known`: both ends are places or areas there are."""

    from_end: str
    to_end: str
    mode: RouteMode
    minutes: int
    valid_from: date
    valid_until: date | None = None
    capacity_kg: int | None = None
    ends_known: bool = True

    @property
    def route_id(self) -> RouteId:
        """The id of the way between these ends by this mode."""
        return route_id(self.from_end, self.to_end, self.mode)


@dataclass(frozen=True, slots=True)
class SetRoutes:
    """The office sets ways or their new figures, all or none; of a way stated twice the last figures hold."""

    routes: tuple[StatedRoute, ...]
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The routes."""
        return [Ref("route", id_) for id_ in dict.fromkeys(one.route_id for one in self.routes)]

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class CloseRoute:
    """The office says that a way cannot be used, from a day on or between two."""

    route_id: RouteId
    reason: ClosureReason
    closed_from: date
    closed_until: date | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The route."""
        return (Ref("route", self.route_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class ReopenRoute:
    """The office says that a way can be used again."""

    route_id: RouteId
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The route."""
        return (Ref("route", self.route_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def route_id(from_end: str, to_end: str, mode: RouteMode) -> RouteId:
    """The id of the way from one end to another by a mode."""
    return RouteId(str(uuid.uuid5(_ROUTES, f"{from_end}/{to_end}/{mode}")))


def decide_set_routes(states: States, command: SetRoutes) -> list[Payload] | Refusal:
    """Set ways between two different ends each; the same figures again are no news."""
    refusals = map(_not_a_way, command.routes)
    refusal = next((one for one in refusals if one is not None), None)
    if refusal is not None:
        return refusal
    stated = {one.route_id: _set(one, command.recorded_on) for one in command.routes}
    return [said for said in stated.values() if _is_news(states.find(Route, said.route_id), said)]


def _not_a_way(stated: StatedRoute) -> Refusal | None:
    if stated.from_end == stated.to_end or not stated.ends_known:
        return Refusal(
            slug="route-ends-unknown",
            detail="A route leads from one place or area to another that is known.",
            next_step="Check both ends; open the place first.",
            status=422,
        )
    if stated.valid_until is not None and stated.valid_until < stated.valid_from:
        return _ends_before_it_begins()
    return None


def _set(stated: StatedRoute, recorded_on: date) -> RouteSet:
    return RouteSet(
        route_id=stated.route_id,
        from_end=stated.from_end,
        to_end=stated.to_end,
        mode=stated.mode,
        minutes=stated.minutes,
        capacity_kg=stated.capacity_kg,
        valid_from=stated.valid_from,
        valid_until=stated.valid_until,
        set_on=recorded_on,
    )


def _is_news(route: Route | None, said: RouteSet) -> bool:
    return route is None or _with_figures(route, said) != route


def decide_close_route(states: States, command: CloseRoute) -> list[Payload] | Refusal:
    """Close a way; a later closure takes the place of the earlier."""
    if states.find(Route, command.route_id) is None:
        return _route_unknown()
    if command.closed_until is not None and command.closed_until < command.closed_from:
        return _ends_before_it_begins()
    return [
        RouteClosed(
            route_id=command.route_id,
            reason=command.reason,
            closed_from=command.closed_from,
            closed_until=command.closed_until,
        )
    ]


def decide_reopen_route(states: States, command: ReopenRoute) -> list[Payload] | Refusal:
    """Open a closed way again."""
    route = states.find(Route, command.route_id)
    if route is None:
        return _route_unknown()
    if route.closed_from is None:
        return []
    return [RouteReopened(route_id=command.route_id, reopened_on=command.recorded_on)]


def _route_unknown() -> Refusal:
    return Refusal(
        slug="route-unknown",
        detail="There is no route under this id.",
        next_step="Check the id, or set the route first.",
        status=404,
    )


def _ends_before_it_begins() -> Refusal:
    return Refusal(
        slug="ends-before-it-begins",
        detail="The last day lies before the first.",
        next_step="Correct the days and send again under a new Idempotency-Key.",
        status=422,
    )


def _with_figures(route: Route, said: RouteSet) -> Route:
    return replace(
        route,
        minutes=said.minutes,
        capacity_kg=said.capacity_kg,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
    )


def evolve_route(route: Route | None, event: Event) -> Route:
    """The route after it was set, closed or opened again."""
    match event.payload:
        case RouteSet() as said:
            before = route or Route(
                event.ref.id, 0, said.from_end, said.to_end, said.mode, said.minutes, said.valid_from
            )
            return replace(_with_figures(before, said), version=event.sequence)
        case RouteClosed() as said if route is not None:
            return replace(
                route,
                version=event.sequence,
                closed_from=said.closed_from,
                closed_until=said.closed_until,
                closure=said.reason,
            )
        case RouteReopened() if route is not None:
            return replace(route, version=event.sequence, closed_from=None, closed_until=None, closure=None)
    raise TypeError(f"{event.payload.type} after {route and route.version}")
