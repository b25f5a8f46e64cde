"""Explanations of flagged facts, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.explanations import domain as explanations
from services.logistics.explanations.flagged import TO_EXPLAIN
from services.logistics.explanations.http import explanations_router
from services.logistics.explanations.tables import explanation
from shared.contracts.explanations import EVENTS
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

EXPLANATIONS = Capability(
    kinds=(
        StateKind(
            name="explanation",
            table=explanation,
            state=explanations.Explanation,
            evolve=explanations.evolve_explanation,
            events=EVENTS,
        ),
    ),
    deciders={
        explanations.Explain: explanations.decide_explain,
        explanations.DecideExplanation: explanations.decide_about_explanation,
    },
    routers=lambda runtime: [explanations_router(runtime)],
    read_models=(TO_EXPLAIN,),
)
