"""Whether a request is approved: in full, in part, or not, by somebody other than who asked.

Owns the four eyes of a request, by person and not by account. What is approved may be reserved and sent, nothing else.
Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.requests.domain import (
    Request,
    item_named_twice,
    less,
    not_open,
    plan_outdated,
    request_closed,
    within,
)
from shared.contracts.envelope import Payload
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ActorId, OwnerId, RequestId
from shared.contracts.requests import CutReason, RequestApproved, RequestRejected
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class ApproveRequest:
    """An approver of the addressee approves what is open: all of it, or the lines given.

    `owner_id` is the addressee as it was read; a request that was passed on meanwhile is another's to decide.
    """

    request_id: RequestId
    owner_id: OwnerId
    approved_by: ActorId
    recorded_on: date
    lines: tuple[ItemQuantity, ...] | None = None
    reason: CutReason | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The request."""
        return (Ref("request", self.request_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class RejectRequest:
    """An approver of the addressee refuses all that is open."""

    request_id: RequestId
    owner_id: OwnerId
    rejected_by: ActorId
    reason: CutReason
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The request."""
        return (Ref("request", self.request_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_approve(states: States, command: ApproveRequest) -> list[Payload] | Refusal:
    """Approve no more than is open; what is left out needs a reason and is refused."""
    request = states.find(Request, command.request_id)
    refusal = _cannot_decide(request, command.owner_id, command.approved_by)
    if request is None or refusal is not None:
        return refusal or request_closed(request)
    lines = request.undecided if command.lines is None else command.lines
    if len({line.item_code for line in lines}) < len(lines):
        return item_named_twice()
    if not within(lines, request.undecided):
        return Refusal(
            slug="approves-more-than-asked",
            detail="More would be approved than is asked for.",
            next_step="Approve at most what is open; let the requester ask for more.",
            status=422,
        )
    refused = less(request.undecided, lines)
    if refused and command.reason is None:
        return Refusal(
            slug="cut-without-reason",
            detail="What is not approved needs a reason.",
            next_step="Say why the request is approved in part.",
            status=422,
        )
    return [
        RequestApproved(
            request_id=command.request_id,
            approved_by=command.approved_by,
            owner_id=command.owner_id,
            lines=lines,
            refused=refused,
            reason=command.reason if refused else None,
            approved_on=command.recorded_on,
        )
    ]


def decide_reject(states: States, command: RejectRequest) -> list[Payload] | Refusal:
    """Refuse all that is open."""
    request = states.find(Request, command.request_id)
    refusal = _cannot_decide(request, command.owner_id, command.rejected_by)
    if request is None or refusal is not None:
        return refusal or request_closed(request)
    return [
        RequestRejected(
            request_id=command.request_id,
            rejected_by=command.rejected_by,
            owner_id=command.owner_id,
            refused=request.undecided,
            reason=command.reason,
            rejected_on=command.recorded_on,
        )
    ]


def _cannot_decide(request: Request | None, owner_id: str, by: str) -> Refusal | None:
    if request is None:
        return request_closed(request)
    refusal = not_open(request)
    if refusal is not None:
        return refusal
    if request.addressed_to != owner_id:
        return plan_outdated()
    if request.requested_by == by:
        return Refusal(
            slug="own-request",
            detail="You asked for these goods yourself.",
            next_step="Let another person decide.",
            status=403,
        )
    if not request.undecided:
        return Refusal(
            slug="request-decided-already",
            detail="Nothing of this request waits for a decision.",
            next_step="Read the request again.",
        )
    return None
