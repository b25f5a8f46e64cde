"""How a household affected by a disaster is registered.

Owns the rule that a registration is taken as it comes, that the same household reported again replaces the earlier
report, and that a person whose NIK is known already points to the one registered first. Pure: identity numbers come
as keyed digests, personal data as commitments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.victims.intake.domain import Report, not_authorised, report_flags
from shared.contracts.envelope import Payload
from shared.contracts.ids import HouseholdId, PersonId
from shared.contracts.victims import (
    HouseholdCommitments,
    HouseholdRegistered,
    HouseholdRegisteredAgain,
    HouseholdRegistration,
    PersonCommitments,
    RegisteredPerson,
)
from shared.contracts.vocabulary import AgeBand, DamageClass, FieldFlag, Residence, Sex
from shared.kit.decisions.types import Event, Ref, Refusal, States, UniqueKey


@dataclass(frozen=True, slots=True)
class ReportedPerson:
    """A member as reported: what the event may say of them, and the digest of their NIK if it can be compared."""

    person_id: PersonId
    sex: Sex
    age_band: AgeBand
    identity: str
    vulnerability: str
    nik: UniqueKey | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A registered member of a household. Whoever has the same identity as another is not counted."""

    person_id: str
    sex: Sex
    age_band: AgeBand
    same_identity_as: str | None = None


@dataclass(frozen=True, slots=True)
class Household:
    """A household as its latest report has it. `former_person_ids` are members of earlier reports only."""

    id: str
    version: int
    disaster_id: str
    post_id: str
    device_id: str
    area_code: str
    residence: Residence
    shelter_area_code: str | None
    persons: tuple[Member, ...]
    persons_counted: int
    damage_claimed: DamageClass | None
    happened_on: date
    recorded_on: date
    flags: tuple[str, ...]
    former_person_ids: tuple[str, ...] = ()

    def has(self, person_id: str) -> bool:
        """Whether a person belongs to the household."""
        return any(member.person_id == person_id for member in self.persons)


@dataclass(frozen=True, slots=True)
class RegisterHousehold:
    """A post reports a household. `number_flags` is what its identity numbers, dates and codes are flagged for."""

    report: Report
    household_id: HouseholdId
    residence: Residence
    persons: tuple[ReportedPerson, ...]
    shelter_area_code: str | None = None
    damage_claimed: DamageClass | None = None
    contact: str | None = None
    kk: UniqueKey | None = None
    number_flags: tuple[FieldFlag, ...] = ()

    def aggregates(self) -> Sequence[Ref]:
        """The household."""
        return (Ref("household", self.household_id),)

    def reads(self) -> Sequence[Ref]:
        """The disaster and the post."""
        return self.report.reads()


def decide_register(states: States, command: RegisterHousehold) -> list[Payload] | Refusal:
    """Take a registration as it comes: the first, or one that replaces the household's earlier report."""
    report = command.report
    refusal = not_authorised(states, report)
    if refusal is not None:
        return refusal
    known = states.find(Household, command.household_id)
    flags = report_flags(states, report)
    flags += command.number_flags
    if command.kk is not None and states.holder(command.kk) is not None:
        flags.append(FieldFlag.LIKELY_DUPLICATE)
    registration = HouseholdRegistered if known is None else HouseholdRegisteredAgain
    return [
        registration(
            household_id=command.household_id,
            disaster_id=report.disaster_id,
            post_id=report.post_id,
            device_id=report.device_id,
            device_number=report.device_number,
            area_code=report.area_code,
            residence=command.residence,
            shelter_area_code=command.shelter_area_code,
            persons=_registered(states, command, known),
            commitments=HouseholdCommitments(contact=command.contact),
            damage_claimed=command.damage_claimed,
            happened_on=report.captured_on,
            recorded_on=report.recorded_on,
            flags=tuple(dict.fromkeys(flags)),
        )
    ]


def _registered(states: States, command: RegisterHousehold, known: Household | None) -> tuple[RegisteredPerson, ...]:
    persons = []
    written: set[PersonId] = set()
    first_with: dict[UniqueKey, PersonId] = {}
    for person in command.persons:
        same_as: str | None = None
        first = None if person.nik is None else first_with.setdefault(person.nik, person.person_id)
        if person.person_id in written:
            same_as = person.person_id
        elif person.nik is not None:
            same_as = first if first != person.person_id else _held_elsewhere(states, command, person.nik, known)
        written.add(person.person_id)
        persons.append(
            RegisteredPerson(
                person_id=person.person_id,
                sex=person.sex,
                age_band=person.age_band,
                commitments=PersonCommitments(identity=person.identity, vulnerability=person.vulnerability),
                same_identity_as=PersonId(same_as) if same_as is not None else None,
            )
        )
    return tuple(persons)


def _held_elsewhere(states: States, command: RegisterHousehold, nik: UniqueKey, known: Household | None) -> str | None:
    """Who else was registered first with a NIK: not somebody whom a report of this household replaces."""
    holder = states.holder(nik)
    if holder is None or known is None or not (known.has(holder) or holder in known.former_person_ids):
        return holder
    return holder if any(person.person_id == holder for person in command.persons) else None


def evolve_household(household: Household | None, event: Event) -> Household:
    """The household after a registration: the latest report holds whole."""
    said = event.payload
    if not isinstance(said, HouseholdRegistration) or (household is None) is isinstance(said, HouseholdRegisteredAgain):
        raise TypeError(f"{said.type} after {household and household.version}")
    persons = [Member(one.person_id, one.sex, one.age_band, one.same_identity_as) for one in said.persons]
    return Household(
        id=event.ref.id,
        version=event.sequence,
        disaster_id=said.disaster_id,
        post_id=said.post_id,
        device_id=said.device_id,
        area_code=said.area_code,
        residence=said.residence,
        shelter_area_code=said.shelter_area_code,
        persons=tuple(persons),
        persons_counted=len([one for one in persons if one.same_identity_as is None]),
        damage_claimed=said.damage_claimed,
        happened_on=said.happened_on,
        recorded_on=said.recorded_on,
        flags=tuple([str(flag) for flag in said.flags]),
        former_person_ids=_former(household, said),
    )


def _former(household: Household | None, said: HouseholdRegistration) -> tuple[str, ...]:
    if household is None:
        return ()
    present = {person.person_id for person in said.persons}
    before = (*household.former_person_ids, *(member.person_id for member in household.persons))
    return tuple(dict.fromkeys(id_ for id_ in before if id_ not in present))
