"""Reconciliation, as a capability of the aid service.

Owns the one list of this folder's parts.
"""

from services.aid.reconciliation.http import reconciliation_router
from shared.kit.definition import Capability

RECONCILIATION = Capability(routers=lambda runtime: [reconciliation_router(runtime)])
