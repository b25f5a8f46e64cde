"""What logistics keeps of the enrolment and withdrawal of posts' devices.

Owns that each is kept once, also where the post itself is not known yet. Must not judge a report. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.logistics.places.domain import Place
from shared.contracts.envelope import Payload
from shared.contracts.ids import DeviceId, PlaceId, PostId
from shared.contracts.places import DeviceAdmitted, DeviceDismissed
from shared.kit.decisions.types import Ref, States


@dataclass(frozen=True, slots=True)
class AdmitDevice:
    """A device was enrolled at a post elsewhere; `post_version` is the sequence of the post's event."""

    post_id: PostId
    device_id: DeviceId
    post_version: int
    valid_from_at: datetime
    valid_until_at: datetime

    def aggregates(self) -> Sequence[Ref]:
        """The post's place, which has the post's id."""
        return (Ref("place", self.post_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class DismissDevice:
    """A device was withdrawn from a post elsewhere; `post_version` is the sequence of the post's event."""

    post_id: PostId
    device_id: DeviceId
    post_version: int
    withdrawn_at: datetime

    def aggregates(self) -> Sequence[Ref]:
        """The post's place, which has the post's id."""
        return (Ref("place", self.post_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_admit_device(states: States, command: AdmitDevice) -> list[Payload]:
    """Keep that a device may report from an instant on; told again, nothing happens."""
    if _known(states, command):
        return []
    return [
        DeviceAdmitted(
            place_id=PlaceId(command.post_id),
            device_id=command.device_id,
            post_version=command.post_version,
            valid_from_at=command.valid_from_at,
            valid_until_at=command.valid_until_at,
        )
    ]


def decide_dismiss_device(states: States, command: DismissDevice) -> list[Payload]:
    """Keep that a device may not report from an instant on; told again, nothing happens."""
    if _known(states, command):
        return []
    return [
        DeviceDismissed(
            place_id=PlaceId(command.post_id),
            device_id=command.device_id,
            post_version=command.post_version,
            withdrawn_at=command.withdrawn_at,
        )
    ]


def _known(states: States, command: AdmitDevice | DismissDevice) -> bool:
    place = states.find(Place, command.post_id)
    device = place.devices.get(command.device_id) if place is not None else None
    return device is not None and any(turn.post_version == command.post_version for turn in device.turns)
