"""Shipments, returns and hand-overs, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.shipments import arriving, dispatching, diverting, handing_over, returning, signing, taking_back
from services.logistics.shipments import domain as shipments
from services.logistics.shipments.http import shipments_router
from services.logistics.shipments.lines import Line
from services.logistics.shipments.moving_http import moving_router
from services.logistics.shipments.stops import STOPS
from services.logistics.shipments.tables import goods_return, handover, shipment, shipment_line
from shared.contracts import shipments as contract
from shared.kit.decisions.types import Children, StateKind
from shared.kit.definition import Capability

SHIPMENTS = Capability(
    kinds=(
        StateKind(
            name="shipment",
            table=shipment,
            state=shipments.Shipment,
            evolve=shipments.evolve_shipment,
            events=(
                contract.ShipmentPicked,
                contract.ShipmentDispatched,
                contract.ShipmentPassed,
                contract.ShipmentReceived,
                contract.ShipmentCountReversed,
                contract.SurplusFound,
                contract.ShipmentSigned,
                contract.ShipmentDiverted,
                contract.ShipmentReturned,
            ),
            children=(Children("lines", shipment_line, Line),),
        ),
        StateKind(
            name="return",
            table=goods_return,
            state=returning.ReturnedGoods,
            evolve=returning.evolve_return,
            events=(contract.GoodsReturned,),
        ),
        StateKind(
            name="handover",
            table=handover,
            state=handing_over.Handover,
            evolve=handing_over.evolve_handover,
            events=(contract.GoodsHandedOver,),
        ),
    ),
    deciders={
        dispatching.PickShipment: dispatching.decide_pick,
        dispatching.DispatchShipment: dispatching.decide_dispatch,
        arriving.CountShipment: arriving.decide_count_shipment,
        taking_back.TakeBackCount: taking_back.decide_take_back_count,
        signing.SignShortfall: signing.decide_sign_shortfall,
        diverting.DivertShipment: diverting.decide_divert,
        returning.ReceiveReturn: returning.decide_return,
        handing_over.HandOver: handing_over.decide_hand_over,
    },
    read_models=(STOPS,),
    routers=lambda runtime: [shipments_router(runtime), moving_router(runtime)],
)
