"""Opening what the vault holds: who may open which group of fields, for which purpose.

Owns the rules all doors to personal data have alike. Every opening leaves an access record, written before anything
is shown. Must not put what it opened anywhere but into the answer.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.victims.access import POST
from services.victims.intake.draft import CONTACT, IDENTITY, VULNERABILITY
from shared.kit.access.roles import Principal
from shared.kit.errors import DomainError
from shared.kit.observe.tracing import current_request
from shared.kit.vault.documents import Erased
from shared.kit.vault.keys import VaultKeys
from shared.kit.vault.store import Reader, read_documents


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


Groups = Annotated[list[FieldGroup], Query(min_length=1, max_length=len(FieldGroup))]

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


# What the vault holds of one subject by field group, or that it was erased.
Opened = dict[str, dict[str, str | int]] | ErasedShown


def demand_groups(principal: Principal, groups: Sequence[FieldGroup]) -> None:
    """Go on only if the principal's role may open these groups.

    Raises: GroupNotOpen.
    """
    if principal.role == POST and not POST_GROUPS.issuperset(groups):
        raise GroupNotOpen


def reader_of(principal: Principal, purpose: Purpose) -> Reader:
    """Who opens, in which role, why, and under which request."""
    context = current_request()
    return Reader(principal.person_id, principal.role, purpose.value, context.request_id if context else "")


async def open_subjects(
    connection: AsyncConnection,
    keys: VaultKeys,
    subject_ids: Sequence[str],
    *,
    groups: Sequence[FieldGroup],
    reader: Reader,
) -> dict[str, Opened]:
    """These groups of each subject. The caller commits before it shows the answer."""
    found = await read_documents(connection, subject_ids, groups=sorted(set(groups)), reader=reader, keys=keys)
    return {
        subject_id: ErasedShown(erased_at=held.at)
        if isinstance(held, Erased)
        else {group: dict(document) for group, document in held.items()}
        for subject_id, held in found.items()
    }
