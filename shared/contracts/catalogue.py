"""Which event types there are, who publishes them, and how a reader reads one.

Owns the map from type to class, the names of streams and schemas, and the errors of reading. A reader ignores
fields it does not know. No error repeats what was read: it may be personal data.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self, TypeVar

from pydantic import ValidationError

from shared.contracts import aid, field, logistics, victims
from shared.contracts.envelope import Payload
from shared.contracts.log import log_events

P = TypeVar("P", bound=Payload)

_TYPE = re.compile(r"(?P<name>[a-z][a-z0-9]*\.[a-z][a-z0-9_]*)\.v(?P<version>[1-9][0-9]{0,3})")


class ContractError(Exception):
    """An event cannot be read by this release's contracts."""

    slug: str


class UnknownType(ContractError):
    """No event of this name exists here: a reader counts and skips it."""

    slug = "unknown-type"


class UnknownVersion(ContractError):
    """The name is known but not the version: a reader parks it until it is upgraded."""

    slug = "unknown-version"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an event's content: where (a JSON pointer), and what, never the value itself."""

    pointer: str
    reason: str


class BadContent(ContractError):
    """The content does not fit its type."""

    slug = "bad-content"

    def __init__(self, type_: str, faults: tuple[Fault, ...]) -> None:
        self.type = type_
        self.faults = faults
        listed = "; ".join(f"{fault.pointer or '/'}: {fault.reason}" for fault in faults)
        super().__init__(f"{type_} does not fit its contract: {listed}")


@dataclass(frozen=True)
class Catalogue:
    """A closed set of event types."""

    classes: Mapping[str, type[Payload]]

    @classmethod
    def of(cls, *groups: Iterable[type[Payload]]) -> Self:
        """The catalogue of these event classes; two of the same type are a programming error."""
        classes: dict[str, type[Payload]] = {}
        for payload in (payload for group in groups for payload in group):
            if not _TYPE.fullmatch(payload.type) or payload.type in classes:
                raise ValueError(f"the type {payload.type} is malformed or taken")
            classes[payload.type] = payload
        return cls(MappingProxyType(classes))

    def find(self, type_: str) -> type[Payload]:
        """The class of an event type. Raises: UnknownType, UnknownVersion."""
        found = self.classes.get(type_)
        if found is not None:
            return found
        match = _TYPE.fullmatch(type_)
        if match and any(known.startswith(f"{match['name']}.v") for known in self.classes):
            raise UnknownVersion(f"{match['name']} has no version {match['version']} here")
        raise UnknownType("no event of this type is known here")

    def parse(self, type_: str, data: Mapping[str, Any]) -> Payload:
        """The payload an event's `data` is. Raises: UnknownType, UnknownVersion, BadContent."""
        return read(self.find(type_), data)


def read(payload: type[P], data: Mapping[str, Any]) -> P:
    """An event of a known class, unknown fields ignored at every level. Raises: BadContent."""
    try:
        return payload.model_validate(data, extra="ignore")
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
    # Outside the except block, so that no chained error carries the input along.
    raise BadContent(payload.type, tuple(Fault(_pointer(detail["loc"]), detail["msg"]) for detail in details))


def _pointer(location: Iterable[int | str]) -> str:
    return "".join(f"/{part}" for part in location)


SERVICES = ("victims", "logistics", "aid")

PUBLISHED: Mapping[str, tuple[type[Payload], ...]] = MappingProxyType(
    {
        "victims": (*log_events("victims"), *victims.EVENTS),
        "logistics": (*log_events("logistics"), *logistics.EVENTS),
        "aid": (*log_events("aid"), *aid.EVENTS),
    }
)
FIELD = field.EVENTS

SERVICE_EVENTS = Catalogue.of(*PUBLISHED.values())
FIELD_EVENTS = Catalogue.of(FIELD)


def parse(type_: str, data: Mapping[str, Any]) -> Payload:
    """The payload of a service's event. Raises: UnknownType, UnknownVersion, BadContent."""
    return SERVICE_EVENTS.parse(type_, data)


def parse_field(type_: str, data: Mapping[str, Any]) -> Payload:
    """The payload of a post's event. Raises: UnknownType, UnknownVersion, BadContent."""
    return FIELD_EVENTS.parse(type_, data)


def dump(payload: Payload) -> dict[str, Any]:
    """An event's `data` as JSON values: absent optional fields left out, never null."""
    return payload.model_dump(mode="json", exclude_none=True)


def dataschema(type_: str) -> str:
    """The URN of an event type's JSON Schema."""
    return f"urn:tanggap:schema:{type_}"


def stream_name(service: str, partition: int) -> str:
    """The Redis stream of one partition of a service's log."""
    return f"tanggap.{service}.{partition}"


def checkpoint_stream_name(service: str) -> str:
    """The Redis stream of a service's signed checkpoints."""
    return f"tanggap.{service}.checkpoints"
