"""A post's registration of a household, on its way to a command.

Owns which of its content goes into the vault, what is flagged, and which digests find it again. Must not decide
anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from services.victims import areas
from services.victims.intake.domain import Report
from services.victims.intake.draft import CONTACT, IDENTITY, VULNERABILITY, Draft, Group
from services.victims.registration.domain import RegisterHousehold, ReportedPerson
from services.victims.registration.identity import NikFinding, age_band, check_nik, is_phone, kk_digits
from shared.contracts import field
from shared.contracts.vocabulary import FieldFlag, VulnerableGroup
from shared.kit.decisions.types import UniqueKey
from shared.kit.vault.keys import VaultKeys

NO_GROUPS: Mapping[str, int] = {group.value: 0 for group in VulnerableGroup}


def draft(said: field.HouseholdRegistered, report: Report, keys: VaultKeys) -> Draft:
    """What a registration keeps in the vault, what it claims, and the command it becomes."""
    contact = _contact(said)
    findings = [
        check_nik(person.nik, sex=person.sex, birth_date=person.birth_date, on=report.recorded_on)
        for person in said.persons
    ]
    niks = [_digest(keys, said.disaster_id, finding) for finding in findings]
    kk = None if said.kk_number is None else kk_digits(said.kk_number)
    kk_key = None if kk is None else keys.digest(f"kk:{said.disaster_id}", kk)
    claims = {nik: str(person.person_id) for nik, person in _first_of_each(niks, said.persons)}
    if kk_key is not None:
        claims[kk_key] = said.household_id
    flags = tuple(_flags(said, findings, report.recorded_on, kk))

    def complete(commitments: Sequence[str]) -> RegisterHousehold:
        persons = tuple(
            ReportedPerson(
                person_id=person.person_id,
                sex=person.sex,
                age_band=age_band(person.birth_date, person.age_years, report.recorded_on),
                identity=commitments[2 * place],
                vulnerability=commitments[2 * place + 1],
                nik=niks[place],
            )
            for place, person in enumerate(said.persons)
        )
        return RegisterHousehold(
            report=report,
            household_id=said.household_id,
            residence=said.residence,
            persons=persons,
            shelter_area_code=said.shelter_area_code,
            damage_claimed=said.damage_claimed,
            contact=commitments[-1] if contact else None,
            kk=kk_key,
            number_flags=flags,
        )

    return Draft(_groups(said, contact), claims, complete)


def _groups(said: field.HouseholdRegistered, contact: Mapping[str, str]) -> list[Group]:
    groups: list[Group] = []
    for person in said.persons:
        groups.append((person.person_id, IDENTITY, _identity(person)))
        groups.append((person.person_id, VULNERABILITY, _vulnerability(person)))
    if contact:
        groups.append((said.household_id, CONTACT, contact))
    return groups


def _identity(person: field.ReportedPerson) -> dict[str, str | int]:
    document: dict[str, str | int] = {"name": person.name}
    if person.birth_date is not None:
        document["birth_date"] = person.birth_date.isoformat()
    if person.age_years is not None:
        document["age_years"] = person.age_years
    if person.nik is not None:
        document["nik"] = person.nik
    return document


def _vulnerability(person: field.ReportedPerson) -> Mapping[str, int]:
    """Every group with 1 or 0: the sealed length is the same for all, so it tells nothing."""
    return {**NO_GROUPS, **dict.fromkeys((group.value for group in person.groups), 1)} if person.groups else NO_GROUPS


def _contact(said: field.HouseholdRegistered) -> dict[str, str]:
    stated = {"kk_number": said.kk_number, "phone": said.phone, "address": said.address}
    return {name: value for name, value in stated.items() if value is not None}


def _digest(keys: VaultKeys, disaster_id: str, finding: NikFinding) -> UniqueKey | None:
    # By disaster: who is registered again in the next flood is no duplicate there.
    return None if finding.digits is None else keys.digest(f"nik:{disaster_id}", finding.digits)


def _first_of_each(
    niks: Sequence[UniqueKey | None], persons: Sequence[field.ReportedPerson]
) -> Iterator[tuple[UniqueKey, field.ReportedPerson]]:
    seen: set[UniqueKey] = set()
    for nik, person in zip(niks, persons, strict=True):
        if nik is not None and nik not in seen:
            seen.add(nik)
            yield nik, person


def _flags(
    said: field.HouseholdRegistered, findings: Sequence[NikFinding], on: date, kk: str | None
) -> Iterator[FieldFlag]:
    yield from (finding.flag for finding in findings if finding.flag is not None)
    if any(person.birth_date is not None and person.birth_date > on for person in said.persons):
        yield FieldFlag.IMPLAUSIBLE_DATE
    if said.kk_number is not None and kk is None:
        yield FieldFlag.KK_MALFORMED
    if said.phone is not None and not is_phone(said.phone):
        yield FieldFlag.PHONE_MALFORMED
    if said.shelter_area_code is not None and not areas.is_known(said.shelter_area_code):
        yield FieldFlag.UNKNOWN_AREA
