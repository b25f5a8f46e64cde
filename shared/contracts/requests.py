"""What the logistics service publishes of requests: goods asked for a place, and what is reserved for them.

Owns the shapes only; `logistics.py` lists them with the rest of what the service publishes.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.field import LINES_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import DisasterId, ItemCode, LotId, PlaceId, RequestId, ReservationId
from shared.contracts.values import AreaCode, Instant, LegalDate, Quantity
from shared.contracts.vocabulary import CancellationReason, Urgency

ALLOCATIONS_MAX = 1000


class RequestOpened(Payload):
    """Goods are asked for a place by an instant."""

    type: ClassVar[str] = "logistics.request_opened.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    disaster_id: DisasterId
    area_code: AreaCode
    to_place_id: PlaceId
    urgency: Urgency
    due_at: Instant
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    opened_on: LegalDate


class Allocation(Value):
    """Goods of one lot in one place, reserved for a request."""

    reservation_id: ReservationId
    lot_id: LotId
    item_code: ItemCode
    place_id: PlaceId
    quantity: Quantity


class RequestAllocated(Payload):
    """Lots were reserved for a request, first expiry first; `short` is what no store could give."""

    type: ClassVar[str] = "logistics.request_allocated.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    allocations: tuple[Allocation, ...] = Field(max_length=ALLOCATIONS_MAX)
    short: tuple[ItemQuantity, ...] = Field(default=(), max_length=LINES_MAX)
    allocated_on: LegalDate


class RequestCancelled(Payload):
    """The rest of a request will not be served; what is on its way still arrives."""

    type: ClassVar[str] = "logistics.request_cancelled.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    reason: CancellationReason
    cancelled_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (RequestOpened, RequestAllocated, RequestCancelled)
