"""Periods of an owner's book: open until they are closed with figures, one after the other.

Owns until when an owner's book is closed, and what stands against closing it. A closed period never changes; what is
found out later stands in the open one. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, OwnerId
from shared.contracts.periods import PERIOD_LINES_MAX, PeriodClosed, PeriodLine, ValuationMethod
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Period:
    """An owner's book: closed until a day, with the figures of a position of the log. The id is the owner's."""

    id: str
    version: int
    until: date
    as_of: int
    method: ValuationMethod


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What keeps a period open: each is how many there are, and one of them."""

    unvalued: int = 0
    unvalued_lot: str = ""
    counts: int = 0
    count: str = ""
    deficits: int = 0
    deficit_lot: str = ""


@dataclass(frozen=True, slots=True)
class ClosePeriod:
    """Somebody closes an owner's period. The figures are those of the book at `as_of`, made after `seen_version`."""

    owner_id: OwnerId
    until: date
    opened_on: date | None
    as_of: int
    method: ValuationMethod
    lines: tuple[PeriodLine, ...]
    digest: str
    obstacles: Obstacles
    seen_version: int
    closed_by: ActorId
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The owner's book."""
        return (Ref("period", self.owner_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else: what is logged after the position belongs to the next period."""
        return ()


def decide_close_period(states: States, command: ClosePeriod) -> list[Payload] | Refusal:
    """Close a period that is over, unless something in it is not settled."""
    period = states.find(Period, command.owner_id)
    if (period.version if period is not None else 0) != command.seen_version:
        return Refusal(
            slug="plan-outdated",
            detail="The stock has changed since this was planned.",
            next_step="Plan again.",
        )
    refusal = _not_closable(period, command) or _not_settled(command.obstacles)
    if refusal is not None:
        return refusal
    return [
        PeriodClosed(
            owner_id=command.owner_id,
            opened_on=command.opened_on,
            until=command.until,
            as_of=command.as_of,
            method=command.method,
            lines=command.lines,
            digest=command.digest,
            closed_by=command.closed_by,
            closed_on=command.recorded_on,
        )
    ]


def _not_closable(period: Period | None, command: ClosePeriod) -> Refusal | None:
    if command.until >= command.recorded_on:
        return Refusal(
            slug="period-not-over",
            detail="The period's last day is not over.",
            next_step="Close it on a later day, or choose an earlier last day.",
        )
    if period is not None and command.until <= period.until:
        return Refusal(
            slug="period-closed-already",
            detail="The book is closed until %(until)s.",
            next_step="Choose a later day; corrections of a closed period are posted in the open one.",
            params={"until": period.until.isoformat()},
        )
    if period is not None and command.method is not period.method:
        return Refusal(
            slug="method-fixed",
            detail="The book was closed by %(method)s before, and its opening values rest on that.",
            next_step="Close it by the same method; a report may use the other one.",
            params={"method": period.method.value},
        )
    if len(command.lines) > PERIOD_LINES_MAX:
        return Refusal(
            slug="period-too-long",
            detail="A period's figures hold at most %(most)d items.",
            next_step="Tell the operator: the owner's catalogue has outgrown the document.",
            params={"most": PERIOD_LINES_MAX},
        )
    return None


def _not_settled(found: Obstacles) -> Refusal | None:
    if found.unvalued:
        return Refusal(
            slug="lots-not-valued",
            detail="%(lots)d lots are not valued yet (belum dinilai); one is %(lot_id)s.",
            next_step="Value them, then close the period.",
            params={"lots": found.unvalued, "lot_id": found.unvalued_lot},
        )
    if found.counts:
        return Refusal(
            slug="counts-open",
            detail="%(counts)d counts are open where the owner's goods are; one is %(count_id)s.",
            next_step="Bring them into the books or cancel them, then close the period.",
            params={"counts": found.counts, "count_id": found.count},
        )
    if found.deficits:
        return Refusal(
            slug="deficits-stand",
            detail="Of %(balances)d balances reports took more than was there; one is of the lot %(lot_id)s.",
            next_step="Receive, correct or count what explains them, then close the period.",
            params={"balances": found.deficits, "lot_id": found.deficit_lot},
        )
    return None


def evolve_period(period: Period | None, event: Event) -> Period:
    """The owner's book after a period was closed."""
    if not isinstance(event.payload, PeriodClosed):
        raise TypeError(f"{event.payload.type} after {period and period.version}")
    said = event.payload
    return Period(event.ref.id, event.sequence, said.until, said.as_of, said.method)


def period_refs(owner_ids: Iterable[str | None]) -> tuple[Ref, ...]:
    """The books of these owners, for a command whose decision asks `prior_period`."""
    return tuple(Ref("period", owner_id) for owner_id in sorted({one for one in owner_ids if one is not None}))


def prior_period(states: States, owner_id: str | None, on: date) -> bool:
    """Whether a day lies in a closed period of an owner, whose book the command must name (`period_refs`)."""
    period = states.find(Period, owner_id) if owner_id is not None else None
    return period is not None and on <= period.until
