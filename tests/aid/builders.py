"""Valid commands and contents with defaults, for tests of the aid service.

NIKs end in an impossible serial (0000), so none can be anybody's.
"""

import uuid
from datetime import date
from typing import Any

from services.aid.benefits.domain import SetNorms, SetRule
from services.aid.budgets.domain import EnactBudget, ProposeBudget
from services.aid.claims.assessing import AssessCause, RejectCause
from services.aid.claims.deciding import ApproveClaim, PrepareClaim, RefuseClaim
from services.aid.claims.domain import Claim
from services.aid.claims.paper import Paper
from services.aid.disasters.domain import NoteDisaster
from services.aid.payouts.domain import PayClaim, ReturnPayout
from shared.contracts.ids import (
    ActorId,
    BudgetId,
    ClaimId,
    DisasterId,
    HouseholdId,
    PayoutId,
    PersonId,
    Subject,
)
from shared.contracts.vocabulary import Benefit, DisasterPhase, FundSource, RefusalReason, ReturnReason
from shared.kit.decisions.types import UniqueKey
from tests.aid.world import World

TODAY = date(2026, 11, 20)
FLOODED = date(2026, 11, 12)
YEAR_END = date(2026, 12, 31)
DISASTER = DisasterId("01936f5e-0000-7000-8000-000000000001")
BUDGET = BudgetId("01936f5e-0000-7000-8000-000000000002")
PERSON = PersonId("01936f5e-0000-7000-8000-000000000003")
HOUSEHOLD = HouseholdId("01936f5e-0000-7000-8000-000000000004")
CASUALTY = Subject("casualty/01936f5e-0000-7000-8000-000000000005")
DAMAGE = Subject("damage/01936f5e-0000-7000-8000-000000000006")
PAYEE = "a" * 64
OTHER_PAYEE = "b" * 64
OFFICER = ActorId("officer-1")
APPROVER = ActorId("approver-1")

DEATH_PAPERS = (Paper.DEATH_CERTIFICATE, Paper.HEIRS_STATEMENT)


def new_id() -> str:
    return str(uuid.uuid4())


def nik(day: int = 5, month: int = 8, year: int = 70) -> str:
    """A NIK with an impossible serial."""
    return f"620601{day:02}{month:02}{year:02}0000"


def propose(budget_id: str = BUDGET, **changes: Any) -> ProposeBudget:
    values: dict[str, Any] = {
        "budget_id": budget_id,
        "fiscal_year": 2026,
        "fund_source": FundSource.KEMENSOS,
        "programme_code": "1.06.05",
        "amount_idr": 100_000_000,
        "recorded_on": TODAY,
        **changes,
    }
    return ProposeBudget(**values)


def enact(budget_id: str = BUDGET, **changes: Any) -> EnactBudget:
    values: dict[str, Any] = {
        "budget_id": budget_id,
        "amount_idr": 100_000_000,
        "enactment_number": "Perda 7/2025",
        "enacted_on": date(2026, 1, 5),
        "valid_until": YEAR_END,
        "enacted_by": APPROVER,
        "recorded_on": TODAY,
        **changes,
    }
    return EnactBudget(**values)


def death(cause: str = CASUALTY, **changes: Any) -> AssessCause:
    values: dict[str, Any] = {
        "cause": cause,
        "disaster_id": DISASTER,
        "benefit": Benefit.DEATH,
        "person_id": PERSON,
        "household_id": HOUSEHOLD,
        "event_on": FLOODED,
        "recorded_on": TODAY,
        **changes,
    }
    return AssessCause(**values)


def house(benefit: Benefit = Benefit.HOUSE_RINGAN, cause: str = DAMAGE, **changes: Any) -> AssessCause:
    return death(cause, benefit=benefit, person_id=None, **changes)


def reject(cause: str, reason: RefusalReason = RefusalReason.CAUSE_REJECTED) -> RejectCause:
    return RejectCause(Subject(cause), reason, TODAY)


def prepare(claim: Claim, **changes: Any) -> PrepareClaim:
    values: dict[str, Any] = {
        "claim_id": ClaimId(claim.id),
        "claim_version": claim.version,
        "payee_commitment": PAYEE,
        "papers": DEATH_PAPERS,
        "heirs_all_signed": True,
        "prepared_by": OFFICER,
        "recorded_on": TODAY,
        "budget_id": claim.budget_id,
        **changes,
    }
    return PrepareClaim(**values)


