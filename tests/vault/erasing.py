"""A process that carries out erasures and dies by SIGKILL at the step it is told: `erasing.py URL KEYS STEP`.

The steps lie between the statements of `finish_erasures`; the completion is logged as a row of `public.announced`.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import Database
from shared.kit.vault import erasure
from shared.kit.vault.erasure_list import LIST_FILE, ErasureList, ErasureRecord
from shared.kit.vault.keys import load_keys

STEPS = ("in_destruction", "after_destruction", "in_list", "after_list", "after_announcement", "in_completion")


def die() -> None:
    """End as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


async def announce(database: Database, record: ErasureRecord) -> None:
    """Log a completion once, however often it is announced."""
    async with database.transaction() as connection:
        await connection.execute(
            sa.text("INSERT INTO public.announced (subject_id) VALUES (:id) ON CONFLICT DO NOTHING"),
            {"id": record.subject_id},
        )


async def erase(url: str, folder: Path, step: str) -> None:
    """Run one round of erasures, dying at `step`."""
    database = Database(url)
    _set_traps(step, folder)

    async def announced(record: ErasureRecord) -> None:
        if step == "after_list":
            die()
        await announce(database, record)
        if step == "after_announcement":
            die()

    await erasure.finish_erasures(database, load_keys(folder), announced)


def _set_traps(step: str, folder: Path) -> None:
    destroy, complete, add = erasure.destroy, erasure._complete, ErasureList.add

    async def destroy_and_die(connection: AsyncConnection, subject_ids: Sequence[str]) -> None:
        await destroy(connection, subject_ids)
        die()

    async def complete_and_die(connection: AsyncConnection, subject_ids: Sequence[str]) -> None:
        await complete(connection, subject_ids)
        die()

    def tear_and_die(kept: ErasureList, records: list[ErasureRecord]) -> None:
        add(kept, records)
        whole = (folder / LIST_FILE).read_bytes()
        (folder / LIST_FILE).write_bytes(whole[:-7])
        die()

    traps: dict[str, Callable[[], Any]] = {
        "in_destruction": lambda: setattr(erasure, "destroy", destroy_and_die),
        "after_destruction": lambda: setattr(ErasureList, "add", lambda *_: die()),
        "in_list": lambda: setattr(ErasureList, "add", tear_and_die),
        "in_completion": lambda: setattr(erasure, "_complete", complete_and_die),
    }
    if step in traps:
        traps[step]()


if __name__ == "__main__":
    asyncio.run(erase(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
