"""What aid does when the victims service declares a disaster or changes its phase.

Owns the way from foreign events to own commands. Pure.
"""

from collections.abc import Sequence
from datetime import date

from services.aid.disasters.domain import NoteDisaster
from shared.contracts.victims import DisasterDeclared, DisasterPhaseChanged
from shared.kit.decisions.types import Event


def react_to_decree(event: Event, today: date) -> Sequence[NoteDisaster]:
    """A decree, first or later, says from when to when aid may be claimed."""
    match event.payload:
        case DisasterDeclared() | DisasterPhaseChanged() as said:
            return (
                NoteDisaster(
                    disaster_id=said.disaster_id,
                    phase=said.phase,
                    decree_number=said.decree_number,
                    valid_from=said.valid_from,
                    valid_until=said.valid_until,
                    recorded_on=today,
                ),
            )
    raise TypeError(event.payload.type)
