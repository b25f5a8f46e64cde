"""Whose decision a request is: its regency's first, then upward by letter, or taken over by the province.

Owns the order of authorities. Whoever serves a request decides anew what of the rest is approved, and draws on its
own goods. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.requests.domain import (
    Request,
    not_open,
    plan_outdated,
    request_closed,
    together,
)
from shared.contracts.envelope import Payload
from shared.contracts.ids import OwnerId, RequestId
from shared.contracts.requests import RequestForwarded, RequestTakenOver, TakeoverReason
from shared.kit.decisions.types import Ref, Refusal, States

PROVINCE = OwnerId("province")
NATIONAL = frozenset({OwnerId("kemensos"), OwnerId("bnpb"), OwnerId("bulog")})
_REGENCY = "regency:"


def first_addressee(area_code: str) -> OwnerId:
    """The authority a request for an area goes to first: its regency, or the province for the whole of it."""
    regency = ".".join(area_code.split(".")[:2])
    return OwnerId(f"{_REGENCY}{regency}") if "." in regency else PROVINCE


def above(owner_id: str) -> frozenset[OwnerId]:
    """The authorities an addressee may forward a request to."""
    if owner_id.startswith(_REGENCY):
        return frozenset({PROVINCE})
    return NATIONAL if owner_id == PROVINCE else frozenset()


@dataclass(frozen=True, slots=True)
class ForwardRequest:
    """The addressee cannot serve the rest and asks the authority above it, by letter."""

    request_id: RequestId
    owner_id: OwnerId
    to_owner_id: OwnerId
    letter_number: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The request."""
        return (Ref("request", self.request_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class TakeOverRequest:
    """The province serves a regency's request in its place."""

    request_id: RequestId
    reason: TakeoverReason
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The request."""
        return (Ref("request", self.request_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_forward(states: States, command: ForwardRequest) -> list[Payload] | Refusal:
    """Pass what is not served yet to the authority above."""
    request = states.find(Request, command.request_id)
    if request is None:
        return request_closed(request)
    refusal = not_open(request)
    if refusal is not None:
        return refusal
    if request.addressed_to != command.owner_id:
        return plan_outdated()
    if command.to_owner_id not in above(request.addressed_to):
        return Refusal(
            slug="not-above",
            detail="A request is forwarded to the authority above only.",
            next_step="A regency forwards to the province, the province to Kemensos, BNPB or Bulog.",
            status=422,
        )
    rest = together(request.undecided, request.short)
    if not rest:
        return _nothing_left()
    return [
        RequestForwarded(
            request_id=command.request_id,
            from_owner_id=command.owner_id,
            to_owner_id=command.to_owner_id,
            letter_number=command.letter_number,
            lines=rest,
            forwarded_on=command.recorded_on,
        )
    ]


def decide_take_over(states: States, command: TakeOverRequest) -> list[Payload] | Refusal:
    """Let the province serve what a regency has not served yet."""
    request = states.find(Request, command.request_id)
    if request is None:
        return request_closed(request)
    refusal = not_open(request)
    if refusal is not None:
        return refusal
    if not request.addressed_to.startswith(_REGENCY):
        return Refusal(
            slug="not-a-regencys-request",
            detail="The request is not addressed to a regency.",
            next_step="Read the request again: it may have been forwarded or taken over already.",
        )
    rest = together(request.undecided, request.short)
    if not rest:
        return _nothing_left()
    return [
        RequestTakenOver(
            request_id=command.request_id,
            from_owner_id=OwnerId(request.addressed_to),
            to_owner_id=PROVINCE,
            reason=command.reason,
            lines=rest,
            taken_over_on=command.recorded_on,
        )
    ]


def _nothing_left() -> Refusal:
    return Refusal(
        slug="nothing-left-to-serve",
        detail="All of the request is served, reserved or refused.",
        next_step="Read the request again.",
    )
