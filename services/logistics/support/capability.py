"""Support from other owners, as a capability of the logistics service.

Owns the one list of this folder's parts. Its events belong to the request.
"""

from services.logistics.support import domain as support
from services.logistics.support.answers import ANSWERS
from services.logistics.support.http import support_router
from shared.kit.definition import Capability

SUPPORT = Capability(
    deciders={
        support.AskSupport: support.decide_ask_support,
        support.AnswerSupport: support.decide_answer_support,
    },
    routers=lambda runtime: [support_router(runtime)],
    read_models=(ANSWERS,),
)
