"""What a family is due of an item within a time, and what of it is left or was exceeded.

Owns the arithmetic, in whole base units: profile × persons × days over a window that ends on a day. An item that a
norm gives once in 35 days is looked at over 35 days, whatever the days planned for. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.logistics.rations.domain import due
from shared.contracts.logistics import RationLine


@dataclass(frozen=True, slots=True)
class Got:
    """What a household got of an item by one hand-out or list."""

    source: str
    household_id: str
    item_code: str
    quantity: int
    on: date
    position: int


@dataclass(frozen=True, slots=True)
class Planned:
    """What a household is to get of an item at a distribution."""

    distribution_id: str
    household_id: str
    item_code: str
    quantity: int
    on: date


@dataclass(frozen=True, slots=True)
class Excess:
    """How much of what a household got its family was not due any more."""

    got: Got
    quantity: int


@dataclass(frozen=True, slots=True)
class Share:
    """What a family is due of an item in the window that ends on a day, and what is taken of it."""

    item_code: str
    window_days: int
    due: int
    received: int
    planned: int

    @property
    def left(self) -> int:
        """What may still be planned."""
        return max(0, self.due - self.received - self.planned)


def window_of(line: RationLine, days: int) -> int:
    """Over how many days an item is counted."""
    return max(days, line.every_days)


def shares(  # noqa: PLR0913 -- a norm, whom it is for, when, and what was taken of it
    lines: Sequence[RationLine],
    persons: int,
    *,
    days: int,
    on: date,
    today: date,
    got: Sequence[Got],
    planned: Sequence[Planned],
) -> dict[str, Share]:
    """What a family of so many persons is due by a norm on a day, by item.

    A plan counts before and after its day alike: two plans a day apart are not two rations. Once its day is past it
    counts no more, for what came of it was received.
    """
    found = {}
    for line in lines:
        window = window_of(line, days)
        first, last = on - timedelta(days=window - 1), on + timedelta(days=window - 1)
        ahead = max(first, today)
        found[str(line.item_code)] = Share(
            item_code=line.item_code,
            window_days=window,
            due=due(line, persons=persons, days=window),
            received=sum(one.quantity for one in got if one.item_code == line.item_code and first <= one.on <= on),
            planned=sum(one.quantity for one in planned if one.item_code == line.item_code and ahead <= one.on <= last),
        )
    return found


def excesses(lines: Sequence[RationLine], persons: int, *, days: int, got: Sequence[Got]) -> Iterator[Excess]:
    """What a family of so many persons got beyond what it was due, each time in the window that ended that day.

    Of what it got on one day, what was recorded first counts first.
    """
    for line in lines:
        window = window_of(line, days)
        allowed = due(line, persons=persons, days=window)
        taken = sorted((one for one in got if one.item_code == line.item_code), key=lambda one: (one.on, one.position))
        oldest, sum_ = 0, 0
        for one in taken:
            sum_ += one.quantity
            while taken[oldest].on <= one.on - timedelta(days=window):
                sum_ -= taken[oldest].quantity
                oldest += 1
            beyond = min(one.quantity, sum_ - allowed)
            if beyond > 0:
                yield Excess(one, beyond)


def beyond(wanted: Mapping[str, int], left: Mapping[str, Share]) -> dict[str, int]:
    """What may still be planned of each item of which more is wanted; items no norm speaks of are free."""
    return {
        item_code: left[item_code].left
        for item_code, quantity in wanted.items()
        if item_code in left and quantity > left[item_code].left
    }
