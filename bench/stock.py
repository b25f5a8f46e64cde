"""What the ledger costs: reading stock cards and balances of few and of many movements, and writing reports of posts.

Owns these measurements, on a stage of their own. Pages are read through the service's own door, one request after the
other, so that the time is the service's and not a queue's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import asyncpg

from bench.ledger import BUSIEST, ITEMS, OWNERS, Ledger
from bench.load import Answer, Target, send_all
from bench.plan import StockPlan
from bench.reports import Reports, measure_reports
from bench.stage import Stage

Report = Callable[[str], None]
WARM_UP = 20


@dataclass(frozen=True, slots=True)
class Pages:
    """The 95th percentile of reading each kind of page, in milliseconds, with so many movements in the ledger."""

    movements: int
    p95_ms: Mapping[str, float]


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


async def measure_stock(plan: StockPlan, report: Report) -> Stock:
    """Fill a ledger to either size and read its pages, then let posts report."""
    stage = Stage()
    try:
        stage.start()
        stage.start_services()
        few, many = await _read_both(stage, plan, report)
        receipts, hand_outs = await measure_reports(stage, plan)
        report(f"receipts {receipts.events_per_s:,.0f} events/s, hand-outs {hand_outs.events_per_s:,.0f} events/s")
    finally:
        stage.stop()
    return Stock(few, many, receipts, hand_outs)


async def _read_both(stage: Stage, plan: StockPlan, report: Report) -> tuple[Pages, Pages]:
    connection = await asyncpg.connect(stage.admin_url("logistics"))
    ledger = Ledger()
    try:
        sides = []
        for movements in (plan.few, plan.many):
            await ledger.grow(connection, movements)
            sides.append(await _read(stage, ledger, movements, plan.reads))
            report(f"{movements:,} movements: {_told(sides[-1])}")
    finally:
        await connection.close()
    return sides[0], sides[1]


def _paths(ledger: Ledger) -> dict[str, str]:
    card = f"/v1/places/{BUSIEST}/card"
    return {
        "card of a place": card,
        "card of an item": f"{card}?item_code={ITEMS[0]}",
        "card of a lot": f"{card}?lot_id={ledger.lots[0]}",
        "card of an owner": f"{card}?owner_id={OWNERS[1]}",
        "card of an owner's item": f"{card}?item_code={ITEMS[1]}&owner_id={OWNERS[1]}",
        "balances of a place": f"/v1/places/{BUSIEST}/balances",
        "sums of a place": f"/v1/balances?place_id={BUSIEST}",
    }


async def _read(stage: Stage, ledger: Ledger, movements: int, reads: int) -> Pages:
    headers = {"Authorization": f"Bearer {stage.token('warehouse')}"}
    p95_ms: dict[str, float] = {}
    for kind, path in _paths(ledger).items():
        target = Target(stage.url("logistics"), path, headers, method="GET")
        answers = await send_all(target, [b""] * (reads + WARM_UP), connections=1, expected=200)
        p95_ms[kind] = _p95_ms(answers[WARM_UP:])
    return Pages(movements, p95_ms)


def _p95_ms(answers: list[Answer]) -> float:
    took = sorted(answer.answered_at - answer.sent_at for answer in answers)
    return round(took[len(took) * 95 // 100] * 1000, 2)


def _told(pages: Pages) -> str:
    return ", ".join(f"{kind} {p95:.1f} ms" for kind, p95 in pages.p95_ms.items())
