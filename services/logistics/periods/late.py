"""Facts whose day lies in a period that is closed: they are posted today, marked as of a prior period.

Owns what a fact's command carries for that, as it was looked up. Pure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from services.logistics.periods.domain import period_refs, prior_period
from shared.kit.decisions.types import Ref, States


@dataclass(frozen=True, slots=True)
class ClosedBooks:
    """The owners whose book is closed for a fact's day, and the day on which the fact is posted then."""

    owner_ids: tuple[str, ...] = ()
    posted_on: date | None = None

    def refs(self) -> tuple[Ref, ...]:
        """The books, which the fact's command reads."""
        return period_refs(self.owner_ids)

    def days(self, states: States) -> Callable[[str | None, date], bool]:
        """Whether a day lies in a closed period of an owner, as movements ask for it."""
        named = frozenset(self.owner_ids)
        return lambda owner_id, on: owner_id in named and prior_period(states, owner_id, on)


OPEN_BOOKS = ClosedBooks()
