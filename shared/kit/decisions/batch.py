"""A batch of commands decided in one transaction.

Owns the order in which a write touches the database: answers and unique keys read, states loaded and locked
in one order, decisions in memory, everything without a position written, then the log head's lock, the log, and
what names positions. Must not begin or commit the transaction, and knows no domain noun.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import Payload
from shared.kit import clock
from shared.kit.decisions.answers import Recalled, read_answers, write_answers
from shared.kit.decisions.keys import read_holders, write_holders
from shared.kit.decisions.states import StateStores
from shared.kit.decisions.types import (
    Accepted,
    Decide,
    Event,
    Failed,
    Item,
    KeyReused,
    Logged,
    Outcome,
    Ref,
    Refusal,
    Refused,
    StateKind,
    UniqueKey,
)
from shared.kit.log.append import LogIdentity, Placed, append
from shared.kit.vault.store import write_documents

Observe = Callable[[str], None]
S = TypeVar("S")


@dataclass(frozen=True)
class ReadModel:
    """A table derived from events and written in the transaction that logs them; without tables, a check of them.

    `apply` gets the batch's events in order and must depend on nothing else, so that a rebuild from the log
    gives the same rows. It raises Overtaken where events may not stand behind those logged before them: the batch
    is then decided item by item.
    """

    name: str
    tables: tuple[sa.Table, ...]
    apply: Callable[[AsyncConnection, Sequence[Placed]], Awaitable[None]]


class Rules:
    """Everything a batch needs to know of a service: its states, its deciders, its read models, its log."""

    def __init__(
        self,
        kinds: Sequence[StateKind[Any]],
        deciders: Mapping[type[Any], Decide],
        read_models: Sequence[ReadModel],
        identity: LogIdentity,
    ) -> None:
        self.stores = StateStores(kinds)
        self.kinds = {kind.name: kind for kind in kinds}
        self.deciders = deciders
        self.read_models = tuple(read_models)
        self.identity = identity


@dataclass
class _Work:
    """The states as the items so far left them, and what is to be written."""

    rules: Rules
    states: dict[Ref, Any]
    holders: dict[UniqueKey, str]
    changed: dict[Ref, Any] = field(default_factory=dict)
    taken: dict[UniqueKey, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def state(self, ref: Ref) -> Any:
        return self.changed.get(ref) or self.states.get(ref)


class _Seen:
    """What one item's decision may read."""

    def __init__(self, work: _Work, item: Item, named: Sequence[Ref]) -> None:
        self._work = work
        self._item = item
        self._named = named

    def find(self, state: type[S], id_: str) -> S | None:
        ref = Ref(self._work.rules.stores.kind_of[state], id_)
        if ref not in self._named:
            raise LookupError(f"{type(self._item.command).__name__} reads {ref.kind} without naming it")
        found: S | None = self._work.state(ref)
        return found

    def holder(self, key: UniqueKey) -> str | None:
        holder = self._work.taken.get(key) or self._work.holders.get(key)
        return None if holder == self._item.claims[key] else holder


def unobserved(_: str) -> None:
    """Nobody watches the steps."""


async def decide_batch(
    connection: AsyncConnection,
    rules: Rules,
    items: Sequence[Item],
    *,
    now: datetime,
    observe: Observe = unobserved,
) -> list[Outcome]:
    """Decide items in order inside the connection's open transaction and write what they change.

    A refused item leaves the states as the item before it did; a resent key gets its first answer, and so does what
    a mended log holds already. Of two
    transactions racing for one new key, aggregate or unique key the later one gets a unique violation, and its
    caller runs the batch again from here.
    """
    observe("answers")
    answered = await read_answers(connection, items)
    open_items = [item for item, answer in zip(items, answered, strict=True) if answer is None]
    observe("keys")
    claiming = [item for item, answer in zip(items, answered, strict=True) if _keeps_something(answer)]
    holders = await read_holders(connection, {key for item in claiming for key in item.claims})
    observe("states")
    states = await rules.stores.load(
        connection,
        (ref for item in open_items for ref in item.command.aggregates()),
        (ref for item in open_items for ref in item.command.reads()),
    )
    observe("decide")
    work = _Work(rules, states, holders)
    verdicts = _decide_in_order(work, items, answered)
    await _write_unplaced(connection, work, items, verdicts, observe)
    observe("append")
    placed = await append(connection, rules.identity, work.events, now)
    outcomes = _outcomes(verdicts, placed)
    observe("write_models")
    for model in rules.read_models:
        if placed:
            await model.apply(connection, placed)
    observe("write_answers")
    await write_answers(connection, items, outcomes)
    observe("commit")
    return outcomes


async def _write_unplaced(
    connection: AsyncConnection, work: _Work, items: Sequence[Item], verdicts: Sequence["_Verdict"], observe: Observe
) -> None:
    """Write what needs no position before the log head is locked, so that the lock is held for as little as can be."""
    accepted = [item for item, verdict in zip(items, verdicts, strict=True) if isinstance(verdict, _Events | Recalled)]
    observe("write_states")
    await work.rules.stores.write(connection, work.states, work.changed)
    observe("write_documents")
    await write_documents(connection, [document for item in accepted for document in item.documents])
    observe("write_keys")
    await write_holders(connection, work.taken)


