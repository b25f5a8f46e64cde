"""What the places do when the victims service enrols a post, or enrols and withdraws its devices.

Owns the way from foreign events to own commands. Pure.
"""

from collections.abc import Sequence
from datetime import date

from services.logistics.places.admission import AdmitDevice, DismissDevice
from services.logistics.places.domain import OpenPostPlace
from shared.contracts.victims import DeviceEnrolled, DeviceWithdrawn, PostEnrolled
from shared.kit.decisions.types import Event


def react_to_post(event: Event, today: date) -> Sequence[OpenPostPlace]:
    """An enrolled post is a place where goods can be."""
    match event.payload:
        case PostEnrolled() as said:
            return (OpenPostPlace(said.post_id, said.area_code, today),)
    raise TypeError(event.payload.type)


def react_to_device(event: Event, _today: date) -> Sequence[AdmitDevice | DismissDevice]:
    """An enrolled device may report for its post's place, a withdrawn one may not."""
    match event.payload:
        case DeviceEnrolled() as said:
            valid = (said.valid_from_at, said.valid_until_at)
            return (AdmitDevice(said.post_id, said.device_id, event.sequence, *valid),)
        case DeviceWithdrawn() as said:
            return (DismissDevice(said.post_id, said.device_id, event.sequence, said.withdrawn_at),)
    raise TypeError(event.payload.type)
