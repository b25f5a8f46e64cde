"""The doors for ration profiles.

Owns request models and answers. Must not decide anything.
"""

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.logistics.doors import Asked, Body, CommandKey, Coordinator, Reader
from services.logistics.office import Desk, together
from services.logistics.rations import queries
from services.logistics.rations.domain import ChooseProfile, SetProfile, norm_commands
from services.logistics.rations.norms import ASSUMED_NEED_DAYS
from shared.contracts.field import LINES_MAX
from shared.contracts.ids import ProfileId, Slug
from shared.contracts.logistics import RationLine
from shared.contracts.values import Boolean, Citation, Days, LegalDate
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class ProfileStated(Body):
    """What a household is due, with the norm it rests on; `assumed` marks figures nobody has verified,
    `days` is for how long needs are planned by it."""

    profile_id: Slug
    legal_basis: Citation
    source_note: Citation
    assumed: Boolean
    days: Days = ASSUMED_NEED_DAYS
    valid_from: LegalDate
    lines: tuple[RationLine, ...] = Field(min_length=1, max_length=LINES_MAX)


def rations_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/ration-profiles`."""
    router = APIRouter(prefix="/v1", tags=["rations"])

    @router.post("/ration-profiles", status_code=201, summary="Set a ration profile")
    async def set_profile(request: Request, body: ProfileStated, principal: Coordinator, key: CommandKey) -> Response:
        command = SetProfile(
            profile_id=ProfileId(body.profile_id),
            legal_basis=body.legal_basis,
            source_note=body.source_note,
            assumed=body.assumed,
            days=body.days,
            valid_from=body.valid_from,
            lines=body.lines,
            recorded_on=runtime.today(),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/ration-profiles:seed-norms", status_code=201, summary="Set the norms of BNPB and Sphere")
    async def seed_norms(request: Request, principal: Coordinator, key: CommandKey) -> Response:
        """Their items must be in the catalogue."""
        desk = Desk(runtime, request, principal, key)
        items = [desk.item(command.profile_id, command) for command in norm_commands(runtime.today())]
        return desk.answer(together(await runtime.decisions.submit_all(items)))

    @router.post(
        "/ration-profiles/{profile_id}/choice", status_code=201, summary="Derive needs by this profile from now on"
    )
    async def choose(request: Request, profile_id: Slug, principal: Coordinator, key: CommandKey) -> Response:
        """Needs recorded before stay as they were."""
        command = ChooseProfile(ProfileId(profile_id), runtime.today())
        return await office_command(runtime, request, principal, key, command)

    @router.get("/ration-profiles", summary="List ration profiles; the one named default is in force")
    async def list_profiles(request: Request, asked: Asked, _: Reader) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.profiles(connection, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    return router
