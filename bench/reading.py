"""How fast a log is verified and replayed.

Owns two measurements over the log the other ways have written: the independent verifier over an export, and decoding
and evolving every event in memory. Loading leaves from the database stands apart from replay.
"""

import os
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bench.stage import Stage
from services.victims.service import SERVICE
from shared.kit.database import Database
from shared.kit.decisions.batch import Rules
from shared.kit.decisions.types import Ref
from shared.kit.log.append import Placed
from shared.kit.log.decode import Decoder
from shared.kit.log.export import export_log
from shared.kit.log.keys import LogFiles
from shared.kit.log.rebuild import LEAVES_PER_STEP, Leaf, evolve_all, leaves_of
from shared.kit.log.sources import DatabaseSource
from shared.kit.log.tables import head
from shared.kit.memory import bulk_work
from shared.kit.preparing import rules_of
from tanggap.verifier.__main__ import load_key
from tanggap.verifier.verify import Verdict, verify

_NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)  # evolve never reads when an event was recorded


@dataclass(frozen=True, slots=True)
class Reading:
    """Entries a second: verified from an export by the clock on all cores, and on one; loaded; replayed on one."""

    entries: int
    verified_per_s: float
    verified_per_s_core: float
    loaded_per_s: float
    replayed_per_s: float


class NotAsSigned(Exception):
    """The log the bench has written does not verify: nothing that was measured counts."""


async def measure_reading(stage: Stage) -> Reading:
    """Export, verify and replay the log of victims."""
    database = Database(stage.environment("victims")["TANGGAP_DATABASE_URL"], pool_size=2)
    try:
        verified = await _verify(stage, database)
        leaves, load_s = await _load(database)
    finally:
        await database.close()
    return Reading(
        entries=verified.entries,
        verified_per_s=verified.entries / verified.clock_s,
        verified_per_s_core=verified.entries / verified.core_s,
        loaded_per_s=len(leaves) / load_s,
        replayed_per_s=len(leaves) / _replay(leaves),
    )


@dataclass(frozen=True, slots=True)
class _Verified:
    entries: int
    clock_s: float
    core_s: float


async def _verify(stage: Stage, database: Database) -> _Verified:
    folder = stage.folder / "export"
    await export_log(DatabaseSource(database.engine), folder)
    key = load_key(str(LogFiles(stage.keys_dir("victims"), "victims").public))
    begun = time.process_time()
    _check(verify(folder, [key]))
    core_s = time.process_time() - begun
    began = time.monotonic()
    verdict = verify(folder, [key], processes=os.cpu_count() or 1)
    clock_s = time.monotonic() - began
    _check(verdict)
    shutil.rmtree(folder)
    return _Verified(verdict.size, clock_s, core_s)


def _check(verdict: Verdict) -> None:
    if verdict.findings or not verdict.trusted:
        raise NotAsSigned(f"{verdict.count} findings in {verdict.size} entries")


async def _load(database: Database) -> tuple[list[Leaf], float]:
    begun = time.monotonic()
    async with database.reading() as connection:
        position = (await connection.execute(sa.select(head.c.position))).scalar_one()
        leaves = [leaf async for step in leaves_of(connection, position) for leaf in step]
    return leaves, time.monotonic() - begun


def _replay(leaves: list[Leaf]) -> float:
    """CPU seconds to decode and evolve, in the steps a rebuild takes."""
    rules = rules_of(SERVICE)
    decoder = Decoder.of(SERVICE.payloads, SERVICE.upcasters)
    with bulk_work():
        return _replay_steps(leaves, rules, decoder)


def _replay_steps(leaves: list[Leaf], rules: Rules, decoder: Decoder) -> float:
    states: dict[Ref, Any] = {}
    begun = time.process_time()
    for first in range(0, len(leaves), LEAVES_PER_STEP):
        decoded = ((position, decoder.decode(leaf)) for position, leaf in leaves[first : first + LEAVES_PER_STEP])
        placed = [Placed(event, position, _NO_TIME) for position, event in decoded if event is not None]
        states.update(evolve_all(rules, states, placed))
    return time.process_time() - begun
