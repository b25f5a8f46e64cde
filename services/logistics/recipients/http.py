"""The doors for lists of recipients and goods in custody.

Owns request models and answers. Must not decide anything.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.logistics import areas
from services.logistics.access import AREA_SCOPE, POST, place_of
from services.logistics.doors import Asked, Body, CommandKey, OfficeReader, Reader, Requester
from services.logistics.recipients import queries
from services.logistics.recipients.domain import ListRecipients, ListStatus, OpenList, PostList, WithdrawList
from shared.contracts.distribution import LISTED_LOTS_MAX, ListedRow, WithdrawalReason
from shared.contracts.field import HOUSEHOLDS_MAX
from shared.contracts.ids import DisasterId, DistributionId, HandoutId, LotId, PlaceId, RecipientListId, Slug, UuidText
from shared.contracts.values import AreaCode, DocumentNumber, LegalDate, Sha256
from shared.kit import clock
from shared.kit.access.roles import Principal
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class ListStated(Body):
    """A signed list (daftar penerima). Lists of one distribution share its id; a planned one has the plan's."""

    list_id: UuidText = Field(default_factory=clock.new_id)
    distribution_id: UuidText | None = None
    disaster_id: UuidText
    place_id: Slug
    area_code: AreaCode
    handout_id: UuidText | None = Field(default=None, description="the hand-out that named nobody, if it is for one")
    lot_ids: tuple[UuidText, ...] = Field(default=(), max_length=LISTED_LOTS_MAX)
    document_number: DocumentNumber
    scan_sha256: Sha256
    handed_out_on: LegalDate


class RowsStated(Body):
    """Rows in the order of the paper, after those sent before."""

    rows: tuple[ListedRow, ...] = Field(min_length=1, max_length=HOUSEHOLDS_MAX)


class Withdrawn(Body):
    """Why a list does not hold."""

    reason: WithdrawalReason


