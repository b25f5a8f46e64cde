"""Damage to houses, as a capability of the victims service.

Owns the one list of this folder's parts.
"""

from services.victims.damage import domain as damages
from services.victims.damage.http import damage_router
from services.victims.damage.tables import damage
from shared.contracts import victims
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

DAMAGE = Capability(
    kinds=(
        StateKind(
            name="damage",
            table=damage,
            state=damages.Damage,
            evolve=damages.evolve_damage,
            events=(victims.DamageReported, victims.DamageVerified, victims.DamageRejected),
        ),
    ),
    deciders={
        damages.ReportDamage: damages.decide_report,
        damages.VerifyDamage: damages.decide_verify,
        damages.RejectDamage: damages.decide_reject,
    },
    routers=lambda runtime: [damage_router(runtime)],
)
