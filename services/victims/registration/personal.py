"""What the vault holds of one household and its members.

Owns the shape in which it is shown. Must not decide who may see it.
"""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.victims.opening import FieldGroup, Opened, open_subjects
from services.victims.registration.queries import HouseholdShown
from shared.contracts.vocabulary import AgeBand, Sex
from shared.kit.vault.keys import VaultKeys
from shared.kit.vault.store import Reader


class PersonOpened(BaseModel):
    """A member with what the vault holds of them."""

    person_id: str
    sex: Sex
    age_band: AgeBand
    documents: Opened


class HouseholdOpened(BaseModel):
    """A household and its members with what the vault holds of them."""

    household_id: str
    documents: Opened
    persons: tuple[PersonOpened, ...]


async def open_household(
    connection: AsyncConnection,
    keys: VaultKeys,
    household: HouseholdShown,
    *,
    groups: Sequence[FieldGroup],
    reader: Reader,
) -> HouseholdOpened:
    """Open these groups of a household and its members. The caller commits before it shows the answer."""
    subjects = list(dict.fromkeys((household.id, *(member.person_id for member in household.persons))))
    opened = await open_subjects(connection, keys, subjects, groups=groups, reader=reader)
    return HouseholdOpened(
        household_id=household.id,
        documents=opened[household.id],
        persons=tuple(
            PersonOpened(
                person_id=member.person_id,
                sex=member.sex,
                age_band=member.age_band,
                documents=opened[member.person_id],
            )
            for member in household.persons
        ),
    )
