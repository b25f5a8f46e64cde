"""What the numbers should be, and by how much one misses.

Owns the targets of the programme's foundation. Must not measure.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A number that should be at least (or at most) a bound."""

    name: str
    bound: float
    unit: str
    at_most: bool = False

    def judge(self, value: float) -> "Judged":
        """How the number stands to the bound."""
        met = value <= self.bound if self.at_most else value >= self.bound
        return Judged(self, value, met)


@dataclass(frozen=True, slots=True)
class Judged:
    """A number and whether it is as it should be. `share` is the part of the target that was reached."""

    target: Target
    value: float
    met: bool

    @property
    def share(self) -> float:
        """1 or more is met."""
        reached = self.target.bound / self.value if self.target.at_most else self.value / self.target.bound
        return reached if self.value else 0.0


TARGETS: Mapping[str, Target] = {
    "batches_to_usual": Target("batches against the usual way, applied", 10, "times"),
    "batches_per_s": Target("batches, applied in logistics", 3_000, "households/s"),
    "singles_to_usual": Target("single requests against the usual way, applied", 4, "times"),
    "singles_to_echo": Target("single requests against the HTTP echo, accepted", 0.4, "of it"),
    "applied_p99_ms": Target("accepted to applied at half load, p99", 300, "ms", at_most=True),
    "verified_per_s": Target("verified, on all cores", 200_000, "entries/s"),
    "replayed_per_s": Target("decoded and evolved on a core", 40_000, "events/s"),
    "stock_page_p95_ms": Target("slowest stock page at 1,000,000 movements, p95", 50, "ms", at_most=True),
    "stock_page_ratio": Target("slowest growing stock page against 10,000 movements", 1.2, "times", at_most=True),
    "stock_events_per_s": Target("receipts and hand-outs of posts, logged", 3_000, "events/s"),
    "growth_ratio": Target("rate at 500,000 households against 10,000", 0.9, "of it"),
}
# One of these two is enough.
EITHER = ("singles_to_usual", "singles_to_echo")


def judge(values: Mapping[str, float]) -> dict[str, Judged]:
    """Every target for which there is a number."""
    return {name: target.judge(values[name]) for name, target in TARGETS.items() if name in values}


def all_met(judged: Mapping[str, Judged]) -> bool:
    """Whether everything that was measured is as it should be."""
    either = [judged[name].met for name in EITHER if name in judged]
    others = [one.met for name, one in judged.items() if name not in EITHER]
    return all(others) and (not either or any(either))
