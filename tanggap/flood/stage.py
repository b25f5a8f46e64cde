"""What every part of the play has at hand, and how it waits.

Owns the cast and the waiting: always for a condition, never for a time. Must not play anything.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from prometheus_client.parser import text_string_to_metric_families

from tanggap.flood.areas import PROVINCE
from tanggap.flood.box import Box
from tanggap.flood.caller import Actor, Caller
from tanggap.flood.faults import Schedule
from tanggap.flood.journal import Answered, Journal
from tanggap.flood.plan import World

CATCH_UP_DEADLINE_S = 180.0
LOOK_EVERY_S = 0.1
OFFICERS = 4

Progress = Callable[[str, int, int], None]


class NotAsPlanned(Exception):
    """A service answered otherwise than the play needs to go on."""

    slug = "not-as-planned"


class NotCaughtUp(Exception):
    """A service did not come to know in time what another had published."""

    slug = "not-caught-up"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts. `both` may prepare and approve, and tries to do both with one claim.

    The inspector is the second person of a store: looks at what the storekeeper received or counted.
    """

    coordinator: Actor
    surveyors: tuple[Actor, ...]
    storekeeper: Actor
    inspector: Actor
    officers: tuple[Actor, ...]
    approver: Actor
    both: Actor
    auditor: Actor

    @classmethod
    def of(cls, box: Box, run: str) -> "Cast":
        """The people of one flood, with their tokens."""
        everywhere = {"area": (PROVINCE,), "place": ("*",), "owner": ("*",)}

        def actor(name: str, *roles: str) -> Actor:
            subject = f"flood-{run}-{name}"
            return Actor(subject, box.token(subject, *roles, scope=everywhere))

        return cls(
            coordinator=actor("coordinator", "operator"),
            surveyors=tuple(actor(f"surveyor-{number}", "aid_officer") for number in range(OFFICERS)),
            storekeeper=actor("storekeeper", "warehouse"),
            inspector=actor("inspector", "warehouse"),
            officers=tuple(actor(f"officer-{number}", "aid_officer") for number in range(OFFICERS)),
            approver=actor("approver", "approver"),
            both=actor("both", "aid_officer", "approver"),
            auditor=actor("auditor", "auditor"),
        )

    @property
    def names(self) -> list[str]:
        """The pseudonyms of everybody who writes."""
        stores = (self.storekeeper, self.inspector)
        people = (self.coordinator, *self.surveyors, *stores, *self.officers, self.approver, self.both)
        return [one.name for one in people]


@dataclass(slots=True)
class Stage:
    """One flood being played."""

    box: Box
    world: World
    caller: Caller
    cast: Cast
    journal: Journal
    schedule: Schedule
    progress: Progress
    posts: dict[str, Actor] = field(default_factory=dict)
    _partitions: dict[str, int] = field(default_factory=dict)

    @property
    def village(self) -> str:
        """The first village with several households: what is played of one village is played of it."""
        return next(village for village, homes in sorted(self.world.households.items()) if len(homes) > 2)

    def key(self, *parts: object) -> str:
        """A key of this flood's own for a command."""
        return "-".join(["flood", self.world.options.run or "0", *(str(part) for part in parts)])

    async def must(self, service: str, actor: Actor, path: str, key: str, body: Mapping[str, Any]) -> Answered:
        """Ask what has to be accepted. Raises: NotAsPlanned."""
        answer = await self.caller.command(service, actor, path, key, body)
        if not answer.accepted:
            raise NotAsPlanned(f"{service} answered {answer.status} ({answer.slug}) to {path}")
        return answer

    async def until(
        self, condition: Callable[[], Awaitable[bool]], what: str, *, within_s: float = CATCH_UP_DEADLINE_S
    ) -> None:
        """Wait until a condition holds. Raises: NotCaughtUp."""
        give_up_at = time.monotonic() + within_s
        while not await condition():
            if time.monotonic() > give_up_at:
                raise NotCaughtUp(f"{what} within {within_s:.0f} s")
            await asyncio.sleep(LOOK_EVERY_S)

    async def caught_up(self, service: str, source: str = "victims") -> None:
        """Wait until a service has applied everything its source has logged, nothing parked. Raises: NotCaughtUp."""
        await self.until(lambda: self._is_caught_up(service, source), f"{service} did not catch up with {source}")

    async def _is_caught_up(self, service: str, source: str) -> bool:
        cursors = cursors_in(await self.caller.metrics(service), source)
        if len(cursors) < await self._partition_count(source):
            return False  # some are with nobody yet, as after a kill
        for partition, cursor in cursors.items():
            after = {"partition": partition, "after": cursor, "limit": 1}
            beyond = await self.caller.read(source, self.cast.auditor, "/v1/log/entries", **after)
            if beyond["entries"]:
                return False
        return True

    async def _partition_count(self, source: str) -> int:
        """How many partitions a log has: its first leaf says so."""
        if source not in self._partitions:
            first = await self.caller.read(source, self.cast.auditor, "/v1/log/entries", after=0, limit=1)
            self._partitions[source] = int(orjson.loads(first["entries"][0]["leaf"])["data"]["partitions"])
        return self._partitions[source]


def cursors_in(metrics: str, source: str) -> dict[int, int]:
    """The number of the last entry applied, by partition of a source, as a service's metrics tell."""
    return {
        int(sample.labels["partition"]): int(sample.value)
        for family in text_string_to_metric_families(metrics)
        if family.name == "tanggap_consumer_cursor"
        for sample in family.samples
        if sample.labels["source"] == source
    }