def recipients_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/recipient-lists` and `/v1/custody`."""
    router = APIRouter(prefix="/v1", tags=["recipients"])
    _add_commands(router, runtime)
    _add_closing(router, runtime)
    _add_reads(router, runtime)
    return router


def _add_commands(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/recipient-lists", status_code=201, summary="Open a signed list of recipients")
    async def open_list(request: Request, body: ListStated, principal: Requester, key: CommandKey) -> Response:
        """Only the hash of the scan is kept; the paper has the names."""
        principal.demand(AREA_SCOPE, body.area_code)
        command = OpenList(
            list_id=RecipientListId(body.list_id),
            distribution_id=DistributionId(body.distribution_id or body.list_id),
            disaster_id=DisasterId(body.disaster_id),
            place_id=PlaceId(body.place_id),
            area_code=body.area_code,
            area_known=areas.is_known(body.area_code),
            lot_ids=tuple(LotId(id_) for id_ in body.lot_ids),
            document_number=body.document_number,
            scan_sha256=body.scan_sha256,
            handed_out_on=body.handed_out_on,
            recorded_on=runtime.today(),
            handout_id=HandoutId(body.handout_id) if body.handout_id is not None else None,
        )
        return await office_command(runtime, request, principal, key, command, disaster_id=body.disaster_id)

    @router.post("/recipient-lists/{list_id}/rows", status_code=201, summary="Add rows to an open list")
    async def add_rows(
        request: Request, list_id: UuidText, body: RowsStated, principal: Requester, key: CommandKey
    ) -> Response:
        """A household nobody registered, or no household at all, is taken too: the goods are gone all the same."""
        await _find(runtime, list_id, principal)
        command = ListRecipients(RecipientListId(list_id), body.rows, runtime.today())
        return await office_command(runtime, request, principal, key, command)


def _add_closing(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/recipient-lists/{list_id}/posting", status_code=201, summary="Book what a list gave out")
    async def post_list(request: Request, list_id: UuidText, principal: Requester, key: CommandKey) -> Response:
        """All rows count, duplicates too: the goods left. Refused where more was given than is in custody."""
        found = await _find(runtime, list_id, principal)
        command = await _posting(runtime, list_id, found)
        return await office_command(runtime, request, principal, key, command, disaster_id=found["disaster_id"])

    @router.post("/recipient-lists/{list_id}/withdrawal", status_code=201, summary="Withdraw a list not posted")
    async def withdraw(
        request: Request, list_id: UuidText, body: Withdrawn, principal: Requester, key: CommandKey
    ) -> Response:
        await _find(runtime, list_id, principal)
        command = WithdrawList(RecipientListId(list_id), body.reason, runtime.today())
        return await office_command(runtime, request, principal, key, command)


async def _posting(runtime: Runtime, list_id: str, found: Mapping[str, Any]) -> PostList:
    seed, today = clock.new_id(), runtime.today()
    async with runtime.database.reading() as connection:
        if (handout_id := found.get("handout_id")) is not None:
            given = await queries.handed_out(connection, handout_id)
            return PostList(RecipientListId(list_id), (), seed, today, given)
        items, named = list(found["totals"]), found["lot_ids"]
        candidates = await queries.lots_in_custody(connection, found["place_id"], items, named)
        return PostList(RecipientListId(list_id), candidates, seed, today)


async def _find(runtime: Runtime, list_id: str, principal: Principal) -> Mapping[str, Any]:
    async with runtime.database.reading() as connection:
        found = await queries.list_by_id(connection, list_id)
    if found is None:
        raise NotFound
    principal.demand(AREA_SCOPE, found["area_code"])
    return found


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/recipient-lists", summary="List lists of recipients")
    async def list_lists(
        request: Request,
        asked: Asked,
        _: OfficeReader,
        place_id: Slug | None = None,
        distribution_id: UuidText | None = None,
        status: ListStatus | None = None,
    ) -> Response:
        condition = queries.matching(place_id, distribution_id, status)
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.lists(connection, condition, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/recipient-lists/{list_id}", summary="Show a list and how many of its rows are matched")
    async def show_list(list_id: UuidText, _: OfficeReader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.list_by_id(connection, list_id)
        if found is None:
            raise NotFound
        return found

    @router.get("/recipient-lists/{list_id}/rows", summary="Show a list's rows: matched, unknown or duplicate")
    async def show_rows(request: Request, list_id: UuidText, asked: Asked, _: OfficeReader) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.rows_of_list(connection, list_id, after=asked.key(int), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["row_no"],), as_of=as_of)

    @router.get("/custody/given-to-nobody", summary="List goods handed out that no list of recipients tells of")
    async def list_given_to_nobody(
        request: Request, asked: Asked, principal: Reader, place_id: Slug | None = None, overdue: bool | None = None
    ) -> Response:
        """Hand-outs whose report named no household, until a list is posted for them; due as goods in custody are."""
        place, today = place_of(principal) if principal.role == POST else place_id, runtime.today()
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.given_to_nobody(
                connection, place, today=today, overdue=overdue, after=asked.key(str, str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["source"], row["lot_id"]), as_of=as_of)

    @router.get("/custody", summary="List goods in custody that no list of recipients tells of yet")
    async def list_custody(
        request: Request,
        asked: Asked,
        principal: Reader,
        place_id: Slug | None = None,
        overdue: bool | None = None,
    ) -> Response:
        """Belum ada daftar penerima: due 14 days (assumed) after they came, until listed, returned or written off."""
        place = place_of(principal) if principal.role == POST else place_id
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.custody(
                connection,
                place,
                today=runtime.today(),
                overdue=overdue,
                after=asked.key(str, str, int),
                limit=asked.limit,
            )
        keys: Sequence[str] = ("place_id", "lot_id", "position")
        return page(request, asked, rows, lambda row: tuple(row[name] for name in keys), as_of=as_of)
