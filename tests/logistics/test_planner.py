"""The plan of which lots serve which request: never more than there is, first expiry first, then nearest."""

import itertools
import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from services.logistics.requests.candidates import ByDistance, ByRoutes, Nearness, Offer, Ways, Where, distance, order
from services.logistics.requests.planner import Accepted, Planned, Wanted, plan
from services.logistics.routes.domain import Route
from services.logistics.routes.network import Network
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ItemCode, LotId, OwnerId, PlaceId, RequestId, SupportId
from shared.contracts.requests import Allocation, PickReason, ShortReason
from shared.contracts.routes import RouteMode
from shared.contracts.vocabulary import Urgency
from tests.logistics.builders import OWNER, RICE

ITEMS = ("beras", "family-kit")
PLACES = {
    "gudang-a": Where("62.06", -18_000_000, 1_134_000_000),
    "gudang-b": Where("62.71", -22_100_000, 1_139_200_000),
    "gudang-c": Where("62.06"),
}
DUE = datetime(2026, 11, 21, tzinfo=UTC)


def whole_plan(wanted: list[Wanted], offers: list[Offer], ways: Ways | None = None) -> dict[RequestId, Planned]:
    numbers = itertools.count(1)
    return plan(wanted, offers, ways or ByDistance(), lambda: f"00000000-0000-4000-8000-{next(numbers):012}")


def planned(wanted: list[Wanted], offers: list[Offer]) -> dict[RequestId, tuple[Allocation, ...]]:
    return {id_: tuple(one.picks) for id_, one in whole_plan(wanted, offers).items()}


