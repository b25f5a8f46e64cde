"""Which lots to reserve for which request: first expiry first, then the nearest by open routes, split over places.

Owns the order of choice and what is said about it. First expiry decides before distance, since expired kits have
reached victims (Tangsel, January 2024). Where goods do not suffice, `sharing` divides them. Pure: it reads no clock
and no table, and nothing it proposes is more than is there or belongs to somebody who did not give it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.logistics.requests.candidates import Candidate, Candidates, Goods, Offer, Pool, Ways, Where
from services.logistics.requests.sharing import Claim, shared, weight_of
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ItemCode, OwnerId, PlaceId, RequestId, ReservationId, SupportId
from shared.contracts.requests import ALLOCATIONS_MAX, Allocation, FairShare, PickReason, ShortLine, ShortReason
from shared.contracts.vocabulary import Urgency

URGENCIES = (Urgency.CRITICAL, Urgency.HIGH, Urgency.MEDIUM, Urgency.LOW)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What another owner accepted to give for a request and nobody reserved yet."""

    support_id: SupportId
    owner_id: OwnerId
    left: tuple[ItemQuantity, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request is short of, whose goods serve it, where it is to go, how soon, and for how many."""

    request_id: RequestId
    owner_id: OwnerId
    short: tuple[ItemQuantity, ...]
    to_place_id: PlaceId
    where: Where
    urgency: Urgency
    due_at: datetime
    requested: Mapping[str, int] = field(default_factory=dict)
    person_count: int | None = None
    supports: tuple[Accepted, ...] = ()


@dataclass(slots=True)
class Planned:
    """What is proposed for a request, what stays short and why, and how goods were shared."""

    picks: list[Allocation] = field(default_factory=list)
    why_short: list[ShortLine] = field(default_factory=list)
    shares: list[FairShare] = field(default_factory=list)


_Pick = tuple[Candidate, int, SupportId | None]


@dataclass(slots=True)
class _Line:
    """A line of a request on its way through the plan."""

    request: Wanted
    item_code: ItemCode
    open: int
    candidates: Candidates
    shared: bool = False
    picks: list[_Pick] = field(default_factory=list)


def plan(
    wanted: Iterable[Wanted],
    offers: Sequence[Offer],
    ways: Ways,
    new_id: Callable[[], str],
    *,
    unit_grams: Mapping[str, int] | None = None,
) -> dict[RequestId, Planned]:
    """What to reserve for each request, the most urgent and then the soonest due first where enough is there.

    `new_id` names the reservations; `unit_grams` is what a base unit of an item weighs, where that is known. A request
    of many small lots is served in part: no more than 1,000 reservations are made at once.
    """
    requests = sorted(wanted, key=_turn)
    goods = Goods(offers, ways)
    lines: list[_Line] = []
    planned = {request.request_id: Planned() for request in requests}
    for request in requests:
        for line in request.short:
            own = goods.candidates(line.item_code, request.owner_id, request.to_place_id, request.where)
            lines.append(_Line(request, line.item_code, line.quantity, own))
    for one in lines:
        _draw_on_support(one, goods)
    for group in _competing(lines):
        _share(group, planned)
    for one in lines:
        _draw(one, one.candidates, one.open)
    for one in lines:
        _conclude(one, planned[one.request.request_id], goods, new_id, unit_grams or {})
    return planned


def _turn(request: Wanted) -> tuple[int, datetime, str]:
    return URGENCIES.index(request.urgency), request.due_at, request.request_id


def _draw_on_support(line: _Line, goods: Goods) -> None:
    """What another owner accepted to give comes first, so that goods of one's own stay for others."""
    for support in line.request.supports:
        accepted = sum(one.quantity for one in support.left if one.item_code == line.item_code)
        if accepted:
            theirs = goods.candidates(line.item_code, support.owner_id, line.request.to_place_id, line.request.where)
            _draw(line, theirs, min(accepted, line.open), support.support_id)


def _draw(line: _Line, candidates: Candidates, most: int, support_id: SupportId | None = None) -> None:
    if most <= 0:
        return
    for candidate in candidates.in_order():
        quantity = min(most, candidate.held.left)
        candidate.held.left -= quantity
        line.open -= quantity
        most -= quantity
        _add(line.picks, candidate, quantity, support_id)
        if not most:
            return


def _add(picks: list[_Pick], candidate: Candidate, quantity: int, support_id: SupportId | None) -> None:
    """What is drawn twice from one balance, first by share and then of the rest, is one reservation."""
    for place, (other, before, under) in enumerate(picks):
        if other.held is candidate.held and under == support_id:
            picks[place] = (other, before + quantity, under)
            return
    picks.append((candidate, quantity, support_id))


def _competing(lines: Iterable[_Line]) -> list[list[_Line]]:
    """The lines that want goods of one item and owner and reach common places, themselves or by way of others.

    Lines that can be served from the same places stand together from the start, so only different sets are joined.
    """
    pools: dict[tuple[Pool, frozenset[PlaceId]], list[_Line]] = {}
    for line in lines:
        if line.open and line.candidates.places:
            pools.setdefault((line.candidates.pool, line.candidates.places), []).append(line)
    groups: list[tuple[Pool, set[PlaceId], list[_Line]]] = []
    for (pool, places), members in pools.items():
        apart, all_places, all_members = [], set(places), list(members)
        for group in groups:
            if group[0] is pool and group[1] & all_places:
                all_places |= group[1]
                all_members += group[2]
            else:
                apart.append(group)
        groups = [*apart, (pool, all_places, all_members)]
    return [members for _, _, members in groups]


def _share(group: Sequence[_Line], planned: Mapping[RequestId, Planned]) -> None:
    """Divide goods that do not suffice; what nobody can reach for its share is given in the order of urgency later."""
    available = _available(group)
    if len(group) < 2 or sum(line.open for line in group) <= available:
        return
    claims = [Claim(line.request.request_id, _weight(line), line.open) for line in group]
    shares, weights = shared(available, claims), sum(claim.weight for claim in claims)
    for line, claim in zip(group, claims, strict=True):
        line.shared = True
        planned[line.request.request_id].shares.append(
            FairShare(
                item_code=line.item_code,
                available=available,
                weight=claim.weight,
                weights=weights,
                share=shares[claim.id],
            )
        )
    for line in sorted(group, key=lambda one: _turn(one.request)):
        _draw(line, line.candidates, shares[line.request.request_id])


def _available(group: Sequence[_Line]) -> int:
    """What is left of the goods that can come to any of a group."""
    places = frozenset[PlaceId]().union(*(line.candidates.places for line in group))
    return sum(
        held.left
        for held in group[0].candidates.pool.all
        if held.offer.place_id in places
        and (held.offer.restriction is None or any(held.offer.may_go(line.request.where) for line in group))
    )


def _weight(line: _Line) -> int:
    request = line.request
    requested = request.requested.get(line.item_code, line.open)
    return weight_of(request.urgency, request.person_count, short=line.open, requested=requested)


def _conclude(
    line: _Line,
    planned: Planned,
    goods: Goods,
    new_id: Callable[[], str],
    unit_grams: Mapping[str, int],
) -> None:
    """Say what a line gets and what it does not."""
    picks = line.picks[: ALLOCATIONS_MAX - len(planned.picks)]
    for candidate, quantity, support_id in picks:
        planned.picks.append(
            Allocation(
                reservation_id=ReservationId(new_id()),
                lot_id=candidate.held.offer.lot_id,
                item_code=line.item_code,
                place_id=candidate.held.offer.place_id,
                quantity=quantity,
                why=_why(line, candidate, support_id),
                route_minutes=candidate.near.minutes,
                route_trips=candidate.trips(quantity, unit_grams.get(line.item_code)),
                support_id=support_id,
            )
        )
    left_out = sum(quantity for _, quantity, _ in line.picks[len(picks) :])
    short = line.open + left_out
    if short:
        reason = ShortReason.TOO_MANY_LOTS if left_out else _why_short(line, goods)
        planned.why_short.append(ShortLine(item_code=line.item_code, quantity=short, reason=reason))


def _why(line: _Line, candidate: Candidate, support_id: SupportId | None) -> tuple[PickReason, ...]:
    reasons = candidate.why if support_id is None else (PickReason.SUPPORT, *candidate.why)
    if len(line.picks) > 1:
        reasons = (*reasons, PickReason.SPLIT)
    return (*reasons, PickReason.FAIR_SHARE) if line.shared and support_id is None else reasons


def _why_short(line: _Line, goods: Goods) -> ShortReason:
    if line.shared:
        return ShortReason.SHARED
    pool = goods.pool(line.item_code, line.request.owner_id)
    if line.candidates.places or not pool.all:
        return ShortReason.NO_STOCK
    tied = not any(held.offer.may_go(line.request.where) for held in pool.all)
    return ShortReason.TIED_BY_DONOR if tied else ShortReason.NO_OPEN_ROUTE
