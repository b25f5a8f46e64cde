"""What the logistics service publishes of explanations: why a fact that was accepted with a flag is as it is.

Owns the shapes and the reasons. What happened is told by a listed reason and the paper that shows it: there is no room
for a sentence about someone.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, DocumentId, EventId, PlaceId
from shared.contracts.values import AmountIdr, Boolean, DocumentNumber, LegalDate


class ExplanationReason(StrEnum):
    """Why a fact differs from the book: what was wrong, and that it is put right or needs no correction."""

    RECORDED_LATE = "recorded_late"
    LOADED_OTHERWISE = "loaded_otherwise"
    COUNTED_WRONG = "counted_wrong"
    ENTERED_WRONG = "entered_wrong"
    OTHER_LOT_OR_ITEM = "other_lot_or_item"
    TOLD_TWICE = "told_twice"
    DEVICE_OR_PLACE_CHECKED = "device_or_place_checked"
    GIVEN_IN_NEED = "given_in_need"
    STOLEN_OR_SPOILED = "stolen_or_spoiled"
    CORRECTED = "corrected"
    NOT_FOUND_OUT = "not_found_out"


class ExplanationGiven(Payload):
    """Somebody explained a fact that was accepted with a flag. Above a value it waits for a second person."""

    type: ClassVar[str] = "logistics.explanation_given.v1"
    kind: ClassVar[str] = "explanation"
    key: ClassVar[str] = "explains"

    explains: EventId = Field(description="the event that was accepted with a flag")
    place_id: PlaceId | None = None
    reason: ExplanationReason
    document_number: DocumentNumber | None = Field(default=None, description="the paper that shows it")
    document_id: DocumentId | None = Field(default=None, description="the letter of this service that shows it")
    reversal_id: EventId | None = Field(default=None, description="the movement that took the wrong one back")
    value_idr: AmountIdr = Field(description="whole rupiah of the goods it is about, as far as they are valued")
    approval_needed: Boolean
    explained_by: ActorId
    explained_on: LegalDate


class ExplanationApproved(Payload):
    """A second person took an explanation; the fact leaves the list of what is to be explained."""

    type: ClassVar[str] = "logistics.explanation_approved.v1"
    kind: ClassVar[str] = "explanation"
    key: ClassVar[str] = "explains"

    explains: EventId
    approved_by: ActorId
    approved_on: LegalDate


class ExplanationReturned(Payload):
    """A second person did not take an explanation: the fact is to be explained again."""

    type: ClassVar[str] = "logistics.explanation_returned.v1"
    kind: ClassVar[str] = "explanation"
    key: ClassVar[str] = "explains"

    explains: EventId
    returned_by: ActorId
    returned_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (ExplanationGiven, ExplanationApproved, ExplanationReturned)
