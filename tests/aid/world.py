"""The rules of the aid service run in memory: commands in, events out, states kept by the service's own `evolve`.

Goal: domain tests read as given/when/then and take microseconds. Method: the deciders and kinds of the real service
definition; a decision sees only what its command names. Servers are used in the HTTP tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from services.aid.budgets.domain import Budget
from services.aid.claims.chain import claim_ids
from services.aid.claims.domain import Claim
from services.aid.service import SERVICE
from shared.contracts.envelope import Payload
from shared.kit.decisions.types import Command, Event, Ref, Refusal, UniqueKey

S = TypeVar("S")
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)

KINDS = {kind.name: kind for kind in SERVICE.kinds}
NAME_OF = {kind.state: kind.name for kind in SERVICE.kinds}


class _Seen:
    """What one decision may read."""

    def __init__(self, world: "World", command: Command, claims: Mapping[UniqueKey, str]) -> None:
        self._world = world
        self._named = {*command.aggregates(), *command.reads()}
        self._claims = claims

    def find(self, state: type[S], id_: str) -> S | None:
        ref = Ref(NAME_OF[state], id_)
        assert ref in self._named, f"{ref} was read without being named"
        found: S | None = self._world.states.get(ref)
        return found

    def holder(self, key: UniqueKey) -> str | None:
        held = self._world.holders.get(key)
        return None if held == self._claims[key] else held


@dataclass
class World:
    """Every state of the service, and what happened."""

    states: dict[Ref, Any] = field(default_factory=dict)
    holders: dict[UniqueKey, str] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)

    def do(
        self, command: Command, *, actor: str = "officer-1", claims: Mapping[UniqueKey, str] | None = None
    ) -> list[Payload] | Refusal:
        """Decide a command; its events change the states, a refusal changes nothing."""
        decision = SERVICE.deciders[type(command)](_Seen(self, command, claims or {}), command)
        if isinstance(decision, Refusal):
            return decision
        states = dict(self.states)
        events = []
        for payload in decision:
            event = self._event(payload, states, actor)
            assert event.ref in command.aggregates(), f"{event.ref} was written without being named"
            states[event.ref] = KINDS[event.ref.kind].evolve(states.get(event.ref), event)
            events.append(event)
        self.states = states
        self.log += events
        for key, holder in (claims or {}).items():
            self.holders.setdefault(key, holder)
        return list(decision)

    def done(self, command: Command, **more: Any) -> list[Payload]:
        """Decide a command that must be accepted."""
        decision = self.do(command, **more)
        assert not isinstance(decision, Refusal), decision
        return decision

    def refused(self, command: Command, **more: Any) -> str:
        """The slug of the refusal of a command that must change nothing."""
        before = dict(self.states)
        decision = self.do(command, **more)
        assert isinstance(decision, Refusal), decision
        assert self.states == before
        return decision.slug

    def claim(self, claim_id: str) -> Claim:
        found: Claim = self.states[Ref("claim", claim_id)]
        return found

    def budget(self, budget_id: str) -> Budget:
        found: Budget = self.states[Ref("budget", budget_id)]
        return found

    def claims_of(self, cause: str) -> list[Claim]:
        """A cause's claims, oldest first."""
        return [self.claim(id_) for id_ in claim_ids(cause) if Ref("claim", id_) in self.states]

    def replayed(self) -> dict[Ref, Any]:
        """Every state from the log alone."""
        states: dict[Ref, Any] = {}
        for event in self.log:
            states[event.ref] = KINDS[event.ref.kind].evolve(states.get(event.ref), event)
        return states

    @staticmethod
    def _event(payload: Payload, states: Mapping[Ref, Any], actor: str) -> Event:
        ref = Ref(payload.kind, payload.aggregate_id)
        sequence = states[ref].version + 1 if ref in states else 1
        return Event(f"event-{ref.id}-{sequence}", ref, sequence, NOW, payload, actor, "tester")
