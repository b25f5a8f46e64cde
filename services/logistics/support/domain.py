"""Support (permintaan dukungan): the addressee of a request asks another owner for goods, and that owner answers.

Owns that only an owner's own answer makes its goods available, for this request and up to what it accepted. The
events belong to the request, so that no two reservations draw on the same acceptance. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.items import domain as items
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
from shared.contracts.ids import ActorId, OwnerId, RequestId, SupportId
from shared.contracts.support import DeclineReason, SupportAnswered, SupportAsked
from shared.kit.decisions.types import Ref, Refusal, States

# A request's state holds what was asked for it: it must not grow without end.
SUPPORTS_MAX = 20


@dataclass(frozen=True, slots=True)
class AskSupport:
    """The addressee asks another owner for goods a request is short of."""

    request_id: RequestId
    support_id: SupportId
    owner_id: OwnerId
    of_owner_id: OwnerId
    lines: tuple[ItemQuantity, ...]
    recorded_on: date
    letter_number: str | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The request."""
        return (Ref("request", self.request_id),)

    def reads(self) -> Sequence[Ref]:
        """The items."""
        return tuple(Ref("item", line.item_code) for line in self.lines)


@dataclass(frozen=True, slots=True)
class AnswerSupport:
    """The owner that was asked accepts lines, all or fewer or none."""

    request_id: RequestId
    support_id: SupportId
    answered_by: ActorId
    accepted: tuple[ItemQuantity, ...]
    recorded_on: date
    reason: DeclineReason | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The request."""
        return (Ref("request", self.request_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_ask_support(states: States, command: AskSupport) -> list[Payload] | Refusal:
    """Ask for no more than the request is short of, from somebody other than oneself."""
    request = states.find(Request, command.request_id)
    if request is None:
        return request_closed(request)
    refusal = _cannot_ask(states, request, command)
    if refusal is not None:
        return refusal
    return [
        SupportAsked(
            request_id=command.request_id,
            support_id=command.support_id,
            from_owner_id=command.owner_id,
            of_owner_id=command.of_owner_id,
            lines=command.lines,
            letter_number=command.letter_number,
            asked_on=command.recorded_on,
        )
    ]


def _cannot_ask(states: States, request: Request, command: AskSupport) -> Refusal | None:
    if (refusal := not_open(request) or _misnamed(states, command.lines)) is not None:
        return refusal
    if request.addressed_to != command.owner_id or request.support(command.support_id) is not None:
        return plan_outdated()
    if command.of_owner_id == command.owner_id:
        return Refusal(
            slug="support-of-oneself",
            detail="Support is asked from another owner.",
            next_step="Reserve goods of your own, or name the owner you ask.",
            status=422,
        )
    if len(request.supports) >= SUPPORTS_MAX or not within(command.lines, request.short):
        return Refusal(
            slug="support-beyond-request",
            detail="More support would be asked for than the request is short of.",
            next_step="Ask for at most what is approved and neither reserved nor sent.",
            status=422,
        )
    return None


def _misnamed(states: States, lines: Sequence[ItemQuantity]) -> Refusal | None:
    codes = [line.item_code for line in lines]
    return item_named_twice() if len(set(codes)) < len(codes) else items.unknown_among(states, codes)


def decide_answer_support(states: States, command: AnswerSupport) -> list[Payload] | Refusal:
    """Accept no more than was asked; what is left out needs a reason."""
    request = states.find(Request, command.request_id)
    if request is None or request.cancelled:
        return request_closed(request)
    support = request.support(command.support_id)
    if support is None or support.answered:
        return Refusal(
            slug="support-answered-already",
            detail="This support was answered already, or is not needed any more.",
            next_step="Read the request again.",
        )
    codes = [line.item_code for line in command.accepted]
    if len(set(codes)) < len(codes):
        return item_named_twice()
    if not within(command.accepted, support.asked):
        return Refusal(
            slug="accepts-more-than-asked",
            detail="More would be accepted than was asked for.",
            next_step="Accept at most what was asked for.",
            status=422,
        )
    declined = less(support.asked, command.accepted)
    if declined and command.reason is None:
        return Refusal(
            slug="cut-without-reason",
            detail="What is not approved needs a reason.",
            next_step="Say why the request is approved in part.",
            status=422,
        )
    return [
        SupportAnswered(
            request_id=command.request_id,
            support_id=command.support_id,
            of_owner_id=support.of_owner_id,
            answered_by=command.answered_by,
            accepted=command.accepted,
            reason=command.reason if declined else None,
            answered_on=command.recorded_on,
        )
    ]
