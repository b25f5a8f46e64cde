"""A process that signs a log once and is killed on the way: `python -m tests.log.signing URL KEYS MOMENT`.

Owns the moments at which a crash could leave file, database and stream apart.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from sqlalchemy.ext.asyncio import create_async_engine

from shared.kit.log.checkpoints import Checkpointer
from shared.kit.log.keys import LogFiles

MOMENTS = ("before the file", "between file and database", "between database and stream")


class Dying(LogFiles):
    """Files whose writing kills the process."""

    __slots__ = ()
    moment = ""

    def keep(self, note: str) -> None:
        """Keep the note, and die before or after."""
        if self.moment == MOMENTS[0]:
            die()
        super().keep(note)
        if self.moment == MOMENTS[1]:
            die()


def die() -> None:
    """What kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)


async def publish(note: str) -> None:
    """The stream is reached only by a process that is still alive."""
    if Dying.moment == MOMENTS[2]:
        die()


async def main(url: str, keys: str) -> None:
    """Sign once."""
    engine = create_async_engine(url)
    await Checkpointer(engine, Dying(Path(keys), "toy"), publish).sign_once()
    await engine.dispose()


if __name__ == "__main__":
    Dying.moment = sys.argv[3]
    asyncio.run(main(sys.argv[1], sys.argv[2]))
