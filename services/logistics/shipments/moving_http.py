"""The doors for goods that take another way: diverted, sent back, handed over in bulk.

Owns request models and answers. Must not decide anything.
"""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.logistics.access import PLACE_SCOPE
from services.logistics.doors import Asked, Body, CommandKey, OfficeReader, Storekeeper
from services.logistics.office import Desk, decide_planned
from services.logistics.shipments import queries
from services.logistics.shipments.diverting import DivertShipment, Taken
from services.logistics.shipments.handing_over import HandOver
from services.logistics.shipments.http import own_shipment
from services.logistics.shipments.returning import ReceiveReturn, Sorted
from shared.contracts.field import LINES_MAX
from shared.contracts.ids import (
    ActorId,
    ActorText,
    DocumentId,
    HandoverId,
    LotId,
    PlaceId,
    RequestId,
    ReturnId,
    ShipmentId,
    Slug,
    UuidText,
)
from shared.contracts.shipments import STOPS_MAX, DiversionReason, ReturnCondition, Signature, SignerRole
from shared.contracts.values import DocumentNumber, Quantity, Sha256
from shared.kit import clock
from shared.kit.decisions.types import Command
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class AmountStated(Body):
    """An amount of a lot."""

    lot_id: UuidText
    quantity: Quantity


class DiversionStated(Body):
    """Goods on their way that go elsewhere. Without lines it is all that is open."""

    into_shipment_id: UuidText = Field(default_factory=clock.new_id)
    to_place_id: Slug
    reason: DiversionReason
    document_number: DocumentNumber
    vehicle_place_id: Slug | None = None
    carrier_id: ActorText | None = None
    via_place_ids: tuple[Slug, ...] = Field(default=(), max_length=STOPS_MAX)
    lines: tuple[AmountStated, ...] | None = Field(default=None, min_length=1, max_length=LINES_MAX)


class SortedStated(AmountStated):
    """An amount of a lot that came back, and in which condition."""

    condition: ReturnCondition


class ReturnStated(Body):
    """Goods taken back: off a shipment that was not accepted, or from a place that had them."""

    return_id: UuidText = Field(default_factory=clock.new_id)
    at_place_id: Slug
    from_place_id: Slug | None = None
    shipment_id: UuidText | None = None
    quarantine_place_id: Slug | None = None
    destruction_document_id: UuidText | None = None
    document_number: DocumentNumber
    lines: tuple[SortedStated, ...] = Field(min_length=1, max_length=LINES_MAX)


class HandoverStated(Body):
    """Goods a village or post takes into custody; whoever signs for it is named by pseudonym."""

    handover_id: UuidText = Field(default_factory=clock.new_id)
    from_place_id: Slug
    to_place_id: Slug
    receiver_id: ActorText
    scan_sha256: Sha256 | None = None
    document_number: DocumentNumber
    lines: tuple[AmountStated, ...] = Field(min_length=1, max_length=LINES_MAX)


def moving_router(runtime: Runtime) -> APIRouter:
    """Routes for diversions, returns and hand-overs."""
    router = APIRouter(prefix="/v1", tags=["shipments"])
    _diverting(router, runtime)
    _returning(router, runtime)
    _handing_over(router, runtime)
    return router


