"""The logistics service: the capabilities it is made of.

Owns their one list. Each folder's `capability.py` says what it keeps, decides, reads from others and offers.
"""

from pathlib import Path

from services.logistics.counts.capability import COUNTS
from services.logistics.documents.capability import DOCUMENTS
from services.logistics.emergencies.capability import EMERGENCIES
from services.logistics.entitlements.capability import ENTITLEMENTS
from services.logistics.exchange.capability import EXCHANGE
from services.logistics.explanations.capability import EXPLANATIONS
from services.logistics.handouts.capability import HANDOUTS
from services.logistics.holidays.capability import HOLIDAYS
from services.logistics.intake.capability import INTAKE
from services.logistics.items.capability import ITEMS
from services.logistics.kitchens.capability import KITCHENS
from services.logistics.kits.capability import KITS
from services.logistics.needs.capability import NEEDS
from services.logistics.partners.capability import PARTNERS
from services.logistics.periods.capability import PERIODS
from services.logistics.places.capability import PLACES
from services.logistics.preparedness.capability import PREPAREDNESS
from services.logistics.quotas.capability import QUOTAS
from services.logistics.rations.capability import RATIONS
from services.logistics.recalls.capability import RECALLS
from services.logistics.recipients.capability import RECIPIENTS
from services.logistics.requests.capability import REQUESTS
from services.logistics.routes.capability import ROUTES
from services.logistics.shipments.capability import SHIPMENTS
from services.logistics.stock.capability import STOCK
from services.logistics.support.capability import SUPPORT
from shared.kit.definition import ServiceDefinition

HERE = Path(__file__).parent

SERVICE = ServiceDefinition.of(
    INTAKE,
    PLACES,
    ITEMS,
    RATIONS,
    NEEDS,
    STOCK,
    EXPLANATIONS,
    COUNTS,
    PERIODS,
    EXCHANGE,
    EMERGENCIES,
    HOLIDAYS,
    ROUTES,
    REQUESTS,
    SUPPORT,
    DOCUMENTS,
    SHIPMENTS,
    RECIPIENTS,
    HANDOUTS,
    ENTITLEMENTS,
    KITCHENS,
    RECALLS,
    KITS,
    PARTNERS,
    QUOTAS,
    PREPAREDNESS,
    name="logistics",
    title="Tanggap: logistics",
    migrations=HERE / "migrations",
    sources=("victims",),
    locale=HERE / "locale",
)
