"""The doors for partners: registered, pledges, receipts and their inspection, and a partner's own statement.

Owns request models and answers. Must not decide anything.
"""

import uuid
from datetime import date
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, model_validator

from services.logistics import areas
from services.logistics.access import PARTNER, PARTNER_SCOPE, PLACE_SCOPE, POST, READERS, owned_by
from services.logistics.doors import Asked, Body, CommandKey, Coordinator, OfficeReader, Storekeeper
from services.logistics.partners import queries
from services.logistics.partners.cancelling import CancelPledge
from services.logistics.partners.domain import MakePledge, ReceiveDonation, RegisterPartner, owner_of
from services.logistics.partners.inspecting import Finding, InspectDonation
from shared.contracts.field import LINES_MAX
from shared.contracts.ids import (
    ItemCode,
    LotId,
    OwnerId,
    OwnerText,
    PartnerId,
    PartnerText,
    PlaceId,
    PledgeId,
    ReceiptId,
    Slug,
    UuidText,
)
from shared.contracts.partners import (
    CancellationReason,
    DonatedLine,
    PartnerKind,
    PledgedLine,
    RejectionCause,
    Restriction,
)
from shared.contracts.values import DocumentNumber, LegalDate, Number, Quantity, QuantityOrNone
from shared.kit import clock
from shared.kit.access.persons import person_of
from shared.kit.access.roles import Principal, require
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime

StatementReader = Annotated[Principal, Depends(require(*(role for role in READERS if role != POST), PARTNER))]


class PartnerStated(Body):
    """A partner under a short name: of a company or organisation its own, of a person one that tells nothing."""

    partner_id: PartnerText
    partner_kind: PartnerKind


