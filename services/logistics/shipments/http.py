"""The doors for shipments: picked, sent, counted on paper, signed for; what posts count comes through the intake.

Owns request models and answers. Must not decide anything.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.access import PLACE_SCOPE, POST, place_of
from services.logistics.doors import Asked, Body, CommandKey, Reader, Storekeeper
from services.logistics.office import Desk, decide_planned
from services.logistics.places.domain import TRANSIT
from services.logistics.quotas import queries as quotas
from services.logistics.requests import queries as requests
from services.logistics.routes import queries as routes
from services.logistics.shipments import queries
from services.logistics.shipments.arriving import CountShipment
from services.logistics.shipments.counting import CountedLine, merged
from services.logistics.shipments.dispatching import DispatchShipment, Load, PickShipment
from services.logistics.shipments.passing import as_seen_by_post, in_the_way, kept_by, passes
from services.logistics.shipments.signing import SignShortfall
from services.logistics.stock import queries as stock
from shared.contracts.field import LINES_MAX
from shared.contracts.ids import (
    ActorId,
    ActorText,
    LotId,
    PlaceId,
    RequestId,
    ReservationId,
    ShipmentId,
    Slug,
    UuidText,
)
from shared.contracts.shipments import STOPS_MAX, Shortfall, Signature, SignerRole
from shared.contracts.values import DocumentNumber, Quantity, QuantityOrNone, Sha256
from shared.kit import clock
from shared.kit.access.roles import OutOfScope, Principal
from shared.kit.decisions.types import Command
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class LoadStated(Body):
    """A part of a reservation that goes on the vehicle."""

    reservation_id: UuidText
    quantity: Quantity


class PickStated(Body):
    """What a store puts ready for a vehicle. Without lines it is all that is reserved for the request there."""

    request_id: UuidText
    from_place_id: Slug
    lines: tuple[LoadStated, ...] | None = Field(default=None, min_length=1, max_length=LINES_MAX)


class DispatchStated(Body):
    """A vehicle that leaves, handed over to a carrier. Without lines what was picked is loaded, else all reserved.

    Without `via_place_ids` it is planned to pass the places of the shortest way over the routes open today.
    """

    shipment_id: UuidText = Field(default_factory=clock.new_id)
    request_id: UuidText
    from_place_id: Slug
    vehicle_place_id: Slug = TRANSIT
    carrier_id: ActorText | None = None
    document_number: DocumentNumber
    via_place_ids: tuple[Slug, ...] | None = Field(default=None, max_length=STOPS_MAX)
    lines: tuple[LoadStated, ...] | None = Field(default=None, min_length=1, max_length=LINES_MAX)


class CountStated(Body):
    """What the receiver counted of one lot; `onward` goes on from a stop."""

    lot_id: UuidText
    accepted: QuantityOrNone
    missing: QuantityOrNone = 0
    damaged: QuantityOrNone = 0
    onward: QuantityOrNone = 0


class ArrivalStated(Body):
    """A count that was signed on paper by somebody without an account; `passes` where the rest goes on."""

    place_id: Slug
    receiver_id: ActorText
    carrier_id: ActorText | None = None
    scan_sha256: Sha256 | None = None
    passes: bool = False
    next_vehicle_id: Slug | None = None
    lines: tuple[CountStated, ...] = Field(min_length=1, max_length=LINES_MAX)


class SignatureStated(Body):
    """Who answers for a loss (the carrier) or for damage (the receiver), by pseudonym."""

    shortfall: Shortfall
    signer_id: ActorText
    scan_sha256: Sha256 | None = None


def shipments_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/shipments`."""
    router = APIRouter(prefix="/v1/shipments", tags=["shipments"])
    _sending(router, runtime)
    _counting(router, runtime)
    _reading(router, runtime)
    return router


