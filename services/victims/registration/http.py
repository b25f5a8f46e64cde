"""The doors for registered households.

Owns the lists, which name nobody, and the one door to what the vault holds of a household. Must not decide anything.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.victims.access import AREA_SCOPE, POST, demand_post
from services.victims.doors import Asked, PersonalReader, Reader
from services.victims.opening import Groups, Purpose, demand_groups, reader_of
from services.victims.registration import queries
from services.victims.registration.personal import HouseholdOpened, open_household
from shared.contracts.ids import UuidText
from shared.contracts.values import AreaCode
from shared.kit.access.roles import Principal
from shared.kit.errors import NotFound
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


def chosen_households(
    disaster_id: UuidText, post_id: UuidText | None = None, area_code: AreaCode | None = None
) -> dict[str, str | None]:
    """The query that narrows a list of households: an area stands for everything below it too."""
    return {"disaster_id": disaster_id, "post_id": post_id, "area_code": area_code}


Chosen = Annotated[dict[str, str | None], Depends(chosen_households)]


def registration_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/households`."""
    router = APIRouter(prefix="/v1/households", tags=["households"])

    @router.get("", summary="List households of a disaster")
    async def list_households(request: Request, asked: Asked, principal: Reader, chosen: Chosen) -> Response:
        area_code = chosen["area_code"]
        if area_code is not None and principal.role != POST:
            principal.demand(AREA_SCOPE, area_code)
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.households(
                connection, principal, chosen, after=asked.key(str, str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["area_code"], row["id"]), as_of=as_of)

    @router.get("/{household_id}", summary="Show a household without saying who they are")
    async def show_household(household_id: UuidText, principal: Reader) -> queries.HouseholdShown:
        return await _household(runtime, principal, household_id)

    @router.get("/{household_id}/personal", summary="Open what the vault holds of a household")
    async def open_personal(
        household_id: UuidText,
        principal: PersonalReader,
        purpose: Purpose,
        group: Groups,
    ) -> HouseholdOpened:
        """Needs a purpose and leaves an access record for each subject."""
        demand_groups(principal, group)
        household = await _household(runtime, principal, household_id)
        async with runtime.database.transaction() as connection:
            opened = await open_household(
                connection, runtime.keys, household, groups=group, reader=reader_of(principal, purpose)
            )
        return opened

    return router


async def _household(runtime: Runtime, principal: Principal, household_id: str) -> queries.HouseholdShown:
    """A household the principal may see. Raises: NotFound, OutOfScope."""
    async with runtime.database.reading() as connection:
        found = await queries.household_by_id(connection, household_id)
    if found is None:
        raise NotFound
    demand_post(principal, post_id=found.post_id, area_code=found.area_code)
    return found
