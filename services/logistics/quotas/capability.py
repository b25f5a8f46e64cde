"""Quotas, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.quotas import domain as quotas
from services.logistics.quotas.http import quotas_router
from services.logistics.quotas.tables import quota
from shared.contracts.quotas import QuotaDrawn, QuotaSet
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

QUOTAS = Capability(
    kinds=(
        StateKind(
            name="quota", table=quota, state=quotas.Quota, evolve=quotas.evolve_quota, events=(QuotaSet, QuotaDrawn)
        ),
    ),
    deciders={quotas.SetQuota: quotas.decide_set_quota},
    routers=lambda runtime: [quotas_router(runtime)],
)
