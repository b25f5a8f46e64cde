"""The logistics service: the capabilities it is made of.

Owns their one list. Each folder's `capability.py` says what it keeps, decides, reads from others and offers.
"""

from pathlib import Path

from services.logistics.handouts.capability import HANDOUTS
from services.logistics.intake.capability import INTAKE
from services.logistics.items.capability import ITEMS
from services.logistics.needs.capability import NEEDS
from services.logistics.places.capability import PLACES
from services.logistics.rations.capability import RATIONS
from services.logistics.requests.capability import REQUESTS
from services.logistics.shipments.capability import SHIPMENTS
from services.logistics.stock.capability import STOCK
from shared.kit.definition import ServiceDefinition, combined

HERE = Path(__file__).parent

WHOLE = combined(
    INTAKE,
    PLACES,
    ITEMS,
    RATIONS,
    NEEDS,
    STOCK,
    REQUESTS,
    SHIPMENTS,
    HANDOUTS,
)

SERVICE = ServiceDefinition(
    name="logistics",
    title="Tanggap: logistics",
    kinds=WHOLE.kinds,
    deciders=WHOLE.deciders,
    routers=WHOLE.routers,
    migrations=HERE / "migrations",
    sources=("victims",),
    reactions=WHOLE.reactions,
    read_models=WHOLE.read_models,
    locale=HERE / "locale",
)
