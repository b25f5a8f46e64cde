"""Which goods can serve a request's line, in the order they are taken.

Owns that order: first expiry, then the nearest place, then by id, so that a plan can be repeated; and how near a place
is: by open routes, or by distance where the office asks for that. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from services.logistics.partners.restriction import fits
from services.logistics.routes.network import Network
from shared.contracts.ids import ItemCode, LotId, OwnerId, PlaceId
from shared.contracts.partners import AidedPeople, Restriction
from shared.contracts.requests import PickReason
from shared.contracts.vocabulary import PlaceKind

_GRAMS_IN_KG = 1_000


@dataclass(frozen=True, slots=True)
class Where:
    """Where something is: an area, and coordinates (1e-7 degree) where they are known; of a destination, for whom."""

    area_code: str | None = None
    latitude_e7: int | None = None
    longitude_e7: int | None = None
    place_kind: PlaceKind | None = None
    people: tuple[AidedPeople, ...] = ()


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
        return self.restriction is None or fits(self.restriction, to.area_code, to.place_kind, to.people)


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


def order(offer: Offer, near: Nearness) -> tuple[date, tuple[int, int], str, str]:
    """The place of an offer among others."""
    return offer.expires_on or date.max, near.rank, offer.place_id, offer.lot_id


@dataclass(slots=True)
class Held:
    """An offer, and what of it the plan has not given away yet."""

    offer: Offer
    left: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """Goods that can serve a line, how near they are, and why they stand where they stand."""

    held: Held
    near: Nearness
    why: tuple[PickReason, ...] = ()

    def trips(self, quantity: int, unit_grams: int | None) -> int | None:
        """How often the smallest vehicle on the way goes for a quantity, where weight and vehicle are known."""
        if unit_grams is None or self.near.capacity_kg is None:
            return None
        return -(-quantity * unit_grams // (self.near.capacity_kg * _GRAMS_IN_KG))


class Pool:
    """What one owner has of one item, in runs that expire on the same day, the earliest first."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self.all = [Held(offer, offer.available) for offer in offers]
        self.places = frozenset(held.offer.place_id for held in self.all)
        self.tied = any(held.offer.restriction is not None for held in self.all)
        by_expiry: dict[date, list[Held]] = {}
        for held in self.all:
            by_expiry.setdefault(held.offer.expires_on or date.max, []).append(held)
        self._runs = [by_expiry[expiry] for expiry in sorted(by_expiry)]

    def runs(self) -> Iterator[list[Held]]:
        """The runs of which something is left; what is used up is not looked at again."""
        for run in list(self._runs):
            run[:] = [held for held in run if held.left]
            if run:
                yield run
            else:
                self._runs.remove(run)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What an owner can give of an item to a destination: `places` are those it can come from."""

    pool: Pool
    near: Mapping[str, Nearness]
    to: Where
    places: frozenset[PlaceId]
    why: tuple[PickReason, ...]

    def in_order(self) -> Iterator[Candidate]:
        """What is left of it, in the order it is taken: sorted run by run, for most lines need no more than one."""
        for run in self.pool.runs():
            reached = [held for held in run if held.offer.place_id in self.near and held.offer.may_go(self.to)]
            reached.sort(key=self._order)
            for held in reached:
                yield Candidate(held, self.near[held.offer.place_id], self.why)

    def _order(self, held: Held) -> tuple[tuple[int, int], str, str]:
        offer = held.offer
        return self.near[offer.place_id].rank, offer.place_id, offer.lot_id


_NOTHING = Pool(())


class Goods:
    """The offers of a plan, as they serve each destination."""

    def __init__(self, offers: Sequence[Offer], ways: Ways) -> None:
        self._ways = ways
        self._wheres = {offer.place_id: offer.where for offer in offers}
        by_owner: dict[tuple[str, str | None], list[Offer]] = {}
        for offer in offers:
            by_owner.setdefault((offer.item_code, offer.owner_id), []).append(offer)
        self._pools = {key: Pool(of_pool) for key, of_pool in by_owner.items()}
        self._near: dict[tuple[str, Where], dict[str, Nearness]] = {}
        self._why: dict[tuple[int, frozenset[PlaceId]], tuple[PickReason, ...]] = {}

    def pool(self, item_code: str, owner_id: str) -> Pool:
        """What an owner has of an item."""
        return self._pools.get((item_code, owner_id), _NOTHING)

    def candidates(self, item_code: str, owner_id: str, to_place: str, to: Where) -> Candidates:
        """What an owner can give of an item to a destination."""
        pool = self.pool(item_code, owner_id)
        near = self._near_to(to_place, to)
        if not pool.tied:
            places = frozenset(place for place in pool.places if place in near)
            key = (id(pool), places)
            if key not in self._why:
                self._why[key] = self._decided([held.offer for held in pool.all if held.offer.place_id in places])
            return Candidates(pool, near, to, places, self._why[key])
        offers = [held.offer for held in pool.all if held.offer.place_id in near and held.offer.may_go(to)]
        return Candidates(pool, near, to, frozenset(offer.place_id for offer in offers), self._decided(offers))

    def _near_to(self, to_place: str, to: Where) -> dict[str, Nearness]:
        found = self._near.get((to_place, to))
        if found is None:
            ways = ((place, self._ways.way(place, where, to_place, to)) for place, where in self._wheres.items())
            found = self._near[(to_place, to)] = {place: way for place, way in ways if way is not None}
        return found

    def _decided(self, offers: Sequence[Offer]) -> tuple[PickReason, ...]:
        """What decided among these offers: a reason that had nothing to decide is not given."""
        if len(offers) == 1:
            return (PickReason.ONLY_LOT,)
        expiries = {offer.expires_on for offer in offers}
        places = {offer.place_id for offer in offers}
        first = (PickReason.EARLIEST_EXPIRY,) if len(expiries) > 1 else ()
        return (*first, PickReason.ONLY_PLACE if len(places) == 1 else self._ways.nearest)
