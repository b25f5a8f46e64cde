"""Payouts, as a capability of the aid service.

Owns the one list of this folder's parts.
"""

from services.aid.payouts import domain as payouts
from services.aid.payouts.http import payouts_router
from shared.kit.definition import Capability

PAYOUTS = Capability(
    deciders={
        payouts.PayClaim: payouts.decide_pay,
        payouts.ReturnPayout: payouts.decide_return,
    },
    routers=lambda runtime: [payouts_router(runtime)],
)
