"""What the needs do when the victims service registers a household.

Owns the way from foreign events to own commands. Pure.
"""

from collections.abc import Sequence
from datetime import date

from services.logistics.needs.domain import RecordNeed
from shared.contracts.victims import HouseholdRegistration
from shared.kit.decisions.types import Event


def react_to_household(event: Event, today: date) -> Sequence[RecordNeed]:
    """A household registered, first or again, is due its ration; a person registered elsewhere is counted there."""
    match event.payload:
        case HouseholdRegistration() as said:
            elsewhere = sum(person.same_identity_as is not None for person in said.persons)
            return (
                RecordNeed(
                    household_id=said.household_id,
                    disaster_id=said.disaster_id,
                    area_code=said.area_code,
                    residence=said.residence,
                    person_count=len(said.persons) - elsewhere,
                    person_count_all=len(said.persons),
                    recorded_on=today,
                    identity_ids=tuple(person.same_identity_as or person.person_id for person in said.persons),
                ),
            )
    raise TypeError(event.payload.type)
