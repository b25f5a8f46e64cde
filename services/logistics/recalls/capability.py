"""Recalls, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.recalls import domain as recalls
from services.logistics.recalls.http import recalls_router
from services.logistics.recalls.tables import recall
from shared.contracts.recalls import RecallLifted, RecallOrdered
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

RECALLS = Capability(
    kinds=(
        StateKind(
            name="recall",
            table=recall,
            state=recalls.Recall,
            evolve=recalls.evolve_recall,
            events=(RecallOrdered, RecallLifted),
        ),
    ),
    deciders={
        recalls.OrderRecall: recalls.decide_order_recall,
        recalls.LiftRecall: recalls.decide_lift_recall,
    },
    routers=lambda runtime: [recalls_router(runtime)],
)
