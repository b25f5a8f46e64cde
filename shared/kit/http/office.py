"""Office commands: one request, one command or many, each with an answer that is given again when it is repeated.

Owns the step from a checked request to the decider and back, and the keys the parts of a request get under the
client's own. Must not know a command.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from shared.kit.access.roles import Principal
from shared.kit.decisions.types import Command, IdempotencyKey, Item, Outcome, SealedDocument, UniqueKey
from shared.kit.http.idempotency import answer, request_key
from shared.kit.http.intake import batch_answer
from shared.kit.http.origin import origin_of

if TYPE_CHECKING:
    from shared.kit.runtime import Runtime


@dataclass(frozen=True, slots=True)
class OfficeOrder:
    """A command with what commits together with it."""

    command: Command
    disaster_id: str | None = None
    documents: tuple[SealedDocument, ...] = ()
    claims: Mapping[UniqueKey, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """One office request: who asks, under which key."""

    runtime: "Runtime"
    request: Request
    principal: Principal
    key: str

    async def decide(self, order: OfficeOrder) -> Response:
        """Decide the one command of a request: 201 with its events, or the problem of its refusal."""
        return self.answer(await self.runtime.decisions.submit(self._item(order, self._whole())))

    async def decide_each(self, orders: Mapping[str, OfficeOrder]) -> Response:
        """Decide the parts of a request in order; each is answered for itself, as in a batch of reports."""
        return await self.submit_each({part: self.part(part, order) for part, order in orders.items()})

    async def submit_each(self, items: Mapping[str, Item]) -> Response:
        """Decide parts that are items already."""
        outcomes = await self.runtime.decisions.submit_all(list(items.values())) if items else []
        return self.answer_parts(dict(zip(items, outcomes, strict=True)))

    def part(self, part: str, order: OfficeOrder) -> Item:
        """A part of the request on its way to the decider, under a key of its own."""
        whole = self._whole()
        return self._item(order, IdempotencyKey(whole.scope, self.part_key(part), whole.fingerprint))

    def part_key(self, part: str) -> str:
        """The key of a part of the request."""
        return f"{self.key}/{part}"

    def answer(self, outcome: Outcome) -> Response:
        """The answer to a request of one part."""
        return answer(outcome, self.request.app.state.languages)

    def answer_parts(self, outcomes: Mapping[str, Outcome]) -> Response:
        """The answer to a request of several parts."""
        return batch_answer(outcomes.items(), self.request.app.state.languages)

    def _whole(self) -> IdempotencyKey:
        secret = self.runtime.fingerprint_secret
        return request_key(self.request, scope=self.principal.person_id, key=self.key, secret=secret)

    def _item(self, order: OfficeOrder, key: IdempotencyKey) -> Item:
        origin = origin_of(self.principal, disaster_id=order.disaster_id)
        return Item(order.command, origin, key, documents=order.documents, claims=order.claims)


async def office_command(  # noqa: PLR0913 -- a command, who gave it, and what commits with it
    runtime: "Runtime",
    request: Request,
    principal: Principal,
    key: str,
    command: Command,
    *,
    documents: Sequence[SealedDocument] = (),
    disaster_id: str | None = None,
) -> Response:
    """Decide a request's one command under the person's own key."""
    order = OfficeOrder(command, disaster_id, tuple(documents))
    return await Desk(runtime, request, principal, key).decide(order)
