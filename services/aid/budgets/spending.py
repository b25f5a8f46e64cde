"""Whether a budget may be drawn on for an amount on a day.

Owns the stable reasons of a no: not enacted, wrong fund source, wrong fiscal year, no longer valid, exhausted. Pure.
"""

from datetime import date

from services.aid.budgets.domain import Budget
from shared.contracts.vocabulary import FundSource
from shared.kit.decisions.types import Refusal


def not_committable(budget: Budget, fund_source: FundSource, *, amount_idr: int, on: date) -> Refusal | None:
    """Why an amount cannot be committed from this budget on this day, if it cannot."""
    return (
        _not_enacted(budget)
        or _wrong_source(budget, fund_source)
        or _wrong_year(budget, on)
        or not_valid(budget, on)
        or _exhausted(budget, amount_idr)
    )


def not_valid(budget: Budget, on: date) -> Refusal | None:
    """Why nothing leaves this budget on this day, if its validity does not reach that far."""
    if budget.valid_until is not None and on <= budget.valid_until:
        return None
    return Refusal(
        slug="budget-not-valid",
        detail="The budget is not valid on %(on)s.",
        next_step="Name a budget that is valid on that day, or prepare the claim anew for one.",
        params={"on": on.isoformat()},
    )


def _not_enacted(budget: Budget) -> Refusal | None:
    if budget.enactment_number is not None:
        return None
    return Refusal(
        slug="budget-not-enacted",
        detail="The budget has not been enacted: nothing can be committed from it.",
        next_step="Wait for the enactment and have it entered by another person than the proposer.",
    )


def _wrong_source(budget: Budget, fund_source: FundSource) -> Refusal | None:
    if budget.fund_source is fund_source:
        return None
    return Refusal(
        slug="fund-source-mismatch",
        detail="The benefit is paid from %(needed)s, the budget is of %(found)s.",
        next_step="Name a budget of that fund source.",
        params={"needed": fund_source.value, "found": budget.fund_source.value},
    )


def _wrong_year(budget: Budget, on: date) -> Refusal | None:
    if budget.fiscal_year == on.year:
        return None
    return Refusal(
        slug="fiscal-year-mismatch",
        detail="The budget is for the fiscal year %(fiscal_year)d.",
        next_step="Name a budget of the present fiscal year.",
        params={"fiscal_year": budget.fiscal_year},
    )


def _exhausted(budget: Budget, amount_idr: int) -> Refusal | None:
    if budget.free_idr >= amount_idr:
        return None
    return Refusal(
        slug="budget-exhausted",
        detail="Rp%(free_idr)d of the budget are free, Rp%(amount_idr)d are needed.",
        next_step="Name another budget, or wait for an amendment.",
        params={"free_idr": budget.free_idr, "amount_idr": amount_idr},
    )
