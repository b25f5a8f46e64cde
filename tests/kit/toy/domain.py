"""The toy's rules: counters under a ceiling, and a mirror that must see every raise once and in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from shared.contracts.envelope import Payload
from shared.kit.decisions.types import Event, Ref, Refusal, States, UniqueKey
from tests.kit.toy.contract import CounterMirrored, CounterOpened, CounterRaised


@dataclass(frozen=True, slots=True)
class Part:
    """How much of a counter came from one role."""

    amount: int


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter's state."""

    id: str
    version: int
    ceiling: int
    value: int
    labels: tuple[str, ...] = ()
    parts: Mapping[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mirror:
    """What the mirror knows of a counter."""

    id: str
    version: int
    value: int
    last_seen: int


@dataclass(frozen=True, slots=True)
class OpenCounter:
    """Open a counter, under a name only one counter may have."""

    counter_id: str
    ceiling: int
    name: UniqueKey | None = None

    def aggregates(self) -> Sequence[Ref]:
        return (Ref("counter", self.counter_id),)

    def reads(self) -> Sequence[Ref]:
        return ()


@dataclass(frozen=True, slots=True)
class RaiseCounter:
    """Raise a counter by an amount."""

    counter_id: str
    amount: int

    def aggregates(self) -> Sequence[Ref]:
        return (Ref("counter", self.counter_id),)

    def reads(self) -> Sequence[Ref]:
        return ()


@dataclass(frozen=True, slots=True)
class MirrorRaise:
    """Note a raise seen in the toy's stream."""

    counter_id: str
    amount: int
    sequence: int

    def aggregates(self) -> Sequence[Ref]:
        return (Ref("mirror", self.counter_id),)

    def reads(self) -> Sequence[Ref]:
        return ()


def decide_open(states: States, command: OpenCounter) -> Sequence[Payload] | Refusal:
    if states.find(Counter, command.counter_id) is not None:
        return Refusal("counter-open", "The counter is open already.", "Raise it instead.")
    if command.name is not None and states.holder(command.name) is not None:
        return Refusal("name-taken", "Another counter has this name.", "Choose another name.")
    return [CounterOpened(counter_id=command.counter_id, ceiling=command.ceiling)]


def decide_raise(states: States, command: RaiseCounter) -> Sequence[Payload] | Refusal:
    if command.amount == 666:
        raise ZeroDivisionError("a fault of ours")
    counter = states.find(Counter, command.counter_id)
    if counter is None:
        return Refusal("counter-unknown", "There is no such counter.", "Open it first.", status=404)
    if counter.value + command.amount > counter.ceiling:
        return Refusal(
            "ceiling-reached",
            "Only %(left)d is left.",
            "Raise by less.",
            params={"left": counter.ceiling - counter.value},
        )
    return [CounterRaised(counter_id=command.counter_id, amount=command.amount)]


def decide_mirror(states: States, command: MirrorRaise) -> Sequence[Payload] | Refusal:
    if command.amount == 13:
        return Refusal("unlucky", "The mirror refuses thirteen.", "Nothing can be done.")
    mirror = states.find(Mirror, command.counter_id)
    if mirror is not None and command.sequence <= mirror.last_seen:
        raise AssertionError(f"{command.counter_id}: {command.sequence} after {mirror.last_seen}")
    return [CounterMirrored(counter_id=command.counter_id, amount=command.amount, seen_sequence=command.sequence)]


def evolve_counter(counter: Counter | None, event: Event) -> Counter:
    match event.payload:
        case CounterOpened(ceiling=ceiling):
            return Counter(event.ref.id, event.sequence, ceiling, 0)
        case CounterRaised(amount=amount) if counter is not None:
            part = counter.parts.get(event.role, Part(0))
            return replace(
                counter,
                version=event.sequence,
                value=counter.value + amount,
                labels=(*counter.labels[-2:], str(amount)),
                parts={**counter.parts, event.role: Part(part.amount + amount)},
            )
    raise TypeError(event.payload.type)


def evolve_mirror(mirror: Mirror | None, event: Event) -> Mirror:
    match event.payload:
        case CounterMirrored(amount=amount, seen_sequence=seen):
            value = 0 if mirror is None else mirror.value
            return Mirror(event.ref.id, event.sequence, value + amount, seen)
    raise TypeError(event.payload.type)


def react_to_raise(event: Event, today: date) -> Sequence[MirrorRaise]:
    match event.payload:
        case CounterRaised(counter_id=counter_id, amount=amount):
            return (MirrorRaise(counter_id, amount, event.sequence),)
    raise TypeError(event.payload.type)
