"""Office requests that hold many commands, each decided and answered for itself.

Owns the keys the parts get under the client's own, so that the whole may be repeated safely. Must not know a rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request, Response

from shared.kit.access.roles import Principal
from shared.kit.decisions.types import Command, IdempotencyKey, Item, SealedDocument, UniqueKey
from shared.kit.http.idempotency import answer, request_key
from shared.kit.http.intake import batch_answer
from shared.kit.http.origin import origin_of
from shared.kit.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Asked:
    """A command with what commits together with it."""

    command: Command
    disaster_id: str | None = None
    documents: tuple[SealedDocument, ...] = ()
    claims: Mapping[UniqueKey, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """One office request: who asks, under which key."""

    runtime: Runtime
    request: Request
    principal: Principal
    key: str

    async def decide(self, asked: Asked) -> Response:
        """Decide the one command of a request."""
        outcome = await self.runtime.decisions.submit(self._item(asked, self._key()))
        return answer(outcome, self.request.app.state.languages)

    async def decide_each(self, asked: Mapping[str, Asked]) -> Response:
        """Decide the parts of a request in order; each is answered for itself, as in a batch of reports."""
        whole = self._key()
        items = [
            self._item(one, IdempotencyKey(whole.scope, f"{self.key}/{part}", whole.fingerprint))
            for part, one in asked.items()
        ]
        outcomes = await self.runtime.decisions.submit_all(items)
        return batch_answer(zip(asked, outcomes, strict=True), self.request.app.state.languages)

    def _key(self) -> IdempotencyKey:
        secret = self.runtime.fingerprint_secret
        return request_key(self.request, scope=self.principal.person_id, key=self.key, secret=secret)

    def _item(self, asked: Asked, key: IdempotencyKey) -> Item:
        origin = origin_of(self.principal, disaster_id=asked.disaster_id)
        return Item(asked.command, origin, key, documents=asked.documents, claims=asked.claims)
