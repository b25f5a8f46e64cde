"""Office commands that are many at once, or planned from what was read and planned again when that has changed.

Owns the keys their parts get, so that the whole may be repeated safely: each part has a key of its own under the
client's. Must not know a rule.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.reads import array
from shared.kit.access.roles import Principal
from shared.kit.decisions.tables import idempotency
from shared.kit.decisions.types import Accepted, Command, IdempotencyKey, Item, Outcome, Refused
from shared.kit.http.idempotency import answer, request_key
from shared.kit.http.intake import batch_answer
from shared.kit.http.origin import origin_of
from shared.kit.runtime import Runtime

# How often a plan is made again when stock or request changed meanwhile.
PLANS_MAX = 4
PLAN_REFUSALS = frozenset({"plan-outdated", "stock-short", "stock-to-explain", "lot-expired"})


@dataclass(frozen=True, slots=True)
class Desk:
    """One office request: who asks, under which key."""

    runtime: Runtime
    request: Request
    principal: Principal
    key: str

    def part_key(self, part: str) -> str:
        """The key of a part of the request."""
        return f"{self.key}/{part}"

    def item(self, part: str, command: Command, *, disaster_id: str | None = None) -> Item:
        """A part of the request on its way to the decider."""
        whole = request_key(
            self.request, scope=self.principal.person_id, key=self.key, secret=self.runtime.fingerprint_secret
        )
        own = IdempotencyKey(whole.scope, self.part_key(part), whole.fingerprint)
        return Item(command, origin_of(self.principal, disaster_id=disaster_id), own)

    async def answered(self, connection: AsyncConnection, parts: Sequence[str]) -> set[str]:
        """The parts that were answered before, when the same request was sent."""
        keys = {self.part_key(part): part for part in parts}
        if not keys:
            return set()
        query = sa.select(idempotency.c.key).where(
            idempotency.c.scope == self.principal.person_id, idempotency.c.key == array(keys)
        )
        return {keys[key] for key in (await connection.execute(query)).scalars()}

    async def decide_all(self, items: Mapping[str, Item]) -> Response:
        """Decide every part; each is answered for itself, as in a batch of reports."""
        outcomes = await self.runtime.decisions.submit_all(list(items.values())) if items else []
        return self.answer_parts(dict(zip(items, outcomes, strict=True)))

    def answer_parts(self, outcomes: Mapping[str, Outcome]) -> Response:
        """The answer to a request of several parts."""
        return batch_answer(outcomes.items(), self.request.app.state.languages)

    def answer(self, outcome: Outcome) -> Response:
        """The answer to a request of one part."""
        return answer(outcome, self.request.app.state.languages)


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
