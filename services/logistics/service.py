"""The logistics service: what it keeps, what it decides, what it does when others' events arrive, and its doors.

Owns the one list of its parts.
"""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter

from services.logistics.handouts import domain as handouts
from services.logistics.handouts.tables import handout
from services.logistics.intake.http import intake_router
from services.logistics.items import domain as items
from services.logistics.items.http import items_router
from services.logistics.items.tables import item
from services.logistics.needs import domain as needs
from services.logistics.needs.demand import DEMAND
from services.logistics.needs.http import needs_router
from services.logistics.needs.reactions import react_to_household
from services.logistics.needs.tables import demand
from services.logistics.places import admission
from services.logistics.places import domain as places
from services.logistics.places.devices import Device
from services.logistics.places.http import places_router
from services.logistics.places.reactions import react_to_device, react_to_post
from services.logistics.places.tables import place, place_device
from services.logistics.rations import domain as rations
from services.logistics.rations.http import rations_router
from services.logistics.rations.tables import ration_profile
from services.logistics.requests import domain as requests
from services.logistics.requests.fulfilment import FULFILMENT
from services.logistics.requests.http import requests_router
from services.logistics.requests.tables import request
from services.logistics.shipments import domain as shipments
from services.logistics.shipments.http import shipments_router
from services.logistics.shipments.tables import shipment
from services.logistics.stock import domain as stock
from services.logistics.stock import receiving
from services.logistics.stock.card import CARD, TO_EXPLAIN
from services.logistics.stock.http import stock_router
from services.logistics.stock.tables import balance, lot, reservation
from shared.contracts import logistics, victims
from shared.contracts.places import DeviceAdmitted, DeviceDismissed, PlaceOpened
from shared.kit.decisions.types import Children, StateKind
from shared.kit.definition import Reaction, ServiceDefinition
from shared.kit.runtime import Runtime

HERE = Path(__file__).parent

KINDS = (
    StateKind(
        name="place",
        table=place,
        state=places.Place,
        evolve=places.evolve_place,
        events=(PlaceOpened, DeviceAdmitted, DeviceDismissed),
        children=(Children("devices", place_device, Device),),
    ),
    StateKind(name="item", table=item, state=items.Item, evolve=items.evolve_item, events=(logistics.ItemListed,)),
    StateKind(
        name="ration_profile",
        table=ration_profile,
        state=rations.RationProfile,
        evolve=rations.evolve_profile,
        events=(logistics.RationProfileSet,),
    ),
    StateKind(
        name="lot",
        table=lot,
        state=stock.Lot,
        evolve=stock.evolve_lot,
        events=(
            logistics.LotReceived,
            logistics.StockMoved,
            logistics.StockReserved,
            logistics.ReservationReleased,
        ),
        children=(
            Children("balances", balance, stock.Balance),
            Children("reservations", reservation, stock.Reservation),
        ),
    ),
    StateKind(
        name="demand",
        table=demand,
        state=needs.Demand,
        evolve=needs.evolve_demand,
        events=(logistics.NeedRecorded, logistics.DemandRequested),
    ),
    StateKind(
        name="request",
        table=request,
        state=requests.Request,
        evolve=requests.evolve_request,
        events=(logistics.RequestOpened, logistics.RequestAllocated, logistics.RequestCancelled),
    ),
    StateKind(
        name="shipment",
        table=shipment,
        state=shipments.Shipment,
        evolve=shipments.evolve_shipment,
        events=(logistics.ShipmentDispatched, logistics.ShipmentReceived),
    ),
    StateKind(
        name="handout",
        table=handout,
        state=handouts.Handout,
        evolve=handouts.evolve_handout,
        events=(logistics.GoodsHandedOut,),
    ),
)


def routers(runtime: Runtime) -> Sequence[APIRouter]:
    """The doors of every capability."""
    return (
        intake_router(runtime),
        places_router(runtime),
        items_router(runtime),
        rations_router(runtime),
        needs_router(runtime),
        stock_router(runtime),
        requests_router(runtime),
        shipments_router(runtime),
    )


SERVICE = ServiceDefinition(
    name="logistics",
    title="Tanggap: logistics",
    kinds=KINDS,
    deciders={
        places.OpenPlace: places.decide_open_place,
        places.OpenPostPlace: places.decide_open_post_place,
        admission.AdmitDevice: admission.decide_admit_device,
        admission.DismissDevice: admission.decide_dismiss_device,
        items.ListItem: items.decide_list_item,
        rations.SetProfile: rations.decide_set_profile,
        rations.ChooseProfile: rations.decide_choose_profile,
        receiving.ReceiveLot: receiving.decide_receive_lot,
        receiving.MoveStock: receiving.decide_move_stock,
        receiving.ReverseMovement: receiving.decide_reverse_movement,
        needs.RecordNeed: needs.decide_record_need,
        requests.OpenRequest: requests.decide_open_request,
        requests.AllocateRequest: requests.decide_allocate_request,
        requests.CancelRequest: requests.decide_cancel_request,
        requests.ExpireReservations: requests.decide_expire_reservations,
        shipments.DispatchShipment: shipments.decide_dispatch,
        shipments.ReceiveShipment: shipments.decide_receive_shipment,
        handouts.HandOut: handouts.decide_hand_out,
    },
    routers=routers,
    migrations=HERE / "migrations",
    sources=("victims",),
    reactions={
        victims.PostEnrolled: (Reaction("open_post_place", react_to_post),),
        victims.DeviceEnrolled: (Reaction("admit_device", react_to_device),),
        victims.DeviceWithdrawn: (Reaction("dismiss_device", react_to_device),),
        victims.HouseholdRegistered: (Reaction("record_need", react_to_household),),
        victims.HouseholdRegisteredAgain: (Reaction("record_need", react_to_household),),
    },
    read_models=(DEMAND, FULFILMENT, CARD, TO_EXPLAIN),
    locale=HERE / "locale",
)
