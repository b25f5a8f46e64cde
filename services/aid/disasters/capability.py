"""The disasters aid is paid for, as a capability of the aid service.

Owns the one list of this folder's parts.
"""

from services.aid.disasters import domain as disasters
from services.aid.disasters.http import disasters_router
from services.aid.disasters.reactions import react_to_decree
from services.aid.disasters.tables import disaster
from shared.contracts import aid, victims
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability, Reaction

DISASTERS = Capability(
    kinds=(
        StateKind(
            name="disaster",
            table=disaster,
            state=disasters.Disaster,
            evolve=disasters.evolve_disaster,
            events=(aid.DisasterNoted,),
        ),
    ),
    deciders={disasters.NoteDisaster: disasters.decide_note},
    routers=lambda runtime: [disasters_router(runtime)],
    reactions={
        victims.DisasterDeclared: (Reaction("note_decree", react_to_decree),),
        victims.DisasterPhaseChanged: (Reaction("note_decree", react_to_decree),),
    },
)