def _diverting(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/shipments/{shipment_id}/diversions", status_code=201, summary="Send goods on their way elsewhere")
    async def divert(
        request: Request, shipment_id: UuidText, body: DiversionStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        """They go on as a shipment of their own; the request they were sent for is short of them again."""
        desk = Desk(runtime, request, principal, key)

        async def planned(_: Sequence[str]) -> Mapping[str, Command]:
            found = await own_shipment(runtime, principal, shipment_id)
            taken = (
                [Taken(LotId(line.lot_id), line.quantity) for line in body.lines]
                if body.lines is not None
                else [Taken(LotId(line["lot_id"]), line["open"]) for line in found["lines"] if line["open"]]
            )
            return {"": _diversion(runtime, shipment_id, body, found.get("request_id"), tuple(taken))}

        return desk.answer((await decide_planned(desk, [""], planned))[""])


def _diversion(
    runtime: Runtime, shipment_id: str, body: DiversionStated, request_id: str | None, taken: tuple[Taken, ...]
) -> DivertShipment:
    return DivertShipment(
        shipment_id=ShipmentId(shipment_id),
        into_shipment_id=ShipmentId(body.into_shipment_id),
        request_id=RequestId(request_id) if request_id is not None else None,
        to_place_id=PlaceId(body.to_place_id),
        taken=taken,
        reason=body.reason,
        document_number=body.document_number,
        seed=clock.new_id(),
        recorded_on=runtime.today(),
        vehicle_place_id=PlaceId(body.vehicle_place_id) if body.vehicle_place_id is not None else None,
        carrier_id=ActorId(body.carrier_id) if body.carrier_id is not None else None,
        via_place_ids=tuple(PlaceId(one) for one in body.via_place_ids),
    )


def _returning(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/returns", status_code=201, summary="Take goods back, each amount by its condition")
    async def take_back(request: Request, body: ReturnStated, principal: Storekeeper, key: CommandKey) -> Response:
        """Good goods are in store again, doubtful ones in quarantine, unusable ones destroyed under their record."""
        principal.demand(PLACE_SCOPE, body.at_place_id)
        desk = Desk(runtime, request, principal, key)

        async def planned(_: Sequence[str]) -> Mapping[str, Command]:
            return {"": await _return(runtime, body)}

        return desk.answer((await decide_planned(desk, [""], planned))[""])

    @router.get("/returns", summary="List returns")
    async def list_returns(request: Request, asked: Asked, _: OfficeReader, place_id: Slug | None = None) -> Response:
        """`place_id` is the store that took the goods back."""
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.returns(connection, place_id, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)


async def _return(runtime: Runtime, body: ReturnStated) -> ReceiveReturn:
    sent_for: dict[str, RequestId] = {}
    if body.shipment_id is not None:
        async with runtime.database.reading() as connection:
            sent_for = await queries.sent_for(connection, [body.shipment_id])
    document = body.destruction_document_id
    return ReceiveReturn(
        return_id=ReturnId(body.return_id),
        at_place_id=PlaceId(body.at_place_id),
        lines=tuple(Sorted(LotId(line.lot_id), line.quantity, line.condition) for line in body.lines),
        document_number=body.document_number,
        seed=clock.new_id(),
        recorded_on=runtime.today(),
        from_place_id=PlaceId(body.from_place_id) if body.from_place_id is not None else None,
        shipment_id=ShipmentId(body.shipment_id) if body.shipment_id is not None else None,
        request_id=sent_for.get(body.shipment_id or ""),
        quarantine_place_id=PlaceId(body.quarantine_place_id) if body.quarantine_place_id is not None else None,
        destruction_document_id=DocumentId(document) if document is not None else None,
    )


def _handing_over(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/handovers", status_code=201, summary="Hand goods over into the custody of a village or post")
    async def hand_over(request: Request, body: HandoverStated, principal: Storekeeper, key: CommandKey) -> Response:
        """Who gets the goods is told by the recipients list (daftar penerima), which is still to come."""
        principal.demand(PLACE_SCOPE, body.from_place_id)
        command = HandOver(
            handover_id=HandoverId(body.handover_id),
            from_place_id=PlaceId(body.from_place_id),
            to_place_id=PlaceId(body.to_place_id),
            lines=tuple(Taken(LotId(line.lot_id), line.quantity) for line in body.lines),
            document_number=body.document_number,
            signature=Signature(
                role=SignerRole.RECEIVER, signer_id=ActorId(body.receiver_id), scan_sha256=body.scan_sha256
            ),
            seed=clock.new_id(),
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.get("/handovers", summary="List hand-overs into custody")
    async def list_handovers(request: Request, asked: Asked, _: OfficeReader, place_id: Slug | None = None) -> Response:
        """`place_id` is who took the goods."""
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.handovers(connection, place_id, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)
