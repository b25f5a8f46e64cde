"""What the logistics service publishes of support asked from another owner (permintaan dukungan) for a request.

Owns the shapes only. They belong to the request, so that what was accepted is never reserved twice.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload
from shared.contracts.field import LINES_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ActorId, OwnerId, RequestId, SupportId
from shared.contracts.values import DocumentNumber, LegalDate


class DeclineReason(StrEnum):
    """Why an owner gives less than was asked for, or nothing."""

    OWN_NEED = "own_need"
    STOCK_SCARCE = "stock_scarce"
    RESTRICTED_BY_DONOR = "restricted_by_donor"
    OUTSIDE_MANDATE = "outside_mandate"


class SupportAsked(Payload):
    """The addressee of a request asks another owner for goods it has not."""

    type: ClassVar[str] = "logistics.support_asked.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    support_id: SupportId
    from_owner_id: OwnerId = Field(description="who asks")
    of_owner_id: OwnerId = Field(description="who is asked")
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    letter_number: DocumentNumber | None = None
    asked_on: LegalDate


class SupportAnswered(Payload):
    """The owner accepts in whole or in part, or declines: only what it accepts may be reserved out of its lots."""

    type: ClassVar[str] = "logistics.support_answered.v1"
    kind: ClassVar[str] = "request"
    key: ClassVar[str] = "request_id"

    request_id: RequestId
    support_id: SupportId
    of_owner_id: OwnerId
    answered_by: ActorId
    accepted: tuple[ItemQuantity, ...] = Field(default=(), max_length=LINES_MAX)
    reason: DeclineReason | None = Field(default=None, description="why not all of it")
    answered_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (SupportAsked, SupportAnswered)
