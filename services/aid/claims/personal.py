"""What the vault holds of a claim's payee, opened for a purpose.

Owns why it may be opened. Every opening leaves an access record, written before anything is shown. Must not put what
it opened anywhere but into the answer.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.aid.claims.payee import BANK_REFERENCE, PAYEE
from shared.kit.access.roles import Principal
from shared.kit.observe.tracing import current_request
from shared.kit.vault.documents import Erased
from shared.kit.vault.keys import VaultKeys
from shared.kit.vault.store import Reader, read_documents, read_openings

GROUPS = (BANK_REFERENCE, PAYEE)


class Purpose(StrEnum):
    """Why somebody opens a payee's data. A fixed list, so that the record cannot hold more."""

    PREPARE_CLAIM = "prepare_claim"
    DECIDE_CLAIM = "decide_claim"
    PAY_CLAIM = "pay_claim"
    RECONCILE_PAYOUT = "reconcile_payout"
    AUDIT_PAYMENT = "audit_payment"
    ANSWER_DATA_SUBJECT = "answer_data_subject"


class ErasedShown(BaseModel):
    """What was erased: it is gone since then, not merely absent."""

    erased_at: datetime


class PayeeOpened(BaseModel):
    """What the vault holds of a claim's payee by field group, or that it was erased."""

    claim_id: str
    documents: dict[str, dict[str, Any]] | ErasedShown


class OpeningShown(BaseModel):
    """One version with its salt: SHA-256 over both, as docs/kit.md says, is the commitment in the log."""

    version: int
    salt: str
    commitment: str
    document: dict[str, Any]


class OpeningsShown(BaseModel):
    """Every version of a claim's payee by field group, oldest first, or that it was erased."""

    claim_id: str
    openings: dict[str, tuple[OpeningShown, ...]] | ErasedShown


def reader_of(principal: Principal, purpose: Purpose) -> Reader:
    """Who opens, in which role, why, and under which request."""
    context = current_request()
    return Reader(principal.person_id, principal.role, purpose.value, context.request_id if context else "")


async def open_payee(connection: AsyncConnection, keys: VaultKeys, claim_id: str, reader: Reader) -> PayeeOpened:
    """Open the latest payee of a claim. The caller commits before it shows the answer."""
    found = (await read_documents(connection, [claim_id], groups=GROUPS, reader=reader, keys=keys))[claim_id]
    if isinstance(found, Erased):
        return PayeeOpened(claim_id=claim_id, documents=ErasedShown(erased_at=found.at))
    return PayeeOpened(claim_id=claim_id, documents={group: dict(content) for group, content in found.items()})


async def open_versions(connection: AsyncConnection, keys: VaultKeys, claim_id: str, reader: Reader) -> OpeningsShown:
    """Open every payee a claim had, with the salts. The caller commits before it shows the answer."""
    found = await read_openings(connection, claim_id, groups=GROUPS, reader=reader, keys=keys)
    if isinstance(found, Erased):
        return OpeningsShown(claim_id=claim_id, openings=ErasedShown(erased_at=found.at))
    shown = {
        group: tuple(
            OpeningShown(
                version=one.version, salt=one.salt.hex(), commitment=one.commitment, document=dict(one.document)
            )
            for one in versions
        )
        for group, versions in found.items()
    }
    return OpeningsShown(claim_id=claim_id, openings=shown)
