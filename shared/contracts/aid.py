"""What the aid service publishes: budgets, benefit rules and claims for compensation (santunan).

Owns the shapes only. Amounts are whole rupiah. Nothing is committed before a budget is enacted, and at every
position of the log free + committed + paid = enacted.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload
from shared.contracts.ids import (
    ActorId,
    BudgetId,
    ClaimId,
    DisasterId,
    HouseholdId,
    PayoutId,
    PersonId,
    RuleId,
    Subject,
)
from shared.contracts.values import (
    AmountIdr,
    Boolean,
    BudgetCode,
    Citation,
    Commitment,
    DocumentNumber,
    FiscalYear,
    LegalDate,
    Number,
    PaidIdr,
)
from shared.contracts.vocabulary import (
    Benefit,
    ClaimFlag,
    DisasterPhase,
    FundSource,
    FundsReleaseReason,
    RefusalReason,
    ReturnReason,
)


class BudgetProposed(Payload):
    """A budget line was proposed; nothing can be committed from it yet."""

    type: ClassVar[str] = "aid.budget_proposed.v1"
    kind: ClassVar[str] = "budget"
    key: ClassVar[str] = "budget_id"

    budget_id: BudgetId
    fiscal_year: FiscalYear
    fund_source: FundSource
    programme_code: BudgetCode
    amount_idr: PaidIdr
    proposed_on: LegalDate


class BudgetEnacted(Payload):
    """The APBD or a decree enacted a budget line: its amount may be committed until `valid_until`."""

    type: ClassVar[str] = "aid.budget_enacted.v1"
    kind: ClassVar[str] = "budget"
    key: ClassVar[str] = "budget_id"

    budget_id: BudgetId
    fiscal_year: FiscalYear
    fund_source: FundSource
    amount_idr: PaidIdr
    enactment_number: DocumentNumber
    enacted_on: LegalDate
    valid_until: LegalDate


class FundsCommitted(Payload):
    """An approved claim took its amount from what is free."""

    type: ClassVar[str] = "aid.funds_committed.v1"
    kind: ClassVar[str] = "budget"
    key: ClassVar[str] = "budget_id"

    budget_id: BudgetId
    claim_id: ClaimId
    amount_idr: PaidIdr
    committed_on: LegalDate


class FundsReleased(Payload):
    """Committed money that will not be paid is free again."""

    type: ClassVar[str] = "aid.funds_released.v1"
    kind: ClassVar[str] = "budget"
    key: ClassVar[str] = "budget_id"

    budget_id: BudgetId
    claim_id: ClaimId
    amount_idr: PaidIdr
    reason: FundsReleaseReason
    released_on: LegalDate


class FundsPaid(Payload):
    """Committed money left for the payee."""

    type: ClassVar[str] = "aid.funds_paid.v1"
    kind: ClassVar[str] = "budget"
    key: ClassVar[str] = "budget_id"

    budget_id: BudgetId
    claim_id: ClaimId
    payout_id: PayoutId
    amount_idr: PaidIdr
    paid_on: LegalDate


class FundsReturned(Payload):
    """A payout came back: its amount is committed to the claim again until paid anew or released."""

    type: ClassVar[str] = "aid.funds_returned.v1"
    kind: ClassVar[str] = "budget"
    key: ClassVar[str] = "budget_id"

    budget_id: BudgetId
    claim_id: ClaimId
    payout_id: PayoutId
    amount_idr: PaidIdr
    returned_on: LegalDate


class BenefitRuleSet(Payload):
    """What a benefit is worth for events from one date on, and the norm that says so.

    The benefit is the aggregate and keeps all its dated rules; the rule in force on the event's date prices
    a claim. `assumed` marks amounts no norm was read for.
    """

    type: ClassVar[str] = "aid.benefit_rule_set.v1"
    kind: ClassVar[str] = "benefit"
    key: ClassVar[str] = "benefit"

    benefit: Benefit
    rule_id: RuleId
    amount_idr: PaidIdr
    fund_source: FundSource
    legal_basis: Citation
    assumed: Boolean
    valid_from: LegalDate
    valid_until: LegalDate | None = Field(default=None, description="last day the rule holds")
    set_on: LegalDate


class ClaimOpened(Payload):
    """A verified casualty or damage gives a claim, priced by the rule in force on the day it happened.

    Without a rule in force it has no amount yet and carries a flag. `difference_of` names the paid claim this
    one tops up after a damage class was raised.
    """

    type: ClassVar[str] = "aid.claim_opened.v1"
    kind: ClassVar[str] = "claim"
    key: ClassVar[str] = "claim_id"

    claim_id: ClaimId
    benefit: Benefit
    disaster_id: DisasterId
    cause: Subject = Field(description="casualty/<id> or damage/<id>")
    person_id: PersonId | None = None
    household_id: HouseholdId | None = None
    event_on: LegalDate
    rule_id: RuleId | None = None
    amount_idr: AmountIdr | None = None
    fund_source: FundSource | None = None
    difference_of: ClaimId | None = None
    opened_on: LegalDate
    flags: tuple[ClaimFlag, ...] = ()


class ClaimPrepared(Payload):
    """An officer named the payee and put the claim up for approval."""

    type: ClassVar[str] = "aid.claim_prepared.v1"
    kind: ClassVar[str] = "claim"
    key: ClassVar[str] = "claim_id"

    claim_id: ClaimId
    claim_version: Number = Field(description="sequence of the claim's last event that was prepared")
    amount_idr: PaidIdr
    payee_commitment: Commitment
    prepared_by: ActorId
    prepared_on: LegalDate


class ClaimApproved(Payload):
    """Another person than the preparer approved exactly this amount to exactly this payee."""

    type: ClassVar[str] = "aid.claim_approved.v1"
    kind: ClassVar[str] = "claim"
    key: ClassVar[str] = "claim_id"

    claim_id: ClaimId
    claim_version: Number = Field(description="the version that was prepared")
    budget_id: BudgetId
    amount_idr: PaidIdr
    payee_commitment: Commitment
    prepared_by: ActorId
    approved_by: ActorId
    approved_on: LegalDate


class ClaimRefused(Payload):
    """A claim was refused; it can be opened anew for the same cause only by a later verification."""

    type: ClassVar[str] = "aid.claim_refused.v1"
    kind: ClassVar[str] = "claim"
    key: ClassVar[str] = "claim_id"

    claim_id: ClaimId
    reason: RefusalReason
    refused_by: ActorId
    refused_on: LegalDate


class ClaimPaid(Payload):
    """The approved amount was paid out."""

    type: ClassVar[str] = "aid.claim_paid.v1"
    kind: ClassVar[str] = "claim"
    key: ClassVar[str] = "claim_id"

    claim_id: ClaimId
    budget_id: BudgetId
    payout_id: PayoutId
    amount_idr: PaidIdr
    bank_reference_commitment: Commitment | None = None
    paid_on: LegalDate


class ClaimReturned(Payload):
    """A payout came back from the bank; the claim is approved, unpaid, and can be paid again."""

    type: ClassVar[str] = "aid.claim_returned.v1"
    kind: ClassVar[str] = "claim"
    key: ClassVar[str] = "claim_id"

    claim_id: ClaimId
    budget_id: BudgetId
    payout_id: PayoutId
    amount_idr: PaidIdr
    reason: ReturnReason
    returned_on: LegalDate


class ClaimRepriced(Payload):
    """Before approval the cause or the rules changed: a preparation is void, the new amount holds."""

    type: ClassVar[str] = "aid.claim_repriced.v1"
    kind: ClassVar[str] = "claim"
    key: ClassVar[str] = "claim_id"

    claim_id: ClaimId
    benefit: Benefit
    rule_id: RuleId
    amount_idr: PaidIdr
    fund_source: FundSource
    repriced_on: LegalDate


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


EVENTS: tuple[type[Payload], ...] = (
    BudgetProposed,
    BudgetEnacted,
    FundsCommitted,
    FundsReleased,
    FundsPaid,
    FundsReturned,
    BenefitRuleSet,
    ClaimOpened,
    ClaimPrepared,
    ClaimApproved,
    ClaimRefused,
    ClaimPaid,
    ClaimReturned,
    ClaimRepriced,
    ClaimSuspended,
    ClaimOverpaid,
    DisasterNoted,
)
