"""The doors for counts: opened, recorded, submitted, approved, returned, cancelled, shown.

Owns request models and answers, and the look at the book a decision is made on. Must not decide anything.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from fastapi import APIRouter, Request, Response
from pydantic import Field, model_validator

from services.logistics.access import OWNER_SCOPE, PLACE_SCOPE, POST, demand_place, place_of
from services.logistics.counts import queries
from services.logistics.counts.deciding import ApproveCount, Reason, ReturnCount, SubmitCount, Survey
from services.logistics.counts.domain import CancelCount, OpenCount, RecordLines, count_unknown
from services.logistics.doors import Asked, Body, CommandKey, Reader, Storekeeper
from services.logistics.office import Desk, decide_planned
from services.logistics.stock.http import agree
from shared.contracts.counts import COUNT_LINES_MAX, RECORDED_LINES_MAX, CountedLot, CountPurpose, FoundLot
from shared.contracts.ids import ActorId, ActorText, CountId, ItemCode, LotId, PlaceId, Slug, UuidText
from shared.contracts.values import Count, Instant, QuantityOrNone
from shared.contracts.vocabulary import LossReason, SurplusReason
from shared.kit import clock
from shared.kit.access.persons import person_of
from shared.kit.access.roles import Principal
from shared.kit.decisions.types import Command
from shared.kit.errors import NotFound, Problem, ProblemError
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.http.reads import as_of as position_shown
from shared.kit.runtime import Runtime

# Assumed: an older device time is a lost clock and not a count that waited for a network.
ASSUMED_COUNT_WAITS = timedelta(days=30)


class CountStated(Body):
    """A count that begins. Without a position it holds for the place's last movement, without an instant for now."""

    count_id: UuidText = Field(default_factory=clock.new_id)
    place_id: Slug
    purpose: CountPurpose = CountPurpose.STOCKTAKE
    whole: bool = True
    as_of: Count | None = None
    device_at: Instant | None = None
    giver_id: ActorText | None = None
    taker_id: ActorText | None = None


class LineStated(Body):
    """How much of a lot was counted; goods no book knows have an item and an owner, and become a lot of their own."""

    lot_id: UuidText = Field(default_factory=clock.new_id)
    item_code: Slug | None = None
    counted: QuantityOrNone
    found: FoundLot | None = None

    @model_validator(mode="after")
    def _value_and_basis(self) -> Self:
        if self.found is not None:
            agree(self.found.unit_value_idr, self.found.value_basis)
        return self


class LinesStated(Body):
    """Some lines of a count. A lot recorded again replaces what was recorded of it before."""

    lines: tuple[LineStated, ...] = Field(min_length=1, max_length=RECORDED_LINES_MAX)


class ReasonStated(Body):
    """Why a lot differs from the book: a reason of surplus, or one of loss."""

    lot_id: UuidText
    surplus_reason: SurplusReason | None = None
    loss_reason: LossReason | None = None


class Submission(Body):
    """The reasons of all differences."""

    reasons: tuple[ReasonStated, ...] = Field(default=(), max_length=COUNT_LINES_MAX)


