"""Given events, when a command, then events or a refusal: the rules of the victims service without its servers.

The states are those that `evolve` makes of the events, and unique keys are held as the batch decider holds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from services.victims.service import SERVICE
from shared.contracts.envelope import Payload
from shared.kit.decisions.types import Command, Event, Ref, Refusal, UniqueKey

S = TypeVar("S")

EVOLVE = {kind.name: kind.evolve for kind in SERVICE.kinds}
KIND_OF: Mapping[type[Any], str] = {kind.state: kind.name for kind in SERVICE.kinds}


@dataclass
class Story:
    """What has happened so far."""

    states: dict[Ref, Any] = field(default_factory=dict)
    holders: dict[UniqueKey, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def given(self, *payloads: Payload) -> "Story":
        """The story after these events."""
        for payload in payloads:
            self._apply(payload)
        return self

    def when(self, command: Command, claims: Mapping[UniqueKey, str] | None = None) -> list[Payload] | Refusal:
        """What a command comes to; accepted, it becomes part of the story."""
        decision = SERVICE.deciders[type(command)](_Seen(self, command, claims or {}), command)
        if isinstance(decision, Refusal):
            return decision
        for payload in decision:
            assert Ref(payload.kind, payload.aggregate_id) in command.aggregates()
            self._apply(payload)
        for key, holder in (claims or {}).items():
            self.holders.setdefault(key, holder)
        return list(decision)

    def accepted(self, command: Command, claims: Mapping[UniqueKey, str] | None = None) -> Any:
        """The one event of a command that is accepted."""
        decision = self.when(command, claims)
        assert isinstance(decision, list), decision
        assert len(decision) == 1
        return decision[0]

    def refused(self, command: Command) -> str:
        """The slug of a command that is refused."""
        decision = self.when(command)
        assert isinstance(decision, Refusal), decision
        return decision.slug

    def state(self, state: type[S], id_: str) -> S:
        found = self.states[Ref(KIND_OF[state], id_)]
        assert isinstance(found, state)
        return found

    def _apply(self, payload: Payload) -> None:
        ref = Ref(payload.kind, payload.aggregate_id)
        before = self.states.get(ref)
        event = Event(
            id=f"00000000-0000-7000-8000-{len(self.events):012}",
            ref=ref,
            sequence=1 if before is None else before.version + 1,
            time=datetime(2026, 11, 20, tzinfo=UTC),
            payload=payload,
            actor="tester",
            role="tester",
        )
        after = EVOLVE[ref.kind](before, event)
        assert (after.id, after.version) == (ref.id, event.sequence)
        self.states[ref] = after
        self.events.append(event)


class _Seen:
    """Only what the command names can be read, as in the batch decider."""

    def __init__(self, story: Story, command: Command, claims: Mapping[UniqueKey, str]) -> None:
        self._story = story
        self._named = {*command.aggregates(), *command.reads()}
        self._claims = claims

    def find(self, state: type[S], id_: str) -> S | None:
        ref = Ref(KIND_OF[state], id_)
        assert ref in self._named, f"{ref} is not named"
        found: S | None = self._story.states.get(ref)
        return found

    def holder(self, key: UniqueKey) -> str | None:
        holder = self._story.holders.get(key)
        return None if holder == self._claims[key] else holder
