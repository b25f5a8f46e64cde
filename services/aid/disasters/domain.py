"""What aid knows of a disaster: the dates its decrees hold.

Owns a stub of what the victims service declared. Its decrees are never refused here. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from shared.contracts.aid import DisasterNoted
from shared.contracts.envelope import Payload
from shared.contracts.ids import DisasterId
from shared.contracts.vocabulary import DisasterPhase
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Disaster:
    """A disaster as its latest decree has it. `began_on` is the first day of the first decree known."""

    id: str
    version: int
    phase: DisasterPhase
    decree_number: str
    began_on: date
    valid_from: date
    valid_until: date | None

    def ended_before(self, on: date) -> bool:
        """Whether something that happened on a day came after the disaster's legal end.

        Before its beginning nothing is said: a decree is signed days after the water came.
        """
        if self.phase is DisasterPhase.SELESAI:
            return on > self.valid_from
        return self.valid_until is not None and on > self.valid_until


@dataclass(frozen=True, slots=True)
class NoteDisaster:
    """Note a decree the victims service published."""

    disaster_id: DisasterId
    phase: DisasterPhase
    decree_number: str
    valid_from: date
    valid_until: date | None
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The disaster."""
        return (Ref("disaster", self.disaster_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_note(_: States, command: NoteDisaster) -> list[Payload] | Refusal:
    """Note the decree; of several the latest holds, as in the victims service."""
    return [
        DisasterNoted(
            disaster_id=command.disaster_id,
            phase=command.phase,
            decree_number=command.decree_number,
            valid_from=command.valid_from,
            valid_until=command.valid_until,
            noted_on=command.recorded_on,
        )
    ]


def evolve_disaster(disaster: Disaster | None, event: Event) -> Disaster:
    """The disaster after a decree."""
    match event.payload:
        case DisasterNoted() as said:
            before = disaster or Disaster(
                event.ref.id, 0, said.phase, said.decree_number, said.valid_from, said.valid_from, said.valid_until
            )
            return replace(
                before,
                version=event.sequence,
                phase=said.phase,
                decree_number=said.decree_number,
                began_on=min(before.began_on, said.valid_from),
                valid_from=said.valid_from,
                valid_until=said.valid_until,
            )
    raise TypeError(event.payload.type)
