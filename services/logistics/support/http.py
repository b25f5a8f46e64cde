"""The doors for support asked from other owners.

Owns request models and answers. Must not decide anything.
"""

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.logistics.access import OWNER_SCOPE
from services.logistics.doors import Approver, Asked, Body, CommandKey, OfficeReader, Requester
from services.logistics.support import queries
from services.logistics.support.domain import AnswerSupport, AskSupport
from shared.contracts.field import LINES_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import OwnerId, OwnerText, RequestId, SupportId, UuidText
from shared.contracts.support import DeclineReason
from shared.contracts.values import DocumentNumber
from shared.kit import clock
from shared.kit.access.persons import person_of
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class SupportStated(Body):
    """Goods asked from another owner for a request. Without an id one is given."""

    support_id: UuidText = Field(default_factory=clock.new_id)
    of_owner_id: OwnerText
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=LINES_MAX)
    letter_number: DocumentNumber | None = None


class SupportAnswer(Body):
    """What the owner accepts: nothing, a part, or all; less than all needs a reason."""

    accepted: tuple[ItemQuantity, ...] = Field(default=(), max_length=LINES_MAX)
    reason: DeclineReason | None = None


def support_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/requests/{id}/support` and `/v1/support`."""
    router = APIRouter(prefix="/v1", tags=["support"])

    @router.post("/requests/{request_id}/support", status_code=201, summary="Ask another owner for goods")
    async def ask(
        request: Request, request_id: UuidText, body: SupportStated, principal: Requester, key: CommandKey
    ) -> Response:
        """For the owner the request is addressed to."""
        async with runtime.database.reading() as connection:
            owner_id = await queries.addressee_of(connection, request_id)
        if owner_id is not None:
            principal.demand(OWNER_SCOPE, owner_id)
        command = AskSupport(
            request_id=RequestId(request_id),
            support_id=SupportId(body.support_id),
            owner_id=OwnerId(owner_id or ""),
            of_owner_id=OwnerId(body.of_owner_id),
            lines=body.lines,
            recorded_on=runtime.today(),
            letter_number=body.letter_number,
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/support/{support_id}/answer", status_code=201, summary="Give, or do not give, what was asked for")
    async def answer(
        request: Request, support_id: UuidText, body: SupportAnswer, principal: Approver, key: CommandKey
    ) -> Response:
        """By the owner that was asked; what it accepts may be reserved out of its lots for that request alone."""
        async with runtime.database.reading() as connection:
            found = await queries.owners_of(connection, support_id)
        if found is None:
            raise NotFound
        request_id, of_owner_id = found
        principal.demand(OWNER_SCOPE, of_owner_id)
        command = AnswerSupport(
            request_id=RequestId(request_id),
            support_id=SupportId(support_id),
            answered_by=person_of(principal),
            accepted=body.accepted,
            recorded_on=runtime.today(),
            reason=body.reason,
        )
        return await office_command(runtime, request, principal, key, command)

    @router.get("/support", summary="List support asked for and what was answered")
    async def list_support(
        request: Request,
        asked: Asked,
        _: OfficeReader,
        of_owner_id: OwnerText | None = None,
        request_id: UuidText | None = None,
        answer: str | None = None,
    ) -> Response:
        condition = queries.matching(of_owner_id=of_owner_id, request_id=request_id, answer=answer)
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.supports(connection, condition, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    return router
