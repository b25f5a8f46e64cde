"""What only this service's log says so far: disasters learned from victims, claims stopped, money overpaid.

Owns the shapes of three events that `shared/contracts/aid.py` does not have yet, in the same form, so that they can
move there unchanged. Must not repeat an event the contracts have.
"""

from typing import ClassVar

from shared.contracts.envelope import Payload
from shared.contracts.ids import ClaimId, DisasterId
from shared.contracts.values import AmountIdr, DocumentNumber, LegalDate
from shared.contracts.vocabulary import ClaimFlag, DisasterPhase


class DisasterNoted(Payload):
    """The victims service declared a disaster or changed its phase: what aid needs of the decree."""

    type: ClassVar[str] = "aid.disaster_noted.v1"
    kind: ClassVar[str] = "disaster"
    key: ClassVar[str] = "disaster_id"

    disaster_id: DisasterId
    phase: DisasterPhase
    decree_number: DocumentNumber
    valid_from: LegalDate
    valid_until: LegalDate | None = None
    noted_on: LegalDate


class ClaimSuspended(Payload):
    """The cause of an approved claim was rejected or changed: it is not paid, and its money waits for a refusal."""

    type: ClassVar[str] = "aid.claim_suspended.v1"
    kind: ClassVar[str] = "claim"
    key: ClassVar[str] = "claim_id"

    claim_id: ClaimId
    reason: ClaimFlag
    suspended_on: LegalDate


class ClaimOverpaid(Payload):
    """More was paid for a cause than is due since it was rejected or changed: a receivable, never a negative payment.

    The amount is the whole of what is owed back; 0 says that nothing is owed any more.
    """

    type: ClassVar[str] = "aid.claim_overpaid.v1"
    kind: ClassVar[str] = "claim"
    key: ClassVar[str] = "claim_id"

    claim_id: ClaimId
    overpaid_idr: AmountIdr
    reason: ClaimFlag
    noted_on: LegalDate
