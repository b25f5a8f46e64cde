"""The doors for lots and their movements.

Owns request models and answers. Must not decide anything.
"""

from typing import Any, Self

from fastapi import APIRouter, Request, Response
from pydantic import Field, model_validator

from services.logistics.access import PLACE_SCOPE, POST, demand_place, owned_by, place_of
from services.logistics.doors import Asked, Body, CommandKey, Reader, Storekeeper
from services.logistics.periods.late import ClosedBooks
from services.logistics.periods.queries import closed_until
from services.logistics.places.domain import is_account
from services.logistics.shipments.taking_back import take_back
from services.logistics.stock import queries
from services.logistics.stock.card_queries import CardOf, TotalOf, card, totals
from services.logistics.stock.receiving import OFFICE_REASONS, MoveStock, ReceiveLot
from services.logistics.stock.reversing import ReverseMovement
from services.logistics.stock.valuing import ValueLot, Worth
from shared.contracts.ids import EventId, ItemCode, LotId, OwnerId, OwnerText, PlaceId, Slug, Subject, UuidText
from shared.contracts.ledger import ValueBasis
from shared.contracts.values import AmountIdr, DocumentNumber, LegalDate, Quantity
from shared.contracts.vocabulary import MovementReason
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
    owner_id: OwnerText
    unit_value_idr: AmountIdr | None = Field(default=None, description="whole rupiah for valued_quantity base units")
    valued_quantity: Quantity = 1
    value_basis: ValueBasis = ValueBasis.NOT_VALUED
    document_number: DocumentNumber

    @model_validator(mode="after")
    def _value_and_basis(self) -> Self:
        agree(self.unit_value_idr, self.value_basis)
        return self


class ValueStated(Body):
    """What a lot is worth, found out after it came in."""

    unit_value_idr: AmountIdr
    valued_quantity: Quantity = 1
    value_basis: ValueBasis
    document_number: DocumentNumber

    @model_validator(mode="after")
    def _value_and_basis(self) -> Self:
        agree(self.unit_value_idr, self.value_basis)
        return self


class MovementStated(Body):
    """Goods that came back, are lost, damaged or kept apart."""

    from_place_id: Slug
    to_place_id: Slug
    quantity: Quantity
    reason: MovementReason


