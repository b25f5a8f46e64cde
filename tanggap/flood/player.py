"""Plays a flood on running services, through their HTTP interfaces alone.

Owns the order of the parts and what runs side by side. Must not look into a database, a stream or a service's code.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tanggap.flood.asking import Asking
from tanggap.flood.bookkeeping import keep_books
from tanggap.flood.box import Box
from tanggap.flood.caller import Caller
from tanggap.flood.custody import Custody
from tanggap.flood.faults import Faults, Schedule
from tanggap.flood.field import Field, Registered
from tanggap.flood.hops import Hops
from tanggap.flood.journal import Journal
from tanggap.flood.kitchens import Kitchens
from tanggap.flood.letters import Letters
from tanggap.flood.ministry import Ministry
from tanggap.flood.money import Money, Paid
from tanggap.flood.office import declare, stock_up
from tanggap.flood.plan import Options
from tanggap.flood.readiness import Ready, get_ready
from tanggap.flood.reporting import Reporting
from tanggap.flood.scale import SCALE_DEFAULT
from tanggap.flood.sending import Sending
from tanggap.flood.stage import Cast, Progress, Stage
from tanggap.flood.stores import Stores, Supplied
from tanggap.flood.verifying import Verifying
from tanggap.flood.world import make_world

SEED_DEFAULT = 1


@dataclass(frozen=True, slots=True)
class FloodResult:
    """What was played, how fast, and where the players' journal lies."""

    journal: Path
    run: str
    seed: int
    scale: float
    disaster_id: str
    sizes: dict[str, int]
    registered: Registered
    supplied: Supplied | None
    paid: Paid | None
    faults: tuple[str, ...]
    requests_sent: int
    seconds: float

    @property
    def document(self) -> dict[str, Any]:
        """The result as a JSON document."""
        rate = round(self.registered.households_a_second)
        return {**asdict(self), "journal": str(self.journal), "households_a_second": rate}


def silent(_what: str, _done: int, _total: int) -> None:
    """Tells nobody how far the play is."""


async def play(  # noqa: PLR0913 -- each is a choice of the person who plays
    box: Box,
    *,
    scale: float = SCALE_DEFAULT,
    seed: int = SEED_DEFAULT,
    faults: Faults | None = None,
    progress: Progress = silent,
    report: Callable[[str], None] = lambda text: None,
) -> FloodResult:
    """Play a flood to its end and wait until every service knows everything.

    `progress` is told the part, how much of it is done and how much there is; `report` the faults as they happen.
    Raises: NotAsPlanned, NotCaughtUp, Unanswered.
    """
    began = time.monotonic()
    now = datetime.now(UTC)
    run = f"{int(now.timestamp() * 1000):x}"
    world = await asyncio.to_thread(make_world, Options(seed, scale, run, now))
    cast = Cast.of(box, run)
    opening = {
        "seed": seed,
        "scale": scale,
        "disaster_id": world.disaster_id,
        "anchor": now,
        "actors": [*cast.names, *(post.post_id for post in world.posts)],
        "sizes": asdict(world.sizes),
        "services": sorted(box.urls),
    }
    journal = Journal.begin(box.home, run, opening)
    try:
        async with Caller(box.urls, journal) as caller:
            schedule = Schedule(faults, caller.services, report)
            stage = Stage(box, world, caller, cast, journal, schedule, progress)
            registered, supplied, paid = await _Play(stage).all()
            attempts = caller.attempts
    finally:
        journal.close()
    return FloodResult(
        journal=journal.path,
        run=run,
        seed=seed,
        scale=scale,
        disaster_id=world.disaster_id,
        sizes=asdict(world.sizes),
        registered=registered,
        supplied=supplied,
        paid=paid,
        faults=tuple(schedule.done),
        requests_sent=attempts,
        seconds=time.monotonic() - began,
    )


class _Play:
    """The parts of a flood; logistics and aid take part where they run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._reporting, self._sending = Reporting(stage), Sending(stage)
        self._goods = Stores(stage, self._reporting, self._sending) if "logistics" in stage.caller.services else None
        self._money = Money(stage) if "aid" in stage.caller.services else None
        self._ready: Ready | None = None

    async def all(self) -> tuple[Registered, Supplied | None, Paid | None]:
        stage = self._stage
        stage.progress("preparing", 0, 1)
        await self._prepare()
        stage.progress("preparing", 1, 1)
        registered = await Field(stage).send_all()
        await stage.schedule.finish()
        supplied, paid = await asyncio.gather(self._supply(), self._compensate())
        for service in sorted(stage.caller.services - {"victims"}):
            await stage.caught_up(service)
        return registered, supplied, paid

    async def _prepare(self) -> None:
        await declare(self._stage)
        if self._goods is not None:
            await stock_up(self._stage)
            self._ready = await get_ready(self._stage)
        if self._money is not None:
            await self._money.prepare_budgets()

    async def _supply(self) -> Supplied | None:
        if self._goods is None or self._ready is None:
            return None
        await self._stage.caught_up("logistics")
        self._stage.progress("supplying", 0, 4)
        supplied = await self._goods.supply()
        self._stage.progress("supplying", 1, 4)
        await Letters(self._stage, await Ministry(self._stage).play()).play()
        self._stage.progress("supplying", 2, 4)
        await self._serve_posts()
        self._stage.progress("supplying", 3, 4)
        await Custody(self._stage, self._ready).play()
        await keep_books(self._stage, self._ready, self._reporting)
        self._stage.progress("supplying", 4, 4)
        return supplied

    async def _serve_posts(self) -> None:
        """What the posts asked for themselves: sent, counted on its way, cooked."""
        asked = await Asking(self._stage, self._reporting, self._sending).play()
        arrived = await Hops(self._stage, self._reporting).play(asked)
        await Kitchens(self._stage, self._reporting).play(arrived)

    async def _compensate(self) -> Paid | None:
        """Verify in two rounds with a new rule between them, then pay."""
        verifying, world, money = Verifying(self._stage), self._stage.world, self._money
        half, houses = (len(world.casualties) + 1) // 2, (len(world.surveys) + 1) // 2
        self._stage.progress("verifying", 0, 2)
        await verifying.round(world.casualties[:half], world.surveys[:houses])
        if money is not None:
            await self._stage.caught_up("aid")
            await money.change_rules()
        self._stage.progress("verifying", 1, 2)
        await verifying.round(world.casualties[half:], world.surveys[houses:])
        await verifying.afterwards()
        self._stage.progress("verifying", 2, 2)
        if money is None:
            return None
        await self._stage.caught_up("aid")
        self._stage.progress("paying", 0, 2)
        paid = await money.compensate()
        self._stage.progress("paying", 1, 2)
        await verifying.raise_classes()
        await self._stage.caught_up("aid")
        await money.pay_differences()
        self._stage.progress("paying", 2, 2)
        return paid
