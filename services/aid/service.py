"""The aid service: what it keeps, what it decides, what it does about victims' events, and its doors.

Owns the one list of its parts. It reads the victims service's stream; nothing of logistics concerns it yet.
"""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter

from services.aid.benefits import domain as benefits
from services.aid.benefits.http import benefits_router
from services.aid.benefits.tables import benefit, benefit_rule
from services.aid.budgets import domain as budgets
from services.aid.budgets.http import budgets_router
from services.aid.budgets.tables import budget
from services.aid.claims import assessing, deciding, reactions
from services.aid.claims import domain as claims
from services.aid.claims.http import claims_router
from services.aid.claims.tables import claim, claim_payout
from services.aid.disasters import domain as disasters
from services.aid.disasters.http import disasters_router
from services.aid.disasters.reactions import react_to_decree
from services.aid.disasters.tables import disaster
from services.aid.payouts import domain as payouts
from services.aid.payouts.http import payouts_router
from services.aid.reconciliation.http import reconciliation_router
from shared.contracts import aid, victims
from shared.kit.decisions.types import Children, StateKind
from shared.kit.definition import Reaction, ServiceDefinition
from shared.kit.runtime import Runtime

HERE = Path(__file__).parent

KINDS = (
    StateKind(
        name="budget",
        table=budget,
        state=budgets.Budget,
        evolve=budgets.evolve_budget,
        events=(
            aid.BudgetProposed,
            aid.BudgetEnacted,
            aid.FundsCommitted,
            aid.FundsReleased,
            aid.FundsPaid,
            aid.FundsReturned,
        ),
    ),
    StateKind(
        name="benefit",
        table=benefit,
        state=benefits.BenefitRules,
        evolve=benefits.evolve_benefit,
        events=(aid.BenefitRuleSet,),
        children=(Children("rules", benefit_rule, benefits.BenefitRule),),
    ),
    StateKind(
        name="claim",
        table=claim,
        state=claims.Claim,
        evolve=claims.evolve_claim,
        events=(
            aid.ClaimOpened,
            aid.ClaimRepriced,
            aid.ClaimPrepared,
            aid.ClaimApproved,
            aid.ClaimRefused,
            aid.ClaimPaid,
            aid.ClaimReturned,
            aid.ClaimSuspended,
            aid.ClaimOverpaid,
        ),
        children=(Children("payouts", claim_payout, claims.Payout),),
    ),
    StateKind(
        name="disaster",
        table=disaster,
        state=disasters.Disaster,
        evolve=disasters.evolve_disaster,
        events=(aid.DisasterNoted,),
    ),
)


def routers(runtime: Runtime) -> Sequence[APIRouter]:
    """The doors of every capability."""
    return (
        budgets_router(runtime),
        benefits_router(runtime),
        claims_router(runtime),
        payouts_router(runtime),
        reconciliation_router(runtime),
        disasters_router(runtime),
    )


SERVICE = ServiceDefinition(
    name="aid",
    title="Tanggap: aid",
    kinds=KINDS,
    deciders={
        budgets.ProposeBudget: budgets.decide_propose,
        budgets.EnactBudget: budgets.decide_enact,
        benefits.SetRule: benefits.decide_set_rule,
        benefits.SetNorms: benefits.decide_set_norms,
        disasters.NoteDisaster: disasters.decide_note,
        assessing.AssessCause: assessing.decide_assess,
        assessing.RejectCause: assessing.decide_reject_cause,
        assessing.RepriceClaim: assessing.decide_reprice,
        deciding.PrepareClaim: deciding.decide_prepare,
        deciding.ApproveClaim: deciding.decide_approve,
        deciding.RefuseClaim: deciding.decide_refuse,
        payouts.PayClaim: payouts.decide_pay,
        payouts.ReturnPayout: payouts.decide_return,
    },
    routers=routers,
    migrations=HERE / "migrations",
    sources=("victims",),
    reactions={
        victims.DisasterDeclared: (Reaction("note_decree", react_to_decree),),
        victims.DisasterPhaseChanged: (Reaction("note_decree", react_to_decree),),
        victims.CasualtyVerified: (Reaction("assess_casualty", reactions.react_to_casualty),),
        victims.CasualtyRejected: (Reaction("reject_cause", reactions.react_to_rejection),),
        victims.DamageVerified: (Reaction("assess_damage", reactions.react_to_damage),),
        victims.DamageRejected: (Reaction("reject_cause", reactions.react_to_rejection),),
    },
    locale=HERE / "locale",
)