def entitlement(claim: Claim) -> UniqueKey:
    """Stands for the keyed digest the vault gives."""
    return UniqueKey("entitlement", f"{claim.benefit.split('_')[0]}/{claim.person_id or claim.household_id}".encode())


def approve(claim: Claim, budget_id: str = BUDGET, **changes: Any) -> ApproveClaim:
    values: dict[str, Any] = {
        "claim_id": ClaimId(claim.id),
        "claim_version": claim.prepared_version or 0,
        "amount_idr": claim.amount_idr,
        "payee_commitment": claim.payee_commitment,
        "budget_id": budget_id,
        "approved_by": APPROVER,
        "recorded_on": TODAY,
        "benefit": claim.benefit,
        "disaster_id": claim.disaster_id,
        "entitlement": entitlement(claim),
        **changes,
    }
    return ApproveClaim(**values)


def refuse(claim: Claim, **changes: Any) -> RefuseClaim:
    values: dict[str, Any] = {
        "claim_id": ClaimId(claim.id),
        "reason": RefusalReason.NOT_ELIGIBLE,
        "refused_by": APPROVER,
        "recorded_on": TODAY,
        "budget_id": claim.budget_id,
        **changes,
    }
    return RefuseClaim(**values)


def pay(claim: Claim, payout_id: str, **changes: Any) -> PayClaim:
    values: dict[str, Any] = {
        "claim_id": ClaimId(claim.id),
        "budget_id": claim.budget_id,
        "payout_id": PayoutId(payout_id),
        "payout_key": UniqueKey("payout", payout_id.encode()),
        "paid_on": TODAY,
        "bank_reference_commitment": None,
        "recorded_on": TODAY,
        **changes,
    }
    return PayClaim(**values)


def give_back(claim: Claim, payout_id: str, **changes: Any) -> ReturnPayout:
    values: dict[str, Any] = {
        "claim_id": ClaimId(claim.id),
        "budget_id": claim.budget_id,
        "payout_id": PayoutId(payout_id),
        "reason": ReturnReason.ACCOUNT_CLOSED,
        "returned_on": TODAY,
        "recorded_on": TODAY,
        **changes,
    }
    return ReturnPayout(**values)


def decree(**changes: Any) -> NoteDisaster:
    values: dict[str, Any] = {
        "disaster_id": DISASTER,
        "phase": DisasterPhase.TANGGAP_DARURAT,
        "decree_number": "188.44/123/2026",
        "valid_from": date(2026, 11, 14),
        "valid_until": date(2026, 12, 4),
        "recorded_on": TODAY,
        **changes,
    }
    return NoteDisaster(**values)


def ready_world(**budget: Any) -> World:
    """Known amounts, a declared disaster and an enacted budget of Kemensos money."""
    world = World()
    world.done(SetNorms(TODAY))
    world.done(decree())
    world.done(propose(**budget))
    world.done(enact(), actor=APPROVER)
    return world


def approved(world: World, cause: str, budget_id: str = BUDGET) -> Claim:
    """The cause's last claim, prepared and approved."""
    claim = world.claims_of(cause)[-1]
    world.done(prepare(claim))
    prepared = world.claim(claim.id)
    world.done(approve(prepared, budget_id), claims={entitlement(prepared): cause}, actor=APPROVER)
    return world.claim(claim.id)


def paid(world: World, cause: str, payout_id: str, budget_id: str = BUDGET) -> Claim:
    """The cause's last claim, prepared, approved and paid."""
    claim = approved(world, cause, budget_id)
    command = pay(claim, payout_id)
    world.done(command, claims={command.payout_key: f"claim/{claim.id}"})
    return world.claim(claim.id)


def set_rule(benefit: Benefit, amount_idr: int, valid_from: date, **changes: Any) -> SetRule:
    values: dict[str, Any] = {
        "benefit": benefit,
        "amount_idr": amount_idr,
        "fund_source": FundSource.KEMENSOS,
        "legal_basis": "Permensos 9/2026",
        "assumed": False,
        "valid_from": valid_from,
        "valid_until": None,
        "recorded_on": TODAY,
        **changes,
    }
    return SetRule(**values)


def prepared(world: World, cause: str, **changes: Any) -> Claim:
    """The cause's last claim, prepared."""
    claim = world.claims_of(cause)[-1]
    world.done(prepare(claim, **changes))
    return world.claim(claim.id)
