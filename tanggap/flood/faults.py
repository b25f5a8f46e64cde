"""What goes wrong with machines while a flood is played: services are killed, the broker loses everything.

Owns when that happens, told in parts of the load. Who does it is given: the box's note of running processes, or a
test's own. Must not start anything again: that is the supervisor's task.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import redis.asyncio as redis


class Faults(Protocol):
    """Somebody who can do harm."""

    async def kill(self, service: str) -> None:
        """Kill a service's process at once (SIGKILL)."""
        ...

    async def flush_broker(self) -> None:
        """Delete everything the broker holds."""
        ...


@dataclass(frozen=True, slots=True)
class HomeFaults:
    """Harms the box that runs on a home, by the process ids and addresses it wrote down."""

    home: Path

    async def kill(self, service: str) -> None:
        """Kill a service's process at once (SIGKILL); one that is being started again is gone already."""
        pid = self._note()["services"][service]["pid"]
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def flush_broker(self) -> None:
        """Delete everything the broker holds."""
        client = redis.Redis.from_url(self._note()["redis_admin_url"])
        try:
            await client.flushall()
        finally:
            await client.aclose()

    def _note(self) -> dict[str, Any]:
        note: dict[str, Any] = json.loads((self.home / "running.json").read_text(encoding="utf-8"))
        return note


@dataclass(slots=True)
class Schedule:
    """Does each harm once, when its part of the load has been answered."""

    faults: Faults | None
    services: frozenset[str]
    report: Callable[[str], None]
    _tasks: "list[asyncio.Task[None]]" = field(default_factory=list)
    _due: list[tuple[float, str]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Spread the harms over the load."""
        if self.faults is not None:
            killed = [name for name in ("victims", "logistics", "aid") if name in self.services]
            harms = [*killed[:1], "broker", *killed[1:]]
            self._due = [(0.15 + 0.6 * place / len(harms), harm) for place, harm in enumerate(harms)]

    def reached(self, share: float) -> None:
        """So much of the load was answered."""
        while self._due and self._due[0][0] <= share:
            _, harm = self._due.pop(0)
            self._tasks.append(asyncio.create_task(self._do(harm)))

    async def finish(self) -> None:
        """Do what is still due, and wait until all is done."""
        self.reached(1.0)
        await asyncio.gather(*self._tasks)

    async def _do(self, harm: str) -> None:
        if self.faults is None:
            return
        act: Awaitable[None] = self.faults.flush_broker() if harm == "broker" else self.faults.kill(harm)
        await act
        self.done.append(harm)
        self.report(f"{harm}: " + ("everything in it was deleted" if harm == "broker" else "killed (SIGKILL)"))