@st.composite
def offers(draw: st.DrawFn) -> list[Offer]:
    count = draw(st.integers(0, 12))
    made: list[Offer] = []
    for number in range(count):
        lot_id = LotId(f"10000000-0000-4000-8000-{number // 2:012}")
        place = ("gudang-a", "gudang-b")[number % 2] if number % 3 else "gudang-c"
        if any((one.lot_id, one.place_id) == (lot_id, place) for one in made):
            continue
        item = ITEMS[(number // 2) % 2]
        expires = [date(2026, 12, 1), date(2027, 1, 1), None][(number // 2) % 3]
        made.append(
            Offer(lot_id, ItemCode(item), PlaceId(place), draw(st.integers(1, 50)), expires, PLACES[place], OWNER)
        )
    return made


@st.composite
def wishes(draw: st.DrawFn) -> list[Wanted]:
    made = []
    for number in range(draw(st.integers(1, 5))):
        items = draw(st.lists(st.sampled_from(ITEMS), min_size=1, max_size=2, unique=True))
        short = tuple(ItemQuantity(item_code=ItemCode(item), quantity=draw(st.integers(1, 80))) for item in items)
        made.append(
            Wanted(
                request_id=RequestId(f"20000000-0000-4000-8000-{number:012}"),
                owner_id=OWNER,
                short=short,
                to_place_id=PlaceId(f"desa-{number}"),
                where=draw(st.sampled_from(list(PLACES.values()))),
                urgency=draw(st.sampled_from(Urgency)),
                due_at=DUE,
            )
        )
    return made


@given(wishes(), offers())
@settings(max_examples=150)
def test_nothing_is_planned_that_is_not_there_or_not_asked_for(wanted: list[Wanted], there: list[Offer]) -> None:
    """A balance serves each of its units once; a request gets no more than it is short of."""
    result = planned(wanted, there)
    free = {(offer.lot_id, offer.place_id): offer for offer in there}
    used: Counter[tuple[LotId, PlaceId]] = Counter()
    for request in wanted:
        got: Counter[str] = Counter()
        for pick in result[request.request_id]:
            used[(pick.lot_id, pick.place_id)] += pick.quantity
            got[pick.item_code] += pick.quantity
            assert free[(pick.lot_id, pick.place_id)].item_code == pick.item_code
        assert all(got[line.item_code] <= line.quantity for line in request.short)
    assert all(quantity <= free[place].available for place, quantity in used.items())
    assert len({pick.reservation_id for picks in result.values() for pick in picks}) == sum(map(len, result.values()))


@given(wishes(), offers())
@settings(max_examples=150)
def test_a_shortage_is_real(wanted: list[Wanted], there: list[Offer]) -> None:
    """Where a request stays short of an item, nothing of it is left anywhere."""
    result = planned(wanted, there)
    left: Counter[str] = Counter()
    for offer in there:
        left[offer.item_code] += offer.available
    for picks in result.values():
        for pick in picks:
            left[pick.item_code] -= pick.quantity
    for request in wanted:
        for line in request.short:
            got = sum(pick.quantity for pick in result[request.request_id] if pick.item_code == line.item_code)
            assert got == line.quantity or left[line.item_code] == 0


@given(wishes(), offers())
@settings(max_examples=150)
def test_one_request_takes_first_expiry_first_and_then_the_nearest(wanted: list[Wanted], there: list[Offer]) -> None:
    """Nothing is skipped: a lot is touched only after all before it in the order are used up."""
    request = wanted[0]
    result = planned([request], there)[request.request_id]
    for line in request.short:
        ordered = sorted(
            (offer for offer in there if offer.item_code == line.item_code),
            key=lambda one: order(one, near(one, request)),
        )
        picks = [pick for pick in result if pick.item_code == line.item_code]
        assert [(pick.lot_id, pick.place_id) for pick in picks] == [
            (offer.lot_id, offer.place_id) for offer in ordered[: len(picks)]
        ]
        assert all(pick.quantity == offer.available for pick, offer in zip(picks[:-1], ordered, strict=False))


def near(one: Offer, request: Wanted) -> Nearness:
    found = ByDistance().way(one.place_id, one.where, request.to_place_id, request.where)
    assert found is not None
    return found


def offer(number: int, place: str, *, expires: date | None = None, available: int = 10) -> Offer:
    return Offer(
        LotId(f"10000000-0000-4000-8000-{number:012}"), RICE, PlaceId(place), available, expires, PLACES[place], OWNER
    )


def rice(quantity: int, number: int = 1, **changes: object) -> Wanted:
    given: dict[str, object] = {"where": PLACES["gudang-a"], "urgency": Urgency.LOW, "due_at": DUE, **changes}
    request_id = RequestId(f"20000000-0000-4000-8000-{number:012}")
    lines = (ItemQuantity(item_code=RICE, quantity=quantity),)
    return Wanted(request_id, OWNER, lines, PlaceId(f"desa-{number}"), **given)  # type: ignore[arg-type]


def test_first_expiry_decides_before_distance() -> None:
    """Goods that expire soon are used, also from farther away; among equals the nearest store gives."""
    near, far = offer(1, "gudang-a", expires=date(2027, 5, 1)), offer(2, "gudang-b", expires=date(2027, 4, 1))
    (first, second) = next(iter(planned([rice(15)], [near, far]).values()))
    assert (first.place_id, second.place_id) == ("gudang-b", "gudang-a")
    same = [offer(1, "gudang-b"), offer(2, "gudang-a")]
    (only,) = next(iter(planned([rice(5)], same).values()))
    assert only.place_id == "gudang-a"


def test_goods_that_do_not_suffice_are_shared_by_urgency_and_persons() -> None:
    """A critical request weighs twelve times one that may wait two days, and each person weighs the same."""
    low, critical = rice(100, 1, person_count=30), rice(100, 2, urgency=Urgency.CRITICAL, person_count=10)
    result = whole_plan([low, critical], [offer(1, "gudang-a", available=100)])
    ((got,), (more,)) = (result[one.request_id].picks for one in (low, critical))
    assert (got.quantity, more.quantity) == (20, 80)
    assert PickReason.FAIR_SHARE in got.why
    (share,) = result[low.request_id].shares
    assert (share.weight, share.weights, share.available, share.share) == (30, 150, 100, 20)
    assert [line.reason for line in result[low.request_id].why_short] == [ShortReason.SHARED]


def test_where_enough_is_there_the_most_urgent_chooses_first() -> None:
    """Urgency decides who gets the goods that expire first."""
    low, critical = rice(10, 1), rice(10, 2, urgency=Urgency.CRITICAL)
    first, second = offer(1, "gudang-a", expires=date(2027, 1, 1)), offer(2, "gudang-a", expires=date(2027, 2, 1))
    result = planned([low, critical], [second, first])
    assert result[critical.request_id][0].lot_id == first.lot_id
    sooner = rice(10, 3, due_at=datetime(2026, 11, 20, tzinfo=UTC))
    assert planned([low, sooner], [second, first])[sooner.request_id][0].lot_id == first.lot_id


def test_distance_is_by_coordinates_else_by_shared_areas() -> None:
    """A place whose coordinates nobody entered is judged by its area, after all that have some."""
    here = PLACES["gudang-a"]
    assert distance(here, here) < distance(PLACES["gudang-b"], here) < distance(PLACES["gudang-c"], here)
    village = Where("62.06.01.2001")
    assert (
        distance(Where("62.06.01.2001"), village)
        < distance(Where("62.06"), village)
        < distance(Where("62.71"), village)
    )
    assert distance(Where(None), village) == distance(Where("11"), village)


def test_no_route_no_proposal_and_the_smallest_boat_sets_the_trips() -> None:
    """A store nobody can come from is as good as empty, and says so; weight and vehicle tell how often to go."""
    routes = [
        Route("1", 1, "gudang-a", "62.06.01", RouteMode.RIVER, 90, date(2026, 1, 1), capacity_kg=1_500),
        Route("2", 1, "gudang-b", "62.06.01", RouteMode.ROAD, 40, date(2026, 1, 1), closed_from=date(2026, 1, 2)),
    ]
    ways = ByRoutes(Network(routes, {}, date(2026, 11, 20)))
    village = Where("62.06.01.2001")
    request = rice(4_000_000, where=village)
    near, closed = offer(1, "gudang-a", available=4_000_000), offer(2, "gudang-b", available=4_000_000)
    planned_ = plan([request], [closed, near], ways, lambda: str(uuid.uuid4()), unit_grams={RICE: 1})
    (pick,) = planned_[request.request_id].picks
    assert (pick.place_id, pick.route_minutes, pick.route_trips, pick.why) == (
        "gudang-a",
        90,
        3,
        (PickReason.ONLY_LOT,),
    )
    result = plan([request], [closed], ways, lambda: str(uuid.uuid4()))[request.request_id]
    assert (result.picks, [line.reason for line in result.why_short]) == ([], [ShortReason.NO_OPEN_ROUTE])


def test_another_owners_goods_are_proposed_up_to_what_it_accepted() -> None:
    """They come first, so that goods of one's own stay for others; without an answer they are not there."""
    theirs = replace(offer(1, "gudang-a", available=50), owner_id=OwnerId("province"))
    ours = offer(2, "gudang-a", available=50)
    support_id = SupportId(str(uuid.uuid4()))
    accepted = Accepted(support_id, OwnerId("province"), (ItemQuantity(item_code=RICE, quantity=15),))
    (first, second) = planned([rice(40, supports=(accepted,))], [theirs, ours]).popitem()[1]
    assert (first.lot_id, first.quantity, first.support_id) == (theirs.lot_id, 15, support_id)
    assert (second.lot_id, second.quantity, second.support_id) == (ours.lot_id, 25, None)
    assert planned([rice(40)], [theirs]).popitem()[1] == ()
