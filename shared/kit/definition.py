"""What a service states about itself: the one place its parts are listed.

Owns the shape of `services/<name>/service.py`. Must not build or run anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

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


Routers = Callable[["Runtime"], Sequence[APIRouter]]


def no_routers(_: "Runtime") -> Sequence[APIRouter]:
    """A capability without doors of its own."""
    return ()


@dataclass(frozen=True)
class Capability:
    """One folder of a service: the states it keeps, what it decides, what it does on others' events, its doors.

    `media_types` are the forms of content its doors accept besides JSON and CloudEvents.
    """

    kinds: tuple[StateKind[Any], ...] = ()
    deciders: Mapping[type[Any], Decide] = field(default_factory=dict)
    routers: Routers = no_routers
    reactions: Mapping[type[Payload], tuple[Reaction, ...]] = field(default_factory=dict)
    read_models: tuple[ReadModel, ...] = ()
    media_types: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ServiceDefinition:
    """A service, complete: its states and rules, what it reads from others, its doors and its migrations."""

    name: str
    title: str
    kinds: tuple[StateKind[Any], ...]
    deciders: Mapping[type[Any], Decide]
    routers: Routers
    migrations: Path
    sources: tuple[str, ...] = ()
    reactions: Mapping[type[Payload], tuple[Reaction, ...]] = field(default_factory=dict)
    read_models: tuple[ReadModel, ...] = ()
    upcasters: tuple[Upcaster, ...] = ()
    locale: Path | None = None
    media_types: frozenset[str] = frozenset()

    @classmethod
    def of(  # noqa: PLR0913 -- a service is stated in one place
        cls,
        *capabilities: Capability,
        name: str,
        title: str,
        migrations: Path,
        sources: tuple[str, ...] = (),
        upcasters: tuple[Upcaster, ...] = (),
        locale: Path | None = None,
    ) -> Self:
        """The service made of these capabilities; read models and doors stand in their order.

        Raises: ValueError if two of them decide the same command.
        """
        deciders: dict[type[Any], Decide] = {}
        reactions: dict[type[Payload], tuple[Reaction, ...]] = {}
        for one in capabilities:
            if again := deciders.keys() & one.deciders.keys():
                raise ValueError(f"decided twice: {', '.join(sorted(command.__name__ for command in again))}")
            deciders.update(one.deciders)
            for payload, reaction in one.reactions.items():
                reactions[payload] = (*reactions.get(payload, ()), *reaction)
        return cls(
            name=name,
            title=title,
            kinds=tuple(kind for one in capabilities for kind in one.kinds),
            deciders=deciders,
            routers=lambda runtime: [router for one in capabilities for router in one.routers(runtime)],
            migrations=migrations,
            sources=sources,
            reactions=reactions,
            read_models=tuple(model for one in capabilities for model in one.read_models),
            upcasters=upcasters,
            locale=locale,
            media_types=frozenset().union(*(one.media_types for one in capabilities)),
        )

    @property
    def payloads(self) -> tuple[type[Payload], ...]:
        """The payload classes its own log may hold."""
        return tuple(payload for kind in self.kinds for payload in kind.events)
