"""Ration profiles, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.rations import domain as rations
from services.logistics.rations.http import rations_router
from services.logistics.rations.tables import ration_profile
from shared.contracts import logistics
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

RATIONS = Capability(
    kinds=(
        StateKind(
            name="ration_profile",
            table=ration_profile,
            state=rations.RationProfile,
            evolve=rations.evolve_profile,
            events=(logistics.RationProfileSet,),
        ),
    ),
    deciders={
        rations.SetProfile: rations.decide_set_profile,
        rations.ChooseProfile: rations.decide_choose_profile,
    },
    routers=lambda runtime: [rations_router(runtime)],
)
