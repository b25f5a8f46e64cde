"""The aid service: the capabilities it is made of.

Owns their one list. Each folder's `capability.py` says what it keeps, decides, reads from others and offers. It reads
the victims service's stream; nothing of logistics concerns it yet.
"""

from pathlib import Path

from services.aid.benefits.capability import BENEFITS
from services.aid.budgets.capability import BUDGETS
from services.aid.claims.capability import CLAIMS
from services.aid.disasters.capability import DISASTERS
from services.aid.payouts.capability import PAYOUTS
from services.aid.reconciliation.capability import RECONCILIATION
from shared.kit.definition import ServiceDefinition

HERE = Path(__file__).parent

SERVICE = ServiceDefinition.of(
    BUDGETS,
    BENEFITS,
    CLAIMS,
    PAYOUTS,
    RECONCILIATION,
    DISASTERS,
    name="aid",
    title="Tanggap: aid",
    migrations=HERE / "migrations",
    sources=("victims",),
    locale=HERE / "locale",
)
