"""Explanations of facts that were accepted with a flag: who says why, by what paper, and who has agreed.

Owns that each fact is explained once, by a second person too where much is at stake, and not while goods below nothing
stand in the books unexplained. Which facts wait is a read model (`flagged.py`). Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from services.logistics.counts.deciding import ASSUMED_APPROVAL_IDR
from services.logistics.documents.changing import not_in_force
from services.logistics.documents.domain import Document
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.refusals import to_explain
from services.logistics.stock.valuing import worth_idr
from shared.contracts.envelope import Payload
from shared.contracts.explanations import (
    ExplanationApproved,
    ExplanationGiven,
    ExplanationReason,
    ExplanationReturned,
)
from shared.contracts.ids import ActorId, DocumentId, EventId, LotId, PlaceId
from shared.kit.decisions.types import Event, Ref, Refusal, States


class ExplanationStatus(StrEnum):
    """How far an explanation is: a returned one leaves the fact as it was, to be explained again."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The last explanation of a fact. The id is that of the event it explains."""

    id: str
    version: int
    status: ExplanationStatus
    reason: ExplanationReason
    value_idr: int
    explained_by: str
    explained_on: date
    document_number: str | None = None
    document_id: str | None = None
    reversal_id: str | None = None
    approved_by: str | None = None
    approved_on: date | None = None


@dataclass(frozen=True, slots=True)
class Flagged:
    """A fact that waits, as it was looked up: where it happened, and how much of which lots it is about."""

    event_id: EventId
    place_id: PlaceId | None
    lots: tuple[tuple[LotId, int], ...]


@dataclass(frozen=True, slots=True)
class Explain:
    """Somebody says why a fact is as it is. `reversal_id` was looked up: it is a movement that takes another back."""

    flagged: Flagged
    reason: ExplanationReason
    explained_by: ActorId
    recorded_on: date
    document_number: str | None = None
    document_id: DocumentId | None = None
    reversal_id: EventId | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The explanation."""
        return (Ref("explanation", self.flagged.event_id),)

    def reads(self) -> Sequence[Ref]:
        """The lots it is about, and the letter that shows it."""
        letter = (Ref("document", self.document_id),) if self.document_id is not None else ()
        return (*lot_refs([lot_id for lot_id, _ in self.flagged.lots]), *letter)


@dataclass(frozen=True, slots=True)
class DecideExplanation:
    """A second person takes an explanation, or does not."""

    event_id: EventId
    taken: bool
    decided_by: ActorId
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The explanation."""
        return (Ref("explanation", self.event_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_explain(states: States, command: Explain) -> list[Payload] | Refusal:
    """Explain a fact once; what is worth more than a count may differ by waits for a second person."""
    refusal = _explained(states.find(Explanation, command.flagged.event_id)) or _cannot_explain(states, command)
    if refusal is not None:
        return refusal
    lots = [(states.find(Lot, lot_id), quantity) for lot_id, quantity in command.flagged.lots]
    value_idr = sum(worth_idr(lot, quantity) or 0 for lot, quantity in lots if lot is not None)
    return [
        ExplanationGiven(
            explains=command.flagged.event_id,
            place_id=command.flagged.place_id,
            reason=command.reason,
            document_number=command.document_number,
            document_id=command.document_id,
            reversal_id=command.reversal_id,
            value_idr=value_idr,
            approval_needed=value_idr > ASSUMED_APPROVAL_IDR,
            explained_by=command.explained_by,
            explained_on=command.recorded_on,
        )
    ]


def _explained(before: Explanation | None) -> Refusal | None:
    if before is None or before.status is ExplanationStatus.RETURNED:
        return None
    if before.status is ExplanationStatus.WAITING:
        return Refusal(
            slug="explanation-waits",
            detail="Somebody has explained this, and a second person is still to agree.",
            next_step="Have a second person take the explanation or return it.",
        )
    return Refusal(
        slug="explained-already",
        detail="This was explained already.",
        next_step="Read its explanation; what is wrong in the books is corrected there.",
    )


def _cannot_explain(states: States, command: Explain) -> Refusal | None:
    if command.reason is ExplanationReason.CORRECTED and not (
        command.reversal_id or command.document_id or command.document_number
    ):
        return Refusal(
            slug="correction-not-named",
            detail="It says that this was corrected, and not by what.",
            next_step="Name the reversal or the paper that corrected it, or choose another reason.",
            status=422,
        )
    if command.document_id is not None:
        document = states.find(Document, command.document_id)
        if document is None or document.cancelled:
            return not_in_force(document)
    for lot_id, _ in command.flagged.lots if command.flagged.place_id is not None else ():
        lot = states.find(Lot, lot_id)
        refusal = to_explain(lot.balance(command.flagged.place_id or "")) if lot is not None else None
        if refusal is not None:
            return refusal
    return None


def decide_about_explanation(states: States, command: DecideExplanation) -> list[Payload] | Refusal:
    """Take an explanation that waits, or return it; never by the person who gave it."""
    explanation = states.find(Explanation, command.event_id)
    if explanation is None or explanation.status is not ExplanationStatus.WAITING:
        return Refusal(
            slug="nothing-waits",
            detail="No explanation of this waits for a second person.",
            next_step="Read it: it is explained already, or still to be explained.",
        )
    if explanation.explained_by == command.decided_by:
        return Refusal(
            slug="same-person",
            detail="Whoever explained it cannot decide about the explanation.",
            next_step="Have a second person decide.",
            status=403,
        )
    if command.taken:
        return [
            ExplanationApproved(
                explains=command.event_id, approved_by=command.decided_by, approved_on=command.recorded_on
            )
        ]
    return [
        ExplanationReturned(explains=command.event_id, returned_by=command.decided_by, returned_on=command.recorded_on)
    ]


def evolve_explanation(explanation: Explanation | None, event: Event) -> Explanation:
    """The explanation after it was given, taken or returned."""
    match event.payload:
        case ExplanationGiven() as said:
            waits = ExplanationStatus.WAITING if said.approval_needed else ExplanationStatus.ACCEPTED
            return Explanation(
                id=event.ref.id,
                version=event.sequence,
                status=waits,
                reason=said.reason,
                value_idr=said.value_idr,
                explained_by=said.explained_by,
                explained_on=said.explained_on,
                document_number=said.document_number,
                document_id=said.document_id,
                reversal_id=said.reversal_id,
            )
        case ExplanationApproved() as said if explanation is not None:
            return replace(
                explanation,
                version=event.sequence,
                status=ExplanationStatus.ACCEPTED,
                approved_by=said.approved_by,
                approved_on=said.approved_on,
            )
        case ExplanationReturned() if explanation is not None:
            return replace(explanation, version=event.sequence, status=ExplanationStatus.RETURNED)
    raise TypeError(f"{event.payload.type} after {explanation and explanation.version}")
