"""The doors for recalls: ordered, lifted, and how far their lots have spread.

Owns request models and answers. Must not decide anything.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from fastapi import APIRouter, Request, Response
from pydantic import Field, model_validator

from services.logistics.doors import Asked, Body, CommandKey, Coordinator, OfficeReader
from services.logistics.office import Desk, decide_planned, together
from services.logistics.recalls import queries
from services.logistics.recalls.domain import LiftRecall, OrderRecall
from shared.contracts.ids import ItemCode, LotId, RecallId, Slug, UuidText
from shared.contracts.recalls import RECALLED_LOTS_MAX, RecallReason
from shared.contracts.values import DocumentNumber, LegalDate
from shared.kit import clock
from shared.kit.decisions.types import Accepted, Command, Outcome
from shared.kit.errors import NotFound
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class RecallStated(Body):
    """Lots to call back: those named, or all of an item with a date. Without an id one is given."""

    recall_id: UuidText = Field(default_factory=clock.new_id)
    lot_ids: tuple[UuidText, ...] = Field(default=(), max_length=RECALLED_LOTS_MAX)
    item_code: Slug | None = None
    expires_on: LegalDate | None = None
    reason: RecallReason
    document_number: DocumentNumber

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.item_code is None) != (self.expires_on is None) or bool(self.lot_ids) == bool(self.item_code):
            raise ValueError("either lots, or an item with a date")
        return self


class LiftingStated(Body):
    """The finding that ends a recall."""

    document_number: DocumentNumber


def recalls_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/recalls`, and from a household to lots."""
    router = APIRouter(prefix="/v1", tags=["recalls"])
    _add_commands(router, runtime)
    _add_reads(router, runtime)
    return router


def _add_commands(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/recalls", status_code=201, summary="Call lots back, and the kits built of them")
    async def order(request: Request, body: RecallStated, principal: Coordinator, key: CommandKey) -> Response:
        """Ordered again under its id, a recall takes in lots found since."""
        desk = Desk(runtime, request, principal, key)
        outcomes: list[Outcome] = []

        async def planned(turns: Sequence[str]) -> Mapping[str, Command]:
            command = await _order_of(runtime, body)
            return dict.fromkeys(turns, command)

        # Decided twice: kits may be made of a lot until it is recalled, and are looked for again once none can be.
        for turn in ("lots", "kits"):
            outcomes += (await decide_planned(desk, [turn], planned)).values()
            if not isinstance(outcomes[-1], Accepted):
                break
        return desk.answer(together(outcomes))

    @router.post("/recalls/{recall_id}/lifting", status_code=201, summary="End a recall: its goods are sound")
    async def lift(
        request: Request, recall_id: UuidText, body: LiftingStated, principal: Coordinator, key: CommandKey
    ) -> Response:
        desk = Desk(runtime, request, principal, key)

        async def planned(_: Sequence[str]) -> Mapping[str, Command]:
            async with runtime.database.reading() as connection:
                found = await queries.recall_by_id(connection, recall_id)
            lot_ids = tuple(LotId(lot_id) for lot_id in found["lot_ids"]) if found is not None else ()
            return {recall_id: LiftRecall(RecallId(recall_id), lot_ids, body.document_number, runtime.today())}

        outcomes = await decide_planned(desk, [recall_id], planned)
        return desk.answer(outcomes[recall_id])


async def _order_of(runtime: Runtime, body: RecallStated) -> OrderRecall:
    lot_ids = [LotId(lot_id) for lot_id in body.lot_ids]
    async with runtime.database.reading() as connection:
        if body.item_code is not None and body.expires_on is not None:
            lot_ids = await queries.lots_with_expiry(connection, body.item_code, body.expires_on)
        kits = await queries.kits_of(connection, lot_ids)
        holders = await queries.holders_of(connection, [*lot_ids, *kits])
    return OrderRecall(
        recall_id=RecallId(body.recall_id),
        lot_ids=tuple(lot_ids),
        kits=kits,
        reason=body.reason,
        document_number=body.document_number,
        recorded_on=runtime.today(),
        item_code=ItemCode(body.item_code) if body.item_code is not None else None,
        expires_on=body.expires_on,
        holders=holders,
    )


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/recalls", summary="List recalls")
    async def list_recalls(request: Request, asked: Asked, _: OfficeReader, *, open_only: bool = False) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.recalls(
                connection, open_only=open_only, after=asked.key(str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/recalls/{recall_id}", summary="Show a recall: where its lots are, and whom they reached")
    async def show_recall(recall_id: UuidText, _: OfficeReader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.recall_by_id(connection, recall_id)
            if found is None:
                raise NotFound
            return {**found, **await queries.reach(connection, found["lot_ids"])}

    @router.get("/recalls/{recall_id}/recipients", summary="List the households that recalled goods reached")
    async def list_recipients(request: Request, recall_id: UuidText, asked: Asked, _: OfficeReader) -> Response:
        async with runtime.database.reading() as connection:
            found = await queries.recall_by_id(connection, recall_id)
            if found is None:
                raise NotFound
            rows, as_of = await queries.recipients(
                connection, found["lot_ids"], after=asked.key(str, str, str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["household_id"], row["lot_id"], row["source"]), as_of=as_of)

    @router.get("/households/{household_id}/lots", summary="List the lots a household may have goods of")
    async def list_lots(request: Request, household_id: UuidText, asked: Asked, _: OfficeReader) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.lots_of_household(
                connection, household_id, after=asked.key(str, str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["lot_id"], row["source"]), as_of=as_of)
