"""Requests, their approval and their allocation, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.requests import addressing, allocating, approving, asking, waiting
from services.logistics.requests.domain import Request, evolve_request
from services.logistics.requests.fulfilment import FULFILMENT
from services.logistics.requests.http import requests_router
from services.logistics.requests.picks import PICKS
from services.logistics.requests.tables import request
from shared.contracts import requests as contract
from shared.contracts import support
from shared.contracts.shipments import RequestUnserved
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

REQUESTS = Capability(
    kinds=(
        StateKind(
            name="request",
            table=request,
            state=Request,
            evolve=evolve_request,
            events=(*contract.EVENTS, *support.EVENTS, RequestUnserved),
        ),
    ),
    deciders={
        asking.OpenRequest: asking.decide_open_request,
        asking.SubmitDraft: asking.decide_submit_draft,
        asking.ReportRequest: asking.decide_report_request,
        approving.ApproveRequest: approving.decide_approve,
        approving.RejectRequest: approving.decide_reject,
        waiting.PauseRequest: waiting.decide_pause,
        waiting.ResumeRequest: waiting.decide_resume,
        addressing.ForwardRequest: addressing.decide_forward,
        addressing.TakeOverRequest: addressing.decide_take_over,
        allocating.AllocateRequest: allocating.decide_allocate_request,
        allocating.CancelRequest: allocating.decide_cancel_request,
        allocating.ExpireReservations: allocating.decide_expire_reservations,
    },
    routers=lambda runtime: [requests_router(runtime)],
    read_models=(FULFILMENT, PICKS),
)
