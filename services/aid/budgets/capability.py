"""Budgets, as a capability of the aid service.

Owns the one list of this folder's parts.
"""

from services.aid.budgets import domain as budgets
from services.aid.budgets.http import budgets_router
from services.aid.budgets.tables import budget
from shared.contracts import aid
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

BUDGETS = Capability(
    kinds=(
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
    ),
    deciders={
        budgets.ProposeBudget: budgets.decide_propose,
        budgets.EnactBudget: budgets.decide_enact,
    },
    routers=lambda runtime: [budgets_router(runtime)],
)
