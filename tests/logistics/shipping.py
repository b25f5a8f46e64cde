"""Commands about shipments on their way with defaults, for tests of the logistics service."""

from typing import Any

from services.logistics.shipments.counting import CountedLine
from services.logistics.shipments.diverting import DivertShipment, Taken
from services.logistics.shipments.domain import Shipment
from services.logistics.shipments.lines import Line
from services.logistics.shipments.returning import ReceiveReturn, Sorted
from services.logistics.shipments.taking_back import TakeBackCount, take_back
from services.logistics.stock.reversing import ReverseMovement
from shared.contracts.ids import ActorId, EventId, LotId, PlaceId, RequestId, ReturnId, ShipmentId
from shared.contracts.logistics import StockMoved
from shared.contracts.shipments import DiversionReason, ReturnCondition, Signature, SignerRole
from tests.logistics.builders import (
    RICE,
    TODAY,
    WAREHOUSE,
    allocate,
    dispatch,
    load,
    new_id,
    open_request,
    pick,
    receive,
    setting,
)
from tests.logistics.story import Story

BOAT = PlaceId("kelotok-2")
DROP_POINT = PlaceId("titik-drop-tewang")
QUARANTINE = PlaceId("karantina-kasongan")
OTHER_VILLAGE_PLACE = PlaceId("desa-2002")


def under_way(quantity: int = 100, **changes: Any) -> tuple[Story, str, str]:
    """A story with a shipment on its way, its lot and its id."""
    story = Story().given(*setting(), receive(200, lot := new_id()))
    story.given(open_request(request := new_id(), (RICE, quantity)))
    allocation = pick(lot, quantity)
    story.given(allocate(request, allocation), dispatch(shipment := new_id(), request, load(allocation), **changes))
    return story, lot, shipment


def line_of(story: Story, shipment: str) -> Line:
    """The one line of a shipment."""
    (line,) = story.state(Shipment, shipment).lines.values()
    return line


def request_of(story: Story, shipment: str) -> RequestId | None:
    """What a shipment was sent for."""
    sent_for = story.state(Shipment, shipment).request_id
    return RequestId(sent_for) if sent_for is not None else None


def signed(role: SignerRole, signer: str) -> Signature:
    return Signature(role=role, signer_id=ActorId(signer))


def at_stop(lot_id: str, left: int, onward: int, missing: int = 0, damaged: int = 0) -> CountedLine:
    return CountedLine(LotId(lot_id), left, missing, damaged, onward)


def divert(story: Story, shipment: str, lot_id: str, quantity: int, **changes: Any) -> DivertShipment:
    given: dict[str, Any] = {
        "into_shipment_id": ShipmentId(new_id()),
        "to_place_id": OTHER_VILLAGE_PLACE,
        "reason": DiversionReason.ROAD_CUT,
        "document_number": "SJ-2/2026",
        "seed": new_id(),
        "recorded_on": TODAY,
        **changes,
    }
    taken = (Taken(LotId(lot_id), quantity),)
    return DivertShipment(ShipmentId(shipment), request_id=request_of(story, shipment), taken=taken, **given)


def back(*lines: tuple[str, int, ReturnCondition], **changes: Any) -> ReceiveReturn:
    given: dict[str, Any] = {
        "at_place_id": WAREHOUSE,
        "document_number": "BAST-9/2026",
        "seed": new_id(),
        "recorded_on": TODAY,
        **changes,
    }
    sorted_ = tuple(Sorted(LotId(lot), quantity, condition) for lot, quantity, condition in lines)
    return ReceiveReturn(ReturnId(new_id()), lines=sorted_, **given)


def taken_back(event_id: str, moved: StockMoved, **changes: Any) -> ReverseMovement | TakeBackCount:
    """The reversal of a movement as the door asks for it."""
    given: dict[str, Any] = {"seed": new_id(), "recorded_on": TODAY, **changes}
    reversal = ReverseMovement(
        lot_id=moved.lot_id,
        event_id=EventId(event_id),
        from_place_id=moved.from_place_id,
        to_place_id=moved.to_place_id,
        quantity=moved.quantity,
        reason=moved.reason,
        cause=moved.cause,
        **given,
    )
    return take_back(reversal)