class PledgeStated(Body):
    """What a partner promised, by a letter. Without an id one is given."""

    pledge_id: UuidText = Field(default_factory=clock.new_id)
    partner_id: PartnerText
    lines: tuple[PledgedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    restriction: Restriction | None = None
    document_number: DocumentNumber


class CancellationStated(Body):
    """Why what has not come of a pledge will not come, and by which paper."""

    reason: CancellationReason
    document_number: DocumentNumber


class ArrivedLine(Body):
    """Goods of one item and date that arrived."""

    item_code: Slug
    quantity: Quantity
    expires_on: LegalDate | None = None


class DonationStated(Body):
    """Goods of a pledge that arrived at a store with a letter (surat pengantar)."""

    receipt_id: UuidText = Field(default_factory=clock.new_id)
    place_id: Slug
    lines: tuple[ArrivedLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    document_number: DocumentNumber


class FindingStated(Body):
    """What was found of a line; without a date the one it arrived with holds."""

    line_no: Number
    accepted: QuantityOrNone = 0
    rejected: QuantityOrNone = 0
    rejection_cause: RejectionCause | None = None
    expires_on: LegalDate | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.accepted and not self.rejected:
            raise ValueError("a line is accepted or rejected")
        return self


class InspectionStated(Body):
    """An inspection (BA pemeriksaan). Without an owner the goods stay the partner's, kept for it (titipan)."""

    owner_id: OwnerText | None = None
    lines: tuple[FindingStated, ...] = Field(min_length=1, max_length=LINES_MAX)
    document_number: DocumentNumber


def partners_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/partners` and `/v1/pledges`."""
    router = APIRouter(prefix="/v1", tags=["partners"])
    _add_promises(router, runtime)
    _add_receipts(router, runtime)
    _add_reads(router, runtime)
    return router


def _add_promises(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/partners", status_code=201, summary="Register a partner under a short name")
    async def register(request: Request, body: PartnerStated, principal: Coordinator, key: CommandKey) -> Response:
        command = RegisterPartner(PartnerId(body.partner_id), body.partner_kind, runtime.today())
        return await office_command(runtime, request, principal, key, command)

    @router.post("/pledges", status_code=201, summary="Write down what a partner promised")
    async def make_pledge(request: Request, body: PledgeStated, principal: Coordinator, key: CommandKey) -> Response:
        tied_to = body.restriction.area_code if body.restriction is not None else None
        command = MakePledge(
            pledge_id=PledgeId(body.pledge_id),
            partner_id=PartnerId(body.partner_id),
            lines=body.lines,
            restriction=body.restriction,
            document_number=body.document_number,
            recorded_on=runtime.today(),
            area_known=tied_to is None or areas.is_known(tied_to),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/pledges/{pledge_id}/cancellation", status_code=201, summary="Give up what has not come of a pledge")
    async def cancel_pledge(
        request: Request, pledge_id: UuidText, body: CancellationStated, principal: Coordinator, key: CommandKey
    ) -> Response:
        """All of it, or the rest: what had come stays. The partner's statement shows it with the reason."""
        command = CancelPledge(PledgeId(pledge_id), body.reason, body.document_number, runtime.today())
        return await office_command(runtime, request, principal, key, command)


def _add_receipts(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/pledges/{pledge_id}/receipts", status_code=201, summary="Take in goods of a pledge; not stock yet")
    async def receive(
        request: Request, pledge_id: UuidText, body: DonationStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        principal.demand(PLACE_SCOPE, body.place_id)
        lines = tuple(
            DonatedLine(
                line_no=number,
                item_code=ItemCode(line.item_code),
                quantity=line.quantity,
                expires_on=line.expires_on,
            )
            for number, line in enumerate(body.lines, start=1)
        )
        command = ReceiveDonation(
            pledge_id=PledgeId(pledge_id),
            receipt_id=ReceiptId(body.receipt_id),
            place_id=PlaceId(body.place_id),
            lines=lines,
            document_number=body.document_number,
            receiver_id=person_of(principal),
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post(
        "/pledges/{pledge_id}/receipts/{receipt_id}/inspection",
        status_code=201,
        summary="Inspect a receipt: what is good becomes stock, the rest goes back",
    )
    async def inspect(  # noqa: PLR0913, PLR0917 -- the address names two ids
        request: Request,
        pledge_id: UuidText,
        receipt_id: UuidText,
        body: InspectionStated,
        principal: Storekeeper,
        key: CommandKey,
    ) -> Response:
        """By somebody other than who received the goods."""
        async with runtime.database.reading() as connection:
            receipt = await queries.receipt_of(connection, pledge_id, receipt_id)
            pledge = await queries.pledge_by_id(connection, pledge_id)
        if receipt is None or pledge is None:
            raise NotFound
        principal.demand(PLACE_SCOPE, receipt.place_id)
        arrived_with = {line.line_no: line.expires_on for line in receipt.lines}
        command = InspectDonation(
            pledge_id=PledgeId(pledge_id),
            receipt_id=ReceiptId(receipt_id),
            owner_id=OwnerId(body.owner_id) if body.owner_id is not None else owner_of(pledge["partner_id"]),
            findings=tuple(_finding(one, receipt_id, arrived_with) for one in body.lines),
            document_number=body.document_number,
            inspector_id=person_of(principal),
            recorded_on=runtime.today(),
            owners=owned_by(principal),
        )
        return await office_command(runtime, request, principal, key, command)


def _finding(one: FindingStated, receipt_id: str, arrived_with: dict[int, date | None]) -> Finding:
    return Finding(
        line_no=one.line_no,
        accepted=one.accepted,
        rejected=one.rejected,
        rejection_cause=one.rejection_cause,
        expires_on=one.expires_on or arrived_with.get(one.line_no),
        lot_id=LotId(str(uuid.uuid5(uuid.UUID(receipt_id), str(one.line_no)))),
    )


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/partners", summary="List partners")
    async def list_partners(request: Request, asked: Asked, _: OfficeReader) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.partners(connection, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/partners/{partner_id}/statement", summary="Show a partner what became of its goods")
    async def show_statement(partner_id: PartnerText, principal: StatementReader) -> dict[str, Any]:
        """A partner sees its own: areas and numbers of households, never a person."""
        if principal.role == PARTNER:
            principal.demand(PARTNER_SCOPE, partner_id)
        async with runtime.database.reading() as connection:
            found = await queries.statement(connection, partner_id)
        if found is None:
            raise NotFound
        return found

    @router.get("/pledges", summary="List pledges")
    async def list_pledges(
        request: Request, asked: Asked, _: OfficeReader, partner_id: PartnerText | None = None
    ) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.pledges(connection, partner_id, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/pledges/{pledge_id}", summary="Show a pledge and its receipts")
    async def show_pledge(pledge_id: UuidText, _: OfficeReader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.pledge_by_id(connection, pledge_id)
        if found is None:
            raise NotFound
        return found
