"""Letters and their registers, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.documents import changing
from services.logistics.documents import domain as documents
from services.logistics.documents.http import documents_router
from services.logistics.documents.tables import document, register
from shared.contracts import documents as contract
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

DOCUMENTS = Capability(
    kinds=(
        StateKind(
            name="document",
            table=document,
            state=documents.Document,
            evolve=documents.evolve_document,
            events=(
                contract.DocumentIssued,
                contract.DocumentSigned,
                contract.DocumentReprinted,
                contract.DocumentCancelled,
            ),
        ),
        StateKind(
            name="register",
            table=register,
            state=documents.Register,
            evolve=documents.evolve_register,
            events=(contract.NumberGiven, contract.NumbersSetAside),
        ),
    ),
    deciders={
        documents.IssueDocument: documents.decide_issue_document,
        documents.SetNumbersAside: documents.decide_set_numbers_aside,
        changing.SignDocument: changing.decide_sign_document,
        changing.ReprintDocument: changing.decide_reprint_document,
        changing.CancelDocument: changing.decide_cancel_document,
    },
    routers=lambda runtime: [documents_router(runtime)],
)
