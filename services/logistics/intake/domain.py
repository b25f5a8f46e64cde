"""What every report from the field has, and what it is flagged for.

Owns the thresholds of late and implausible times, the flags that come from the post and its device, and the one
reason for which a report is not taken: its device was withdrawn when it captured it. A report of what has happened is
never refused for what it says. Pure.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.logistics.places.domain import Place
from shared.contracts.ids import DeviceId
from shared.contracts.vocabulary import FieldFlag, PlaceKind
from shared.kit.decisions.types import Refusal, States

# Assumed: no norm says when a report is late or a phone's clock is wrong. A day is what a post on a bad network
# needs at most; five minutes is what unattended phones drift.
ASSUMED_LATE_AFTER = timedelta(hours=24)
ASSUMED_CLOCK_AHEAD = timedelta(minutes=5)
ASSUMED_CLOCK_BEHIND = timedelta(days=365)
ASSUMED_EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Capture:
    """Which device captured a report, and when by its own clock."""

    device_id: DeviceId
    captured_at: datetime


def time_flags(captured_at: datetime, received_at: datetime) -> tuple[FieldFlag, ...]:
    """What a report is flagged for by what the device's clock says, against ours."""
    if (
        captured_at > received_at + ASSUMED_CLOCK_AHEAD
        or captured_at < ASSUMED_EARLIEST
        or captured_at < received_at - ASSUMED_CLOCK_BEHIND
    ):
        return (FieldFlag.IMPLAUSIBLE_TIME,)
    return (FieldFlag.LATE,) if received_at - captured_at > ASSUMED_LATE_AFTER else ()


def believed_at(capture: Capture, flags: Collection[FieldFlag]) -> datetime | None:
    """When a report was captured, where the device's clock can be believed: what is counted later is then offset."""
    return None if FieldFlag.IMPLAUSIBLE_TIME in flags else capture.captured_at


def not_authorised(states: States, place_id: str, capture: Capture) -> Refusal | None:
    """The refusal of what a device captured after it was withdrawn; None where the report is to be taken.

    A device nobody told us of is none: the news of its enrolment may be on its way.
    """
    place = states.find(Place, place_id)
    device = place.devices.get(capture.device_id) if place is not None else None
    if device is None or device.authorised(capture.captured_at):
        return None
    return Refusal(
        slug="device-withdrawn",
        detail="The device was withdrawn before it captured this report.",
        next_step="Enter the report on an enrolled device, or ask the office to enrol this one again.",
        status=403,
    )


def sender_flags(states: States, place_id: str, capture: Capture) -> list[FieldFlag]:
    """What a report is flagged for by the post that sends it and the post's device.

    Of a post nobody told us of no device can be known: one flag says so.
    """
    place = states.find(Place, place_id)
    flags = []
    if place is None or place.place_kind is not PlaceKind.POST:
        flags.append(FieldFlag.UNKNOWN_POST)
    if place is not None:
        device = place.devices.get(capture.device_id)
        if device is None:
            flags.append(FieldFlag.UNKNOWN_DEVICE)
        elif not device.admitted:
            flags.append(FieldFlag.WITHDRAWN_DEVICE)
    return flags
