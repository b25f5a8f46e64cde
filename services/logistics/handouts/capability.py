"""Hand-outs, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.handouts import domain as handouts
from services.logistics.handouts.recipients import LOT_RECIPIENTS
from services.logistics.handouts.tables import handout
from shared.contracts import logistics
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

HANDOUTS = Capability(
    kinds=(
        StateKind(
            name="handout",
            table=handout,
            state=handouts.Handout,
            evolve=handouts.evolve_handout,
            events=(logistics.GoodsHandedOut,),
        ),
    ),
    deciders={handouts.HandOut: handouts.decide_hand_out},
    read_models=(LOT_RECIPIENTS,),
)
