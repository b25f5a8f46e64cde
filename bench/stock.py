"""What the ledger costs: reading stock cards and balances of few and of many movements, and writing reports of posts.

Owns these measurements, on two stages of their own. Pages are read through the service's own door, one request to the
small ledger and one to the large in turns, so that the time is the service's and not a queue's, and what else the
machine does touches both alike.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg
import orjson
import uvloop

from bench.ledger import BUSIEST, FAST_LOT, FIRST_POSITION, OPENED_LATE, OWNERS, Ledger
from bench.load import Answer, Target, send_in_turns
from bench.plan import StockPlan
from bench.reports import Reports, measure_reports
from bench.stage import Stage
from shared.kit.http.paging import DEFAULT_ROWS, encode_cursor

Report = Callable[[str], None]
SERVICE = "logistics"
WARM_UP = 50
# So long before its end a card is read once more: the busiest store has several pages in so many movements.
FROM_THE_END = 1_000


@dataclass(frozen=True, slots=True)
class Pages:
    """With so many movements in the ledger, of each kind of page: the 95th percentile in milliseconds, and the CPU
    microseconds the service and its database take for one."""

    movements: int
    p95_ms: dict[str, float] = field(default_factory=dict)
    cpu_us: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stock:
    """The same pages with few and with many movements, and what posts report, with many."""

    few: Pages
    many: Pages
    receipts: Reports
    hand_outs: Reports

    def values(self) -> dict[str, float]:
        """The numbers that have a target: the worst of the pages, and all reports together."""
        spent_s = self.receipts.spent_s + self.hand_outs.spent_s
        return {
            "stock_page_p95_ms": max(self.many.p95_ms.values()),
            "stock_page_ratio": max(self.many.p95_ms[kind] / self.few.p95_ms[kind] for kind in self.few.p95_ms),
            "stock_events_per_s": (self.receipts.events + self.hand_outs.events) / spent_s,
        }


@dataclass(frozen=True, slots=True)
class _Side:
    """A ledger, the stage it stands on, and what was measured of it."""

    stage: Stage
    ledger: Ledger
    pages: Pages


async def measure_stock(plan: StockPlan, report: Report) -> Stock:
    """Fill two ledgers and read the same pages of both, then let posts report to the larger one."""
    small, large = stages = (Stage(), Stage())
    try:
        for stage in stages:
            stage.start()
        small.start_services([SERVICE])
        large.start_services()
        few, many = await _read_both(stages, plan, report)
        small.stop()
        receipts, hand_outs = await measure_reports(large, plan)
        report(f"receipts {receipts.events_per_s:,.0f} events/s, hand-outs {hand_outs.events_per_s:,.0f} events/s")
    finally:
        for stage in stages:
            stage.stop()
    return Stock(few, many, receipts, hand_outs)


async def _read_both(stages: tuple[Stage, Stage], plan: StockPlan, report: Report) -> tuple[Pages, Pages]:
    few, many = (
        _Side(stage, Ledger(movements), Pages(movements))
        for stage, movements in zip(stages, (plan.few, plan.many), strict=True)
    )
    for side in (few, many):
        await _fill(side)
        report(f"{side.ledger.movements:,} movements filled")
    for kind in _paths(few.ledger):
        await _read((few, many), kind, plan.reads)
    for pages in (few.pages, many.pages):
        told = ", ".join(f"{kind} {p95:.1f} ms" for kind, p95 in pages.p95_ms.items())
        report(f"{pages.movements:,} movements: {told}")
    return few.pages, many.pages


async def _fill(side: _Side) -> None:
    connection = await asyncpg.connect(side.stage.admin_url(SERVICE))
    try:
        await side.ledger.fill(connection)
    finally:
        await connection.close()
    await side.stage.settle()


def _paths(ledger: Ledger) -> dict[str, str]:
    card = f"/v1/places/{BUSIEST}/card"
    of_item, of_owner = f"item_code={ledger.item_of(FAST_LOT)}", f"owner_id={ledger.owner_of(FAST_LOT)}"
    near_end = encode_cursor((FIRST_POSITION + ledger.movements - FROM_THE_END, 0))
    return {
        "card of a place": card,
        "card of a place, near its end": f"{card}?after={near_end}",
        "card of a place opened late": f"/v1/places/{OPENED_LATE}/card",
        "card of an item": f"{card}?{of_item}",
        "card of a lot": f"{card}?lot_id={ledger.lots[FAST_LOT]}",
        "card of an owner": f"{card}?owner_id={OWNERS[1]}",
        "card of an owner's item": f"{card}?{of_item}&{of_owner}",
        "balances of a place": f"/v1/places/{BUSIEST}/balances",
        "sums of a place": f"/v1/balances?place_id={BUSIEST}",
    }


async def _read(sides: Sequence[_Side], kind: str, reads: int) -> None:
    targets = [_target(side, kind) for side in sides]
    await send_in_turns(targets, WARM_UP, expected=200)
    meters = [side.stage.cpu() for side in sides]
    before = [meter.read() for meter in meters]
    answers = await send_in_turns(targets, reads, expected=200)
    for side, meter, spent, own in zip(sides, meters, before, answers, strict=True):
        _check_full(kind, own[-1])
        side.pages.cpu_us[kind] = _of_service(meter.micros_each(spent, reads))
        side.pages.p95_ms[kind] = _p95_ms(own)


def _target(side: _Side, kind: str) -> Target:
    headers = {"Authorization": f"Bearer {side.stage.token('warehouse')}"}
    return Target(side.stage.url(SERVICE), _paths(side.ledger)[kind], headers, method="GET")


def _check_full(kind: str, answer: Answer) -> None:
    """Pages are alike only if each is full: one with fewer rows would be quicker for that."""
    rows = len(orjson.loads(answer.body)["items"])
    if rows != DEFAULT_ROWS:
        raise RuntimeError(f"{kind}: {rows} rows instead of {DEFAULT_ROWS}")


def _of_service(cpu_us: Mapping[str, int]) -> int:
    return sum(cpu_us.get(part, 0) for part in (SERVICE, f"postgres: {SERVICE}"))


def _p95_ms(answers: Sequence[Answer]) -> float:
    took = sorted(answer.answered_at - answer.sent_at for answer in answers)
    return round(took[len(took) * 95 // 100] * 1000, 2)


def main() -> None:
    """Print the ledger's part of the bench alone, as one JSON document."""
    stock = uvloop.run(measure_stock(StockPlan(), lambda _: None))
    sys.stdout.write(orjson.dumps(stock, option=orjson.OPT_INDENT_2).decode() + "\n")


if __name__ == "__main__":
    main()
