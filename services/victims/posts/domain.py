"""Which posts and devices may report, and since when.

Owns enrolment and withdrawal. The history is kept by server time, so that what a device captured while it was
enrolled stays authorised after it was withdrawn. Pure; must not make tokens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.victims.disasters.domain import Disaster, unknown_disaster
from shared.contracts.envelope import Payload
from shared.contracts.ids import DeviceId, DisasterId, PostId, TokenId
from shared.contracts.victims import DeviceEnrolled, DeviceWithdrawn, PostEnrolled
from shared.contracts.vocabulary import DisasterPhase
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of server time in which a device was enrolled; open while it was not withdrawn."""

    enrolled_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a post: its newest token, and the periods in which it was enrolled, oldest first."""

    token_id: str
    valid_until_at: datetime
    periods: tuple[Period, ...]

    @property
    def enrolled(self) -> bool:
        """Whether the device is enrolled now."""
        return self.periods[-1].withdrawn_at is None

    def authorised(self, captured_at: datetime) -> bool:
        """Whether what the device says it captured then counts as captured while it was enrolled.

        While it is enrolled its clock is not held against it, except for a stretch in which it was withdrawn. A
        withdrawn device must have captured inside a period: a clock we cannot believe shows nothing.
        """
        if any(
            period.enrolled_at <= captured_at and (period.withdrawn_at is None or captured_at < period.withdrawn_at)
            for period in self.periods
        ):
            return True
        return self.enrolled and captured_at < self.periods[0].enrolled_at


@dataclass(frozen=True, slots=True)
class Post:
    """A post (posko) that works for a disaster in an area, and its devices by id."""

    id: str
    version: int
    disaster_id: str
    area_code: str
    enrolled_on: date
    devices: Mapping[str, Device] = field(default_factory=dict)

    def covers(self, area_code: str) -> bool:
        """Whether an area is the post's, or lies below it."""
        return area_code == self.area_code or area_code.startswith(f"{self.area_code}.")


@dataclass(frozen=True, slots=True)
class EnrolPost:
    """The office lets a post work for a disaster in an area."""

    post_id: PostId
    disaster_id: DisasterId
    area_code: str
    recorded_on: date
    area_known: bool = True

    def aggregates(self) -> Sequence[Ref]:
        """The post."""
        return (Ref("post", self.post_id),)

    def reads(self) -> Sequence[Ref]:
        """The disaster it works for."""
        return (Ref("disaster", self.disaster_id),)


@dataclass(frozen=True, slots=True)
class EnrolDevice:
    """The office lets a device report for a post under a token; again, for a new token."""

    post_id: PostId
    device_id: DeviceId
    token_id: TokenId
    valid_from_at: datetime
    valid_until_at: datetime

    def aggregates(self) -> Sequence[Ref]:
        """The post."""
        return (Ref("post", self.post_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class WithdrawDevice:
    """The office lets a device report no more: lost, stolen, or given back."""

    post_id: PostId
    device_id: DeviceId
    withdrawn_at: datetime

    def aggregates(self) -> Sequence[Ref]:
        """The post."""
        return (Ref("post", self.post_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_enrol_post(states: States, command: EnrolPost) -> list[Payload] | Refusal:
    """Enrol a post once, for a disaster that has not ended, in one of its areas."""
    if states.find(Post, command.post_id) is not None:
        return Refusal(
            slug="post-enrolled-already",
            detail="This post has been enrolled already.",
            next_step="Enrol its devices, or enrol another post under a new id.",
        )
    disaster = states.find(Disaster, command.disaster_id)
    if disaster is None:
        return unknown_disaster()
    if disaster.phase is DisasterPhase.SELESAI:
        return Refusal(
            slug="disaster-ended",
            detail="The disaster has ended.",
            next_step="Declare a new disaster if there is another one.",
        )
    if not command.area_known:
        return Refusal(
            slug="area-unknown",
            detail="The area code %(area_code)s is not in Kemendagri's list.",
            next_step="Correct the code and send again under a new Idempotency-Key.",
            params={"area_code": command.area_code},
            status=422,
        )
    if not disaster.covers(command.area_code):
        return Refusal(
            slug="area-outside-disaster",
            detail="The area %(area_code)s lies outside the areas of the disaster's decree.",
            next_step="Enrol the post in one of the decree's areas.",
            params={"area_code": command.area_code},
        )
    return [
        PostEnrolled(
            post_id=command.post_id,
            disaster_id=command.disaster_id,
            area_code=command.area_code,
            enrolled_on=command.recorded_on,
        )
    ]


def decide_enrol_device(states: States, command: EnrolDevice) -> list[Payload] | Refusal:
    """Enrol a device at a post, or give an enrolled one a new token."""
    if states.find(Post, command.post_id) is None:
        return unknown_post()
    return [
        DeviceEnrolled(
            post_id=command.post_id,
            device_id=command.device_id,
            token_id=command.token_id,
            valid_from_at=command.valid_from_at,
            valid_until_at=command.valid_until_at,
        )
    ]


def decide_withdraw_device(states: States, command: WithdrawDevice) -> list[Payload] | Refusal:
    """Withdraw an enrolled device; nothing happens if it was withdrawn already."""
    post = states.find(Post, command.post_id)
    if post is None:
        return unknown_post()
    device = post.devices.get(command.device_id)
    if device is None:
        return Refusal(
            slug="device-unknown",
            detail="This device is not enrolled at the post.",
            next_step="Check the id of the device and of the post.",
            status=404,
        )
    if not device.enrolled:
        return []
    return [DeviceWithdrawn(post_id=command.post_id, device_id=command.device_id, withdrawn_at=command.withdrawn_at)]


def unknown_post() -> Refusal:
    """The refusal of an office decision about a post nobody enrolled."""
    return Refusal(
        slug="post-unknown",
        detail="No post has been enrolled under this id.",
        next_step="Check the id, or enrol the post first.",
        status=404,
    )


def evolve_post(post: Post | None, event: Event) -> Post:
    """The post after an enrolment or a withdrawal."""
    match event.payload:
        case PostEnrolled() as said:
            return Post(event.ref.id, event.sequence, said.disaster_id, said.area_code, said.enrolled_on)
        case DeviceEnrolled() as said if post is not None:
            device = _enrolled(post.devices.get(said.device_id), said)
            return replace(post, version=event.sequence, devices={**post.devices, said.device_id: device})
        case DeviceWithdrawn() as said if post is not None:
            device = _withdrawn(post.devices[said.device_id], said.withdrawn_at)
            return replace(post, version=event.sequence, devices={**post.devices, said.device_id: device})
    raise TypeError(f"{event.payload.type} after {post and post.version}")


def _enrolled(device: Device | None, said: DeviceEnrolled) -> Device:
    periods = device.periods if device is not None else ()
    if device is None or not device.enrolled:
        periods = (*periods, Period(said.valid_from_at))
    return Device(said.token_id, said.valid_until_at, periods)


def _withdrawn(device: Device, at: datetime) -> Device:
    return replace(device, periods=(*device.periods[:-1], replace(device.periods[-1], withdrawn_at=at)))
