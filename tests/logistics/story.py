"""Given events, when a command, then events or a refusal: the rules of logistics without its servers.

The states are those that `evolve` makes of the events; a command sees those it names, as in the batch decider.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from services.logistics.requests.addressing import first_addressee
from services.logistics.requests.asking import OpenRequest
from services.logistics.service import SERVICE
from services.logistics.shipments.arriving import CountShipment
from services.logistics.shipments.dispatching import DispatchShipment
from services.logistics.shipments.domain import Shipment
from services.logistics.stock.domain import Balance, Lot
from shared.contracts.envelope import Payload
from shared.contracts.ids import LotId, RequestId
from shared.kit.decisions.types import Command, Event, Ref, Refusal
from tests.logistics.builders import approve

S = TypeVar("S")

EVOLVE = {kind.name: kind.evolve for kind in SERVICE.kinds}
KIND_OF: dict[type[Any], str] = {kind.state: kind.name for kind in SERVICE.kinds}
AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


class _Seen:
    """What one command may read: what it names."""

    def __init__(self, states: dict[Ref, Any], command: Command) -> None:
        self._states = states
        self._named = {*command.aggregates(), *command.reads()}

    def find(self, state: type[S], id_: str) -> S | None:
        ref = Ref(KIND_OF[state], id_)
        assert ref in self._named, f"reads {ref} without naming it"
        found: S | None = self._states.get(ref)
        return found

    def holder(self, key: object) -> str | None:
        raise AssertionError("logistics claims no unique keys")


@dataclass
class Story:
    """What has happened so far."""

    states: dict[Ref, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def given(self, *commands: Command) -> "Story":
        """The story after these commands, which must be accepted.

        A request that is given is approved in full, for goods are what most stories are about; those about its
        approval ask by `accepted`.
        """
        for command in commands:
            self.accepted(command)
            if isinstance(command, OpenRequest) and command.deadline is not None:
                self.accepted(approve(command.request_id, owner_id=first_addressee(command.area_code)))
        return self

    def when(self, command: Command) -> Sequence[Payload] | Refusal:
        """What a command comes to; accepted, it becomes part of the story."""
        command = self._looked_up(command)
        decision = SERVICE.deciders[type(command)](_Seen(self.states, command), command)
        if isinstance(decision, Refusal):
            return decision
        for payload in decision:
            ref = Ref(payload.kind, payload.aggregate_id)
            assert ref in command.aggregates(), f"writes {ref} without naming it"
            self.apply(payload)
        return decision

    def _looked_up(self, command: Command) -> Command:
        """The command with what the doors look up for it: what a shipment goes for, and what was counted of it."""
        if not isinstance(command, CountShipment | DispatchShipment):
            return command
        found: Shipment | None = self.states.get(Ref("shipment", command.shipment_id))
        if isinstance(command, DispatchShipment):
            early = found.early if found is not None else ()
            return replace(command, early_lot_ids=tuple(LotId(one.lot_id) for one in early))
        sent_for = found.request_id if found is not None and found.dispatched else None
        return replace(command, request_id=RequestId(sent_for) if sent_for is not None else None)

    def apply(self, payload: Payload) -> None:
        ref = Ref(payload.kind, payload.aggregate_id)
        before = self.states.get(ref)
        event = Event(
            id=f"00000000-0000-4000-8000-{len(self.events):012}",
            ref=ref,
            sequence=1 if before is None else before.version + 1,
            time=AT,
            payload=payload,
            actor="tester",
            role="warehouse",
        )
        after = EVOLVE[ref.kind](before, event)
        assert (after.id, after.version) == (ref.id, event.sequence)
        self.states[ref] = after
        self.events.append(event)

    def accepted(self, command: Command) -> Sequence[Payload]:
        """The events of a command that is accepted."""
        decision = self.when(command)
        assert not isinstance(decision, Refusal), decision
        return decision

    def refused(self, command: Command) -> str:
        """The slug of a command that is refused."""
        decision = self.when(command)
        assert isinstance(decision, Refusal), decision
        return decision.slug

    def state(self, state: type[S], id_: str) -> S:
        """A state that must exist."""
        found: S = self.states[Ref(KIND_OF[state], id_)]
        return found

    def balance(self, lot_id: str, place_id: str) -> Balance:
        """What of a lot is in a place."""
        return self.state(Lot, lot_id).balance(place_id)

    def on_hand(self, lot_id: str, *place_ids: str) -> tuple[int, ...]:
        """How much of a lot is in each of these places."""
        return tuple(self.balance(lot_id, place_id).on_hand for place_id in place_ids)


def only(events: Sequence[Payload], kind: type[S]) -> S:
    """The one event of a kind among these."""
    found = [event for event in events if isinstance(event, kind)]
    assert len(found) == 1, events
    return found[0]
