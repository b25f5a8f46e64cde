"""The last day for the letter of an emergency issue, and how it follows the calendar of holidays.

Owns that a holiday recorded or withdrawn later moves what is still open, each move an event of its own; what was late
or ratified by then stays as it was. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.emergencies.domain import EmergencyIssue, ratify_by
from services.logistics.holidays.domain import calendar_refs
from shared.contracts.envelope import Payload
from shared.contracts.ids import EmergencyIssueId
from shared.contracts.ledger import EmergencyDeadlineMoved
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class MoveDeadline:
    """The calendar has changed: an issue of a day gets the last day that follows from it."""

    issue_id: EmergencyIssueId
    issued_on: date
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The issue."""
        return (Ref("emergency_issue", self.issue_id),)

    def reads(self) -> Sequence[Ref]:
        """The calendars."""
        return calendar_refs(self.issued_on)


def decide_move_deadline(states: States, command: MoveDeadline) -> list[Payload] | Refusal:
    """Move an open deadline, never to a day that is over."""
    issue = states.find(EmergencyIssue, command.issue_id)
    if issue is None or issue.ratified_on is not None or issue.ratify_by < command.recorded_on:
        return []
    last = max(command.recorded_on, ratify_by(states, issue.issued_on))
    if last == issue.ratify_by:
        return []
    return [EmergencyDeadlineMoved(issue_id=command.issue_id, ratify_by=last, moved_on=command.recorded_on)]
