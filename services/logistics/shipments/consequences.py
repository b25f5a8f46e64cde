"""What follows from a count for others: the store that explains a surplus, the request that is short again.

Owns these events. Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from services.logistics.requests.domain import Request
from services.logistics.shipments.domain import SURPLUS_FOUND
from services.logistics.shipments.lines import Line
from shared.contracts.envelope import Payload
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ItemCode, PlaceId, RequestId, ShipmentId
from shared.contracts.shipments import (
    LineQuantity,
    LotQuantity,
    ReceivedLine,
    RequestUnserved,
    ShipmentPassed,
    ShipmentReceived,
    SurplusFound,
)
from shared.contracts.vocabulary import FieldFlag


def surplus_found(
    counted: ShipmentReceived | ShipmentPassed, from_place_id: PlaceId, surplus: Sequence[LotQuantity]
) -> list[SurplusFound]:
    """The receiver keeps what came unsent; the store it came from has to explain it."""
    if not surplus:
        return []
    wrong = [flag for flag in counted.flags if flag in (FieldFlag.WRONG_ITEM, FieldFlag.UNKNOWN_LOT)]
    if isinstance(counted, ShipmentPassed):
        at, on = counted.at_place_id, counted.passed_on
    else:
        at, on = counted.to_place_id or from_place_id, counted.received_on
    return [
        SurplusFound(
            shipment_id=counted.shipment_id,
            from_place_id=from_place_id,
            at_place_id=at,
            lines=tuple(surplus),
            found_on=on,
            flags=(SURPLUS_FOUND, *wrong),
        )
    ]


def short_again(
    request: Request | None, lines: Sequence[ReceivedLine], shipment_id: ShipmentId, on: date
) -> list[Payload]:
    """A request is short again of what was sent for it and lost or damaged, as far as it asked for it."""
    if request is None or request.cancelled:
        return []
    asked = {line.item_code for line in request.lines}
    lost: dict[ItemCode, int] = {}
    for line in lines:
        # Of a line only what had been loaded counts: surplus that came broken was never owed.
        sent = min(line.missing + line.damaged, line.dispatched)
        if sent and line.item_code in asked:
            lost[line.item_code] = lost.get(line.item_code, 0) + sent
    return _unserved(RequestId(request.id), lost, shipment_id, on)


def _unserved(request_id: RequestId, lost: Mapping[ItemCode, int], shipment_id: ShipmentId, on: date) -> list[Payload]:
    """The event by which a request is short again of goods that will not reach it."""
    if not lost:
        return []
    lines = tuple(ItemQuantity(item_code=code, quantity=quantity) for code, quantity in sorted(lost.items()))
    return [RequestUnserved(request_id=request_id, shipment_id=shipment_id, lines=lines, unserved_on=on)]


def not_reaching(
    request: Request | None, shipment_id: ShipmentId, parts: Sequence[tuple[Line, LineQuantity]], on: date
) -> list[Payload]:
    """The event that a request is short again of parts of a shipment that will not reach it."""
    if request is None or request.cancelled:
        return []
    asked = {line.item_code for line in request.lines}
    lost: dict[ItemCode, int] = {}
    for line, said in parts:
        if line.dispatched and said.item_code in asked:
            lost[said.item_code] = lost.get(said.item_code, 0) + said.quantity
    return _unserved(RequestId(request.id), lost, shipment_id, on)
