"""Which lots to reserve for which request: first expiry first, then the nearest place, split where one is not enough.

Owns the order of choice. First expiry decides before distance, since expired kits have reached victims (Tangsel,
January 2024). Pure: it reads no clock and no table, and nothing it proposes is more than is there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ItemCode, LotId, PlaceId, RequestId, ReservationId
from shared.contracts.requests import ALLOCATIONS_MAX, Allocation
from shared.contracts.vocabulary import Urgency

URGENCIES = (Urgency.CRITICAL, Urgency.HIGH, Urgency.MEDIUM, Urgency.LOW)


@dataclass(frozen=True, slots=True)
class Where:
    """Where something is: an area, and coordinates (1e-7 degree) where they are known."""

    area_code: str | None = None
    latitude_e7: int | None = None
    longitude_e7: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What of a lot is free in a place."""

    lot_id: LotId
    item_code: ItemCode
    place_id: PlaceId
    available: int
    expires_on: date | None
    where: Where


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request is short of, where it is to go, and how soon."""

    request_id: RequestId
    short: tuple[ItemQuantity, ...]
    where: Where
    urgency: Urgency
    due_at: datetime


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
    shared = 0
    for ours, theirs in zip((one or "").split("."), (other or "").split("."), strict=False):
        if ours != theirs or not ours:
            break
        shared += 1
    return shared


def plan(
    wanted: Iterable[Wanted], offers: Sequence[Offer], new_id: Callable[[], str]
) -> dict[RequestId, tuple[Allocation, ...]]:
    """The reservations for each request, the most urgent and then the soonest due served first.

    `new_id` names the reservations. A request of many small lots is served in part: no more than 1,000
    reservations are made at once.
    """
    left = {(offer.lot_id, offer.place_id): offer.available for offer in offers}
    by_item: dict[ItemCode, list[Offer]] = {}
    for offer in offers:
        by_item.setdefault(offer.item_code, []).append(offer)
    planned: dict[RequestId, tuple[Allocation, ...]] = {}
    for request in sorted(wanted, key=_turn):
        picks: list[Allocation] = []
        for line in request.short:
            open_ = [offer for offer in by_item.get(line.item_code, ()) if left[(offer.lot_id, offer.place_id)] > 0]
            ordered = sorted(open_, key=lambda offer: order(offer, request.where))
            picks += _pick(line, ordered, left, new_id, most=ALLOCATIONS_MAX - len(picks))
        planned[request.request_id] = tuple(picks)
    return planned


def _turn(request: Wanted) -> tuple[int, datetime, str]:
    return URGENCIES.index(request.urgency), request.due_at, request.request_id


def order(offer: Offer, to: Where) -> tuple[date, tuple[int, int], str, str]:
    """The place of an offer among others: first expiry, then nearest, then by id, so that a plan can be repeated."""
    return offer.expires_on or date.max, distance(offer.where, to), offer.place_id, offer.lot_id


def _pick(
    line: ItemQuantity,
    offers: Iterable[Offer],
    left: dict[tuple[LotId, PlaceId], int],
    new_id: Callable[[], str],
    *,
    most: int,
) -> list[Allocation]:
    picks: list[Allocation] = []
    open_ = line.quantity
    for offer in offers:
        if not open_ or len(picks) >= most:
            break
        place = (offer.lot_id, offer.place_id)
        quantity = min(open_, left[place])
        left[place] -= quantity
        open_ -= quantity
        picks.append(
            Allocation(
                reservation_id=ReservationId(new_id()),
                lot_id=offer.lot_id,
                item_code=offer.item_code,
                place_id=offer.place_id,
                quantity=quantity,
            )
        )
    return picks
