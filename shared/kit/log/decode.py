"""Reading a leaf back as the event it was.

Owns upcasting: a stored event of an older version is raised to the current class on read and never rewritten.
Must not touch a database.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from shared.contracts.envelope import Payload
from shared.kit.decisions.types import Event, Ref

Upcast = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Upcaster:
    """Raises the content of an older event type to the next newer one."""

    old_type: str
    new_type: str
    upcast: Upcast


@dataclass(frozen=True)
class Decoder:
    """Decodes the leaves of one service's own log into events."""

    classes: Mapping[str, type[Payload]]
    upcasters: Mapping[str, Upcaster] = field(default_factory=dict)

    @classmethod
    def of(cls, payloads: Iterable[type[Payload]], upcasters: Iterable[Upcaster] = ()) -> "Decoder":
        """The decoder of a service that publishes these payloads."""
        return cls({payload.type: payload for payload in payloads}, {one.old_type: one for one in upcasters})

    def decode(self, leaf: bytes) -> Event | None:
        """The event in a leaf, or None for the log's own entries (opened, key added), which change no state.

        Raises: LookupError for a type this release does not know: its state cannot be rebuilt by it.
        """
        return self.read(orjson.loads(leaf))

    def read(self, content: Mapping[str, Any]) -> Event | None:
        """As `decode`, from a leaf that was parsed. Raises: as there."""
        type_, body = content["type"], content["data"]
        while (upcaster := self.upcasters.get(type_)) is not None:
            type_, body = upcaster.new_type, upcaster.upcast(body)
        payload_class = self.classes.get(type_)
        if payload_class is None:
            if content["subject"].startswith("log/"):
                return None
            raise LookupError(f"this release does not know the event type {type_}")
        return event_of(content, payload_class.model_validate(body, extra="ignore"))


def event_of(content: Mapping[str, Any], payload: Payload) -> Event:
    """The event that an envelope's attributes and its payload describe."""
    return Event(
        id=content["id"],
        ref=Ref.from_subject(content["subject"]),
        sequence=content["sequence"],
        time=datetime.fromisoformat(content["time"]),
        payload=payload,
        actor=content["actor"],
        role=content["actorrole"],
        disaster_id=content.get("disasterid"),
        correlation_id=content["correlationid"],
        causation_id=content.get("causationid"),
        traceparent=content.get("traceparent"),
    )
