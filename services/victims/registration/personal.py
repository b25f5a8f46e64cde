"""What the vault holds of one household, opened for a purpose.

Owns which field groups which role may open. Every opening leaves an access record, written before anything is shown.
Must not put what it opened anywhere but into the answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.victims.access import POST
from services.victims.intake.draft import CONTACT, IDENTITY, VULNERABILITY
from services.victims.registration.queries import HouseholdShown
from shared.contracts.vocabulary import AgeBand, Sex
from shared.kit.access.roles import Principal
from shared.kit.errors import DomainError
from shared.kit.observe.tracing import current_request
from shared.kit.vault.documents import Erased
from shared.kit.vault.keys import VaultKeys
from shared.kit.vault.store import Documents, Reader, read_documents


class Purpose(StrEnum):
    """Why somebody opens personal data. A fixed list, so that the record cannot hold more."""

    VERIFY_IDENTITY = "verify_identity"
    VERIFY_CASUALTY = "verify_casualty"
    VERIFY_DAMAGE = "verify_damage"
    COMPARE_DUPLICATES = "compare_duplicates"
    CONTACT_HOUSEHOLD = "contact_household"
    PROTECT_VULNERABLE = "protect_vulnerable"
    ANSWER_DATA_SUBJECT = "answer_data_subject"


class FieldGroup(StrEnum):
    """A group of fields that is sealed and opened together."""

    IDENTITY = IDENTITY
    VULNERABILITY = VULNERABILITY
    CONTACT = CONTACT


# Vulnerability is specific personal data (health, disability, pregnancy): a post wrote it down but does not need it
# back.
POST_GROUPS = frozenset({FieldGroup.IDENTITY, FieldGroup.CONTACT})


class GroupNotOpen(DomainError):
    """The role may not open this field group."""

    slug = "field-group-not-open"
    status = 403
    detail = "Your role may not open this group of personal data."
    next_step = "Ask only for what your task needs, or ask an aid officer."


class ErasedShown(BaseModel):
    """What was erased: it is gone since then, not merely absent."""

    erased_at: datetime


class PersonOpened(BaseModel):
    """A member with what the vault holds of them, by field group, or that it was erased."""

    person_id: str
    sex: Sex
    age_band: AgeBand
    documents: dict[str, dict[str, str | int]] | ErasedShown


class HouseholdOpened(BaseModel):
    """What the vault holds of a household and its members."""

    household_id: str
    documents: dict[str, dict[str, str | int]] | ErasedShown
    persons: tuple[PersonOpened, ...]


def demand_groups(principal: Principal, groups: Sequence[FieldGroup]) -> None:
    """Go on only if the principal's role may open these groups.

    Raises: GroupNotOpen.
    """
    if principal.role == POST and not POST_GROUPS.issuperset(groups):
        raise GroupNotOpen


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
    found = await read_documents(connection, subjects, groups=sorted(set(groups)), reader=reader, keys=keys)
    return HouseholdOpened(
        household_id=household.id,
        documents=_shown(found[household.id]),
        persons=tuple(
            PersonOpened(
                person_id=member.person_id,
                sex=member.sex,
                age_band=member.age_band,
                documents=_shown(found[member.person_id]),
            )
            for member in household.persons
        ),
    )


def reader_of(principal: Principal, purpose: Purpose) -> Reader:
    """Who opens, in which role, why, and under which request."""
    context = current_request()
    return Reader(principal.person_id, principal.role, purpose.value, context.request_id if context else "")


def _shown(found: Documents | Erased) -> dict[str, dict[str, Any]] | ErasedShown:
    if isinstance(found, Erased):
        return ErasedShown(erased_at=found.at)
    return {group: _named(document) for group, document in found.items()}


def _named(document: Mapping[str, Any]) -> dict[str, Any]:
    return dict(document)
