"""The doors for disasters: declared and carried on by the office, read by everybody with a role.

Owns request models and answers. Must not decide anything.
"""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.victims import areas
from services.victims.access import AREA_SCOPE
from services.victims.disasters import queries
from services.victims.disasters.domain import ChangePhase, DeclareDisaster, Decree
from services.victims.doors import Asked, CommandKey, Coordinator, Reader
from shared.contracts.ids import DisasterId, UuidText
from shared.contracts.values import AreaCode, DocumentNumber, LegalDate
from shared.contracts.victims import AREAS_MAX
from shared.contracts.vocabulary import DisasterPhase, HazardKind
from shared.kit import clock
from shared.kit.access.roles import Principal
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class DecreeStated(BaseModel):
    """What a decree says of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    phase: DisasterPhase
    decree_number: DocumentNumber
    decree_date: LegalDate
    valid_from: LegalDate
    valid_until: LegalDate | None = None

    @property
    def decree(self) -> Decree:
        """The decree in the words of the domain."""
        return Decree(self.decree_number, self.decree_date, self.valid_from, self.valid_until)


class Declaration(DecreeStated):
    """A decree that declares a disaster. Without an id one is given."""

    disaster_id: UuidText = Field(default_factory=clock.new_id)
    hazard: HazardKind
    area_codes: tuple[AreaCode, ...] = Field(min_length=1, max_length=AREAS_MAX)


def disasters_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/disasters`."""
    router = APIRouter(prefix="/v1/disasters", tags=["disasters"])

    @router.post("", status_code=201, summary="Declare a disaster")
    async def declare(
        request: Request,
        body: Declaration,
        principal: Coordinator,
        key: CommandKey,
    ) -> Response:
        for area_code in body.area_codes:
            principal.demand(AREA_SCOPE, area_code)
        command = DeclareDisaster(
            disaster_id=DisasterId(body.disaster_id),
            hazard=body.hazard,
            area_codes=body.area_codes,
            phase=body.phase,
            decree=body.decree,
            recorded_on=runtime.today(),
            unknown_area_codes=areas.unknown_among(body.area_codes),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post(
        "/{disaster_id}/phases", status_code=201, summary="Open the next phase, extend the present one, or end"
    )
    async def change_phase(
        request: Request,
        body: DecreeStated,
        disaster_id: UuidText,
        principal: Coordinator,
        key: CommandKey,
    ) -> Response:
        await _demand_areas(runtime, principal, disaster_id)
        command = ChangePhase(DisasterId(disaster_id), body.phase, body.decree, runtime.today())
        return await office_command(runtime, request, principal, key, command)

    @router.get("", summary="List disasters")
    async def list_disasters(
        request: Request,
        asked: Asked,
        _: Reader,
    ) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.disasters(connection, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/{disaster_id}", summary="Show a disaster")
    async def show_disaster(disaster_id: UuidText, _: Reader) -> queries.DisasterShown:
        async with runtime.database.reading() as connection:
            found = await queries.disaster_by_id(connection, disaster_id)
        if found is None:
            raise NotFound
        return found

    return router


async def _demand_areas(runtime: Runtime, principal: Principal, disaster_id: str) -> None:
    """Only who is responsible for all of its areas carries a disaster on; of an unknown one the domain tells."""
    async with runtime.database.reading() as connection:
        found = await queries.disaster_by_id(connection, disaster_id)
    for area_code in found.area_codes if found is not None else ():
        principal.demand(AREA_SCOPE, area_code)
