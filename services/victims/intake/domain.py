"""What every report from the field has, and what it is flagged for.

Owns the flags that come from the device's clock, the post, the disaster and the area, and the one reason for which
a report is not taken: its device was not enrolled when it captured it. A report of what has happened is never
refused for what it says. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from services.victims.disasters.domain import Disaster
from services.victims.posts.domain import Post
from shared.contracts.ids import DeviceId, DisasterId, PostId
from shared.contracts.vocabulary import FieldFlag
from shared.kit.decisions.types import Ref, Refusal, States

# Assumed: no norm says when a report is late or a phone's clock is wrong. A day is what a post on a bad network
# needs at most; five minutes is what unattended phones drift.
ASSUMED_LATE_AFTER = timedelta(hours=24)
ASSUMED_CLOCK_AHEAD = timedelta(minutes=5)
ASSUMED_CLOCK_BEHIND = timedelta(days=365)
ASSUMED_EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Report:
    """Who reports what, from where and when. `captured_*` is what the device's clock says, `received_at` is ours."""

    disaster_id: DisasterId
    post_id: PostId
    device_id: DeviceId
    device_number: int
    area_code: str
    area_known: bool
    captured_at: datetime
    captured_on: date
    received_at: datetime
    recorded_on: date

    def reads(self) -> Sequence[Ref]:
        """The disaster and the post the report names."""
        return (Ref("disaster", self.disaster_id), Ref("post", self.post_id))


def not_authorised(states: States, report: Report) -> Refusal | None:
    """The refusal of what a device captured after it was withdrawn; None where the report is to be taken."""
    post = states.find(Post, report.post_id)
    device = post.devices.get(report.device_id) if post is not None else None
    if device is None or device.authorised(report.captured_at):
        return None
    return Refusal(
        slug="device-withdrawn",
        detail="The device was withdrawn before it captured this report.",
        next_step="Enter the report on an enrolled device, or ask the office to enrol this one again.",
        status=403,
    )


def report_flags(states: States, report: Report) -> list[FieldFlag]:
    """What a report is flagged for by its clock, post, disaster and area."""
    disaster = states.find(Disaster, report.disaster_id)
    post = states.find(Post, report.post_id)
    flags = []
    time_flag = _time_flag(report, disaster)
    if time_flag is not None:
        flags.append(time_flag)
    if disaster is None:
        flags.append(FieldFlag.UNKNOWN_DISASTER)
    elif disaster.ended(report.captured_on):
        flags.append(FieldFlag.DISASTER_NOT_IN_FORCE)
    if post is None:
        flags.append(FieldFlag.UNKNOWN_POST)
    else:
        flags += _device_flags(post, report)
    if not report.area_known:
        flags.append(FieldFlag.UNKNOWN_AREA)
    elif disaster is not None and not disaster.covers(report.area_code):
        flags.append(FieldFlag.OUTSIDE_DISASTER_AREA)
    if post is not None and not post.covers(report.area_code):
        flags.append(FieldFlag.UNAUTHORISED_AREA)
    return flags


def date_flags(states: States, report: Report, occurred_on: date) -> list[FieldFlag]:
    """What the stated date of an occurrence is flagged for: after it was recorded, or before the disaster began."""
    disaster = states.find(Disaster, report.disaster_id)
    too_early = disaster is not None and occurred_on < disaster.began_on
    return [FieldFlag.IMPLAUSIBLE_DATE] if too_early or occurred_on > report.recorded_on else []


def _time_flag(report: Report, disaster: Disaster | None) -> FieldFlag | None:
    captured_at, received_at = report.captured_at, report.received_at
    if (
        captured_at > received_at + ASSUMED_CLOCK_AHEAD
        or captured_at < ASSUMED_EARLIEST
        or captured_at < received_at - ASSUMED_CLOCK_BEHIND
        or (disaster is not None and report.captured_on < disaster.began_on)
    ):
        return FieldFlag.IMPLAUSIBLE_TIME
    return FieldFlag.LATE if received_at - captured_at > ASSUMED_LATE_AFTER else None


def _device_flags(post: Post, report: Report) -> list[FieldFlag]:
    device = post.devices.get(report.device_id)
    if device is None:
        return [FieldFlag.UNKNOWN_DEVICE]
    return [] if device.enrolled else [FieldFlag.WITHDRAWN_DEVICE]
