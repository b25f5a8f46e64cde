"""How much is measured: sizes, repeats and what is left out.

Owns the numbers a person may choose, with two ready sets: the whole bench and the quick one of the tests.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class StockPlan:
    """How many movements stand on either side, how often each page is read, and how many reports posts send."""

    few: int = 10_000
    many: int = 1_000_000
    reads: int = 400
    hand_outs: int = 20_000
    shipments: int = 1_000
    connections: int = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What a bench runs. Each way is run `repeats` times in turns and its median counts."""

    repeats: int = 5
    batch_households: int = 8_000
    single_households: int = 3_000
    usual_households: int = 1_500
    echo_requests: int = 5_000
    latency_households: int = 6_000
    floor_leaves: int = 20_000
    batch_connections: int = 4
    single_connections: int = 32
    seed: int = 1
    stock: StockPlan = StockPlan()
    growth: bool = False


WHOLE = Plan()
QUICK = replace(
    WHOLE,
    repeats=1,
    batch_households=600,
    single_households=200,
    usual_households=100,
    echo_requests=200,
    latency_households=300,
    floor_leaves=500,
    stock=StockPlan(few=6_000, many=12_000, reads=20, hand_outs=400, shipments=10),
)