def stock_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/lots`, `/v1/movements`, `/v1/places/{id}/…`, `/v1/balances` and `/v1/deficits`."""
    router = APIRouter(prefix="/v1", tags=["stock"])
    _add_receiving(router, runtime)
    _add_moving(router, runtime)
    _add_card(router, runtime)
    _add_lists(router, runtime)
    return router


def _add_receiving(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/lots", status_code=201, summary="Receive goods into a store")
    async def receive(request: Request, body: LotStated, principal: Storekeeper, key: CommandKey) -> Response:
        principal.demand(PLACE_SCOPE, body.place_id)
        command = ReceiveLot(
            lot_id=LotId(body.lot_id),
            item_code=ItemCode(body.item_code),
            from_place_id=PlaceId(body.from_place_id),
            place_id=PlaceId(body.place_id),
            quantity=body.quantity,
            owner_id=OwnerId(body.owner_id),
            document_number=body.document_number,
            recorded_on=runtime.today(),
            expires_on=body.expires_on,
            worth=_worth(body),
            owners=owned_by(principal),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/lots/{lot_id}/valuation", status_code=201, summary="Say what a lot is worth that was not valued")
    async def value(
        request: Request, lot_id: UuidText, body: ValueStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        """A value is for `valued_quantity` base units, since prices are known for a sack and not for a gram."""
        worth = Worth(body.unit_value_idr, body.valued_quantity, body.value_basis)
        command = ValueLot(LotId(lot_id), worth, body.document_number, runtime.today(), owned_by(principal))
        return await office_command(runtime, request, principal, key, command)


def _add_moving(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/lots/{lot_id}/movements", status_code=201, summary="Write off, keep apart or take back goods")
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
            owners=owned_by(principal),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/movements/{event_id}/reversal", status_code=201, summary="Reverse a movement written in error")
    async def reverse(request: Request, event_id: UuidText, principal: Storekeeper, key: CommandKey) -> Response:
        """The original stays; a linked movement brings the goods back. What a count took off a vehicle is on it again,
        to be counted anew."""
        async with runtime.database.reading() as connection:
            moved = await queries.movement_of(connection, event_id)
            if moved is None:
                raise NotFound
            moved_on = moved["occurred_on"] or moved["moved_on"]
            closed = await closed_until(connection, moved_on)
        _demand_stores(principal, moved["place_id"], moved["other_place_id"])
        reversal = ReverseMovement(
            lot_id=LotId(moved["lot_id"]),
            event_id=EventId(event_id),
            from_place_id=PlaceId(moved["place_id"]),
            to_place_id=PlaceId(moved["other_place_id"]),
            quantity=-moved["change"],
            reason=moved["reason"],
            cause=Subject(moved["cause"]),
            seed=clock.new_id(),
            recorded_on=runtime.today(),
            happened_at=moved["happened_at"],
            moved_on=moved_on,
            closed=ClosedBooks(tuple(closed), runtime.today()),
            owners=owned_by(principal),
        )
        return await office_command(runtime, request, principal, key, take_back(reversal))


def agree(unit_value_idr: int | None, value_basis: ValueBasis) -> None:
    """Go on only where a value and what it rests on are named together. Raises: ValueError."""
    if (unit_value_idr is None) != (value_basis is ValueBasis.NOT_VALUED):
        raise ValueError("a value needs its basis (cost or fair_value), and a basis its value")


def _worth(body: LotStated) -> Worth | None:
    if body.unit_value_idr is None:
        return None
    return Worth(body.unit_value_idr, body.valued_quantity, body.value_basis)


def _demand_stores(principal: Principal, *place_ids: str) -> None:
    for place_id in place_ids:
        if not is_account(place_id):
            principal.demand(PLACE_SCOPE, place_id)


def _reason_not_written() -> Problem:
    return Problem(
        slug="reason-not-written",
        status=422,
        detail="This reason follows from shipments and reports and is not written by hand.",
        next_step="Choose one of: return, loss, damage, quarantine.",
        errors=[FieldProblem("body.reason", "One of return, loss, damage, quarantine is expected.")],
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
    async def show_card(  # noqa: PLR0913, PLR0917 -- each filter is a parameter of the address
        request: Request,
        place_id: Slug,
        asked: Asked,
        principal: Reader,
        item_code: Slug | None = None,
        lot_id: UuidText | None = None,
        owner_id: OwnerText | None = None,
    ) -> Response:
        """With an item or a lot, `running_balance` is what the movement left of all that is asked for."""
        demand_place(principal, place_id)
        of = CardOf(place_id, item_code, lot_id, owner_id)
        async with runtime.database.reading() as connection:
            rows, as_of = await card(connection, of, after=asked.key(int, int), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["position"], row.get("running_balance", 0)), as_of=as_of)

    @router.get("/balances", summary="Show what places hold, in sum by item and owner")
    async def list_totals(  # noqa: PLR0913, PLR0917 -- each filter is a parameter of the address
        request: Request,
        asked: Asked,
        principal: Reader,
        place_id: Slug | None = None,
        item_code: Slug | None = None,
        owner_id: OwnerText | None = None,
        accounts: bool = False,
    ) -> Response:
        """With `accounts` also what is outside the stores: each item then sums to zero over all places."""
        at = place_of(principal) if principal.role == POST else place_id
        async with runtime.database.reading() as connection:
            of = TotalOf(at, item_code, owner_id, accounts)
            rows, as_of = await totals(connection, of, after=asked.key(str, str, str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["place_id"], row["item_code"], row["owner_id"]), as_of=as_of)


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

    @router.get("/deficits", summary="List balances that reports took below what was there")
    async def list_deficits(request: Request, asked: Asked, principal: Reader) -> Response:
        own = place_of(principal) if principal.role == POST else None
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.deficits(connection, own, after=asked.key(str, str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["place_id"], row["lot_id"]), as_of=as_of)
