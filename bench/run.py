"""The whole bench: a stage, every way in turns, what is measured once, and the end of all of it.

Owns the order of things. Ways run in turns, so that what the machine does meanwhile touches all of them alike.
"""

import os
from collections.abc import Callable

import asyncpg
import uvloop

from bench.floor import measure_floor
from bench.flow import Flow
from bench.growth import GrowthPlan, measure_growth
from bench.households import Reporter, Villagers
from bench.latency import Load, measure_latency
from bench.office import prepare_devices, prepare_rations
from bench.plan import Plan
from bench.reading import measure_reading
from bench.results import CONSUMER, Results
from bench.stage import CONSUMERS, Stage
from bench.stock import measure_stock
from bench.ways import Ways

Report = Callable[[str], None]

_LEAVES = "SELECT leaf FROM log.entry ORDER BY position LIMIT $1"
HALF = 0.5


def run_bench(plan: Plan, report: Report) -> Results:
    """Measure everything a plan asks for, on servers and services of its own. Leaves nothing behind."""
    stage = Stage()
    try:
        report("Starting servers and services")
        stage.start()
        stage.start_services()
        stage.start_usual()
        stage.start_echo()
        results = uvloop.run(_measure(stage, plan, report))
    finally:
        stage.stop()
    results.stock = uvloop.run(measure_stock(plan.stock, report))
    if plan.growth:
        results.growth = uvloop.run(measure_growth(GrowthPlan(), report))
    return results


async def _measure(stage: Stage, plan: Plan, report: Report) -> Results:
    results = Results(plan, cores=os.cpu_count() or 1)
    prepare_rations(stage)
    reporter = Reporter(prepare_devices(stage, 1)[0], Villagers(plan.seed))
    async with Flow.open(stage, "victims", CONSUMERS) as flow:
        ways = Ways(stage, reporter, flow)
        await _warm(ways, plan)
        for turn in range(plan.repeats):
            await _turn(ways, plan, results)
            results.floors.append(await measure_floor(stage, await _leaves(stage, plan.floor_leaves)))
            report(f"Turn {turn + 1} of {plan.repeats}: {_told(results)}")
        report("Latency at half load")
        rate = results.applied_per_s("batches", CONSUMER) * HALF
        load = Load(plan.latency_households, rate, CONSUMER)
        results.latency = await measure_latency(stage, reporter, flow, load)
    report("Verifying and replaying")
    results.reading = await measure_reading(stage)
    return results


async def _warm(ways: Ways, plan: Plan) -> None:
    """Each way once, uncounted: connections, prepared statements and caches stand before anything counts."""
    await ways.by_batches(min(plan.batch_households, 1_000), connections=plan.batch_connections)
    await ways.by_single_requests(min(plan.single_households, 200), connections=plan.single_connections)
    await ways.usual(min(plan.usual_households, 200), connections=plan.single_connections)
    await ways.echo(min(plan.echo_requests, 200), connections=plan.single_connections)


async def _turn(ways: Ways, plan: Plan, results: Results) -> None:
    done = {
        "usual": await ways.usual(plan.usual_households, connections=plan.single_connections),
        "batches": await ways.by_batches(plan.batch_households, connections=plan.batch_connections),
        "singles": await ways.by_single_requests(plan.single_households, connections=plan.single_connections),
        "echo": await ways.echo(plan.echo_requests, connections=plan.single_connections),
    }
    for way, run in done.items():
        results.runs.setdefault(way, []).append(run)


async def _leaves(stage: Stage, count: int) -> list[bytes]:
    """Leaves as they stand in the log: the same bytes for the floor."""
    connection = await asyncpg.connect(stage.admin_url("victims"))
    try:
        return [row["leaf"] for row in await connection.fetch(_LEAVES, count)]
    finally:
        await connection.close()


def _told(results: Results) -> str:
    return ", ".join(f"{way} {runs[-1].accepted_per_s:,.0f}/s" for way, runs in results.runs.items())
