"""Partners: what they pledged, what arrived of it, and what an inspection took in or turned away.

Owns partners, pledges and receipts: what arrived is no stock before it was inspected (`inspecting.py`). More than was
pledged, or something else, is taken as it comes. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from services.logistics.items import domain as items
from services.logistics.places import domain as places
from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, OwnerId, PartnerId, PlaceId, PledgeId, ReceiptId
from shared.contracts.partners import (
    CancellationReason,
    DonatedLine,
    DonationInspected,
    DonationReceived,
    InspectedLine,
    PartnerKind,
    PartnerRegistered,
    PledgeCancelled,
    PledgedLine,
    PledgeMade,
    Restriction,
)
from shared.contracts.places import PlaceOpened
from shared.contracts.vocabulary import PlaceKind
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody who gives, under a short name."""

    id: str
    version: int
    partner_kind: PartnerKind
    registered_on: date


@dataclass(frozen=True, slots=True)
class Receipt:
    """Goods that arrived, and what became of each line once they were inspected."""

    place_id: PlaceId
    lines: tuple[DonatedLine, ...]
    document_number: str
    receiver_id: str
    received_on: date
    inspected: tuple[InspectedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Pledge:
    """What a partner promised, what arrived of it, and what will not come (`cancelled`)."""

    id: str
    version: int
    partner_id: str
    lines: tuple[PledgedLine, ...]
    document_number: str
    made_on: date
    restriction: Restriction | None = None
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    cancelled: tuple[PledgedLine, ...] = ()
    cancellation_reason: CancellationReason | None = None
    cancelled_on: date | None = None


@dataclass(frozen=True, slots=True)
class RegisterPartner:
    """The office gives a partner a short name, and with it an account goods come from."""

    partner_id: PartnerId
    partner_kind: PartnerKind
    recorded_on: date

    @property
    def account(self) -> PlaceId:
        """The account the partner's goods come from."""
        return account_of(self.partner_id)

    def aggregates(self) -> Sequence[Ref]:
        """The partner and its account."""
        return (Ref("partner", self.partner_id), Ref("place", self.account))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class MakePledge:
    """The office writes down what a partner promised."""

    pledge_id: PledgeId
    partner_id: PartnerId
    lines: tuple[PledgedLine, ...]
    restriction: Restriction | None
    document_number: str
    recorded_on: date
    area_known: bool = True

    def aggregates(self) -> Sequence[Ref]:
        """The pledge."""
        return (Ref("pledge", self.pledge_id),)

    def reads(self) -> Sequence[Ref]:
        """The partner and the items."""
        codes = dict.fromkeys(line.item_code for line in self.lines)
        return (Ref("partner", self.partner_id), *(Ref("item", code) for code in codes))


@dataclass(frozen=True, slots=True)
class ReceiveDonation:
    """Goods of a pledge arrived at a store."""

    pledge_id: PledgeId
    receipt_id: ReceiptId
    place_id: PlaceId
    lines: tuple[DonatedLine, ...]
    document_number: str
    receiver_id: ActorId
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The pledge."""
        return (Ref("pledge", self.pledge_id),)

    def reads(self) -> Sequence[Ref]:
        """The store and the items."""
        codes = dict.fromkeys(line.item_code for line in self.lines)
        return (Ref("place", self.place_id), *(Ref("item", code) for code in codes))


def account_of(partner_id: str) -> PlaceId:
    """The account a partner's goods come from."""
    return PlaceId(f"donor:{partner_id}")


def owner_of(partner_id: str) -> OwnerId:
    """A partner as the owner of goods that are kept for it (titipan)."""
    return OwnerId(f"donor:{partner_id}")


def decide_register_partner(states: States, command: RegisterPartner) -> list[Payload] | Refusal:
    """Register a partner once; asking again for the same is no new event."""
    partner = states.find(Partner, command.partner_id)
    if partner is not None:
        if partner.partner_kind is command.partner_kind:
            return []
        return Refusal(
            slug="partner-registered-already",
            detail="Another partner has this name.",
            next_step="Register the partner under another name.",
        )
    registered = PartnerRegistered(
        partner_id=command.partner_id, partner_kind=command.partner_kind, registered_on=command.recorded_on
    )
    if states.find(places.Place, command.account) is not None:
        return [registered]
    opened = PlaceOpened(place_id=command.account, place_kind=PlaceKind.DONOR, opened_on=command.recorded_on)
    return [registered, opened]


def decide_make_pledge(states: States, command: MakePledge) -> list[Payload] | Refusal:
    """Write a pledge down once."""
    if states.find(Partner, command.partner_id) is None:
        return partner_unknown()
    if not command.area_known and command.restriction is not None:
        return places.area_unknown(command.restriction.area_code or "")
    unknown = items.unknown_among(states, [line.item_code for line in command.lines])
    if unknown is not None:
        return unknown
    if states.find(Pledge, command.pledge_id) is not None:
        return Refusal(
            slug="pledge-made-already",
            detail="There is a pledge under this id.",
            next_step="Write the pledge down under another id.",
        )
    return [
        PledgeMade(
            pledge_id=command.pledge_id,
            partner_id=command.partner_id,
            lines=command.lines,
            restriction=command.restriction,
            document_number=command.document_number,
            made_on=command.recorded_on,
        )
    ]


def decide_receive_donation(states: States, command: ReceiveDonation) -> list[Payload] | Refusal:
    """Take goods in that arrived for a pledge; they are no stock yet."""
    pledge = states.find(Pledge, command.pledge_id)
    if pledge is None:
        return pledge_unknown()
    if pledge.cancelled_on is not None:
        return pledge_cancelled()
    if command.receipt_id in pledge.receipts:
        return Refusal(
            slug="donation-received-already",
            detail="This receipt is written down already.",
            next_step="Receive other goods under another id.",
        )
    if places.kind_of(states, command.place_id) not in places.STORES:
        return places.place_unknown(command.place_id)
    unknown = items.unknown_among(states, [line.item_code for line in command.lines])
    if unknown is not None:
        return unknown
    return [
        DonationReceived(
            pledge_id=command.pledge_id,
            receipt_id=command.receipt_id,
            place_id=command.place_id,
            lines=command.lines,
            document_number=command.document_number,
            receiver_id=command.receiver_id,
            received_on=command.recorded_on,
        )
    ]


def partner_unknown() -> Refusal:
    """The refusal of a decision about a partner nobody registered."""
    return Refusal(
        slug="partner-unknown",
        detail="There is no partner under this name.",
        next_step="Check the name, or register the partner first.",
        status=404,
    )


def pledge_unknown() -> Refusal:
    """The refusal of a decision about a pledge or receipt that is not written down."""
    return Refusal(
        slug="pledge-unknown",
        detail="There is no such pledge, or no such receipt of it.",
        next_step="Check the ids, or write the pledge down first.",
        status=404,
    )


def pledge_cancelled() -> Refusal:
    """The refusal of goods for a pledge, or of its cancellation, once it was cancelled."""
    return Refusal(
        slug="pledge-cancelled",
        detail="This pledge was cancelled.",
        next_step="Write down another pledge for goods that come all the same.",
    )


def evolve_partner(partner: Partner | None, event: Event) -> Partner:
    """The partner as registered."""
    match event.payload:
        case PartnerRegistered() as said:
            return Partner(event.ref.id, event.sequence, said.partner_kind, said.registered_on)
    raise TypeError(f"{event.payload.type} after {partner and partner.version}")


def evolve_pledge(pledge: Pledge | None, event: Event) -> Pledge:
    """The pledge after goods of it arrived or were inspected."""
    match event.payload:
        case PledgeMade() as said:
            return Pledge(
                id=event.ref.id,
                version=event.sequence,
                partner_id=said.partner_id,
                lines=said.lines,
                document_number=said.document_number,
                made_on=said.made_on,
                restriction=said.restriction,
            )
        case DonationReceived() as said if pledge is not None:
            receipt = Receipt(said.place_id, said.lines, said.document_number, said.receiver_id, said.received_on)
            return replace(pledge, version=event.sequence, receipts={**pledge.receipts, said.receipt_id: receipt})
        case DonationInspected() as said if pledge is not None:
            receipt = replace(pledge.receipts[said.receipt_id], inspected=said.lines)
            return replace(pledge, version=event.sequence, receipts={**pledge.receipts, said.receipt_id: receipt})
        case PledgeCancelled() as said if pledge is not None:
            given_up = replace(pledge, version=event.sequence, cancelled=said.lines)
            return replace(given_up, cancellation_reason=said.reason, cancelled_on=said.cancelled_on)
    raise TypeError(f"{event.payload.type} after {pledge and pledge.version}")
