"""Which goods can serve a request's line, in the order they are taken.

Owns that order: first expiry, then the nearest place, then by id, so that a plan can be repeated; and how near a place
is: by open routes, or by distance where the office asks for that. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from services.logistics.partners.restriction import fits
from services.logistics.routes.network import Network
from shared.contracts.ids import ItemCode, LotId, OwnerId, PlaceId
from shared.contracts.partners import Restriction
from shared.contracts.requests import PickReason
from shared.contracts.vocabulary import PlaceKind

_GRAMS_IN_KG = 1_000


@dataclass(frozen=True, slots=True)
class Where:
    """Where something is: an area, and coordinates (1e-7 degree) where they are known."""

    area_code: str | None = None
    latitude_e7: int | None = None
    longitude_e7: int | None = None
    place_kind: PlaceKind | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What of a lot is free in a place. `restriction` is what a donor tied it to, as it holds on the plan's day."""

    lot_id: LotId
    item_code: ItemCode
    place_id: PlaceId
    available: int
    expires_on: date | None
    where: Where
    owner_id: OwnerId | None = None
    restriction: Restriction | None = None

    def may_go(self, to: Where) -> bool:
        """Whether its donor lets it go there."""
        return self.restriction is None or fits(self.restriction, to.area_code, to.place_kind)


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near a place is, for comparing only, and what is known of the way."""

    rank: tuple[int, int]
    minutes: int | None = None
    capacity_kg: int | None = None


class Ways(Protocol):
    """How goods come from one place to another."""

    nearest: PickReason

    def way(self, from_place: str, from_: Where, to_place: str, to: Where) -> Nearness | None:
        """How near a place is, or None where nothing leads there."""
        ...


class ByRoutes:
    """Over open routes alone: no route, no proposal."""

    nearest = PickReason.NEAREST_OPEN_ROUTE

    def __init__(self, network: Network) -> None:
        self._network = network

    def way(self, from_place: str, from_: Where, to_place: str, to: Where) -> Nearness | None:
        """As near as the shortest way takes minutes."""
        way = self._network.way(from_place, from_.area_code, to_place, to.area_code)
        return None if way is None else Nearness((0, way.minutes), way.minutes, way.capacity_kg)


class ByDistance:
    """As the crow flies: where nobody set routes yet and the office asks for it."""

    nearest = PickReason.NEAREST_BY_DISTANCE

    def way(self, from_place: str, from_: Where, to_place: str, to: Where) -> Nearness | None:
        """As near as it lies."""
        return Nearness((0, -1) if from_place == to_place else distance(from_, to))


def distance(from_: Where, to: Where) -> tuple[int, int]:
    """How far two places are from each other, for comparing only: by coordinates, else by the areas they share.

    The square of the distance in 1e-7 degrees, both directions alike: within Central Kalimantan (4 degrees from the
    equator) a degree of longitude is at most 0.3 % shorter than one of latitude.
    """
    if (
        from_.latitude_e7 is not None
        and from_.longitude_e7 is not None
        and to.latitude_e7 is not None
        and to.longitude_e7 is not None
    ):
        north, east = from_.latitude_e7 - to.latitude_e7, from_.longitude_e7 - to.longitude_e7
        return 0, north * north + east * east
    return 1, -_shared_levels(from_.area_code, to.area_code)


def _shared_levels(one: str | None, other: str | None) -> int:
    levels = 0
    for ours, theirs in zip((one or "").split("."), (other or "").split("."), strict=False):
        if ours != theirs or not ours:
            break
        levels += 1
    return levels


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer that can serve a line, how near it is, and why it stands where it stands."""

    offer: Offer
    near: Nearness
    why: tuple[PickReason, ...] = ()

    @property
    def key(self) -> tuple[LotId, PlaceId]:
        """The balance it draws on."""
        return self.offer.lot_id, self.offer.place_id

    @property
    def minutes(self) -> int | None:
        """How long the way takes, where it goes by routes."""
        return self.near.minutes

    def trips(self, quantity: int, unit_grams: int | None) -> int | None:
        """How often the smallest vehicle on the way goes for a quantity, where weight and vehicle are known."""
        if unit_grams is None or self.near.capacity_kg is None:
            return None
        return -(-quantity * unit_grams // (self.near.capacity_kg * _GRAMS_IN_KG))


def order(offer: Offer, near: Nearness) -> tuple[date, tuple[int, int], str, str]:
    """The place of an offer among others."""
    return offer.expires_on or date.max, near.rank, offer.place_id, offer.lot_id


class Candidates:
    """The offers of a plan, as they serve each destination; looked up once for each."""

    def __init__(self, offers: Sequence[Offer], ways: Ways) -> None:
        self._ways = ways
        self._offers: dict[tuple[str, str | None], list[Offer]] = {}
        for offer in offers:
            self._offers.setdefault((offer.item_code, offer.owner_id), []).append(offer)
        self._found: dict[tuple[str, str, str, Where], tuple[Candidate, ...]] = {}
        self._nearness: dict[tuple[str, Where, str, Where], Nearness | None] = {}

    def of(self, item_code: str, owner_id: str, to_place: str, to: Where) -> tuple[Candidate, ...]:
        """What an owner can give of an item to a destination, in the order it is taken."""
        key = (item_code, owner_id, to_place, to)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._ordered(self._offers.get((item_code, owner_id), ()), to_place, to)
        return found

    def unreached(self, item_code: str, owner_id: str) -> bool:
        """Whether an owner has anything of an item at all, reached or not."""
        return bool(self._offers.get((item_code, owner_id)))

    def tied(self, item_code: str, owner_id: str, to: Where) -> bool:
        """Whether all an owner has of an item is tied by donors to other uses."""
        return not any(offer.may_go(to) for offer in self._offers.get((item_code, owner_id), ()))

    def _ordered(self, offers: Sequence[Offer], to_place: str, to: Where) -> tuple[Candidate, ...]:
        near = [(offer, self._way(offer, to_place, to)) for offer in offers if offer.may_go(to)]
        reached = [(offer, way) for offer, way in near if way is not None]
        why = self._why([offer for offer, _ in reached])
        reached.sort(key=lambda one: order(*one))
        return tuple(Candidate(offer, way, why) for offer, way in reached)

    def _way(self, offer: Offer, to_place: str, to: Where) -> Nearness | None:
        key = (offer.place_id, offer.where, to_place, to)
        if key not in self._nearness:
            self._nearness[key] = self._ways.way(offer.place_id, offer.where, to_place, to)
        return self._nearness[key]

    def _why(self, offers: Sequence[Offer]) -> tuple[PickReason, ...]:
        """What decided among these offers: a reason that had nothing to decide is not given."""
        if len(offers) == 1:
            return (PickReason.ONLY_LOT,)
        expiries = {offer.expires_on for offer in offers}
        places = {offer.place_id for offer in offers}
        first = (PickReason.EARLIEST_EXPIRY,) if len(expiries) > 1 else ()
        return (*first, PickReason.ONLY_PLACE if len(places) == 1 else self._ways.nearest)
