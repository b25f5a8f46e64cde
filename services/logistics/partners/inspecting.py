"""The inspection of what a partner sent (BA pemeriksaan): what is good becomes stock, the rest goes back.

Owns that somebody other than the receiver inspects, and that each received unit is accepted or rejected, once. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.partners.domain import Pledge, Receipt, account_of, owner_of, pledge_unknown
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.owners import ANY_OWNER, Owners, not_owned
from services.logistics.stock.refusals import lot_expired
from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, ItemCode, LotId, OwnerId, PledgeId, ReceiptId
from shared.contracts.logistics import LotReceived
from shared.contracts.partners import DonatedLine, DonationInspected, InspectedLine, RejectionCause
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Finding:
    """What an inspection found of a line. `lot_id` is the lot that accepted goods become."""

    line_no: int
    accepted: int
    rejected: int
    rejection_cause: RejectionCause | None
    expires_on: date | None
    lot_id: LotId


@dataclass(frozen=True, slots=True)
class InspectDonation:
    """Somebody inspected a receipt."""

    pledge_id: PledgeId
    receipt_id: ReceiptId
    owner_id: OwnerId
    findings: tuple[Finding, ...]
    document_number: str
    inspector_id: ActorId
    recorded_on: date
    owners: Owners = ANY_OWNER

    def aggregates(self) -> Sequence[Ref]:
        """The pledge and the lots its goods become."""
        return (*lot_refs([one.lot_id for one in self.findings]), Ref("pledge", self.pledge_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_inspect_donation(states: States, command: InspectDonation) -> list[Payload] | Refusal:
    """Take in what is good as lots of their own, and turn the rest away; each receipt is inspected once."""
    pledge = states.find(Pledge, command.pledge_id)
    receipt = pledge.receipts.get(command.receipt_id) if pledge is not None else None
    if pledge is None or receipt is None:
        return pledge_unknown()
    kept_for_donor = command.owner_id == owner_of(pledge.partner_id)
    refusal = None if kept_for_donor else not_owned(command.owners, command.owner_id)
    refusal = refusal or _cannot_inspect(states, receipt, command)
    if refusal is not None:
        return refusal
    arrived = {line.line_no: line for line in receipt.lines}
    inspected = DonationInspected(
        pledge_id=command.pledge_id,
        receipt_id=command.receipt_id,
        place_id=receipt.place_id,
        owner_id=command.owner_id,
        lines=tuple(_inspected(one, arrived[one.line_no].item_code) for one in command.findings),
        document_number=command.document_number,
        inspector_id=command.inspector_id,
        inspected_on=command.recorded_on,
    )
    lots = [_lot(command, pledge, receipt, one, arrived[one.line_no]) for one in command.findings if one.accepted]
    return [inspected, *lots]


def _cannot_inspect(states: States, receipt: Receipt, command: InspectDonation) -> Refusal | None:
    if receipt.inspected:
        return Refusal(
            slug="donation-inspected-already",
            detail="This receipt was inspected already.",
            next_step="Read the pledge; correct its lots by movements.",
        )
    if receipt.receiver_id == command.inspector_id:
        return Refusal(
            slug="same-person",
            detail="Who received the goods does not inspect them.",
            next_step="Ask somebody else to inspect them.",
            status=403,
        )
    quantities = {line.line_no: line.quantity for line in receipt.lines}
    if sorted(one.line_no for one in command.findings) != sorted(quantities):
        return _not_settled()
    for one in command.findings:
        refusal = _line_refused(states, one, quantities[one.line_no], command.recorded_on)
        if refusal is not None:
            return refusal
    return None


def _line_refused(states: States, one: Finding, arrived: int, on: date) -> Refusal | None:
    settled = one.accepted + one.rejected == arrived and (one.rejection_cause is not None) == (one.rejected > 0)
    if not settled or states.find(Lot, one.lot_id) is not None:
        return _not_settled()
    return lot_expired(one.expires_on) if one.accepted and one.expires_on is not None and one.expires_on < on else None


def _not_settled() -> Refusal:
    return Refusal(
        slug="inspection-incomplete",
        detail="Each line is accepted or rejected in full, with a reason for what is rejected.",
        next_step="Correct the findings and send again under a new Idempotency-Key.",
        status=422,
    )


def _inspected(one: Finding, item_code: ItemCode) -> InspectedLine:
    return InspectedLine(
        line_no=one.line_no,
        item_code=item_code,
        accepted=one.accepted,
        rejected=one.rejected,
        rejection_cause=one.rejection_cause,
        lot_id=one.lot_id if one.accepted else None,
    )


def _lot(command: InspectDonation, pledge: Pledge, receipt: Receipt, one: Finding, line: DonatedLine) -> LotReceived:
    return LotReceived(
        lot_id=one.lot_id,
        item_code=line.item_code,
        from_place_id=account_of(pledge.partner_id),
        place_id=receipt.place_id,
        quantity=one.accepted,
        expires_on=one.expires_on,
        owner_id=command.owner_id,
        document_number=command.document_number,
        received_on=command.recorded_on,
        restriction=pledge.restriction,
    )
