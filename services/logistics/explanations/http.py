"""The doors for what is to be explained: listed, explained, agreed by a second person.

Owns request models and answers. Must not decide anything.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.logistics.access import PLACE_SCOPE, POST, demand_place, place_of
from services.logistics.doors import Asked, Body, CommandKey, Reader, Storekeeper
from services.logistics.explanations import queries
from services.logistics.explanations.domain import DecideExplanation, Explain, Flagged
from shared.contracts.explanations import ExplanationReason
from shared.contracts.ids import DocumentId, EventId, Slug, UuidText
from shared.contracts.values import DocumentNumber
from shared.kit.access.persons import person_of
from shared.kit.access.roles import Principal
from shared.kit.errors import NotFound, Problem, ProblemError
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class ExplanationStated(Body):
    """Why a fact is as it is, and by what that is shown or put right."""

    reason: ExplanationReason
    document_number: DocumentNumber | None = None
    document_id: UuidText | None = None
    reversal_id: UuidText | None = None


def explanations_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/to-explain`."""
    router = APIRouter(prefix="/v1", tags=["explanations"])
    _add_reads(router, runtime)
    _add_decisions(router, runtime)
    return router


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/to-explain", summary="List reports that were accepted with a flag")
    async def list_flagged(
        request: Request, asked: Asked, principal: Reader, place_id: Slug | None = None, explained: bool = False
    ) -> Response:
        """Those still to be explained, or with `explained=true` those that are, with their explanation."""
        own = place_of(principal) if principal.role == POST else place_id
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.flagged(
                connection, own, explained=explained, after=asked.key(int), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["position"],), as_of=as_of)

    @router.get("/to-explain/{event_id}", summary="Show a report accepted with a flag, and its explanation")
    async def show_flagged(event_id: UuidText, principal: Reader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.flagged_by_id(connection, event_id)
        if found is None:
            raise NotFound
        demand_place(principal, found.get("place_id", ""))
        return found


def _add_decisions(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/to-explain/{event_id}/explanation", status_code=201, summary="Explain a report accepted with a flag")
    async def explain(
        request: Request, event_id: UuidText, body: ExplanationStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        """It leaves the list; above a value, once a second person has agreed."""
        found = await _flagged(runtime, principal, event_id)
        if body.reversal_id is not None:
            async with runtime.database.reading() as connection:
                if not await queries.is_reversal(connection, body.reversal_id):
                    raise ProblemError(_no_reversal())
        command = Explain(
            flagged=found,
            reason=body.reason,
            explained_by=person_of(principal),
            recorded_on=runtime.today(),
            document_number=body.document_number,
            document_id=DocumentId(body.document_id) if body.document_id is not None else None,
            reversal_id=EventId(body.reversal_id) if body.reversal_id is not None else None,
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/to-explain/{event_id}/approval", status_code=201, summary="Agree to an explanation")
    async def approve(request: Request, event_id: UuidText, principal: Storekeeper, key: CommandKey) -> Response:
        """By another person than who gave it."""
        found = await _flagged(runtime, principal, event_id)
        command = DecideExplanation(found.event_id, True, person_of(principal), runtime.today())
        return await office_command(runtime, request, principal, key, command)

    @router.post("/to-explain/{event_id}/return", status_code=201, summary="Have a report explained again")
    async def send_back(request: Request, event_id: UuidText, principal: Storekeeper, key: CommandKey) -> Response:
        """By another person than who gave the explanation."""
        found = await _flagged(runtime, principal, event_id)
        command = DecideExplanation(found.event_id, False, person_of(principal), runtime.today())
        return await office_command(runtime, request, principal, key, command)


async def _flagged(runtime: Runtime, principal: Principal, event_id: str) -> Flagged:
    async with runtime.database.reading() as connection:
        found = await queries.to_be_explained(connection, event_id)
    if found is None:
        raise ProblemError(
            Problem(
                slug="nothing-to-explain",
                status=404,
                detail="No fact under this id was accepted with a flag.",
                next_step="Take the event_id of a line of the list of what is to be explained.",
            )
        )
    if found.place_id is not None:
        principal.demand(PLACE_SCOPE, found.place_id)
    return found


def _no_reversal() -> Problem:
    return Problem(
        slug="reversal-unknown",
        status=404,
        detail="The movement named takes none back.",
        next_step="Reverse the wrong movement first, then name the movement that did.",
    )
