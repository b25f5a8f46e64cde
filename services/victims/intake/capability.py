"""The door for posts' reports, as a capability of the victims service.

Owns the one list of this folder's parts.
"""

from services.victims.intake.http import intake_router
from shared.kit.definition import Capability

INTAKE = Capability(routers=lambda runtime: [intake_router(runtime)])
