"""What the logistics service publishes of its places: where goods can be, and whose devices report from there.

Owns the shapes only; `logistics.py` lists them with the rest of what the service publishes.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload
from shared.contracts.ids import DeviceId, PlaceId, PostId
from shared.contracts.values import AreaCode, Instant, LatitudeE7, LegalDate, LongitudeE7, Number
from shared.contracts.vocabulary import Authority, PlaceKind


class PlaceOpened(Payload):
    """A place where goods can be: a store, a post, a vehicle, or an account outside the stores."""

    type: ClassVar[str] = "logistics.place_opened.v1"
    kind: ClassVar[str] = "place"
    key: ClassVar[str] = "place_id"

    place_id: PlaceId
    place_kind: PlaceKind
    area_code: AreaCode | None = None
    authority: Authority | None = None
    post_id: PostId | None = None
    latitude_e7: LatitudeE7 | None = None
    longitude_e7: LongitudeE7 | None = None
    opened_on: LegalDate


class DeviceAdmitted(Payload):
    """A device may report for a post's place between two instants of server time; again, under a new token."""

    type: ClassVar[str] = "logistics.device_admitted.v1"
    kind: ClassVar[str] = "place"
    key: ClassVar[str] = "place_id"

    place_id: PlaceId
    device_id: DeviceId
    post_version: Number = Field(description="sequence of the post's event that says so")
    valid_from_at: Instant
    valid_until_at: Instant


class DeviceDismissed(Payload):
    """A device may not report for a post's place any more: what it captured before stays accepted."""

    type: ClassVar[str] = "logistics.device_dismissed.v1"
    kind: ClassVar[str] = "place"
    key: ClassVar[str] = "place_id"

    place_id: PlaceId
    device_id: DeviceId
    post_version: Number = Field(description="sequence of the post's event that says so")
    withdrawn_at: Instant
