"""Kits, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.kits import assembling
from services.logistics.kits import domain as kits
from services.logistics.kits.http import kits_router
from services.logistics.kits.parts import KIT_PARTS
from services.logistics.kits.tables import kit, kit_lot
from shared.contracts.kits import KitAssembled, KitDefined, KitUnpacked
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

KITS = Capability(
    kinds=(
        StateKind(name="kit", table=kit, state=kits.Kit, evolve=kits.evolve_kit, events=(KitDefined,)),
        StateKind(
            name="kit_lot",
            table=kit_lot,
            state=kits.KitLot,
            evolve=kits.evolve_kit_lot,
            events=(KitAssembled, KitUnpacked),
        ),
    ),
    deciders={
        kits.DefineKit: kits.decide_define_kit,
        assembling.AssembleKits: assembling.decide_assemble_kits,
        assembling.UnpackKits: assembling.decide_unpack_kits,
    },
    routers=lambda runtime: [kits_router(runtime)],
    read_models=(KIT_PARTS,),
)
