"""What was measured, as one document and as tables.

Owns medians over runs and the two forms of the answer. Must not measure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from rich.console import Group
from rich.table import Table

from bench.floor import Floor
from bench.growth import Growth
from bench.latency import Latency
from bench.plan import Plan
from bench.reading import Reading
from bench.stock import Stock
from bench.targets import Judged, all_met, judge
from bench.ways import Run

WAYS = {
    "usual": "the usual way: one message, one commit",
    "batches": "Tanggap, batches of 200",
    "singles": "Tanggap, single requests",
    "echo": "HTTP echo of the same stack",
}
USUAL_CONSUMER = "usual_consumer"
CONSUMER = "logistics"


@dataclass
class Results:
    """The runs of each way, and what was measured once."""

    plan: Plan
    cores: int
    runs: dict[str, list[Run]] = field(default_factory=dict)
    floors: list[Floor] = field(default_factory=list)
    latency: Latency | None = None
    reading: Reading | None = None
    growth: Growth | None = None
    stock: Stock | None = None

    def accepted_per_s(self, way: str) -> float:
        """The median of a way's runs: events a second until accepted."""
        return median(run.accepted_per_s for run in self.runs[way])

    def applied_per_s(self, way: str, consumer: str) -> float:
        """The median of a way's runs: events a second until applied."""
        return median(run.applied_per_s(consumer) for run in self.runs[way])

    def values(self) -> dict[str, float]:
        """The numbers that have a target. Ratios are medians of ratios between runs of the same turn."""
        values = {
            "batches_per_s": self.applied_per_s("batches", CONSUMER),
            "batches_to_usual": self._ratio("batches", "usual"),
            "singles_to_usual": self._ratio("singles", "usual"),
            "singles_to_echo": median(
                single.accepted_per_s / echo.accepted_per_s
                for single, echo in zip(self.runs["singles"], self.runs["echo"], strict=True)
            ),
        }
        if self.latency is not None:
            values["applied_p99_ms"] = self.latency.applied_p99_ms
        if self.reading is not None:
            values["verified_per_s"] = self.reading.verified_per_s
            values["replayed_per_s"] = self.reading.replayed_per_s
        if self.growth is not None:
            values["growth_ratio"] = self.growth.ratio
        if self.stock is not None:
            values |= self.stock.values()
        return values

    def judged(self) -> dict[str, Judged]:
        """The numbers against their targets."""
        return judge(self.values())

    def document(self) -> dict[str, Any]:
        """Everything, for machines."""
        judged = self.judged()
        return {
            "met": all_met(judged),
            "cores": self.cores,
            "plan": asdict(self.plan),
            "targets": {
                name: {"value": one.value, "bound": one.target.bound, "unit": one.target.unit, "met": one.met}
                for name, one in judged.items()
            },
            "ways": {way: self._way_document(way) for way in self.runs},
            "floor": [asdict(floor) for floor in self.floors],
            "latency": asdict(self.latency) if self.latency else None,
            "reading": asdict(self.reading) if self.reading else None,
            "growth": asdict(self.growth) if self.growth else None,
            "stock": asdict(self.stock) if self.stock else None,
        }

    def _ratio(self, way: str, usual: str) -> float:
        pairs = zip(self.runs[way], self.runs[usual], strict=True)
        return median(ours.applied_per_s(CONSUMER) / theirs.applied_per_s(USUAL_CONSUMER) for ours, theirs in pairs)

    def _way_document(self, way: str) -> dict[str, Any]:
        runs = self.runs[way]
        consumers = runs[0].applied_s
        return {
            "accepted_per_s": round(self.accepted_per_s(way), 1),
            "applied_per_s": {name: round(self.applied_per_s(way, name), 1) for name in consumers},
            "cpu_us_per_event": median_cpu(runs),
            "runs": [asdict(run) for run in runs],
        }


def median_cpu(runs: Sequence[Run]) -> dict[str, float]:
    """CPU microseconds an event by part: the median over runs, parts that never did anything left out."""
    names = sorted({name for run in runs for name in run.cpu_us})
    return {name: median(run.cpu_us.get(name, 0) for run in runs) for name in names}


def tables(results: Results) -> Group:
    """Everything, for people."""
    return Group(
        _targets_table(results.judged()),
        _ways_table(results),
        *_cpu_tables(results),
        _once_table(results),
        *_stock_tables(results),
    )


def _targets_table(judged: Mapping[str, Judged]) -> Table:
    table = _table("Targets", "what", "measured", "target", "")
    for one in judged.values():
        sign = "at most" if one.target.at_most else "at least"
        verdict = "met" if one.met else f"missed: {one.share:.0%} of it"
        table.add_row(one.target.name, _number(one.value), f"{sign} {one.target.bound:g} {one.target.unit}", verdict)
    return table


def _ways_table(results: Results) -> Table:
    table = _table("Events a second, median of the runs", "way", "accepted", "applied elsewhere")
    for floor in results.floors[:1]:
        table.add_row("floor: COPY / XADD / XREAD", "", _floor_text(results.floors, floor))
    for way, words in WAYS.items():
        if way in results.runs:
            consumers = results.runs[way][0].applied_s
            applied = ", ".join(f"{name} {_number(results.applied_per_s(way, name))}" for name in consumers)
            table.add_row(words, _number(results.accepted_per_s(way)), applied)
    return table


def _floor_text(floors: Sequence[Floor], first: Floor) -> str:
    return " / ".join(_number(median(getattr(floor, name) for floor in floors)) for name in asdict(first))


def _cpu_tables(results: Results) -> list[Table]:
    tables_ = []
    for way, runs in results.runs.items():
        table = _table(f"CPU microseconds an event: {WAYS[way]}", "process", "µs")
        cpu = median_cpu(runs)
        for name, micros in sorted(cpu.items(), key=lambda one: -one[1]):
            table.add_row(name, _number(micros))
        table.add_row("together", _number(sum(cpu.values())))
        tables_.append(table)
    return tables_


def _once_table(results: Results) -> Table:
    table = _table("Latency, reading, growth", "what", "measured")
    measured: Sequence[Latency | Reading | Growth | None] = (results.latency, results.reading, results.growth)
    for one in measured:
        for name, value in (asdict(one) if one is not None else {}).items():
            if isinstance(value, int | float):
                table.add_row(name, _number(value))
    return table


def _stock_tables(results: Results) -> list[Table]:
    if results.stock is None:
        return []
    few, many = results.stock.few, results.stock.many
    sizes = [f"{side.movements:,}" for side in (few, many)]
    pages = _table("Stock pages by movements: p95 in ms, and CPU µs", "page", *sizes, "times", *sizes, "times")
    for kind, p95_ms in few.p95_ms.items():
        cells = (p95_ms, many.p95_ms[kind]), (few.cpu_us[kind], many.cpu_us[kind])
        pages.add_row(kind, *(_number(value) for first, last in cells for value in (first, last, last / first)))
    reports = _table("Reports of posts, events logged a second", "what", "reports/s", "events/s", "CPU µs an event")
    for run in (results.stock.receipts, results.stock.hand_outs):
        reports.add_row(
            run.what, _number(run.reports_per_s), _number(run.events_per_s), _number(sum(run.cpu_us.values()))
        )
    return [pages, reports]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right")
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
