"""A replica in a process of its own, for tests that kill it: `python -m tests.streams.worker URL REDIS NAME`.

Its apply dies at a leaf that says `kills` and waits a little at every batch where NAME starts with `slow`.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import Database
from shared.kit.streams.entry import Applied, Entry, EntryResult
from shared.kit.streams.runner import Consumers, Delivery, Pace, Source
from tests.streams.target import effect, row_of

PACE = Pace(poll_ms=200, watch_s=0.2, lease_s=1.0, stop_deadline_s=5.0)


def apply_as(name: str) -> object:
    async def apply(connection: AsyncConnection, entries: Sequence[Entry]) -> list[EntryResult]:
        for entry in entries:
            await connection.execute(effect.insert(), [row_of(entry, name)])
            if b"kills" in entry.leaf:
                os.kill(os.getpid(), signal.SIGKILL)
        if name.startswith("slow"):
            await asyncio.sleep(0.03)
        return [Applied() for _ in entries]

    return apply


async def main(database_url: str, redis_url: str, name: str) -> None:
    database = Database(database_url, pool_size=10)
    delivery = Delivery("logistics", database, redis_url, apply_as(name))  # type: ignore[arg-type]
    consumers = Consumers(delivery, [Source("victims")], pace=PACE, owner=f"{name}-{os.getpid()}")
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await consumers.start()
    await stopping.wait()
    await consumers.stop()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
