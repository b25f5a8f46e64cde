"""The doors for lots and their movements.

Owns request models and answers. Must not decide anything.
"""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.logistics.access import PLACE_SCOPE, POST, demand_place, place_of
from services.logistics.doors import Asked, Body, CommandKey, Reader, Storekeeper
from services.logistics.places.domain import is_account
from services.logistics.stock import queries
from services.logistics.stock.receiving import OFFICE_REASONS, MoveStock, ReceiveLot, ReverseMovement
from shared.contracts.ids import EventId, ItemCode, LotId, PlaceId, Slug, Subject, UuidText
from shared.contracts.values import DocumentNumber, LegalDate, Quantity
from shared.contracts.vocabulary import Authority, MovementReason
from shared.kit import clock
from shared.kit.access.roles import Principal
from shared.kit.errors import FieldProblem, NotFound, Problem, ProblemError
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class LotStated(Body):
    """Goods that came in from outside. Without an id one is given."""

    lot_id: UuidText = Field(default_factory=clock.new_id)
    item_code: Slug
    from_place_id: Slug = "supplier"
    place_id: Slug
    quantity: Quantity
    expires_on: LegalDate | None = None
    authority: Authority
    document_number: DocumentNumber


class MovementStated(Body):
    """Goods that came back, are lost or are damaged."""

    from_place_id: Slug
    to_place_id: Slug
    quantity: Quantity
    reason: MovementReason


def stock_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/lots`, `/v1/movements`, `/v1/places/{id}/…` and `/v1/to-explain`."""
    router = APIRouter(prefix="/v1", tags=["stock"])
    _add_commands(router, runtime)
    _add_card(router, runtime)
    _add_lists(router, runtime)
    return router


def _add_commands(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/lots", status_code=201, summary="Receive goods into a store")
    async def receive(request: Request, body: LotStated, principal: Storekeeper, key: CommandKey) -> Response:
        principal.demand(PLACE_SCOPE, body.place_id)
        command = ReceiveLot(
            lot_id=LotId(body.lot_id),
            item_code=ItemCode(body.item_code),
            from_place_id=PlaceId(body.from_place_id),
            place_id=PlaceId(body.place_id),
            quantity=body.quantity,
            authority=body.authority,
            document_number=body.document_number,
            recorded_on=runtime.today(),
            expires_on=body.expires_on,
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/lots/{lot_id}/movements", status_code=201, summary="Write goods as returned, lost or damaged")
    async def move(
        request: Request, lot_id: UuidText, body: MovementStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        if body.reason not in OFFICE_REASONS:
            raise ProblemError(_reason_not_written())
        _demand_stores(principal, body.from_place_id, body.to_place_id)
        command = MoveStock(
            lot_id=LotId(lot_id),
            from_place_id=PlaceId(body.from_place_id),
            to_place_id=PlaceId(body.to_place_id),
            quantity=body.quantity,
            reason=body.reason,
            seed=clock.new_id(),
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/movements/{event_id}/reversal", status_code=201, summary="Reverse a movement written in error")
    async def reverse(request: Request, event_id: UuidText, principal: Storekeeper, key: CommandKey) -> Response:
        """The original stays; a linked movement brings the goods back."""
        async with runtime.database.reading() as connection:
            moved = await queries.movement_of(connection, event_id)
        if moved is None:
            raise NotFound
        _demand_stores(principal, moved["place_id"], moved["other_place_id"])
        command = ReverseMovement(
            lot_id=LotId(moved["lot_id"]),
            event_id=EventId(event_id),
            from_place_id=PlaceId(moved["place_id"]),
            to_place_id=PlaceId(moved["other_place_id"]),
            quantity=-moved["change"],
            reason=moved["reason"],
            cause=Subject(moved["cause"]),
            seed=clock.new_id(),
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)


def _demand_stores(principal: Principal, *place_ids: str) -> None:
    for place_id in place_ids:
        if not is_account(place_id):
            principal.demand(PLACE_SCOPE, place_id)


def _reason_not_written() -> Problem:
    return Problem(
        slug="reason-not-written",
        status=422,
        detail="This reason follows from shipments and reports and is not written by hand.",
        next_step="Choose one of: return, loss, damage.",
        errors=[FieldProblem("body.reason", "One of return, loss, damage is expected.")],
    )


def _add_card(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/places/{place_id}/balances", summary="Show what is in a place, lot by lot")
    async def list_balances(
        request: Request, place_id: Slug, asked: Asked, principal: Reader, item_code: Slug | None = None
    ) -> Response:
        demand_place(principal, place_id)
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.balances(
                connection, place_id, item_code, after=asked.key(str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["lot_id"],), as_of=as_of)

    @router.get("/places/{place_id}/card", summary="Show a place's stock card, with the balance each movement left")
    async def show_card(
        request: Request, place_id: Slug, asked: Asked, principal: Reader, lot_id: UuidText | None = None
    ) -> Response:
        demand_place(principal, place_id)
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.card(connection, place_id, lot_id, after=asked.key(int), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["position"],), as_of=as_of)


def _add_lists(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/lots", summary="List lots")
    async def list_lots(request: Request, asked: Asked, _: Reader, item_code: Slug | None = None) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.lots(connection, item_code, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/lots/{lot_id}", summary="Show a lot, where it is and what is reserved of it")
    async def show_lot(lot_id: UuidText, _: Reader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.lot_by_id(connection, lot_id)
        if found is None:
            raise NotFound
        return found

    @router.get("/to-explain", summary="List reports that were accepted with a flag")
    async def list_flagged(request: Request, asked: Asked, principal: Reader, place_id: Slug | None = None) -> Response:
        own = place_of(principal) if principal.role == POST else place_id
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.flagged(connection, own, after=asked.key(int), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["position"],), as_of=as_of)

    @router.get("/deficits", summary="List balances that reports took below what was there")
    async def list_deficits(request: Request, asked: Asked, principal: Reader) -> Response:
        own = place_of(principal) if principal.role == POST else None
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.deficits(connection, own, after=asked.key(str, str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["place_id"], row["lot_id"]), as_of=as_of)
