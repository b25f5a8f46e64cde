"""Casualties, as a capability of the victims service.

Owns the one list of this folder's parts.
"""

from services.victims.casualties import domain as casualties
from services.victims.casualties.http import casualties_router
from services.victims.casualties.tables import casualty
from shared.contracts import victims
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

CASUALTIES = Capability(
    kinds=(
        StateKind(
            name="casualty",
            table=casualty,
            state=casualties.Casualty,
            evolve=casualties.evolve_casualty,
            events=(victims.CasualtyReported, victims.CasualtyVerified, victims.CasualtyRejected),
        ),
    ),
    deciders={
        casualties.ReportCasualty: casualties.decide_report,
        casualties.VerifyCasualty: casualties.decide_verify,
        casualties.RejectCasualty: casualties.decide_reject,
    },
    routers=lambda runtime: [casualties_router(runtime)],
)
