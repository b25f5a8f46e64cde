"""Disasters and their phases, as a capability of the victims service.

Owns the one list of this folder's parts.
"""

from services.victims.disasters import domain as disasters
from services.victims.disasters.http import disasters_router
from services.victims.disasters.tables import disaster
from shared.contracts import victims
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

DISASTERS = Capability(
    kinds=(
        StateKind(
            name="disaster",
            table=disaster,
            state=disasters.Disaster,
            evolve=disasters.evolve_disaster,
            events=(victims.DisasterDeclared, victims.DisasterPhaseChanged),
        ),
    ),
    deciders={
        disasters.DeclareDisaster: disasters.decide_declare,
        disasters.ChangePhase: disasters.decide_change_phase,
    },
    routers=lambda runtime: [disasters_router(runtime)],
)
