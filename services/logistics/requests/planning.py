"""Plans of what to reserve: read, made and decided by one at a time.

Owns the turn of planners and the step from what was read to commands. Nothing is correct because of the turn: the
decision looks at the stock under its own locks, and a plan that others have overtaken is made again.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import sqlalchemy as sa

from services.logistics.access import PLACE_SCOPE
from services.logistics.office import Desk
from services.logistics.requests import queries
from services.logistics.requests.domain import AllocateRequest
from services.logistics.requests.planner import plan
from services.logistics.stock import queries as stock
from shared.contracts.ids import RequestId
from shared.kit import clock
from shared.kit.access.roles import EVERYWHERE
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


async def to_allocate(desk: Desk, disaster_id: str | None, request_ids: Sequence[str]) -> list[str]:
    """The requests named, and those of the disaster that are short or were answered before under the same key."""
    async with desk.runtime.database.reading() as connection:
        if disaster_id is None:
            return list(dict.fromkeys(request_ids))
        ids = await queries.to_allocate(connection, disaster_id)
        before = await desk.answered(connection, [f"{id_}/0" for id_ in ids])
        short = await queries.still_short(connection, ids)
    of_disaster = [id_ for id_ in ids if id_ in short or f"{id_}/0" in before]
    return list(dict.fromkeys((*request_ids, *of_disaster)))


async def plan_allocations(desk: Desk, request_ids: Sequence[str]) -> Mapping[str, Command]:
    """What to reserve for each of these requests, from what the warehouses of the token's scope have now."""
    today = desk.runtime.today()
    scope = desk.principal.scope.get(PLACE_SCOPE, ())
    async with desk.runtime.database.reading() as connection:
        wanted = await queries.wanted(connection, request_ids)
        codes = {line.item_code for one in wanted for line in one.short}
        offers = await stock.offers(
            connection, sorted(codes), on=today, place_ids=None if EVERYWHERE in scope else list(scope)
        )
    planned = plan(wanted, offers, clock.new_id)
    until = today + timedelta(days=ASSUMED_RESERVATION_DAYS)
    return {id_: AllocateRequest(RequestId(id_), planned.get(RequestId(id_), ()), until, today) for id_ in request_ids}
