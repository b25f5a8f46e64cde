"""How long a request may wait: its deadline by urgency, and the pause while the office waits for the requester.

Owns the hours and the instants that follow from them. The clock starts when a request is received, stands while a
question to the requester is open, and every instant stands in an event. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.logistics.requests.domain import Request, not_open, request_closed
from shared.contracts.envelope import Payload
from shared.contracts.ids import RequestId
from shared.contracts.requests import QuestionReason, RequestPaused, RequestResumed
from shared.contracts.vocabulary import Urgency
from shared.kit.decisions.types import Ref, Refusal, States

# Assumed, after the defaults of OpenSPP's relief module: by when goods must arrive.
ASSUMED_DUE_H = {Urgency.CRITICAL: 4, Urgency.HIGH: 8, Urgency.MEDIUM: 24, Urgency.LOW: 48}
# Three quarters of an hour of each hour: the office is warned at 75 % of the time.
_WARNED_AFTER_MIN = 45


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a request was received, when its office is warned, and when its goods must have arrived."""

    received_at: datetime
    warn_at: datetime
    due_at: datetime

    @classmethod
    def of(cls, received_at: datetime, urgency: Urgency) -> "Deadline":
        """The deadline of a request received now."""
        hours = ASSUMED_DUE_H[urgency]
        warned_after = timedelta(minutes=hours * _WARNED_AFTER_MIN)
        return cls(received_at, received_at + warned_after, received_at + timedelta(hours=hours))


@dataclass(frozen=True, slots=True)
class PauseRequest:
    """The office asks the requester something; until the answer the clock stands."""

    request_id: RequestId
    question: QuestionReason
    at: datetime

    def aggregates(self) -> Sequence[Ref]:
        """The request."""
        return (Ref("request", self.request_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """The requester answered."""

    request_id: RequestId
    at: datetime

    def aggregates(self) -> Sequence[Ref]:
        """The request."""
        return (Ref("request", self.request_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_pause(states: States, command: PauseRequest) -> list[Payload] | Refusal:
    """Let the clock of a request stand."""
    request = states.find(Request, command.request_id)
    if request is None:
        return request_closed(request)
    refusal = not_open(request)
    if refusal is not None:
        return refusal
    if request.paused_at is not None:
        return Refusal(
            slug="request-paused-already",
            detail="The request is waiting for an answer already.",
            next_step="Resume it when the requester has answered.",
        )
    return [RequestPaused(request_id=command.request_id, question=command.question, paused_at=command.at)]


def decide_resume(states: States, command: ResumeRequest) -> list[Payload] | Refusal:
    """Let the clock of a request run on: it is warned of and due later by the time it stood."""
    request = states.find(Request, command.request_id)
    if request is None or request.cancelled:
        return request_closed(request)
    if request.paused_at is None or request.warn_at is None or request.due_at is None:
        return Refusal(
            slug="request-not-paused",
            detail="The request is not waiting for an answer.",
            next_step="Read the request again.",
        )
    stood = max(command.at - request.paused_at, timedelta())
    return [
        RequestResumed(
            request_id=command.request_id,
            resumed_at=command.at,
            warn_at=request.warn_at + stood,
            due_at=request.due_at + stood,
        )
    ]
