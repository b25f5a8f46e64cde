"""What a service states about itself: the one place its parts are listed.

Owns the shape of `services/<name>/service.py`. Must not build or run anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from shared.contracts.envelope import Payload
from shared.kit.decisions.batch import ReadModel
from shared.kit.decisions.types import Command, Decide, Event, StateKind
from shared.kit.log.decode import Upcaster

if TYPE_CHECKING:
    from shared.kit.runtime import Runtime

React = Callable[[Event, date], Sequence[Command]]


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a service does when another service's event arrives: a pure function to commands of its own.

    `name` becomes part of the ids of the resulting events and never changes. `today` is the legal date at which
    the reaction is decided; whatever depends on it is carried in the events.
    """

    name: str
    react: React


@dataclass(frozen=True)
class ServiceDefinition:
    """A service, complete: its states and rules, what it reads from others, its doors and its migrations."""

    name: str
    title: str
    kinds: tuple[StateKind[Any], ...]
    deciders: Mapping[type[Any], Decide]
    routers: Callable[["Runtime"], Sequence[APIRouter]]
    migrations: Path
    sources: tuple[str, ...] = ()
    reactions: Mapping[type[Payload], tuple[Reaction, ...]] = field(default_factory=dict)
    read_models: tuple[ReadModel, ...] = ()
    upcasters: tuple[Upcaster, ...] = ()
    locale: Path | None = None

    @property
    def payloads(self) -> tuple[type[Payload], ...]:
        """The payload classes its own log may hold."""
        return tuple(payload for kind in self.kinds for payload in kind.events)
