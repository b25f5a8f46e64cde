"""When a disaster is declared and how its phases follow one another.

Owns the rules for decrees: known areas, dates in order, phases forward only. Pure: what depends on the clock or
on the list of areas comes with the command.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from shared.contracts.envelope import Payload
from shared.contracts.ids import DisasterId
from shared.contracts.victims import DisasterDeclared, DisasterPhaseChanged
from shared.contracts.vocabulary import DisasterPhase, HazardKind
from shared.kit.decisions.types import Event, Ref, Refusal, States

# Siaga darurat, tanggap darurat, transisi darurat ke pemulihan follow in this order; any of them may be the first.
PHASE_ORDER = tuple(DisasterPhase)


@dataclass(frozen=True, slots=True)
class Decree:
    """The decree that opened, extended or ended a phase, and the dates it holds."""

    number: str
    signed_on: date
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Disaster:
    """A declared disaster as its latest decree has it. `began_on` is the first date of its first decree."""

    id: str
    version: int
    hazard: HazardKind
    area_codes: tuple[str, ...]
    phase: DisasterPhase
    decree_number: str
    decree_date: date
    began_on: date
    valid_from: date
    valid_until: date | None
    declared_on: date

    def covers(self, area_code: str) -> bool:
        """Whether an area is one the decree names, or lies below one."""
        return any(area_code == code or area_code.startswith(f"{code}.") for code in self.area_codes)

    def ended(self, on: date) -> bool:
        """Whether the disaster had ended on a date, by a decree or because its decree ran out."""
        if self.phase is DisasterPhase.SELESAI and on >= self.valid_from:
            return True
        return self.valid_until is not None and on > self.valid_until


@dataclass(frozen=True, slots=True)
class DeclareDisaster:
    """The office enters the decree that declares a disaster. `unknown_area_codes` stand in no list of areas."""

    disaster_id: DisasterId
    hazard: HazardKind
    area_codes: tuple[str, ...]
    phase: DisasterPhase
    decree: Decree
    recorded_on: date
    unknown_area_codes: tuple[str, ...] = ()

    def aggregates(self) -> Sequence[Ref]:
        """The disaster."""
        return (Ref("disaster", self.disaster_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class ChangePhase:
    """The office enters the decree that opens the next phase, extends the present one, or ends the disaster."""

    disaster_id: DisasterId
    phase: DisasterPhase
    decree: Decree
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The disaster."""
        return (Ref("disaster", self.disaster_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_declare(states: States, command: DeclareDisaster) -> list[Payload] | Refusal:
    """Declare a disaster once, in known areas, under a decree whose dates are in order."""
    if states.find(Disaster, command.disaster_id) is not None:
        return Refusal(
            slug="disaster-declared-already",
            detail="This disaster has been declared already.",
            next_step="Change its phase instead, or declare another disaster under a new id.",
        )
    if command.unknown_area_codes:
        return Refusal(
            slug="area-unknown",
            detail="The area code %(area_code)s is not in Kemendagri's list.",
            next_step="Correct the code and send again under a new Idempotency-Key.",
            params={"area_code": command.unknown_area_codes[0]},
            status=422,
        )
    if command.phase is DisasterPhase.SELESAI:
        return Refusal(
            slug="phase-not-first",
            detail="A disaster cannot be declared as ended.",
            next_step="Declare it in the phase siaga, tanggap_darurat or transisi.",
            status=422,
        )
    refusal = _dates_out_of_order(command.decree, command.recorded_on)
    if refusal is not None:
        return refusal
    decree = command.decree
    return [
        DisasterDeclared(
            disaster_id=command.disaster_id,
            hazard=command.hazard,
            area_codes=tuple(dict.fromkeys(command.area_codes)),
            phase=command.phase,
            decree_number=decree.number,
            decree_date=decree.signed_on,
            valid_from=decree.valid_from,
            valid_until=decree.valid_until,
            declared_on=command.recorded_on,
        )
    ]


def decide_change_phase(states: States, command: ChangePhase) -> list[Payload] | Refusal:
    """Go on to a later phase, or extend the present one; never back, and nothing after the end."""
    disaster = states.find(Disaster, command.disaster_id)
    if disaster is None:
        return unknown_disaster()
    refusal = _phase_out_of_order(disaster, command) or _dates_out_of_order(command.decree, command.recorded_on)
    if refusal is not None:
        return refusal
    decree = command.decree
    return [
        DisasterPhaseChanged(
            disaster_id=command.disaster_id,
            phase=command.phase,
            decree_number=decree.number,
            decree_date=decree.signed_on,
            valid_from=decree.valid_from,
            valid_until=decree.valid_until,
            changed_on=command.recorded_on,
        )
    ]


def unknown_disaster() -> Refusal:
    """The refusal of an office decision about a disaster nobody declared."""
    return Refusal(
        slug="disaster-unknown",
        detail="No disaster has been declared under this id.",
        next_step="Check the id, or declare the disaster first.",
        status=404,
    )


def _phase_out_of_order(disaster: Disaster, command: ChangePhase) -> Refusal | None:
    if disaster.phase is DisasterPhase.SELESAI:
        return Refusal(
            slug="disaster-ended",
            detail="The disaster has ended.",
            next_step="Declare a new disaster if there is another one.",
        )
    if PHASE_ORDER.index(command.phase) < PHASE_ORDER.index(disaster.phase):
        return Refusal(
            slug="phase-not-forward",
            detail="The disaster is in the phase %(phase)s already; a phase is never gone back to.",
            next_step="Extend the present phase or open a later one.",
            params={"phase": disaster.phase.value},
        )
    if command.decree.valid_from < disaster.valid_from:
        return Refusal(
            slug="phase-before-present-one",
            detail="The phase would begin on %(valid_from)s, before the present one began on %(present_from)s.",
            next_step="Correct the date from which the decree holds.",
            params={
                "valid_from": command.decree.valid_from.isoformat(),
                "present_from": disaster.valid_from.isoformat(),
            },
        )
    return None


def _dates_out_of_order(decree: Decree, recorded_on: date) -> Refusal | None:
    if decree.valid_until is not None and decree.valid_until < decree.valid_from:
        return Refusal(
            slug="decree-dates-out-of-order",
            detail="The decree would end on %(valid_until)s, before it begins on %(valid_from)s.",
            next_step="Correct the dates.",
            params={"valid_until": decree.valid_until.isoformat(), "valid_from": decree.valid_from.isoformat()},
            status=422,
        )
    if decree.signed_on > recorded_on:
        return Refusal(
            slug="decree-not-signed-yet",
            detail="The decree's date %(decree_date)s lies in the future.",
            next_step="Correct the date, or enter the decree on the day it is signed.",
            params={"decree_date": decree.signed_on.isoformat()},
            status=422,
        )
    return None


def evolve_disaster(disaster: Disaster | None, event: Event) -> Disaster:
    """The disaster after a decree."""
    match event.payload:
        case DisasterDeclared() as said:
            return Disaster(
                id=event.ref.id,
                version=event.sequence,
                hazard=said.hazard,
                area_codes=said.area_codes,
                phase=said.phase,
                decree_number=said.decree_number,
                decree_date=said.decree_date,
                began_on=said.valid_from,
                valid_from=said.valid_from,
                valid_until=said.valid_until,
                declared_on=said.declared_on,
            )
        case DisasterPhaseChanged() as said if disaster is not None:
            return replace(
                disaster,
                version=event.sequence,
                phase=said.phase,
                decree_number=said.decree_number,
                decree_date=said.decree_date,
                valid_from=said.valid_from,
                valid_until=said.valid_until,
            )
    raise TypeError(f"{event.payload.type} after {disaster and disaster.version}")
