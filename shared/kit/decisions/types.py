"""The words in which a capability states its rules to the kit.

Owns the shapes a `domain.py` and a `handlers.py` use: references, commands, refusals, states, events
before they have a position, and what became of a command. Must not touch a database or a broker, and
knows no domain noun.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

import sqlalchemy as sa

from shared.contracts.envelope import Payload


class Ref(NamedTuple):
    """One aggregate: its kind and id. The order (kind, id) is the global lock order.

    A tuple, as are the others here that every event needs several of: it is made and hashed in a third of the time.
    """

    kind: str
    id: str

    @property
    def subject(self) -> str:
        """The CloudEvents subject of this aggregate's events."""
        return f"{self.kind}/{self.id}"

    @classmethod
    def from_subject(cls, subject: str) -> "Ref":
        """The reference a CloudEvents subject names."""
        kind, _, id_ = subject.partition("/")
        return cls(kind, id_)


class UniqueKey(NamedTuple):
    """A value only one holder may have, as a keyed HMAC digest: never the value itself."""

    scope: str
    digest: bytes


@runtime_checkable
class Command(Protocol):
    """What somebody asks for, complete: a decision reads nothing but the command and the states it names."""

    def aggregates(self) -> Sequence[Ref]:
        """Aggregates the decision may write: locked FOR UPDATE in (kind, id) order."""
        ...

    def reads(self) -> Sequence[Ref]:
        """Aggregates the decision only reads: locked FOR SHARE in the same order."""
        ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule says no. Stored and replayed under the command's idempotency key.

    `slug` is stable and becomes the problem's type; `detail` and `next_step` are English message ids of
    the gettext catalogue with `%(name)s` places filled from `params`, which never hold personal data.
    """

    slug: str
    detail: str
    next_step: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    status: int = 409


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a command came from: who, when it happened, and what caused it.

    `reaction` is set when another service's event caused it: the ids of the resulting events are then
    derived from that event and the reaction's name, so deciding again after a restore mints no second one.
    """

    actor: str
    role: str
    correlation_id: str
    time: datetime
    causation_id: str | None = None
    traceparent: str | None = None
    disaster_id: str | None = None
    reaction: str | None = None


class Event(NamedTuple):
    """One thing that happened, as `evolve` sees it in live work, replay and time travel alike."""

    id: str
    ref: Ref
    sequence: int
    time: datetime
    payload: Payload
    actor: str
    role: str
    disaster_id: str | None = None
    correlation_id: str = ""
    causation_id: str | None = None
    traceparent: str | None = None


S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Children:
    """A mapping field of a state kept in a table of its own, one row an entry.

    `table` has the columns `parent` (the aggregate's id), `entry` (the mapping's key) and one column a
    field of `row`, a frozen dataclass.
    """

    field: str
    table: sa.Table
    row: type[Any]


@dataclass(frozen=True, slots=True)
class StateKind(Generic[S]):
    """A kind of aggregate: its frozen state dataclass, the typed table it is kept in, and how it evolves.

    The dataclass's fields are the table's columns by name. Both begin with `id: str` and `version: int`
    (the sequence of the last event). Fields that are neither scalars, dates nor instants are JSONB columns,
    except those named in `children`.
    """

    name: str
    table: sa.Table
    state: type[S]
    evolve: Callable[[S | None, Event], S]
    events: tuple[type[Payload], ...]
    children: tuple[Children, ...] = ()


class States(Protocol):
    """The states a decision may read: those its command named, as the items before it left them."""

    def find(self, state: type[S], id_: str) -> S | None:
        """The state of an aggregate the command named, or None if nothing was logged for it yet."""
        ...

    def holder(self, key: UniqueKey) -> str | None:
        """Who holds a unique key the command's item claimed: None while nobody else does."""
        ...


Decision = Sequence[Payload] | Refusal
Decide = Callable[[States, Any], Decision]


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's own id for a command, within the person or post that owns it.

    `fingerprint` is an HMAC over what was asked: the same key with another fingerprint is refused.
    """

    scope: str
    key: str
    fingerprint: bytes


class SealedDocument(NamedTuple):
    """A field group of personal data, already encrypted, to be kept if and only if its command is accepted."""

    subject_id: str
    field_group: str
    wrapped_key: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """One command on its way to a decision, with everything that commits together with it.

    `claims` maps unique keys to the holder who would have them.
    """

    command: Command
    origin: Origin
    idempotency: IdempotencyKey | None = None
    documents: tuple[SealedDocument, ...] = ()
    claims: Mapping[UniqueKey, str] = field(default_factory=dict)


class Logged(NamedTuple):
    """Where an event of an accepted command stands."""

    id: str
    type: str
    subject: str
    sequence: int
    position: int
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The command's events are committed at these positions (none if it changed nothing)."""

    events: tuple[Logged, ...]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The command was refused by a rule; the refusal is stored under its idempotency key."""

    refusal: Refusal
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The idempotency key was used before for something else; nothing was decided."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A decision raised: a fault of ours. Nothing of this item was kept, the others went on."""

    error: BaseException


class Overtaken(Exception):
    """Others were faster than what was looked up for a command: looked up again, it can be decided.

    Raised by a decision, or by a read model that finds under the log head's lock what no state a decision locks can
    tell. Raised and not refused, so that no answer is kept under the sender's key: a fact is never lost to a race.
    """


Outcome = Accepted | Refused | KeyReused | Failed