def counts_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/counts`."""
    router = APIRouter(prefix="/v1", tags=["counts"])
    _add_drafts(router, runtime)
    _add_decisions(router, runtime)
    _add_reads(router, runtime)
    return router


def _add_drafts(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/counts", status_code=201, summary="Begin to count a place (opname)")
    async def open_count(request: Request, body: CountStated, principal: Storekeeper, key: CommandKey) -> Response:
        principal.demand(PLACE_SCOPE, body.place_id)
        async with runtime.database.reading() as connection:
            head = await position_shown(connection)
            last = await queries.last_movement(connection, body.place_id)
        now = clock.now()
        command = OpenCount(
            count_id=CountId(body.count_id),
            place_id=PlaceId(body.place_id),
            purpose=body.purpose,
            whole=body.whole,
            as_of=last if body.as_of is None else body.as_of,
            head=head,
            counted_at=_counted_at(body.device_at, now),
            place_moved=last > 0,
            opened_by=person_of(principal),
            recorded_on=runtime.today(),
            device_at=body.device_at,
            giver_id=ActorId(body.giver_id) if body.giver_id is not None else None,
            taker_id=ActorId(body.taker_id) if body.taker_id is not None else None,
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/counts/{count_id}/lines", status_code=201, summary="Record what was counted")
    async def record(
        request: Request, count_id: UuidText, body: LinesStated, principal: Storekeeper, key: CommandKey
    ) -> Response:
        await _demand_count(runtime, principal, count_id)
        for line in body.lines:
            if line.found is not None:
                principal.demand(OWNER_SCOPE, line.found.owner_id)
        async with runtime.database.reading() as connection:
            items = await queries.items_of(connection, [line.lot_id for line in body.lines])
        command = RecordLines(
            count_id=CountId(count_id),
            lines=tuple(_line(line, items) for line in body.lines),
            recorded_by=person_of(principal),
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/counts/{count_id}/cancellation", status_code=201, summary="Give a count up")
    async def cancel(request: Request, count_id: UuidText, principal: Storekeeper, key: CommandKey) -> Response:
        await _demand_count(runtime, principal, count_id)
        command = CancelCount(CountId(count_id), person_of(principal), runtime.today())
        return await office_command(runtime, request, principal, key, command)


def _counted_at(device_at: datetime | None, now: datetime) -> datetime:
    """The instant a count holds for: the device's own, if it can be believed."""
    believed = device_at is not None and now - ASSUMED_COUNT_WAITS <= device_at <= now
    return device_at if device_at is not None and believed else now


def _line(stated: LineStated, items: Mapping[str, str]) -> CountedLot:
    item_code = stated.item_code or items.get(stated.lot_id)
    if item_code is None:
        raise ProblemError(
            Problem(
                slug="item-missing",
                status=422,
                detail="Goods that no book knows need the item they are of.",
                next_step="Name the item of each lot that was found.",
            )
        )
    return CountedLot(
        lot_id=LotId(stated.lot_id), item_code=ItemCode(item_code), counted=stated.counted, found=stated.found
    )


def _add_decisions(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/counts/{count_id}/submission", status_code=201, summary="Submit a count with its reasons")
    async def submit(
        request: Request, count_id: UuidText, body: Submission, principal: Storekeeper, key: CommandKey
    ) -> Response:
        """Without large differences it is in the books at once, else a second person decides."""
        reasons = {one.lot_id: Reason(one.surplus_reason, one.loss_reason) for one in body.reasons}
        person, today = person_of(principal), runtime.today()

        def command(found: Survey) -> Command:
            return SubmitCount(CountId(count_id), reasons, found, person, clock.new_id(), today)

        return await _decided(Desk(runtime, request, principal, key), count_id, command)

    @router.post("/counts/{count_id}/approval", status_code=201, summary="Take a count into the books")
    async def approve(request: Request, count_id: UuidText, principal: Storekeeper, key: CommandKey) -> Response:
        """By somebody who has not counted; of a handover by the signer who has not submitted it."""
        person, today = person_of(principal), runtime.today()

        def command(found: Survey) -> Command:
            return ApproveCount(CountId(count_id), found, person, clock.new_id(), today)

        return await _decided(Desk(runtime, request, principal, key), count_id, command)

    @router.post("/counts/{count_id}/return", status_code=201, summary="Have a count made again")
    async def send_back(request: Request, count_id: UuidText, principal: Storekeeper, key: CommandKey) -> Response:
        await _demand_count(runtime, principal, count_id)
        command = ReturnCount(CountId(count_id), person_of(principal), runtime.today())
        return await office_command(runtime, request, principal, key, command)


async def _decided(desk: Desk, count_id: str, command: Callable[[Survey], Command]) -> Response:
    """Decide on what the book says now; what others have overtaken is looked up again."""
    runtime = desk.runtime
    await _demand_count(runtime, desk.principal, count_id)

    async def planned(_: Sequence[str]) -> Mapping[str, Command]:
        async with runtime.database.reading() as connection:
            found = await queries.survey(connection, count_id, timezone=runtime.settings.timezone)
        if found is None:
            raise ProblemError(Problem.of_refusal(count_unknown()))
        return {count_id: command(found)}

    outcomes = await decide_planned(desk, [count_id], planned)
    return desk.answer(outcomes[count_id])


async def _demand_count(runtime: Runtime, principal: Principal, count_id: str) -> None:
    async with runtime.database.reading() as connection:
        found = await queries.count_by_id(connection, count_id)
    if found is None:
        raise ProblemError(Problem.of_refusal(count_unknown()))
    principal.demand(PLACE_SCOPE, found["place_id"])


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/counts", summary="List counts")
    async def list_counts(
        request: Request, asked: Asked, principal: Reader, place_id: Slug | None = None, still_open: bool | None = None
    ) -> Response:
        """A post sees those of its own place."""
        place_id = place_of(principal) if principal.role == POST else place_id
        async with runtime.database.reading() as connection:
            rows, shown = await queries.counts(
                connection, place_id, still_open=still_open, after=asked.key(str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["id"],), as_of=shown)

    @router.get("/counts/{count_id}", summary="Show a count beside the book it was made against")
    async def show_count(count_id: UuidText, principal: Reader) -> dict[str, Any]:
        """A line is what was counted, or what the book holds and nobody has counted yet; below: what moved since."""
        async with runtime.database.reading() as connection:
            found = await queries.shown(connection, count_id)
        if found is None:
            raise NotFound
        demand_place(principal, found["place_id"])
        return found
