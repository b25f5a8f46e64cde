"""Requests: what is reserved for them, what stays short, and when reservations end."""

from datetime import timedelta

from services.logistics.needs.domain import Demand, demand_id
from services.logistics.requests.allocating import CancelRequest, ExpireReservations
from services.logistics.requests.domain import Request
from services.logistics.stock.domain import Lot
from shared.contracts.ids import LotId, PlaceId, RequestId
from shared.contracts.logistics import DemandRequested, ReservationReleased
from shared.contracts.requests import RequestAllocated
from shared.contracts.vocabulary import CancellationReason, ReservationEnd
from tests.logistics.builders import (
    DISASTER,
    FAR_WAREHOUSE,
    KIT,
    POST,
    RICE,
    TODAY,
    VILLAGE,
    WAREHOUSE,
    allocate,
    given_line,
    hand_out,
    new_id,
    open_request,
    pick,
    quantities,
    receive,
    setting,
)
from tests.logistics.story import Story, only


def cancel(request_id: str, *lot_ids: str) -> CancelRequest:
    lots = tuple(LotId(lot_id) for lot_id in lot_ids)
    return CancelRequest(RequestId(request_id), lots, CancellationReason.NO_LONGER_NEEDED, TODAY)


def test_reserve_more_than_on_hand_is_refused_as_short() -> None:
    """A plan that others have overtaken reserves nothing at all."""
    story = Story().given(*setting(), receive(100, lot := new_id()), open_request(request := new_id(), (RICE, 150)))
    assert story.refused(allocate(request, pick(lot, 101))) == "stock-short"
    assert story.balance(lot, WAREHOUSE).reserved == 0


def test_allocation_states_what_no_store_could_give() -> None:
    """Reserved plus short is what was requested."""
    story = Story().given(*setting(), receive(100, lot := new_id()), open_request(request := new_id(), (RICE, 150)))
    allocated = only(story.accepted(allocate(request, pick(lot, 100))), RequestAllocated)
    assert allocated.short == quantities((RICE, 50))
    assert story.state(Request, request).short == quantities((RICE, 50))


def test_a_request_nobody_can_serve_is_short_of_all_and_says_so_once() -> None:
    """A shortage is an answer; asking again without news is no second one."""
    story = Story().given(*setting(), open_request(request := new_id(), (KIT, 5)))
    assert only(story.accepted(allocate(request)), RequestAllocated).short == quantities((KIT, 5))
    assert story.accepted(allocate(request)) == []


def test_a_request_is_split_over_warehouses_and_lots() -> None:
    """What one store lacks, another gives; the rest follows when more came in."""
    story = Story().given(*setting(), receive(60, near := new_id()), open_request(request := new_id(), (RICE, 150)))
    story.given(receive(50, far := new_id(), place_id=FAR_WAREHOUSE))
    story.accepted(allocate(request, pick(near, 60), pick(far, 50, place_id=FAR_WAREHOUSE)))
    story.given(receive(100, late := new_id()))
    assert only(story.accepted(allocate(request, pick(late, 40))), RequestAllocated).short == ()
    assert story.refused(allocate(request, pick(late, 1))) == "plan-outdated"


def test_two_picks_of_one_lot_share_what_is_there() -> None:
    """A plan that takes twice from one balance is weighed as a whole."""
    story = Story().given(*setting(), receive(100, lot := new_id()), open_request(request := new_id(), (RICE, 120)))
    assert story.refused(allocate(request, pick(lot, 60), pick(lot, 60))) == "stock-short"


def test_expired_goods_are_not_reserved() -> None:
    """Four expired kits reached victims in Tangsel in 2024: an office decision never hands them out."""
    last_day = TODAY + timedelta(days=5)
    story = Story().given(*setting(), receive(100, lot := new_id(), expires_on=last_day))
    story.given(open_request(request := new_id(), (RICE, 10)))
    assert story.refused(allocate(request, pick(lot, 10), on=last_day + timedelta(days=1))) == "lot-expired"
    story.accepted(allocate(request, pick(lot, 10), on=last_day))


def test_only_warehouses_are_drawn_on() -> None:
    """Goods at a post are there for its victims."""
    story = Story().given(*setting(), receive(100, lot := new_id(), place_id=POST))
    story.given(open_request(request := new_id(), (RICE, 10)))
    assert story.refused(allocate(request, pick(lot, 10, place_id=POST))) == "place-unknown"


def test_a_pick_of_another_item_is_refused() -> None:
    """A lot of rice does not serve a request for kits."""
    story = Story().given(*setting(), receive(100, lot := new_id()), open_request(request := new_id(), (KIT, 10)))
    assert story.refused(allocate(request, pick(lot, 10, item_code=KIT))) == "plan-outdated"


