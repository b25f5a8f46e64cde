"""How far a flow has come: what a service has logged, and what another has applied of it.

Owns reading heads and cursors straight from the databases while services run, with a connection of its own each.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from bench.stage import Stage

POLL_S = 0.005
DEADLINE_S = 300.0

_HEAD = "SELECT numbers FROM log.head"
_CURSORS = "SELECT partition, number FROM delivery.cursor WHERE source = $1 ORDER BY partition"

Numbers = tuple[int, ...]


class Flow:
    """Watches a source's log and its consumers' cursors."""

    def __init__(self, source: str, connections: dict[str, "asyncpg.Connection[asyncpg.Record]"]) -> None:
        self.source = source
        self.consumers = [name for name in connections if name != source]
        self._connections = connections

    @classmethod
    @asynccontextmanager
    async def open(cls, stage: Stage, source: str, consumers: Sequence[str]) -> AsyncIterator["Flow"]:
        """A watch over these services, those of them that run."""
        names = [source, *(name for name in consumers if name in stage.services)]
        connections = {name: await asyncpg.connect(stage.admin_url(name)) for name in names}
        try:
            yield cls(source, connections)
        finally:
            for connection in connections.values():
                await connection.close()

    async def logged(self) -> Numbers:
        """The last number of each of the source's partitions."""
        return tuple(await self._connections[self.source].fetchval(_HEAD))

    async def applied(self, consumer: str) -> Numbers:
        """How far a consumer has applied each partition."""
        rows = await self._connections[consumer].fetch(_CURSORS, self.source)
        return tuple(row["number"] for row in rows)

    async def wait_applied(self, consumer: str, numbers: Numbers) -> float:
        """Wait until a consumer has applied up to these numbers; the monotonic time at which it was seen."""
        ends_at = time.monotonic() + DEADLINE_S
        while not reached(await self.applied(consumer), numbers):
            if time.monotonic() > ends_at:
                raise TimeoutError(f"{consumer} has not applied what {self.source} logged")
            await asyncio.sleep(POLL_S)
        return time.monotonic()

    async def wait_all_applied(self) -> dict[str, float]:
        """Wait until every consumer has applied all that is logged now, and when each had."""
        numbers = await self.logged()
        times = await asyncio.gather(*(self.wait_applied(name, numbers) for name in self.consumers))
        return dict(zip(self.consumers, times, strict=True))


def reached(applied: Numbers, wanted: Numbers) -> bool:
    """Whether every partition is applied at least that far."""
    return len(applied) >= len(wanted) and all(have >= want for have, want in zip(applied, wanted, strict=False))
