"""What the logistics service publishes of partners: who gives, what was pledged, received, inspected and taken in.

Owns the shapes and words only; `logistics.py` lists the events with the rest of what the service publishes. A
partner is a short name the office chose: what a letter says of people stays on paper.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.field import LINES_MAX
from shared.contracts.ids import ActorId, ItemCode, LotId, OwnerId, PartnerId, PlaceId, PledgeId, ReceiptId
from shared.contracts.values import AreaCode, DocumentNumber, LegalDate, Number, Quantity, QuantityOrNone


class PartnerKind(StrEnum):
    """Who gives."""

    STATE_BODY = "state_body"
    COMPANY = "company"
    ORGANISATION = "organisation"
    COMMUNITY = "community"
    PERSON = "person"


class DonationUse(StrEnum):
    """What given goods are meant for: to be handed out, or to be cooked in a public kitchen (dapur umum)."""

    HAND_OUT = "hand_out"
    KITCHEN = "kitchen"


class AidedPeople(StrEnum):
    """For whom given goods are meant, by age and sex alone."""

    INFANTS = "infants"
    TODDLERS = "toddlers"
    CHILDREN = "children"
    WOMEN = "women"
    ELDERLY = "elderly"


class RejectionCause(StrEnum):
    """Why inspected goods were not taken in."""

    EXPIRED = "expired"
    SPOILED = "spoiled"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    UNUSABLE = "unusable"
    NOT_HALAL = "not_halal"


class CancellationReason(StrEnum):
    """Why promised goods will not come."""

    WITHDRAWN = "withdrawn"
    OVERDUE = "overdue"
    NOT_NEEDED = "not_needed"
    UNSUITABLE = "unsuitable"
    ENTERED_WRONGLY = "entered_wrongly"


class Restriction(Value):
    """What a donor ties its goods to; each part holds where it is given, all until a date."""

    area_code: AreaCode | None = Field(default=None, description="only for this area and all below it")
    use: DonationUse | None = None
    people: tuple[AidedPeople, ...] = Field(default=(), max_length=len(AidedPeople))
    until: LegalDate | None = Field(default=None, description="last day the restriction holds")


class PartnerRegistered(Payload):
    """Somebody who gives goods is known under a short name."""

    type: ClassVar[str] = "logistics.partner_registered.v1"
    kind: ClassVar[str] = "partner"
    key: ClassVar[str] = "partner_id"

    partner_id: PartnerId
    partner_kind: PartnerKind
    registered_on: LegalDate


class PledgedLine(Value):
    """An amount of an item a partner promises."""

    item_code: ItemCode
    quantity: Quantity


class PledgeMade(Payload):
    """A partner promised goods, tied to a use or free."""

    type: ClassVar[str] = "logistics.pledge_made.v1"
    kind: ClassVar[str] = "pledge"
    key: ClassVar[str] = "pledge_id"

    pledge_id: PledgeId
    partner_id: PartnerId
    lines: tuple[PledgedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    restriction: Restriction | None = None
    document_number: DocumentNumber
    made_on: LegalDate


class DonatedLine(Value):
    """Goods of one item and date as they arrived, before anybody inspected them."""

    line_no: Number
    item_code: ItemCode
    quantity: Quantity
    expires_on: LegalDate | None = None


class DonationReceived(Payload):
    """Goods of a pledge arrived with a letter (surat pengantar); until they are inspected they are in no stock."""

    type: ClassVar[str] = "logistics.donation_received.v1"
    kind: ClassVar[str] = "pledge"
    key: ClassVar[str] = "pledge_id"

    pledge_id: PledgeId
    receipt_id: ReceiptId
    place_id: PlaceId
    lines: tuple[DonatedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    document_number: DocumentNumber
    receiver_id: ActorId
    received_on: LegalDate


class InspectedLine(Value):
    """What became of a line: accepted goods are a lot from then on, rejected ones go back."""

    line_no: Number
    item_code: ItemCode
    accepted: QuantityOrNone
    rejected: QuantityOrNone
    rejection_cause: RejectionCause | None = None
    lot_id: LotId | None = None


class DonationInspected(Payload):
    """Somebody other than the receiver inspected a receipt (BA pemeriksaan) and took in what was good."""

    type: ClassVar[str] = "logistics.donation_inspected.v1"
    kind: ClassVar[str] = "pledge"
    key: ClassVar[str] = "pledge_id"

    pledge_id: PledgeId
    receipt_id: ReceiptId
    place_id: PlaceId
    owner_id: OwnerId = Field(description="whose goods they are from now on: the donor's where they are kept for it")
    lines: tuple[InspectedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    document_number: DocumentNumber
    inspector_id: ActorId
    inspected_on: LegalDate


class PledgeCancelled(Payload):
    """A pledge was given up: all of it, or what had not come by then. What had come stays."""

    type: ClassVar[str] = "logistics.pledge_cancelled.v1"
    kind: ClassVar[str] = "pledge"
    key: ClassVar[str] = "pledge_id"

    pledge_id: PledgeId
    lines: tuple[PledgedLine, ...] = Field(min_length=1, max_length=LINES_MAX, description="what will not come")
    reason: CancellationReason
    document_number: DocumentNumber
    cancelled_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (
    PartnerRegistered,
    PledgeMade,
    DonationReceived,
    DonationInspected,
    PledgeCancelled,
)
