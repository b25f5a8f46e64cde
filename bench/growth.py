"""Whether work slows down as households accumulate.

Owns two stages side by side, one with few and one with many stored households, measured in turns so that what the
machine does meanwhile touches both alike. Takes minutes: it is asked for by name.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median

from bench.flow import Flow
from bench.households import Reporter, Villagers
from bench.office import prepare_devices, prepare_rations
from bench.stage import CONSUMERS, Stage
from bench.ways import Ways

FILL_STEP = 20_000


@dataclass(frozen=True, slots=True)
class Growth:
    """Households a second with few and with many stored, a pair each turn, and the median of the pairs' ratios."""

    few: int
    many: int
    pairs: list[tuple[float, float]]
    ratio: float


@dataclass(frozen=True, slots=True)
class GrowthPlan:
    """How many households stand on either side, and what a turn is."""

    few: int = 10_000
    many: int = 500_000
    pairs: int = 7
    households: int = 4_000
    connections: int = 4


async def measure_growth(plan: GrowthPlan, report: Callable[[str], None]) -> Growth:
    """Fill two stages through the services' own door, then measure them in turns."""
    stages = [Stage(), Stage()]
    try:
        for stage in stages:
            stage.start()
            stage.start_services()
        return await _measure(stages, plan, report)
    finally:
        for stage in stages:
            stage.stop()


async def _measure(stages: list[Stage], plan: GrowthPlan, report: Callable[[str], None]) -> Growth:
    async with AsyncExitStack() as stack:
        sides: list[Ways] = []
        for place, stage in enumerate(stages):
            prepare_rations(stage)
            reporter = Reporter(prepare_devices(stage, 1)[0], Villagers(place))
            flow = await stack.enter_async_context(Flow.open(stage, "victims", CONSUMERS))
            sides.append(Ways(stage, reporter, flow))
        few, many = sides
        await _fill(few, plan.few, plan, report)
        await _fill(many, plan.many, plan, report)
        for stage in stages:
            await stage.settle()
        pairs: list[tuple[float, float]] = []
        for turn in range(plan.pairs):
            order = (few, many) if turn % 2 == 0 else (many, few)
            rates: dict[Ways, float] = {}
            for side in order:
                run = await side.by_batches(plan.households, connections=plan.connections)
                rates[side] = run.applied_per_s("logistics") if run.applied_s else run.accepted_per_s
            pairs.append((rates[few], rates[many]))
            report(f"growth, pair {turn + 1} of {plan.pairs}: {rates[few]:.0f} and {rates[many]:.0f} households/s")
    return Growth(plan.few, plan.many, pairs, median(many / few for few, many in pairs))


async def _fill(side: Ways, households: int, plan: GrowthPlan, report: Callable[[str], None]) -> None:
    for first in range(0, households, FILL_STEP):
        await side.by_batches(min(FILL_STEP, households - first), connections=plan.connections)
        report(f"filled {min(first + FILL_STEP, households):,} of {households:,} households")
