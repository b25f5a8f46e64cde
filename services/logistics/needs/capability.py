"""Needs of households and areas, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.needs import domain as needs
from services.logistics.needs.demand import DEMAND
from services.logistics.needs.http import needs_router
from services.logistics.needs.reactions import react_to_household
from services.logistics.needs.tables import demand
from shared.contracts import logistics, victims
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability, Reaction

NEEDS = Capability(
    kinds=(
        StateKind(
            name="demand",
            table=demand,
            state=needs.Demand,
            evolve=needs.evolve_demand,
            events=(logistics.NeedRecorded, logistics.DemandRequested),
        ),
    ),
    deciders={needs.RecordNeed: needs.decide_record_need},
    routers=lambda runtime: [needs_router(runtime)],
    reactions={
        victims.HouseholdRegistered: (Reaction("record_need", react_to_household),),
        victims.HouseholdRegisteredAgain: (Reaction("record_need", react_to_household),),
    },
    read_models=(DEMAND,),
)
