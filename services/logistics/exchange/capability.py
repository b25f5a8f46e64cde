"""Tables in and out, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.exchange.http import exchange_router
from services.logistics.exchange.sheets import MEDIA_TYPES
from shared.kit.definition import Capability

EXCHANGE = Capability(routers=lambda runtime: [exchange_router(runtime)], media_types=MEDIA_TYPES)