def _sending(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/{shipment_id}/loading-list", status_code=201, summary="Pick reserved goods for a vehicle")
    async def pick(
        request: Request, shipment_id: UuidText, body: PickStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        """The goods stay reserved in the store; a later list takes the place of this one."""
        principal.demand(PLACE_SCOPE, body.from_place_id)
        command = PickShipment(
            shipment_id=ShipmentId(shipment_id),
            request_id=RequestId(body.request_id),
            from_place_id=PlaceId(body.from_place_id),
            loads=await _loads(runtime, body.request_id, body.from_place_id, body.lines),
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("", status_code=201, summary="Send reserved goods on their way")
    async def dispatch(request: Request, body: DispatchStated, principal: Storekeeper, key: CommandKey) -> Response:
        principal.demand(PLACE_SCOPE, body.from_place_id)
        desk = Desk(runtime, request, principal, key)

        async def planned(_: Sequence[str]) -> Mapping[str, Command]:
            return {"": await _dispatch(runtime, body)}

        return desk.answer((await decide_planned(desk, [""], planned))[""])


def _counting(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/{shipment_id}/counts", status_code=201, summary="Write a count that was signed on paper")
    async def count(
        request: Request, shipment_id: UuidText, body: ArrivalStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        """Proof of delivery, or a stop on the way, where the receiver has no account."""
        desk = Desk(runtime, request, principal, key)
        await own_shipment(runtime, principal, shipment_id)

        async def planned(_: Sequence[str]) -> Mapping[str, Command]:
            async with runtime.database.reading() as connection:
                sent_for = await queries.sent_for(connection, [shipment_id])
            return {"": _count(runtime, shipment_id, body, sent_for.get(shipment_id))}

        return desk.answer((await decide_planned(desk, [""], planned))[""])

    @router.post("/{shipment_id}/signatures", status_code=201, summary="Sign for what is lost or damaged")
    async def sign(
        request: Request, shipment_id: UuidText, body: SignatureStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        """The carrier answers for loss on the way, the receiver for damage; they are two persons."""
        await own_shipment(runtime, principal, shipment_id)
        role = SignerRole.CARRIER if body.shortfall is Shortfall.LOSS else SignerRole.RECEIVER
        signature = Signature(role=role, signer_id=ActorId(body.signer_id), scan_sha256=body.scan_sha256)
        command = SignShortfall(ShipmentId(shipment_id), body.shortfall, signature, runtime.today())
        return await office_command(runtime, request, principal, key, command)


def _reading(router: APIRouter, runtime: Runtime) -> None:
    @router.get("", summary="List shipments")
    async def list_shipments(  # noqa: PLR0913, PLR0917 -- each filter is a parameter of the address
        request: Request,
        asked: Asked,
        principal: Reader,
        request_id: UuidText | None = None,
        place_id: Slug | None = None,
        on_the_way: bool | None = None,
        differs: bool | None = None,
        unsigned: bool | None = None,
    ) -> Response:
        """`differs`: something was missing, damaged or not as sent; `unsigned`: nobody answers for it yet."""
        post = place_of(principal) if principal.role == POST else None
        condition = queries.matching(
            request_id=request_id, place_id=place_id, on_the_way=on_the_way, differs=differs, unsigned=unsigned
        )
        async with runtime.database.reading() as connection:
            if post is not None:
                condition = sa.and_(condition, passes(await kept_by(connection, post)))
            rows, as_of = await queries.shipments(connection, condition, after=asked.key(str), limit=asked.limit)
        rows = rows if post is None else [as_seen_by_post(row, post) for row in rows]
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/{shipment_id}", summary="Show a shipment, its stops and what came of it")
    async def show_shipment(shipment_id: UuidText, principal: Reader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.shipment_by_id(connection, shipment_id)
            if principal.role == POST and found is not None:
                return await _seen_by_post(connection, found, place_of(principal))
        if found is None:
            raise NotFound
        return found


async def _seen_by_post(connection: AsyncConnection, found: dict[str, Any], post: PlaceId) -> dict[str, Any]:
    if not in_the_way(found, await kept_by(connection, post)):
        raise OutOfScope
    return as_seen_by_post(found, post)


async def own_shipment(runtime: Runtime, principal: Principal, shipment_id: str) -> dict[str, Any]:
    """A shipment of the storekeeper's own store, which keeps its papers.

    Raises: NotFound, OutOfScope.
    """
    async with runtime.database.reading() as connection:
        found = await queries.shipment_by_id(connection, shipment_id)
    if found is None or "from_place_id" not in found:
        raise NotFound
    principal.demand(PLACE_SCOPE, found["from_place_id"])
    return found


def _count(runtime: Runtime, shipment_id: str, body: ArrivalStated, request_id: RequestId | None) -> CountShipment:
    carrier = [(SignerRole.CARRIER, body.carrier_id)] if body.carrier_id is not None else []
    signers = [(SignerRole.RECEIVER, body.receiver_id), *carrier]
    return CountShipment(
        shipment_id=ShipmentId(shipment_id),
        place_id=PlaceId(body.place_id),
        lines=merged(
            [
                CountedLine(LotId(line.lot_id), line.accepted, line.missing, line.damaged, line.onward)
                for line in body.lines
            ]
        ),
        seed=clock.new_id(),
        recorded_on=runtime.today(),
        request_id=request_id,
        signatures=tuple(
            Signature(role=role, signer_id=ActorId(signer), scan_sha256=body.scan_sha256) for role, signer in signers
        ),
        passes=body.passes,
        next_vehicle_id=PlaceId(body.next_vehicle_id) if body.next_vehicle_id is not None else None,
    )


async def _dispatch(runtime: Runtime, body: DispatchStated) -> DispatchShipment:
    async with runtime.database.reading() as connection:
        found = await queries.shipment_by_id(connection, body.shipment_id) or {}
    picked = tuple(
        LoadStated(reservation_id=line["reservation_id"], quantity=line["quantity"]) for line in found.get("picked", ())
    )
    loads = await _loads(runtime, body.request_id, body.from_place_id, body.lines or picked or None)
    today = runtime.today()
    async with runtime.database.reading() as connection:
        to = await requests.destination_of(connection, body.request_id)
        lot_ids = [load.lot_id for load in loads]
        drawn = await quotas.drawn_by(connection, lot_ids, to[1], today) if to is not None else ()
        via = body.via_place_ids
        if via is None:
            via = await routes.stops(connection, body.from_place_id, to[0], today) if to is not None else ()
    return DispatchShipment(
        shipment_id=ShipmentId(body.shipment_id),
        request_id=RequestId(body.request_id),
        from_place_id=PlaceId(body.from_place_id),
        vehicle_place_id=PlaceId(body.vehicle_place_id),
        loads=loads,
        document_number=body.document_number,
        seed=clock.new_id(),
        recorded_on=today,
        carrier_id=ActorId(body.carrier_id) if body.carrier_id is not None else None,
        early_lot_ids=tuple(dict.fromkeys(LotId(one["lot_id"]) for one in found.get("early", ()))),
        quota_ids=drawn,
        via_place_ids=tuple(PlaceId(one) for one in via),
    )


async def _loads(
    runtime: Runtime, request_id: str, place_id: str, lines: Sequence[LoadStated] | None
) -> tuple[Load, ...]:
    """What is to be loaded; nothing where all of it left already, which the answer to a repeated request shows."""
    async with runtime.database.reading() as connection:
        kept = await stock.reserved_for(connection, request_id, place_id)
    if lines is None:
        return tuple(
            Load(ReservationId(row["entry"]), LotId(row["parent"]), row["quantity"]) for row in kept[:LINES_MAX]
        )
    lots = {row["entry"]: row["parent"] for row in kept}
    return tuple(
        Load(ReservationId(line.reservation_id), LotId(lots.get(line.reservation_id, "")), line.quantity)
        for line in lines
    )
