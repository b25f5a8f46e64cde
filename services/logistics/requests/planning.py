"""Plans of what to reserve: read, made and decided by one at a time.

Owns the turn of planners and the step from what was read to commands. Nothing is correct because of the turn: the
decision looks at the stock under its own locks, and a plan that others have overtaken is made again.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import StrEnum

import sqlalchemy as sa

from services.logistics.access import OWNER_SCOPE, PLACE_SCOPE
from services.logistics.office import Desk
from services.logistics.requests import queries
from services.logistics.requests.addressing import PROVINCE
from services.logistics.requests.allocating import AllocateRequest
from services.logistics.requests.candidates import ByDistance, ByRoutes, Ways
from services.logistics.requests.planner import Planned, Wanted, plan
from services.logistics.routes import queries as routes
from services.logistics.stock import queries as stock
from shared.contracts.ids import RequestId
from shared.kit import clock
from shared.kit.access.roles import EVERYWHERE, Principal
from shared.kit.decisions.types import Command
from shared.kit.runtime import Runtime

# Assumed: how long goods are kept for a request before others may have them.
ASSUMED_RESERVATION_DAYS = 3
_TURN = 0x616C6C6F6361


class Planner:
    """Whose turn it is to plan. Plans made side by side would only refuse each other."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        # Waiting here and not in the database, so that those who wait hold no connection.
        self._here = asyncio.Lock()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """While nobody else plans, in this process or in another replica."""
        async with self._here, self._database.transaction() as connection:
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
            yield


class Routing(StrEnum):
    """How goods find their way: over the routes that are set, or as the crow flies where the office asks for it."""

    ROUTES = "routes"
    DISTANCE = "distance"


async def to_allocate(desk: Desk, disaster_id: str | None, request_ids: Sequence[str]) -> list[str]:
    """The requests named, and those of the disaster that are short or were answered before under the same key.

    Named ones must be addressed to an owner the token acts for; of a disaster's the others are left out.

    Raises: OutOfScope.
    """
    async with desk.runtime.database.reading() as connection:
        ids = await queries.to_allocate(connection, disaster_id) if disaster_id is not None else []
        addressees = await queries.addressees_of(connection, [*ids, *request_ids])
        for id_ in request_ids:
            if id_ in addressees:
                desk.principal.demand(OWNER_SCOPE, addressees[id_])
        ours = [id_ for id_ in ids if desk.principal.covers(OWNER_SCOPE, addressees[id_])]
        before = await desk.answered(connection, [f"{id_}/0" for id_ in ours])
        short = await queries.still_short(connection, ours)
    of_disaster = [id_ for id_ in ours if id_ in short or f"{id_}/0" in before]
    return list(dict.fromkeys((*request_ids, *of_disaster)))


async def plan_allocations(
    desk: Desk, request_ids: Sequence[str], routing: Routing = Routing.ROUTES
) -> Mapping[str, Command]:
    """What to reserve for each of these requests, from what their addressees' warehouses in the token's scope have."""
    today = desk.runtime.today()
    wanted, planned = await propose(desk.runtime, desk.principal, request_ids, routing)
    owners = {one.request_id: one.owner_id for one in wanted}
    destinations = {one.request_id: one.to_place_id for one in wanted}
    until = today + timedelta(days=ASSUMED_RESERVATION_DAYS)
    commands: dict[str, Command] = {}
    for id_ in request_ids:
        request_id = RequestId(id_)
        proposed = planned.get(request_id, Planned())
        commands[id_] = AllocateRequest(
            request_id=request_id,
            owner_id=owners.get(request_id, PROVINCE),
            picks=tuple(proposed.picks),
            reserved_until=until,
            recorded_on=today,
            why_short=tuple(proposed.why_short),
            shares=tuple(proposed.shares),
            to_place_id=destinations.get(request_id),
        )
    return commands


async def propose(
    runtime: Runtime, principal: Principal, request_ids: Sequence[str], routing: Routing
) -> tuple[list[Wanted], dict[RequestId, Planned]]:
    """A plan from what there is now: nothing is reserved by it."""
    today = runtime.today()
    scope = principal.scope.get(PLACE_SCOPE, ())
    places = None if EVERYWHERE in scope else list(scope)
    async with runtime.database.reading() as connection:
        wanted = await queries.wanted(connection, request_ids)
        codes = sorted({line.item_code for one in wanted for line in one.short})
        owners = tuple(sorted({one.owner_id for one in wanted}))
        offers = await stock.offers(connection, codes, on=today, place_ids=places, owners=owners)
        supporters = tuple(sorted({one.owner_id for request in wanted for one in request.supports} - {*owners}))
        if supporters:
            offers += await stock.offers(connection, codes, on=today, place_ids=None, owners=supporters)
        ways: Ways = ByDistance() if routing is Routing.DISTANCE else ByRoutes(await routes.network(connection, today))
        unit_grams = await queries.unit_grams(connection, codes)
    # In a thread: the plan of a large disaster takes seconds, and others must be answered meanwhile.
    return wanted, await asyncio.to_thread(plan, wanted, offers, ways, clock.new_id, unit_grams=unit_grams)