# What an item came to before positions are known: an outcome already final, the slice of the batch's events
# that is its own, or the index of the earlier item in the same batch whose answer it repeats.
@dataclass(frozen=True, slots=True)
class _Events:
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _SameAs:
    index: int


_Verdict = Outcome | _Events | _SameAs


def _decide_in_order(work: _Work, items: Sequence[Item], answered: Sequence[Outcome | None]) -> list[_Verdict]:
    verdicts: list[_Verdict] = []
    first_use: dict[tuple[str, str], int] = {}
    for index, (item, answer) in enumerate(zip(items, answered, strict=True)):
        if answer is not None and not _keeps_something(answer):
            verdicts.append(answer)
            continue
        if item.idempotency is not None:
            earlier = first_use.setdefault((item.idempotency.scope, item.idempotency.key), index)
            if earlier != index:
                verdicts.append(_repeat(items[earlier], item, earlier))
                continue
        if answer is not None:
            _take_claims(work, item)
        verdicts.append(answer or _decide_one(work, item))
    return verdicts


def _keeps_something(answer: Outcome | None) -> bool:
    """Whether an item so answered may still write: it is undecided, or its answer came back from the log alone."""
    return answer is None or isinstance(answer, Recalled)


def _repeat(first: Item, again: Item, index: int) -> _Verdict:
    if first.idempotency is None or again.idempotency is None:
        raise AssertionError("only keyed items repeat")
    return _SameAs(index) if first.idempotency.fingerprint == again.idempotency.fingerprint else KeyReused()


def _decide_one(work: _Work, item: Item) -> _Verdict:
    command = item.command
    try:
        writes = command.aggregates()
        decision = work.rules.deciders[type(command)](_Seen(work, item, (*writes, *command.reads())), command)
        if isinstance(decision, Refusal):
            return Refused(decision)
        events, states = _evolve(work, item, writes, decision)
    except Exception as error:  # One item's fault must not cost the others their answer; it is reported as ours.
        return Failed(error)
    first = len(work.events)
    work.events += events
    work.changed.update(states)
    _take_claims(work, item)
    return _Events(first, len(work.events))


def _take_claims(work: _Work, item: Item) -> None:
    for key, holder in item.claims.items():
        if key not in work.holders:
            work.taken.setdefault(key, holder)


def _evolve(
    work: _Work, item: Item, writable: Sequence[Ref], payloads: Sequence[Payload]
) -> tuple[list[Event], dict[Ref, Any]]:
    states: dict[Ref, Any] = {}
    events = []
    for index, payload in enumerate(payloads):
        ref = Ref(payload.kind, payload.aggregate_id)
        if ref not in writable:
            raise LookupError(f"{type(item.command).__name__} writes {ref.kind} without naming it")
        state = states.get(ref) or work.state(ref)
        event = _event(item, ref, payload, index, 1 if state is None else state.version + 1)
        states[ref] = evolved(work.rules.kinds[ref.kind], state, event)
        events.append(event)
    return events, states


def evolved(kind: StateKind[Any], state: Any, event: Event) -> Any:
    """The state after an event; it must carry the event's id of aggregate and sequence."""
    after = kind.evolve(state, event)
    if after.version != event.sequence or after.id != event.ref.id:
        raise AssertionError(f"evolve of {kind.name} lost the aggregate's id or version")
    return after


def _event(item: Item, ref: Ref, payload: Payload, index: int, sequence: int) -> Event:
    origin = item.origin
    if origin.reaction is not None and origin.causation_id is not None:
        id_ = clock.derived_id(origin.causation_id, origin.reaction, index)
    else:
        id_ = clock.new_id()
    return Event(
        id=id_,
        ref=ref,
        sequence=sequence,
        time=origin.time,
        payload=payload,
        actor=origin.actor,
        role=origin.role,
        disaster_id=payload.__dict__.get("disaster_id") or origin.disaster_id,
        correlation_id=origin.correlation_id,
        causation_id=origin.causation_id,
        traceparent=origin.traceparent,
    )


def _outcomes(verdicts: Sequence[_Verdict], placed: Sequence[Placed]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for verdict in verdicts:
        match verdict:
            case _Events(first, last):
                outcomes.append(Accepted(tuple(_logged(one) for one in placed[first:last])))
            case _SameAs(index):
                outcomes.append(replayed(outcomes[index]))
            case _:
                outcomes.append(verdict)
    return outcomes


def replayed(outcome: Outcome) -> Outcome:
    """The same answer, marked as given before."""
    match outcome:
        case Accepted(events, _):
            return Accepted(events, replayed=True)
        case Refused(refusal, _):
            return Refused(refusal, replayed=True)
        case _:
            return outcome


def _logged(placed: Placed) -> Logged:
    event = placed.event
    return Logged(
        id=event.id,
        type=event.payload.type,
        subject=event.ref.subject,
        sequence=event.sequence,
        position=placed.position,
        flags=tuple(map(str, event.payload.__dict__.get("flags", ()))),
    )
