"""The doors for decisions about requests: approved, rejected, paused, passed on.

Owns request models and answers; whose token may decide is checked by the owner a request is addressed to.
"""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.logistics.access import OWNER_SCOPE
from services.logistics.doors import Approver, Body, CommandKey, Requester
from services.logistics.office import Desk
from services.logistics.requests import queries
from services.logistics.requests.addressing import PROVINCE, ForwardRequest, TakeOverRequest
from services.logistics.requests.approving import ApproveRequest, RejectRequest
from services.logistics.requests.waiting import PauseRequest, ResumeRequest
from shared.contracts.field import LINES_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import OwnerId, OwnerText, RequestId, UuidText
from shared.contracts.requests import CutReason, QuestionReason, TakeoverReason
from shared.contracts.values import DocumentNumber
from shared.kit import clock
from shared.kit.access.persons import person_of
from shared.kit.access.roles import Principal
from shared.kit.decisions.types import Command
from shared.kit.http.office import office_command
from shared.kit.runtime import Runtime

REQUESTS_MAX = 1000


class ApprovalStated(Body):
    """What is approved: all that is open, or the lines given; less than all needs a reason."""

    lines: tuple[ItemQuantity, ...] | None = Field(default=None, min_length=1, max_length=LINES_MAX)
    reason: CutReason | None = None


class Rejection(Body):
    """Why nothing of what is open is approved."""

    reason: CutReason


class Question(Body):
    """What the requester has to answer."""

    question: QuestionReason


class Forwarding(Body):
    """The authority above, and the letter it is asked by."""

    to_owner_id: OwnerText
    letter_number: DocumentNumber


class Many(Body):
    """Requests that are decided alike."""

    request_ids: tuple[UuidText, ...] = Field(min_length=1, max_length=REQUESTS_MAX)


class ManyTakenOver(Many):
    """Why the province serves these requests in the place of their regencies."""

    reason: TakeoverReason


def add_decisions(router: APIRouter, runtime: Runtime) -> None:
    """Routes that decide about requests."""
    _add_approval(router, runtime)
    _add_pauses(router, runtime)
    _add_passing_on(router, runtime)


def _add_approval(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/requests/{request_id}/approval", status_code=201, summary="Approve a request, in full or in part")
    async def approve(
        request: Request, request_id: UuidText, body: ApprovalStated, principal: Approver, key: CommandKey
    ) -> Response:
        """Somebody other than the requester, for the owner it is addressed to; the rest is refused."""
        owner_id = (await _addressees(runtime, principal, [request_id])).get(request_id, PROVINCE)
        command = ApproveRequest(
            request_id=RequestId(request_id),
            owner_id=owner_id,
            approved_by=person_of(principal),
            recorded_on=runtime.today(),
            lines=body.lines,
            reason=body.reason,
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/requests:approve", summary="Approve requests in full")
    async def approve_many(request: Request, body: Many, principal: Approver, key: CommandKey) -> Response:
        """Each is answered for itself."""
        by = person_of(principal)
        return await _each(
            Desk(runtime, request, principal, key),
            await _addressees(runtime, principal, body.request_ids),
            lambda id_, owner_id: ApproveRequest(id_, owner_id, by, runtime.today()),
        )

    @router.post("/requests/{request_id}/rejection", status_code=201, summary="Refuse what is open of a request")
    async def reject(
        request: Request, request_id: UuidText, body: Rejection, principal: Approver, key: CommandKey
    ) -> Response:
        """Needs it was opened for are open again."""
        owner_id = (await _addressees(runtime, principal, [request_id])).get(request_id, PROVINCE)
        by = person_of(principal)
        command = RejectRequest(RequestId(request_id), owner_id, by, body.reason, runtime.today())
        return await office_command(runtime, request, principal, key, command)


def _add_pauses(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/requests/{request_id}/pause", status_code=201, summary="Ask the requester: the clock stands")
    async def pause(
        request: Request, request_id: UuidText, body: Question, principal: Requester, key: CommandKey
    ) -> Response:
        await _addressees(runtime, principal, [request_id])
        command = PauseRequest(RequestId(request_id), body.question, clock.now())
        return await office_command(runtime, request, principal, key, command)

    @router.post("/requests/{request_id}/resume", status_code=201, summary="The requester answered: the clock runs on")
    async def resume(request: Request, request_id: UuidText, principal: Requester, key: CommandKey) -> Response:
        """The request is due later by the time it stood."""
        await _addressees(runtime, principal, [request_id])
        command = ResumeRequest(RequestId(request_id), clock.now())
        return await office_command(runtime, request, principal, key, command)


def _add_passing_on(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/requests/{request_id}/forwarding", status_code=201, summary="Pass a request upward, by letter")
    async def forward(
        request: Request, request_id: UuidText, body: Forwarding, principal: Requester, key: CommandKey
    ) -> Response:
        """What is reserved stays reserved; the rest is decided anew by whom it goes to."""
        owner_id = (await _addressees(runtime, principal, [request_id])).get(request_id, PROVINCE)
        to, letter = OwnerId(body.to_owner_id), body.letter_number
        command = ForwardRequest(RequestId(request_id), owner_id, to, letter, runtime.today())
        return await office_command(runtime, request, principal, key, command)

    @router.post("/requests:take-over", summary="Let the province serve requests addressed to regencies")
    async def take_over(request: Request, body: ManyTakenOver, principal: Requester, key: CommandKey) -> Response:
        """With a reason; each is answered for itself."""
        principal.demand(OWNER_SCOPE, PROVINCE)
        return await _each(
            Desk(runtime, request, principal, key),
            dict.fromkeys(body.request_ids, PROVINCE),
            lambda id_, _: TakeOverRequest(id_, body.reason, runtime.today()),
        )


async def _addressees(
    runtime: Runtime, principal: Principal, request_ids: tuple[str, ...] | list[str]
) -> dict[str, OwnerId]:
    """Whom requests are addressed to; unknown ones are left to the rules.

    Raises: OutOfScope where the principal does not act for one of them.
    """
    async with runtime.database.reading() as connection:
        found = await queries.addressees_of(connection, request_ids)
    for owner_id in found.values():
        principal.demand(OWNER_SCOPE, owner_id)
    return {id_: OwnerId(found.get(id_, PROVINCE)) for id_ in request_ids}


async def _each(
    desk: Desk, owners: Mapping[str, OwnerId], command: Callable[[RequestId, OwnerId], Command]
) -> Response:
    return await desk.submit_each(
        {id_: desk.item(id_, command(RequestId(id_), owner_id)) for id_, owner_id in owners.items()}
    )
