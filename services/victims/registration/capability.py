"""The registration of households, as a capability of the victims service.

Owns the one list of this folder's parts.
"""

from services.victims.registration import domain as registration
from services.victims.registration.http import registration_router
from services.victims.registration.tables import household
from shared.contracts import victims
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

REGISTRATION = Capability(
    kinds=(
        StateKind(
            name="household",
            table=household,
            state=registration.Household,
            evolve=registration.evolve_household,
            events=(victims.HouseholdRegistered, victims.HouseholdRegisteredAgain),
        ),
    ),
    deciders={registration.RegisterHousehold: registration.decide_register},
    routers=lambda runtime: [registration_router(runtime)],
)
