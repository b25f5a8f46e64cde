"""An entry of a foreign log, and what became of it.

Owns the words between the consumer and whoever applies entries. Must not touch a database or a broker.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of another service, as its log holds it: `leaf` is the event's canonical bytes.

    `epoch` is that of the stream id it came under, None when it was read from the log over HTTP.
    `previous_hash` is the SHA-256 of the leaf numbered before it, None where the source does not say.
    """

    source: str
    partition: int
    number: int
    position: int
    leaf: bytes
    leaf_hash: bytes
    previous_hash: bytes | None = None
    correlation_id: str = ""
    epoch: int | None = None

    @property
    def type(self) -> str | None:
        """The event's type without parsing the leaf; None where that cannot be told."""
        return type_of(self.leaf)

    def description(self) -> "Description":
        """What the leaf says about itself, read only when somebody needs it."""
        return describe(self.leaf)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands where an entry should be: bytes that are no envelope, or not those of the log."""

    source: str
    partition: int
    number: int
    raw: bytes
    reason: str
    epoch: int | None = None

    leaf_hash: None = None

    def description(self) -> "Description":
        """Nothing can be said about it."""
        return Description()


@dataclass(frozen=True, slots=True)
class Description:
    """The attributes by which people find an entry; None where the leaf does not tell."""

    subject: str | None = None
    type: str | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """The entry's effects are written in the transaction."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The entry means nothing to this service; `reason` is a stable slug such as `unknown-type`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The entry cannot be applied and none of its effects were written; `reason` holds no personal data."""

    reason: str


EntryResult = Applied | Skipped | Rejected

# Runs the effects of entries in the open transaction and answers one result an entry, in order.
Apply = Callable[[AsyncConnection, Sequence[Entry]], Awaitable[Sequence[EntryResult]]]


def hash_leaf(leaf: bytes) -> bytes:
    """The plain SHA-256 of a leaf, by which consumer and publisher speak of it (the Merkle tree prefixes it)."""
    return sha256(leaf).digest()


def type_of(leaf: bytes) -> str | None:
    """The type at the end of a canonical leaf, None where it does not end so.

    Why no header of the entry: the leaf's hash vouches for this, and a damaged header would make us pass over an event.
    Canonical JSON sorts its keys, and `type` is the last of the envelope's. A comma never escapes the quote after it,
    so what follows is a key; a value without quotes up to the last brace is that of the outermost object.
    """
    start = leaf.rfind(_TYPE_KEY)
    if start < 0 or not leaf.endswith(_END):
        return None
    found = leaf[start + len(_TYPE_KEY) : -len(_END)]
    return None if b'"' in found or b"\\" in found or not found.isascii() else found.decode("ascii")


def describe(leaf: bytes) -> Description:
    """The attributes of a leaf that are needed to set it aside; none of them if it is not a JSON object."""
    try:
        event = orjson.loads(leaf)
    except orjson.JSONDecodeError:
        return Description()
    if not isinstance(event, dict):
        return Description()
    named = (event.get(name) for name in ("subject", "type", "id"))
    return Description(*(value if isinstance(value, str) else None for value in named))


_TYPE_KEY = b',"type":"'
_END = b'"}'
