"""How long after a report is accepted it has taken effect in another service.

Owns an open loop at a given rate and the matching of answers with the consumer's cursor. Why the cursor: it moves in
the transaction of the effects, so an entry has taken effect when, and not before, the cursor has passed it.
"""

import asyncio
import bisect
import time
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import orjson

from bench.flow import DEADLINE_S, POLL_S, Flow, Numbers, reached
from bench.households import Reporter, batches
from bench.load import Answer, Target, send_paced
from bench.stage import Stage
from bench.ways import BATCH_TYPE, check_accepted

_PLACES = "SELECT position, partition, number FROM log.entry WHERE position = ANY($1::bigint[])"
BATCH_EVENTS = 50
CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Load:
    """How many events are sent, how fast, and in which service's effects we are interested."""

    events: int
    events_per_s: float
    consumer: str


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from accepted to applied, and from due to accepted, at a rate of events a second."""

    events_per_s: float
    applied_p50_ms: float
    applied_p99_ms: float
    accepted_p50_ms: float
    accepted_p99_ms: float


async def measure_latency(stage: Stage, reporter: Reporter, flow: Flow, load: Load) -> Latency:
    """Send batches of 50 at a steady rate and read the consumer's cursor every 5 ms."""
    bodies = batches(reporter.events(load.events), BATCH_EVENTS)
    headers = {
        "Authorization": f"Bearer {reporter.device.token}",
        "Content-Type": BATCH_TYPE,
        "Content-Encoding": "gzip",
    }
    target = Target(stage.url("victims"), "/v1/events", headers)
    every_s = BATCH_EVENTS / load.events_per_s
    sending = asyncio.create_task(
        send_paced(target, bodies, every_s=every_s, connections=CONNECTIONS, expected=200), name="send"
    )
    seen = await _watch(flow, load.consumer, sending)
    answers = await sending
    check_accepted(answers)
    await flow.wait_all_applied()
    applied = await _applied_ms(stage, answers, seen)
    accepted = sorted((answer.answered_at - answer.sent_at) * 1e3 for answer in answers)
    return Latency(
        events_per_s=load.events_per_s,
        applied_p50_ms=percentile(applied, 50),
        applied_p99_ms=percentile(applied, 99),
        accepted_p50_ms=percentile(accepted, 50),
        accepted_p99_ms=percentile(accepted, 99),
    )


def percentile(ascending: Sequence[float], percent: int) -> float:
    """The value below which that share of an ascending list lies (nearest rank)."""
    return ascending[max(0, -(-len(ascending) * percent // 100) - 1)]


async def _watch(flow: Flow, consumer: str, sending: "asyncio.Task[list[Answer]]") -> list[tuple[float, Numbers]]:
    """The consumer's cursor over time, until everything that was sent has been applied."""
    seen: list[tuple[float, Numbers]] = []
    wanted: Numbers | None = None
    async with asyncio.timeout(DEADLINE_S):
        while wanted is None or not reached(seen[-1][1], wanted):
            if wanted is None and sending.done():
                wanted = await flow.logged()
            seen.append((time.monotonic(), await flow.applied(consumer)))
            await asyncio.sleep(POLL_S)
    return seen


async def _applied_ms(stage: Stage, answers: Sequence[Answer], seen: Sequence[tuple[float, Numbers]]) -> list[float]:
    accepted_at = {
        item["position"]: answer.answered_at for answer in answers for item in orjson.loads(answer.body)["items"]
    }
    connection = await asyncpg.connect(stage.admin_url("victims"))
    try:
        places = await connection.fetch(_PLACES, list(accepted_at))
    finally:
        await connection.close()
    waits = []
    for place in places:
        partition, number = place["partition"], place["number"]
        first = bisect.bisect_left(seen, number, key=lambda one: one[1][partition])
        waits.append(max(0.0, seen[first][0] - accepted_at[place["position"]]) * 1e3)
    return sorted(waits)
