"""Where a report stands until an officer has decided on it, and what stands in the way of a decision.

Owns the rules that casualties and damage to houses have alike. Pure.
"""

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import Protocol

from shared.contracts.ids import EventId
from shared.contracts.vocabulary import FieldFlag
from shared.kit.decisions.types import Refusal


class Standing(StrEnum):
    """What an officer or a survey has said of a report so far."""

    REPORTED = "reported"
    VERIFIED = "verified"
    REJECTED = "rejected"


class Decided(Protocol):
    """What was reported, and the event of the latest decision on it."""

    @property
    def flags(self) -> Collection[str]:
        """What its report was flagged for."""
        ...

    @property
    def standing(self) -> Standing:
        """What was said of it last."""
        ...

    @property
    def decided_by(self) -> str | None:
        """The latest decision's event."""
        ...


def not_verifiable(
    reported: Decided, *, occurred_on: date, recorded_on: date, distinct: bool, unchanged: bool
) -> Refusal | None:
    """What forbids a verification: a date to come, a likely duplicate nobody looked at, nothing new in it.

    `unchanged` says that the verification holds what the report says now.
    """
    if occurred_on > recorded_on:
        return Refusal(
            slug="occurred-in-future",
            detail="The date %(occurred_on)s lies in the future.",
            next_step="Give the date on which it happened.",
            params={"occurred_on": occurred_on.isoformat()},
            status=422,
        )
    verified = reported.standing is Standing.VERIFIED
    if FieldFlag.LIKELY_DUPLICATE in reported.flags and not verified and not distinct:
        return Refusal(
            slug="likely-duplicate",
            detail="This may have been reported before under another id.",
            next_step="Compare both reports. Reject one of them, or confirm that they are distinct.",
        )
    if verified and unchanged:
        return Refusal(
            slug="verified-already",
            detail="This has been verified already, with the same content.",
            next_step="Nothing needs to be done. Verify again only if something has to be corrected.",
        )
    return None


def not_rejectable(reported: Decided) -> Refusal | None:
    """What was rejected is not rejected again."""
    if reported.standing is not Standing.REJECTED:
        return None
    return Refusal(
        slug="rejected-already",
        detail="This has been rejected already.",
        next_step="Nothing needs to be done.",
    )


def reversed_by_rejection(reported: Decided) -> EventId | None:
    """The verification that a rejection withdraws, if there is one."""
    verified = reported.standing is Standing.VERIFIED
    return EventId(reported.decided_by) if verified and reported.decided_by is not None else None
