"""Since when a post's devices may report, by server time.

Owns a device's history and whether it counts at an instant. Which came first is told by the sequence of the post's
own events, so that the news may arrive in any order. Must not judge a report. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A device was admitted or dismissed by an event of its post; `post_version` is that event's sequence."""

    post_version: int
    at: datetime
    admitted: bool


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of server time in which a device was admitted.

    Open at its end while the device was not dismissed, at its beginning while the news of its admission is missing.
    """

    admitted_at: datetime | None
    dismissed_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies in the period."""
        begun = self.admitted_at is None or self.admitted_at <= at
        return begun and (self.dismissed_at is None or at < self.dismissed_at)


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a post: all its turns, in the order the post's events have."""

    turns: tuple[Turn, ...]

    @property
    def admitted(self) -> bool:
        """Whether the device may report now."""
        return self.turns[-1].admitted

    def periods(self) -> tuple[Period, ...]:
        """The periods in which it was admitted, oldest first; a new token while it is admitted begins none."""
        periods: list[Period] = []
        for turn in self.turns:
            is_open = bool(periods) and periods[-1].dismissed_at is None
            if turn.admitted and not is_open:
                periods.append(Period(turn.at))
            elif not turn.admitted and is_open:
                periods[-1] = Period(periods[-1].admitted_at, turn.at)
            elif not turn.admitted and not periods:
                periods.append(Period(None, turn.at))
        return tuple(periods)

    def authorised(self, captured_at: datetime) -> bool:
        """Whether what the device says it captured then counts as captured while it was admitted.

        While it is admitted its clock is not held against it, except for a stretch in which it was dismissed. A
        dismissed device must have captured inside a period: a clock we cannot believe shows nothing.
        """
        periods = self.periods()
        if any(period.holds(captured_at) for period in periods):
            return True
        first = periods[0].admitted_at
        return self.admitted and first is not None and captured_at < first


def with_turn(devices: Mapping[str, Device], device_id: str, turn: Turn) -> Mapping[str, Device]:
    """The devices after one of them was admitted or dismissed, now or at an earlier place in its history."""
    known = devices.get(device_id)
    turns = (*(known.turns if known is not None else ()), turn)
    return {**devices, device_id: Device(tuple(sorted(turns, key=lambda one: one.post_version)))}