def test_cancelling_sets_every_reservation_free_once() -> None:
    """A cancelled request holds nothing; it is not cancelled twice nor served again."""
    story = Story().given(*setting(), receive(100, lot := new_id()), open_request(request := new_id(), (RICE, 80)))
    story.given(allocate(request, pick(lot, 80)))
    released = only(story.accepted(cancel(request, lot)), ReservationReleased)
    assert (released.quantity, released.reason) == (80, ReservationEnd.RELEASED)
    assert (story.balance(lot, WAREHOUSE).reserved, story.state(Lot, lot).reservations) == (0, {})
    assert story.refused(cancel(request, lot)) == "request-cancelled"
    assert story.refused(allocate(request, pick(lot, 1))) == "request-cancelled"


def test_cancelling_leaves_what_others_reserved_of_the_same_lot() -> None:
    """Two requests may share a lot; only one of them ends."""
    story = Story().given(*setting(), receive(100, lot := new_id()))
    story.given(open_request(ours := new_id(), (RICE, 30)), open_request(theirs := new_id(), (RICE, 50)))
    story.given(allocate(ours, pick(lot, 30)), allocate(theirs, pick(lot, 50)))
    story.accepted(cancel(ours, lot))
    assert story.balance(lot, WAREHOUSE).reserved == 50
    assert [kept.request_id for kept in story.state(Lot, lot).reservations.values()] == [theirs]


def test_a_cancellation_that_misses_a_lot_is_refused() -> None:
    """A lot reserved while the cancellation was on its way would stay reserved for ever."""
    story = Story().given(*setting(), receive(100, lot := new_id()), open_request(request := new_id(), (RICE, 80)))
    story.given(allocate(request, pick(lot, 80)))
    assert story.refused(cancel(request)) == "plan-outdated"


def test_a_reservation_past_its_day_is_free_again_and_the_request_short() -> None:
    """Goods are not kept for ever for somebody who does not fetch them."""
    story = Story().given(*setting(), receive(100, lot := new_id()), open_request(request := new_id(), (RICE, 80)))
    story.given(allocate(request, pick(lot, 80)))
    in_time = ExpireReservations(RequestId(request), (LotId(lot),), TODAY + timedelta(days=3))
    assert story.accepted(in_time) == []
    late = ExpireReservations(RequestId(request), (LotId(lot),), TODAY + timedelta(days=4))
    events = story.accepted(late)
    assert only(events, ReservationReleased).reason is ReservationEnd.EXPIRED
    assert only(events, RequestAllocated).short == quantities((RICE, 80))
    assert story.balance(lot, WAREHOUSE).reserved == 0


def test_no_more_is_requested_than_an_area_needs() -> None:
    """Two officers who ask for the same needs get them once."""
    demand = demand_id(DISASTER, VILLAGE)
    story = Story().given(*setting())
    first = open_request(new_id(), (RICE, 70), demand_id=demand, needed={RICE: 100})
    assert only(story.accepted(first), DemandRequested).demand_id == demand
    second = open_request(new_id(), (RICE, 31), demand_id=demand, needed={RICE: 100})
    assert story.refused(second) == "demand-requested-already"
    story.accepted(open_request(new_id(), (RICE, 30), demand_id=demand, needed={RICE: 100}))
    assert story.state(Demand, demand).requested == {RICE: 100}


def test_an_office_request_names_known_items_once_and_a_place_that_exists() -> None:
    """An office's slip of the pen is told at once."""
    story = Story().given(*setting())
    assert story.refused(open_request(new_id(), ("tidak-ada", 1))) == "item-unknown"
    assert story.refused(open_request(new_id(), (RICE, 1), (RICE, 2))) == "item-named-twice"
    assert story.refused(open_request(new_id(), (RICE, 1), to_place_id=PlaceId("tidak-ada"))) == "place-unknown"
    assert story.refused(open_request(new_id(), (RICE, 1), area_known=False)) == "area-unknown"
    story.accepted(open_request(request := new_id(), (RICE, 1)))
    assert story.refused(open_request(request, (RICE, 1))) == "request-opened-already"


def test_nothing_is_reserved_where_a_deficit_is_unexplained() -> None:
    """A balance that facts contradict is no ground for a decision."""
    story = Story().given(*setting(), receive(100, lot := new_id()), open_request(request := new_id(), (RICE, 10)))
    story.accepted(hand_out(given_line(120, lot_id=lot), place_id=WAREHOUSE))
    assert story.refused(allocate(request, pick(lot, 10))) == "stock-to-explain"
