"""What follows from a count for others: the store that explains a surplus, the request that is short again.

Owns these events. Pure.
"""

from collections.abc import Sequence
from datetime import date

from services.logistics.requests.domain import Request
from services.logistics.shipments.domain import SURPLUS_FOUND
from services.logistics.shipments.lines import Lines, newly_unserved
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import PlaceId, RequestId, ShipmentId
from shared.contracts.shipments import (
    LotQuantity,
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
    request: Request | None, before: Lines, after: Lines, shipment_id: ShipmentId, on: date
) -> list[RequestUnserved]:
    """A request is short again of what was loaded for it and will not reach it, as far as it asked for it."""
    if request is None or request.cancelled:
        return []
    asked = {line.item_code for line in request.lines}
    lines = tuple(
        ItemQuantity(item_code=code, quantity=quantity)
        for code, quantity in sorted(newly_unserved(before, after).items())
        if code in asked
    )
    if not lines:
        return []
    return [RequestUnserved(request_id=RequestId(request.id), shipment_id=shipment_id, lines=lines, unserved_on=on)]
