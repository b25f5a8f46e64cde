"""Office commands that are many at once, or planned from what was read and planned again when that has changed.

Owns the keys their parts get, so that the whole may be repeated safely: each part has a key of its own under the
client's. Must not know a rule.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.decisions.tables import idempotency
from shared.kit.decisions.types import Accepted, Command, Failed, Item, Outcome, Overtaken, Refused
from shared.kit.errors import Unavailable
from shared.kit.http.office import Desk as OfficeDesk
from shared.kit.http.office import OfficeOrder
from shared.kit.http.reads import array

# How often a plan is made again when stock or request changed meanwhile.
PLANS_MAX = 4
PLAN_REFUSALS = frozenset({"plan-outdated", "stock-short", "stock-to-explain", "lot-expired"})


class StillOvertaken(Unavailable):
    """However often it was looked up again, others were faster. Sent again, it is decided anew."""

    slug = "plan-outdated"
    detail = "Others decided about the same goods again and again. Nothing of this was kept."
    next_step = "Send the same again in a few seconds, with the same key."


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
        open_ = [part for part in items if _wants_plan(outcomes[part])]
        if not open_:
            break
    return {part: Failed(StillOvertaken()) if is_overtaken(one) else one for part, one in outcomes.items()}


def _wants_plan(outcome: Outcome) -> bool:
    return is_overtaken(outcome) or (isinstance(outcome, Refused) and outcome.refusal.slug in PLAN_REFUSALS)


def is_overtaken(outcome: Outcome) -> bool:
    """Whether a fact would have broken a reservation that was made after it was looked up; nothing was kept."""
    return isinstance(outcome, Failed) and isinstance(outcome.error, Overtaken)


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of several: the first that was not accepted, else all their events."""
    accepted: list[Accepted] = []
    for outcome in outcomes:
        if not isinstance(outcome, Accepted):
            return outcome
        accepted.append(outcome)
    events = tuple(event for outcome in accepted for event in outcome.events)
    return Accepted(events, replayed=bool(accepted) and all(outcome.replayed for outcome in accepted))
