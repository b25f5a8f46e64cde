"""Shipments, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.shipments import domain as shipments
from services.logistics.shipments.http import shipments_router
from services.logistics.shipments.tables import shipment
from shared.contracts import logistics
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

SHIPMENTS = Capability(
    kinds=(
        StateKind(
            name="shipment",
            table=shipment,
            state=shipments.Shipment,
            evolve=shipments.evolve_shipment,
            events=(logistics.ShipmentDispatched, logistics.ShipmentReceived),
        ),
    ),
    deciders={
        shipments.DispatchShipment: shipments.decide_dispatch,
        shipments.ReceiveShipment: shipments.decide_receive_shipment,
    },
    routers=lambda runtime: [shipments_router(runtime)],
)
