"""The doors for goods of a request: reserved by plan or by hand, set free, the rest cancelled.

Owns request models and answers, and the plans that are made again when others were faster. Must not decide anything.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.logistics.access import AREA_SCOPE, OWNER_SCOPE, PLACE_SCOPE
from services.logistics.doors import Body, CommandKey, Requester, Storekeeper
from services.logistics.office import Desk, decide_planned
from services.logistics.requests import queries
from services.logistics.requests.addressing import PROVINCE
from services.logistics.requests.allocating import AllocateRequest, CancelRequest, ExpireReservations
from services.logistics.requests.deciding import REQUESTS_MAX
from services.logistics.requests.planning import (
    ASSUMED_RESERVATION_DAYS,
    Planner,
    Routing,
    plan_allocations,
    to_allocate,
)
from shared.contracts.field import LINES_MAX
from shared.contracts.ids import ItemCode, LotId, OwnerId, PlaceId, RequestId, ReservationId, Slug, SupportId, UuidText
from shared.contracts.requests import Allocation, OverrideReason, PickReason
from shared.contracts.values import Quantity
from shared.contracts.vocabulary import CancellationReason
from shared.kit import clock
from shared.kit.decisions.types import Command
from shared.kit.http.office import office_command
from shared.kit.runtime import Runtime


class AllocationStated(Body):
    """The requests to reserve goods for: those named, or all of a disaster addressed to an owner of the token."""

    disaster_id: UuidText | None = None
    request_ids: tuple[UuidText, ...] = Field(default=(), max_length=REQUESTS_MAX)
    routing: Routing = Routing.ROUTES


class PickStated(Body):
    """Goods of one lot in one place; of another owner's under the support it answered."""

    lot_id: UuidText
    place_id: Slug
    quantity: Quantity
    support_id: UuidText | None = None


class ChosenByHand(Body):
    """Goods chosen by hand, and why not those that expire first."""

    picks: tuple[PickStated, ...] = Field(min_length=1, max_length=LINES_MAX)
    reason: OverrideReason


class Cancellation(Body):
    """Why the rest of a request is not served."""

    reason: CancellationReason


def add_serving(router: APIRouter, runtime: Runtime) -> None:
    """Routes that reserve goods for requests and set them free."""
    _add_allocation(router, runtime)
    _add_release(router, runtime)


def _add_allocation(router: APIRouter, runtime: Runtime) -> None:
    planner = Planner(runtime)

    @router.post("/requests:allocate", summary="Reserve goods for requests, first expiry first, nearest first")
    async def allocate(request: Request, body: AllocationStated, principal: Storekeeper, key: CommandKey) -> Response:
        """Draws on the addressee's goods in the warehouses of the token's scope, and on what others accepted to give.

        Goods that do not suffice for the requests named are shared among them; what stays short says why.
        """
        desk = Desk(runtime, request, principal, key)
        async with planner.alone():
            targets = await to_allocate(desk, body.disaster_id, body.request_ids)
            planned = await decide_planned(desk, targets, lambda open_: plan_allocations(desk, open_, body.routing))
        return desk.answer_parts(planned)

    @router.post("/requests/{request_id}/allocation", status_code=201, summary="Reserve goods chosen by hand")
    async def allocate_by_hand(
        request: Request, request_id: UuidText, body: ChosenByHand, principal: Storekeeper, key: CommandKey
    ) -> Response:
        """Where goods that expire first are left, somebody must say why."""
        for pick in body.picks:
            if pick.support_id is None:
                principal.demand(PLACE_SCOPE, pick.place_id)
        async with runtime.database.reading() as connection:
            owners = await queries.addressees_of(connection, [request_id])
            items = await queries.items_of(connection, [pick.lot_id for pick in body.picks])
            to = await queries.destination_of(connection, request_id)
        if request_id in owners:
            principal.demand(OWNER_SCOPE, owners[request_id])
        today = runtime.today()
        command = AllocateRequest(
            request_id=RequestId(request_id),
            owner_id=OwnerId(owners.get(request_id, PROVINCE)),
            picks=tuple(_by_hand(pick, items) for pick in body.picks),
            reserved_until=today + timedelta(days=ASSUMED_RESERVATION_DAYS),
            recorded_on=today,
            override=body.reason,
            to_place_id=to[0] if to is not None else None,
        )
        return await office_command(runtime, request, principal, key, command)


def _by_hand(pick: PickStated, items: Mapping[str, str]) -> Allocation:
    return Allocation(
        reservation_id=ReservationId(clock.new_id()),
        lot_id=LotId(pick.lot_id),
        item_code=ItemCode(items.get(pick.lot_id, "unknown")),
        place_id=PlaceId(pick.place_id),
        quantity=pick.quantity,
        why=(PickReason.BY_HAND,) if pick.support_id is None else (PickReason.SUPPORT, PickReason.BY_HAND),
        support_id=SupportId(pick.support_id) if pick.support_id is not None else None,
    )


def _add_release(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/requests/{request_id}/cancellation", status_code=201, summary="Serve a request no further")
    async def cancel(
        request: Request, request_id: UuidText, body: Cancellation, principal: Requester, key: CommandKey
    ) -> Response:
        """What is reserved is free again, and needs it was opened for are open again; what is on its way arrives."""
        desk = Desk(runtime, request, principal, key)

        async def planned(_: Sequence[str]) -> Mapping[str, Command]:
            lot_ids = await _lots_of(desk, request_id)
            return {request_id: CancelRequest(RequestId(request_id), lot_ids, body.reason, runtime.today())}

        outcomes = await decide_planned(desk, [request_id], planned)
        return desk.answer(outcomes[request_id])

    @router.post("/requests:expire-reservations", summary="Set free what is reserved past its day")
    async def expire(request: Request, principal: Storekeeper, key: CommandKey) -> Response:
        """The requests are short of it again."""
        desk = Desk(runtime, request, principal, key)
        async with runtime.database.reading() as connection:
            ids = await queries.with_expired(connection, runtime.today())

        async def planned(open_: Sequence[str]) -> Mapping[str, Command]:
            async with runtime.database.reading() as connection:
                found = await queries.areas_of(connection, open_)
            return {
                id_: ExpireReservations(RequestId(id_), tuple(row["lot_ids"]), runtime.today())
                for id_, row in found.items()
            }

        return desk.answer_parts(await decide_planned(desk, ids, planned))


async def _lots_of(desk: Desk, request_id: str) -> tuple[LotId, ...]:
    """The lots ever reserved for a request the principal is responsible for; of an unknown one the domain tells."""
    async with desk.runtime.database.reading() as connection:
        found = (await queries.areas_of(connection, [request_id])).get(request_id)
    if found is None:
        return ()
    desk.principal.demand(AREA_SCOPE, found["area_code"])
    return tuple(LotId(lot_id) for lot_id in found["lot_ids"])
