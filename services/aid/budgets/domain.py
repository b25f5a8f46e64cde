"""How a budget line comes to hold money, and that it always adds up.

Owns proposal, enactment by another person, amendment, and the equation free + committed + paid = enacted. Nothing is
free before the enactment. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from shared.contracts.aid import (
    BudgetEnacted,
    BudgetProposed,
    FundsCommitted,
    FundsPaid,
    FundsReleased,
    FundsReturned,
)
from shared.contracts.envelope import Payload
from shared.contracts.ids import BudgetId
from shared.contracts.vocabulary import FundSource
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget line: what was enacted, and how much of it is free, committed to approved claims, and paid."""

    id: str
    version: int
    fiscal_year: int
    fund_source: FundSource
    programme_code: str
    proposed_idr: int
    proposed_by: str
    proposed_on: date
    enacted_idr: int = 0
    free_idr: int = 0
    committed_idr: int = 0
    paid_idr: int = 0
    enactment_number: str | None = None
    enacted_by: str | None = None
    enacted_on: date | None = None
    valid_until: date | None = None

    @property
    def spent_idr(self) -> int:
        """What an amendment cannot take away any more."""
        return self.committed_idr + self.paid_idr


@dataclass(frozen=True, slots=True)
class ProposeBudget:
    """The office proposes a budget line."""

    budget_id: BudgetId
    fiscal_year: int
    fund_source: FundSource
    programme_code: str
    amount_idr: int
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The budget."""
        return (Ref("budget", self.budget_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class EnactBudget:
    """Another person than the proposer enters the enactment, or a later one that amends the amount."""

    budget_id: BudgetId
    amount_idr: int
    enactment_number: str
    enacted_on: date
    valid_until: date
    enacted_by: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The budget."""
        return (Ref("budget", self.budget_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_propose(states: States, command: ProposeBudget) -> list[Payload] | Refusal:
    """Propose a budget line once."""
    if states.find(Budget, command.budget_id) is not None:
        return Refusal(
            slug="budget-proposed-already",
            detail="This budget has been proposed already.",
            next_step="Enact it, or propose another budget under a new id.",
        )
    return [
        BudgetProposed(
            budget_id=command.budget_id,
            fiscal_year=command.fiscal_year,
            fund_source=command.fund_source,
            programme_code=command.programme_code,
            amount_idr=command.amount_idr,
            proposed_on=command.recorded_on,
        )
    ]


def decide_enact(states: States, command: EnactBudget) -> list[Payload] | Refusal:
    """Enact a proposed budget, or amend it: never by the proposer, never below what is committed and paid."""
    budget = states.find(Budget, command.budget_id)
    if budget is None:
        return unknown_budget()
    refusal = _not_enactable(budget, command) or _dates_out_of_order(budget, command)
    if refusal is not None:
        return refusal
    return [
        BudgetEnacted(
            budget_id=command.budget_id,
            fiscal_year=budget.fiscal_year,
            fund_source=budget.fund_source,
            amount_idr=command.amount_idr,
            enactment_number=command.enactment_number,
            enacted_on=command.enacted_on,
            valid_until=command.valid_until,
        )
    ]


def _not_enactable(budget: Budget, command: EnactBudget) -> Refusal | None:
    if command.enacted_by == budget.proposed_by:
        return Refusal(
            slug="same-person",
            detail="Who proposed this cannot be the one who decides on it.",
            next_step="Ask another person with the role approver.",
            status=403,
        )
    said = (command.amount_idr, command.enactment_number, command.enacted_on, command.valid_until)
    if said == (budget.enacted_idr, budget.enactment_number, budget.enacted_on, budget.valid_until):
        return Refusal(
            slug="budget-enacted-already",
            detail="This budget has been enacted already, with the same content.",
            next_step="Nothing needs to be done. Enact it again only if a later enactment amends it.",
        )
    if command.amount_idr < budget.spent_idr:
        return Refusal(
            slug="budget-below-spent",
            detail="Rp%(spent_idr)d of this budget are committed or paid already.",
            next_step="Amend it to that amount or more, or release commitments first.",
            params={"spent_idr": budget.spent_idr},
        )
    return None


def _dates_out_of_order(budget: Budget, command: EnactBudget) -> Refusal | None:
    if command.enacted_on > command.recorded_on:
        return Refusal(
            slug="enacted-in-future",
            detail="The enactment's date %(enacted_on)s lies in the future.",
            next_step="Enter the enactment once it is in force.",
            params={"enacted_on": command.enacted_on.isoformat()},
            status=422,
        )
    if budget.enacted_on is not None and command.enacted_on < budget.enacted_on:
        return Refusal(
            slug="enactment-superseded",
            detail="A later enactment, of %(enacted_on)s, is in force.",
            next_step="Enter only enactments that amend it.",
            params={"enacted_on": budget.enacted_on.isoformat()},
        )
    if command.valid_until < command.enacted_on or command.valid_until.year != budget.fiscal_year:
        return Refusal(
            slug="validity-outside-year",
            detail="A budget is valid until a day of its fiscal year %(fiscal_year)d, after its enactment.",
            next_step="Correct the last day of validity.",
            params={"fiscal_year": budget.fiscal_year},
            status=422,
        )
    return None


def unknown_budget() -> Refusal:
    """The refusal of a decision about a budget nobody proposed."""
    return Refusal(
        slug="budget-unknown",
        detail="No budget has been proposed under this id.",
        next_step="Check the id in the list of budgets.",
        status=404,
    )


def evolve_budget(budget: Budget | None, event: Event) -> Budget:
    """The budget after an event. Raises ArithmeticError if it would not add up: the command then fails whole."""
    if budget is None:
        return _proposed(event)
    return _balanced(replace(_moved(budget, event), version=event.sequence))


def _proposed(event: Event) -> Budget:
    match event.payload:
        case BudgetProposed() as said:
            return Budget(
                id=event.ref.id,
                version=event.sequence,
                fiscal_year=said.fiscal_year,
                fund_source=said.fund_source,
                programme_code=said.programme_code,
                proposed_idr=said.amount_idr,
                proposed_by=event.actor,
                proposed_on=said.proposed_on,
            )
    raise TypeError(f"{event.payload.type} before a proposal")


def _moved(budget: Budget, event: Event) -> Budget:
    free, committed, paid = budget.free_idr, budget.committed_idr, budget.paid_idr
    match event.payload:
        case BudgetEnacted() as said:
            return replace(
                budget,
                enacted_idr=said.amount_idr,
                free_idr=said.amount_idr - budget.spent_idr,
                enactment_number=said.enactment_number,
                enacted_by=event.actor,
                enacted_on=said.enacted_on,
                valid_until=said.valid_until,
            )
        case FundsCommitted(amount_idr=amount):
            return replace(budget, free_idr=free - amount, committed_idr=committed + amount)
        case FundsReleased(amount_idr=amount):
            return replace(budget, free_idr=free + amount, committed_idr=committed - amount)
        case FundsPaid(amount_idr=amount):
            return replace(budget, committed_idr=committed - amount, paid_idr=paid + amount)
        case FundsReturned(amount_idr=amount):
            return replace(budget, committed_idr=committed + amount, paid_idr=paid - amount)
    raise TypeError(f"{event.payload.type} after a proposal")


def _balanced(budget: Budget) -> Budget:
    parts = (budget.free_idr, budget.committed_idr, budget.paid_idr)
    if min(parts) < 0 or sum(parts) != budget.enacted_idr:
        raise ArithmeticError(f"budget {budget.id}: free + committed + paid = enacted does not hold")
    return budget
