"""The doors for shipments: sent by a store; what arrives is reported through the intake.

Owns request models and answers. Must not decide anything.
"""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.logistics.access import PLACE_SCOPE, POST, place_of
from services.logistics.doors import Asked, Body, CommandKey, Reader, Storekeeper
from services.logistics.places.domain import TRANSIT
from services.logistics.shipments import queries
from services.logistics.shipments.domain import DispatchShipment, Load
from services.logistics.stock import queries as stock
from shared.contracts.field import LINES_MAX
from shared.contracts.ids import LotId, PlaceId, RequestId, ReservationId, ShipmentId, Slug, UuidText
from shared.contracts.values import DocumentNumber, Quantity
from shared.kit import clock
from shared.kit.access.roles import OutOfScope
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class LoadStated(Body):
    """A part of a reservation that goes on the vehicle."""

    reservation_id: UuidText
    quantity: Quantity


class DispatchStated(Body):
    """A vehicle that leaves. Without lines all that is reserved for the request in the store is loaded."""

    shipment_id: UuidText = Field(default_factory=clock.new_id)
    request_id: UuidText
    from_place_id: Slug
    vehicle_place_id: Slug = TRANSIT
    document_number: DocumentNumber
    lines: tuple[LoadStated, ...] | None = Field(default=None, min_length=1, max_length=LINES_MAX)


def shipments_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/shipments`."""
    router = APIRouter(prefix="/v1/shipments", tags=["shipments"])

    @router.post("", status_code=201, summary="Send reserved goods on their way")
    async def dispatch(request: Request, body: DispatchStated, principal: Storekeeper, key: CommandKey) -> Response:
        principal.demand(PLACE_SCOPE, body.from_place_id)
        command = DispatchShipment(
            shipment_id=ShipmentId(body.shipment_id),
            request_id=RequestId(body.request_id),
            from_place_id=PlaceId(body.from_place_id),
            vehicle_place_id=PlaceId(body.vehicle_place_id),
            loads=await _loads(runtime, body),
            document_number=body.document_number,
            seed=clock.new_id(),
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.get("", summary="List shipments")
    async def list_shipments(  # noqa: PLR0913, PLR0917 -- each filter is a parameter of the address
        request: Request,
        asked: Asked,
        principal: Reader,
        request_id: UuidText | None = None,
        place_id: Slug | None = None,
        on_the_way: bool | None = None,
        differs: bool | None = None,
    ) -> Response:
        """`differs` are those of which something was missing, damaged, or not as sent."""
        place = place_of(principal) if principal.role == POST else place_id
        condition = queries.matching(request_id=request_id, place_id=place, on_the_way=on_the_way, differs=differs)
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.shipments(connection, condition, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/{shipment_id}", summary="Show a shipment and what came of it")
    async def show_shipment(shipment_id: UuidText, principal: Reader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.shipment_by_id(connection, shipment_id)
        if found is None:
            raise NotFound
        if principal.role == POST and place_of(principal) not in (
            found.get("to_place_id"),
            found.get("received_at_place_id"),
        ):
            raise OutOfScope
        return found

    return router


async def _loads(runtime: Runtime, body: DispatchStated) -> tuple[Load, ...]:
    """What is to be loaded; nothing where all of it left already, which the answer to a repeated request shows."""
    async with runtime.database.reading() as connection:
        kept = await stock.reserved_for(connection, body.request_id, body.from_place_id)
    if body.lines is None:
        return tuple(
            Load(ReservationId(row["entry"]), LotId(row["parent"]), row["quantity"]) for row in kept[:LINES_MAX]
        )
    lots = {row["entry"]: row["parent"] for row in kept}
    return tuple(
        Load(ReservationId(line.reservation_id), LotId(lots.get(line.reservation_id, "")), line.quantity)
        for line in body.lines
    )
