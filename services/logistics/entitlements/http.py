"""The doors for families, what they are due, and planned distributions.

Owns request models and answers, and the plan that is made again when others were faster. Must not decide anything.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.logistics.access import AREA_SCOPE
from services.logistics.doors import Asked, Body, CommandKey, OfficeReader, Requester
from services.logistics.entitlements import queries
from services.logistics.entitlements.domain import LinkHouseholds, UnlinkHouseholds
from services.logistics.entitlements.plans import (
    CancelDistribution,
    PlanDistribution,
    PlannedHousehold,
)
from services.logistics.office import Desk, decide_planned
from services.logistics.rations.norms import ASSUMED_NEED_DAYS
from shared.contracts.distribution import ROW_LINES_MAX, LinkReason, UnlinkReason, WithdrawalReason
from shared.contracts.field import HOUSEHOLDS_MAX
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import DisasterId, DistributionId, HouseholdId, PlaceId, Slug, UuidText
from shared.contracts.values import AreaCode, Days, LegalDate
from shared.kit import clock
from shared.kit.decisions.types import Command
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class Linked(Body):
    """Two households that are one family."""

    household_id: UuidText
    other_household_id: UuidText
    reason: LinkReason


class Unlinked(Body):
    """Two households that are not one family."""

    household_id: UuidText
    other_household_id: UuidText
    reason: UnlinkReason


class PlannedRow(Body):
    """What one household is to get."""

    household_id: UuidText
    lines: tuple[ItemQuantity, ...] = Field(min_length=1, max_length=ROW_LINES_MAX)


class PlanStated(Body):
    """A distribution to hold: who gets what, out of a place's custody, for so many days. Without an id one is given."""

    distribution_id: UuidText = Field(default_factory=clock.new_id)
    disaster_id: UuidText
    place_id: Slug
    area_code: AreaCode
    days: Days = ASSUMED_NEED_DAYS
    planned_for: LegalDate | None = None
    households: tuple[PlannedRow, ...] = Field(min_length=1, max_length=HOUSEHOLDS_MAX)


class Cancelled(Body):
    """Why a distribution is not held."""

    reason: WithdrawalReason


def entitlements_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/families`, `/v1/entitlements` and `/v1/distribution-plans`."""
    router = APIRouter(prefix="/v1", tags=["entitlements"])
    _add_links(router, runtime)
    _add_entitlements(router, runtime)
    _add_plans(router, runtime)
    return router


def _add_links(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/families:link", status_code=201, summary="Say that two households are one family")
    async def link(request: Request, body: Linked, principal: Requester, key: CommandKey) -> Response:
        """Both keep what they got; what is due to them is counted together from now on."""
        command = LinkHouseholds(
            HouseholdId(body.household_id), HouseholdId(body.other_household_id), body.reason, runtime.today()
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/families:unlink", status_code=201, summary="Say that two households are not one family")
    async def unlink(request: Request, body: Unlinked, principal: Requester, key: CommandKey) -> Response:
        """Holds also where they were taken for one because the same person is registered in both."""
        command = UnlinkHouseholds(
            HouseholdId(body.household_id), HouseholdId(body.other_household_id), body.reason, runtime.today()
        )
        return await office_command(runtime, request, principal, key, command)


def _add_entitlements(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/entitlements/{household_id}", summary="Show what a household's family is due and what it got")
    async def show_entitlement(
        household_id: UuidText,
        _: OfficeReader,
        on: LegalDate | None = None,
        days: Annotated[int | None, Query(ge=1, le=3650, description="those of the norm if nothing is said")] = None,
    ) -> dict[str, Any]:
        today = runtime.today()
        async with runtime.database.reading() as connection:
            found = await queries.entitlement_of(connection, household_id, on=on or today, today=today, days=days)
        if found is None:
            raise NotFound
        return found

    @router.get("/over-entitlements", summary="List what households got beyond what their families were due")
    async def list_over(
        request: Request, asked: Asked, _: OfficeReader, disaster_id: UuidText | None = None
    ) -> Response:
        """As families are linked now: linking and unlinking changes this list, and nothing else."""
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.over_entitlements(
                connection, disaster_id, after=asked.key(str, str, str), limit=asked.limit
            )
        return page(
            request, asked, rows, lambda row: (row["source"], row["household_id"], row["item_code"]), as_of=as_of
        )


def _add_plans(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/distribution-plans", status_code=201, summary="Plan who gets what, within what families are due")
    async def plan(request: Request, body: PlanStated, principal: Requester, key: CommandKey) -> Response:
        """Refused as a whole where a family would get more than it is still due, with what it may still get."""
        principal.demand(AREA_SCOPE, body.area_code)
        desk = Desk(runtime, request, principal, key)

        async def planned(_: Sequence[str]) -> Mapping[str, Command]:
            return {body.distribution_id: await _plan(runtime, body)}

        outcomes = await decide_planned(desk, [body.distribution_id], planned)
        return desk.answer(outcomes[body.distribution_id])

    @router.post("/distribution-plans/{distribution_id}/cancellation", status_code=201, summary="Cancel a plan")
    async def cancel(
        request: Request, distribution_id: UuidText, body: Cancelled, principal: Requester, key: CommandKey
    ) -> Response:
        async with runtime.database.reading() as connection:
            found = await queries.distribution_by_id(connection, distribution_id)
        if found is None:
            raise NotFound
        principal.demand(AREA_SCOPE, found["area_code"])
        command = CancelDistribution(DistributionId(distribution_id), body.reason, runtime.today())
        return await office_command(runtime, request, principal, key, command)

    @router.get("/distribution-plans", summary="List planned distributions")
    async def list_plans(
        request: Request, asked: Asked, _: OfficeReader, disaster_id: UuidText | None = None
    ) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.distributions(connection, disaster_id, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/distribution-plans/{distribution_id}", summary="Show a plan and the rations still to be given")
    async def show_plan(distribution_id: UuidText, _: OfficeReader) -> dict[str, Any]:
        async with runtime.database.reading() as connection:
            found = await queries.distribution_by_id(connection, distribution_id)
        if found is None:
            raise NotFound
        return found


async def _plan(runtime: Runtime, body: PlanStated) -> PlanDistribution:
    today = runtime.today()
    planned_for = body.planned_for or today
    async with runtime.database.reading() as connection:
        families = await queries.families_to_plan(
            connection,
            [one.household_id for one in body.households],
            on=planned_for,
            today=today,
            days=body.days,
        )
    return PlanDistribution(
        distribution_id=DistributionId(body.distribution_id),
        disaster_id=DisasterId(body.disaster_id),
        place_id=PlaceId(body.place_id),
        area_code=body.area_code,
        days=body.days,
        planned_for=planned_for,
        households=tuple(
            PlannedHousehold(HouseholdId(one.household_id), one.lines, families.get(one.household_id))
            for one in body.households
        ),
        recorded_on=today,
    )
