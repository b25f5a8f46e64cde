"""Requests and their allocation, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.requests import domain as requests
from services.logistics.requests.fulfilment import FULFILMENT
from services.logistics.requests.http import requests_router
from services.logistics.requests.tables import request
from shared.contracts import requests as contract
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

REQUESTS = Capability(
    kinds=(
        StateKind(
            name="request",
            table=request,
            state=requests.Request,
            evolve=requests.evolve_request,
            events=contract.EVENTS,
        ),
    ),
    deciders={
        requests.OpenRequest: requests.decide_open_request,
        requests.AllocateRequest: requests.decide_allocate_request,
        requests.CancelRequest: requests.decide_cancel_request,
        requests.ExpireReservations: requests.decide_expire_reservations,
    },
    routers=lambda runtime: [requests_router(runtime)],
    read_models=(FULFILMENT,),
)
