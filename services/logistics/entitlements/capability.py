"""What families are due, and planned distributions, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.entitlements import domain as families
from services.logistics.entitlements import plans
from services.logistics.entitlements.http import entitlements_router
from services.logistics.entitlements.read_model import ENTITLEMENTS as FAMILIES_DUE
from services.logistics.entitlements.tables import distribution, recipient
from shared.contracts import distribution as contract
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

ENTITLEMENTS = Capability(
    kinds=(
        StateKind(
            name="recipient",
            table=recipient,
            state=families.Recipient,
            evolve=families.evolve_recipient,
            events=(contract.HouseholdsLinked, contract.HouseholdsUnlinked, contract.RationPlanned),
        ),
        StateKind(
            name="distribution",
            table=distribution,
            state=plans.Distribution,
            evolve=plans.evolve_distribution,
            events=(contract.DistributionPlanned, contract.DistributionCancelled),
        ),
    ),
    deciders={
        families.LinkHouseholds: families.decide_link,
        families.UnlinkHouseholds: families.decide_unlink,
        plans.PlanDistribution: plans.decide_plan,
        plans.CancelDistribution: plans.decide_cancel,
    },
    routers=lambda runtime: [entitlements_router(runtime)],
    read_models=(FAMILIES_DUE,),
)
