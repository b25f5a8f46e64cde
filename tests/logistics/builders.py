"""Valid commands and reports with defaults, for tests of the logistics service."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.logistics.handouts.domain import Candidate, GivenLine, HandOut
from services.logistics.intake.domain import Capture
from services.logistics.items.catalogue import CATALOGUE
from services.logistics.items.domain import UNKNOWN_ITEM, ListItem
from services.logistics.places.admission import AdmitDevice, DismissDevice
from services.logistics.places.domain import SUPPLIER, TRANSIT, OpenPlace, OpenPostPlace
from services.logistics.requests.allocating import AllocateRequest
from services.logistics.requests.approving import ApproveRequest
from services.logistics.requests.asking import OpenRequest
from services.logistics.requests.waiting import Deadline
from services.logistics.shipments.arriving import CountShipment
from services.logistics.shipments.counting import CountedLine
from services.logistics.shipments.dispatching import DispatchShipment, Load
from services.logistics.stock.receiving import ReceiveLot
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import (
    ActorId,
    DeviceId,
    DisasterId,
    HandoutId,
    ItemCode,
    LotId,
    OwnerId,
    PlaceId,
    PostId,
    RequestId,
    ReservationId,
    ShipmentId,
    SupportId,
)
from shared.contracts.requests import Allocation
from shared.contracts.vocabulary import Authority, PlaceKind, Urgency

TODAY = date(2026, 11, 20)
DISASTER = DisasterId("01936f5e-3a02-7002-8002-0c0ffee00002")
VILLAGE = "62.06.01.2001"
OTHER_VILLAGE = "62.06.01.2002"
RICE = ItemCode("beras")
KIT = ItemCode("family-kit")
OWNER = OwnerId("regency:62.06")
WAREHOUSE = PlaceId("gudang-kasongan")
FAR_WAREHOUSE = PlaceId("gudang-palangka-raya")

ASKER = ActorId("officer-1")
APPROVER = ActorId("approver-1")


def new_id() -> str:
    return str(uuid.uuid4())


POST = PlaceId("01936f5e-3a03-7003-8003-0c0ffee00003")
DEVICE = DeviceId("01936f5e-3a04-7004-8004-0c0ffee00004")
AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def list_catalogue() -> list[ListItem]:
    return [ListItem(code, category, unit, TODAY) for code, category, unit in CATALOGUE]


def open_warehouse(place_id: PlaceId = WAREHOUSE, **changes: Any) -> OpenPlace:
    given: dict[str, Any] = {"area_code": "62.06", "authority": Authority.REGENCY, **changes}
    return OpenPlace(place_id, PlaceKind.WAREHOUSE, TODAY, **given)


def open_post(post_id: str = POST, area_code: str = VILLAGE) -> OpenPostPlace:
    return OpenPostPlace(PostId(post_id), area_code, TODAY)


def admit(at: datetime = AT - timedelta(days=5), post_version: int = 2, *, post_id: str = POST) -> AdmitDevice:
    return AdmitDevice(PostId(post_id), DEVICE, post_version, at, at + timedelta(days=14))


def dismiss(at: datetime, post_version: int = 3) -> DismissDevice:
    return DismissDevice(PostId(POST), DEVICE, post_version, at)


def setting() -> list[Any]:
    """A catalogue, two warehouses and a post with a device."""
    stores = (open_warehouse(), open_warehouse(FAR_WAREHOUSE, area_code="62.71"))
    return [*list_catalogue(), *stores, open_post(), admit()]


def receive(quantity: int = 100, lot_id: str | None = None, **changes: Any) -> ReceiveLot:
    given: dict[str, Any] = {
        "item_code": RICE,
        "from_place_id": SUPPLIER,
        "place_id": WAREHOUSE,
        "owner_id": OWNER,
        "document_number": "BAST-1/2026",
        "recorded_on": TODAY,
        **changes,
    }
    return ReceiveLot(lot_id=LotId(lot_id or new_id()), quantity=quantity, **given)


def open_request(request_id: str, *lines: tuple[str, int], **changes: Any) -> OpenRequest:
    given: dict[str, Any] = {
        "disaster_id": DISASTER,
        "area_code": VILLAGE,
        "to_place_id": POST,
        "urgency": Urgency.HIGH,
        "requested_by": ASKER,
        "recorded_on": TODAY,
        **changes,
    }
    given.setdefault("deadline", Deadline.of(AT, given["urgency"]))
    return OpenRequest(request_id=RequestId(request_id), lines=quantities(*lines), **given)


def approve(request_id: str, *lines: tuple[str, int], **changes: Any) -> ApproveRequest:
    """Approve all that is open, or the lines given."""
    given: dict[str, Any] = {"owner_id": OWNER, "approved_by": APPROVER, "recorded_on": TODAY, **changes}
    return ApproveRequest(RequestId(request_id), lines=quantities(*lines) if lines else None, **given)


def quantities(*lines: tuple[str, int]) -> tuple[ItemQuantity, ...]:
    return tuple(ItemQuantity(item_code=ItemCode(code), quantity=quantity) for code, quantity in lines)


def pick(
    lot_id: str, quantity: int, *, place_id: str = WAREHOUSE, item_code: str = RICE, support_id: str | None = None
) -> Allocation:
    return Allocation(
        reservation_id=ReservationId(new_id()),
        lot_id=LotId(lot_id),
        item_code=ItemCode(item_code),
        place_id=PlaceId(place_id),
        quantity=quantity,
        support_id=SupportId(support_id) if support_id is not None else None,
    )


def allocate(
    request_id: str, *picks: Allocation, on: date = TODAY, owner_id: OwnerId = OWNER, **changes: Any
) -> AllocateRequest:
    return AllocateRequest(RequestId(request_id), owner_id, picks, on + timedelta(days=3), on, **changes)


def load(allocation: Allocation, quantity: int | None = None) -> Load:
    return Load(allocation.reservation_id, allocation.lot_id, quantity or allocation.quantity)


def dispatch(shipment_id: str, request_id: str, *loads: Load, **changes: Any) -> DispatchShipment:
    given: dict[str, Any] = {
        "from_place_id": WAREHOUSE,
        "vehicle_place_id": TRANSIT,
        "document_number": "SJ-1/2026",
        "seed": new_id(),
        "recorded_on": TODAY,
        **changes,
    }
    return DispatchShipment(ShipmentId(shipment_id), RequestId(request_id), loads=loads, **given)


def count(lot_id: str, accepted: int, missing: int = 0, damaged: int = 0) -> CountedLine:
    return CountedLine(LotId(lot_id), accepted, missing, damaged)


def arrive(shipment_id: str, *lines: CountedLine, place_id: str = POST, **changes: Any) -> CountShipment:
    given: dict[str, Any] = {
        "serves": (),
        "capture": Capture(DEVICE, AT),
        "flags": (),
        "seed": new_id(),
        "recorded_on": TODAY,
        **changes,
    }
    return CountShipment(ShipmentId(shipment_id), PlaceId(place_id), lines=lines, **given)


def given_line(
    quantity: int, *, lot_id: str | None = None, item_code: str = UNKNOWN_ITEM, candidates: tuple[Candidate, ...] = ()
) -> GivenLine:
    return GivenLine(
        quantity=quantity,
        lot_id=LotId(lot_id) if lot_id is not None else None,
        item_code=ItemCode(item_code),
        candidates=candidates,
        unattributed=LotId(str(uuid.uuid5(uuid.NAMESPACE_URL, item_code))),
    )


def hand_out(*lines: GivenLine, handout_id: str | None = None, **changes: Any) -> HandOut:
    given: dict[str, Any] = {
        "disaster_id": DISASTER,
        "place_id": POST,
        "area_code": VILLAGE,
        "household_ids": (),
        "capture": Capture(DEVICE, AT),
        "flags": (),
        "seed": new_id(),
        "recorded_on": TODAY,
        **changes,
    }
    return HandOut(handout_id=HandoutId(handout_id or new_id()), lines=lines, **given)
