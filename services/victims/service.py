"""The victims service: what it keeps, what it decides, and its doors.

Owns the one list of its parts. It reads no other service's stream.
"""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter

from services.victims.casualties import domain as casualties
from services.victims.casualties.http import casualties_router
from services.victims.casualties.tables import casualty
from services.victims.damage import domain as damages
from services.victims.damage.http import damage_router
from services.victims.damage.tables import damage
from services.victims.disasters import domain as disasters
from services.victims.disasters.http import disasters_router
from services.victims.disasters.tables import disaster
from services.victims.intake.http import intake_router
from services.victims.posts import domain as posts
from services.victims.posts.http import posts_router
from services.victims.posts.numbering import apply_numbers
from services.victims.posts.tables import device_numbers, post, post_device
from services.victims.registration import domain as registration
from services.victims.registration.http import registration_router
from services.victims.registration.tables import household
from shared.contracts import victims
from shared.kit.decisions.batch import ReadModel
from shared.kit.decisions.types import Children, StateKind
from shared.kit.definition import ServiceDefinition
from shared.kit.runtime import Runtime

HERE = Path(__file__).parent

KINDS = (
    StateKind(
        name="disaster",
        table=disaster,
        state=disasters.Disaster,
        evolve=disasters.evolve_disaster,
        events=(victims.DisasterDeclared, victims.DisasterPhaseChanged),
    ),
    StateKind(
        name="post",
        table=post,
        state=posts.Post,
        evolve=posts.evolve_post,
        events=(victims.PostEnrolled, victims.DeviceEnrolled, victims.DeviceWithdrawn),
        children=(Children("devices", post_device, posts.Device),),
    ),
    StateKind(
        name="household",
        table=household,
        state=registration.Household,
        evolve=registration.evolve_household,
        events=(victims.HouseholdRegistered, victims.HouseholdRegisteredAgain),
    ),
    StateKind(
        name="casualty",
        table=casualty,
        state=casualties.Casualty,
        evolve=casualties.evolve_casualty,
        events=(victims.CasualtyReported, victims.CasualtyVerified, victims.CasualtyRejected),
    ),
    StateKind(
        name="damage",
        table=damage,
        state=damages.Damage,
        evolve=damages.evolve_damage,
        events=(victims.DamageReported, victims.DamageVerified, victims.DamageRejected),
    ),
)


def routers(runtime: Runtime) -> Sequence[APIRouter]:
    """The doors of every capability."""
    return (
        intake_router(runtime),
        disasters_router(runtime),
        posts_router(runtime),
        registration_router(runtime),
        casualties_router(runtime),
        damage_router(runtime),
    )


SERVICE = ServiceDefinition(
    name="victims",
    title="Tanggap: victims",
    kinds=KINDS,
    deciders={
        disasters.DeclareDisaster: disasters.decide_declare,
        disasters.ChangePhase: disasters.decide_change_phase,
        posts.EnrolPost: posts.decide_enrol_post,
        posts.EnrolDevice: posts.decide_enrol_device,
        posts.WithdrawDevice: posts.decide_withdraw_device,
        registration.RegisterHousehold: registration.decide_register,
        casualties.ReportCasualty: casualties.decide_report,
        casualties.VerifyCasualty: casualties.decide_verify,
        casualties.RejectCasualty: casualties.decide_reject,
        damages.ReportDamage: damages.decide_report,
        damages.VerifyDamage: damages.decide_verify,
        damages.RejectDamage: damages.decide_reject,
    },
    routers=routers,
    migrations=HERE / "migrations",
    read_models=(ReadModel("device_numbers", (device_numbers,), apply_numbers),),
    locale=HERE / "locale",
)
