"""Office commands that are many at once, or planned from what was read and planned again when that has changed.

Owns the keys their parts get, so that the whole may be repeated safely: each part has a key of its own under the
client's. Must not know a rule.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.decisions.tables import idempotency
from shared.kit.decisions.types import Accepted, Command, Item, Outcome, Refused
from shared.kit.http.office import Desk as OfficeDesk
from shared.kit.http.office import OfficeOrder
from shared.kit.http.reads import array

# How often a plan is made again when stock or request changed meanwhile.
PLANS_MAX = 4
PLAN_REFUSALS = frozenset({"plan-outdated", "stock-short", "stock-to-explain", "lot-expired"})


class Desk(OfficeDesk):
    """One office request: who asks, under which key."""

    __slots__ = ()

    def item(self, part: str, command: Command, *, disaster_id: str | None = None) -> Item:
        """A part of the request on its way to the decider."""
        return self.part(part, OfficeOrder(command, disaster_id))

    async def answered(self, connection: AsyncConnection, parts: Sequence[str]) -> set[str]:
        """The parts that were answered before, when the same request was sent."""
        keys = {self.part_key(part): part for part in parts}
        if not keys:
            return set()
        query = sa.select(idempotency.c.key).where(
            idempotency.c.scope == self.principal.person_id, idempotency.c.key == array(keys)
        )
        return {keys[key] for key in (await connection.execute(query)).scalars()}


Plan = Callable[[Sequence[str]], Awaitable[Mapping[str, Command]]]


async def decide_planned(desk: Desk, parts: Sequence[str], plan: Plan) -> dict[str, Outcome]:
    """Decide what is planned for each part; what others have overtaken is planned again, a bounded number of times.

    Each plan has a key of its own: a repeated request meets the same refusals and ends at the same answer.
    """
    outcomes: dict[str, Outcome] = {}
    open_ = list(parts)
    for attempt in range(PLANS_MAX):
        commands = await plan(open_)
        items = {part: desk.item(f"{part}/{attempt}", command) for part, command in commands.items()}
        decided = await desk.runtime.decisions.submit_all(list(items.values())) if items else []
        outcomes.update(zip(items, decided, strict=True))
        open_ = [part for part in items if _overtaken(outcomes[part])]
        if not open_:
            break
    return outcomes


def _overtaken(outcome: Outcome) -> bool:
    return isinstance(outcome, Refused) and outcome.refusal.slug in PLAN_REFUSALS


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of several: the first that was not accepted, else all their events."""
    accepted: list[Accepted] = []
    for outcome in outcomes:
        if not isinstance(outcome, Accepted):
            return outcome
        accepted.append(outcome)
    events = tuple(event for outcome in accepted for event in outcome.events)
    return Accepted(events, replayed=bool(accepted) and all(outcome.replayed for outcome in accepted))
