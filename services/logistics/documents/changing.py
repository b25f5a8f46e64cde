"""What becomes of a printed letter: signed, printed again, cancelled.

Owns that a scan is put on record once, that each further print is counted, and that a cancelled letter keeps its
number. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.documents.domain import Document
from shared.contracts.documents import (
    DocumentCancellation,
    DocumentCancelled,
    DocumentReprinted,
    DocumentSigned,
    ScanKept,
)
from shared.contracts.envelope import Payload
from shared.contracts.ids import DocumentId
from shared.contracts.shipments import Signature
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class ChangeDocument:
    """Something is done with a letter that was printed."""

    document_id: DocumentId
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The letter."""
        return (Ref("document", self.document_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class SignDocument(ChangeDocument):
    """The signed paper came back and was scanned."""

    signatures: tuple[Signature, ...]
    scan_sha256: str
    scan_kept: ScanKept


@dataclass(frozen=True, slots=True)
class ReprintDocument(ChangeDocument):
    """The letter is printed again."""


@dataclass(frozen=True, slots=True)
class CancelDocument(ChangeDocument):
    """The letter shall not hold any more."""

    reason: DocumentCancellation


def decide_sign_document(states: States, command: SignDocument) -> list[Payload] | Refusal:
    """Put the scan of the signed paper on record; the same scan told again changes nothing."""
    document = states.find(Document, command.document_id)
    if document is None or document.cancelled:
        return not_in_force(document)
    if document.signed_on is not None:
        same = document.scan_sha256 == command.scan_sha256
        return [] if same else _signed_already()
    return [
        DocumentSigned(
            document_id=command.document_id,
            signatures=command.signatures,
            scan_sha256=command.scan_sha256,
            scan_kept=command.scan_kept,
            signed_on=command.recorded_on,
        )
    ]


def _signed_already() -> Refusal:
    return Refusal(
        slug="document-signed-already",
        detail="Another scan of this letter is on record.",
        next_step="Compare the two papers; cancel the letter and issue it again if the first scan is wrong.",
    )


def decide_reprint_document(states: States, command: ReprintDocument) -> list[Payload] | Refusal:
    """Count a further print of a letter."""
    document = states.find(Document, command.document_id)
    if document is None or document.cancelled:
        return not_in_force(document)
    return [
        DocumentReprinted(
            document_id=command.document_id,
            copy_number=document.copies + 1,
            reprinted_on=command.recorded_on,
        )
    ]


def decide_cancel_document(states: States, command: CancelDocument) -> list[Payload] | Refusal:
    """Cancel a letter; its number stays in the register and is not given again."""
    document = states.find(Document, command.document_id)
    if document is None or document.cancelled:
        return not_in_force(document)
    return [DocumentCancelled(document_id=command.document_id, reason=command.reason, cancelled_on=command.recorded_on)]


def not_in_force(document: Document | None) -> Refusal:
    """The refusal of a decision about a letter that was never issued, or was cancelled."""
    if document is None:
        return Refusal(
            slug="document-unknown",
            detail="There is no letter under this id.",
            next_step="Check the id, or issue the letter first.",
            status=404,
        )
    return Refusal(
        slug="document-cancelled",
        detail="The letter was cancelled.",
        next_step="Issue a new letter.",
    )


def destruction_not_recorded() -> Refusal:
    """The refusal to destroy goods without a record of destruction that is in force."""
    return Refusal(
        slug="destruction-not-recorded",
        detail="Goods are destroyed under a record of destruction (BA pemusnahan) that is in force.",
        next_step="Issue the record first and name it here.",
    )
