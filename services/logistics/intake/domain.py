"""What every report from the field has, and what its clock and area are flagged for.

Owns the thresholds of late and implausible times. A report of what has happened is never refused for what it says.
Pure.
"""

from datetime import UTC, datetime, timedelta

from shared.contracts.vocabulary import FieldFlag

# Assumed: no norm says when a report is late or a phone's clock is wrong. A day is what a post on a bad network
# needs at most; five minutes is what unattended phones drift.
ASSUMED_LATE_AFTER = timedelta(hours=24)
ASSUMED_CLOCK_AHEAD = timedelta(minutes=5)
ASSUMED_CLOCK_BEHIND = timedelta(days=365)
ASSUMED_EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)


def time_flags(captured_at: datetime, received_at: datetime) -> tuple[FieldFlag, ...]:
    """What a report is flagged for by what the device's clock says, against ours."""
    if (
        captured_at > received_at + ASSUMED_CLOCK_AHEAD
        or captured_at < ASSUMED_EARLIEST
        or captured_at < received_at - ASSUMED_CLOCK_BEHIND
    ):
        return (FieldFlag.IMPLAUSIBLE_TIME,)
    return (FieldFlag.LATE,) if received_at - captured_at > ASSUMED_LATE_AFTER else ()
