"""What the logistics service publishes of routes: how long goods take between two places, and which ways are open.

Owns the shapes and words of routes. An end is a place or an area; a route to an area leads to every place in it.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload
from shared.contracts.ids import RouteId, Slug
from shared.contracts.values import LegalDate, Number


class RouteMode(StrEnum):
    """How goods go: by road, on a river, by air."""

    ROAD = "road"
    RIVER = "river"
    AIR = "air"


class ClosureReason(StrEnum):
    """Why a route cannot be used."""

    FLOODED = "flooded"
    LANDSLIDE = "landslide"
    BRIDGE_DOWN = "bridge_down"
    LOW_WATER = "low_water"
    SMOKE = "smoke"
    NO_VEHICLE = "no_vehicle"
    SECURITY = "security"


class RouteSet(Payload):
    """A way from one end to another, in one direction; set again, the later figures hold."""

    type: ClassVar[str] = "logistics.route_set.v1"
    kind: ClassVar[str] = "route"
    key: ClassVar[str] = "route_id"

    route_id: RouteId
    from_end: Slug = Field(description="a place's id or an area code")
    to_end: Slug = Field(description="a place's id or an area code")
    mode: RouteMode
    minutes: Number
    capacity_kg: Number | None = Field(default=None, description="what one vehicle carries; absent: no limit known")
    valid_from: LegalDate
    valid_until: LegalDate | None = None
    set_on: LegalDate


class RouteClosed(Payload):
    """The way cannot be used between two days, both included."""

    type: ClassVar[str] = "logistics.route_closed.v1"
    kind: ClassVar[str] = "route"
    key: ClassVar[str] = "route_id"

    route_id: RouteId
    reason: ClosureReason
    closed_from: LegalDate
    closed_until: LegalDate | None = None


class RouteReopened(Payload):
    """The way can be used again from a day on."""

    type: ClassVar[str] = "logistics.route_reopened.v1"
    kind: ClassVar[str] = "route"
    key: ClassVar[str] = "route_id"

    route_id: RouteId
    reopened_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (RouteSet, RouteClosed, RouteReopened)
