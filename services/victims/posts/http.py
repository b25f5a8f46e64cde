"""The doors for posts and devices: enrolled and withdrawn by the office.

Owns request models and answers, and the numbers of a device's reports as shown. Must not decide anything.
"""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.victims import areas
from services.victims.access import AREA_SCOPE, POST, demand_post, post_of
from services.victims.doors import Asked, CommandKey, Coordinator, Reader
from services.victims.posts import queries
from services.victims.posts.domain import EnrolPost, WithdrawDevice
from services.victims.posts.enrolment import answer_with_token, enrolment
from shared.contracts.ids import DeviceId, DisasterId, PostId, UuidText
from shared.contracts.values import AreaCode
from shared.kit import clock
from shared.kit.access.roles import Principal
from shared.kit.decisions.types import Item
from shared.kit.errors import NotFound
from shared.kit.http.idempotency import request_key
from shared.kit.http.office import office_command
from shared.kit.http.origin import origin_of
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime

# Assumed: how long a device's token lasts unless the office says otherwise. A phase of tanggap darurat is two weeks
# as a rule and is extended; a token outlives one extension, and an expired one voids nothing.
ASSUMED_TOKEN_DAYS = 30
TOKEN_DAYS_MAX = 366


class PostEnrolment(BaseModel):
    """A post works for a disaster in an area and everything below it. Without an id one is given."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    post_id: UuidText = Field(default_factory=clock.new_id)
    disaster_id: UuidText
    area_code: AreaCode


class DeviceEnrolment(BaseModel):
    """A device may report for a post. Without an id one is given; with the id of an enrolled one, a new token is."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    device_id: UuidText = Field(default_factory=clock.new_id)
    valid_days: int = Field(default=ASSUMED_TOKEN_DAYS, ge=1, le=TOKEN_DAYS_MAX, strict=True)


def posts_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/posts` and `/v1/devices`."""
    router = APIRouter(prefix="/v1", tags=["posts"])
    _add_commands(router, runtime)
    _add_reads(router, runtime)
    return router


def _add_commands(router: APIRouter, runtime: Runtime) -> None:
    @router.post("/posts", status_code=201, summary="Enrol a post")
    async def enrol_post(request: Request, body: PostEnrolment, principal: Coordinator, key: CommandKey) -> Response:
        principal.demand(AREA_SCOPE, body.area_code)
        command = EnrolPost(
            post_id=PostId(body.post_id),
            disaster_id=DisasterId(body.disaster_id),
            area_code=body.area_code,
            recorded_on=runtime.today(),
            area_known=areas.is_known(body.area_code),
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/posts/{post_id}/devices", status_code=201, summary="Enrol a device and issue its token")
    async def enrol(
        request: Request, post_id: UuidText, body: DeviceEnrolment, principal: Coordinator, key: CommandKey
    ) -> Response:
        """The token is in this answer only; the same request again, under the same key, gives it again."""
        found = await _post(runtime, principal, post_id)
        item = Item(
            enrolment(PostId(post_id), DeviceId(body.device_id), body.valid_days),
            origin_of(principal, disaster_id=found.disaster_id),
            request_key(request, scope=principal.person_id, key=key, secret=runtime.fingerprint_secret),
        )
        return await answer_with_token(runtime, request, found, item)

    @router.post("/posts/{post_id}/devices/{device_id}/withdrawal", status_code=201, summary="Withdraw a device")
    async def withdraw(
        request: Request, post_id: UuidText, device_id: UuidText, principal: Coordinator, key: CommandKey
    ) -> Response:
        """What the device captured before is still accepted."""
        await _post(runtime, principal, post_id)
        command = WithdrawDevice(PostId(post_id), DeviceId(device_id), clock.now())
        return await office_command(runtime, request, principal, key, command)


def _add_reads(router: APIRouter, runtime: Runtime) -> None:
    @router.get("/posts", summary="List posts")
    async def list_posts(
        request: Request, asked: Asked, principal: Reader, disaster_id: UuidText | None = None
    ) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.posts(
                connection, principal, disaster_id, after=asked.key(str, str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["area_code"], row["id"]), as_of=as_of)

    @router.get("/posts/{post_id}", summary="Show a post and its devices")
    async def show_post(post_id: UuidText, principal: Reader) -> queries.PostShown:
        return await _post(runtime, principal, post_id)

    @router.get("/posts/{post_id}/gaps", summary="Show which numbered reports of a post's devices are missing")
    async def show_gaps(post_id: UuidText, principal: Reader) -> Sequence[queries.NumbersShown]:
        await _post(runtime, principal, post_id)
        async with runtime.database.reading() as connection:
            return await queries.gaps_of_post(connection, post_id)

    @router.get("/devices/{device_id}/numbers", summary="Show which numbered reports of a device have arrived")
    async def show_numbers(device_id: UuidText, principal: Reader) -> queries.NumbersShown:
        async with runtime.database.reading() as connection:
            found = await queries.numbers_of_device(connection, device_id)
        if found is None or (principal.role == POST and found.post_id != post_of(principal)):
            raise NotFound
        return found


async def _post(runtime: Runtime, principal: Principal, post_id: str) -> queries.PostShown:
    """A post the principal may see. Raises: NotFound, OutOfScope."""
    async with runtime.database.reading() as connection:
        found = await queries.post_by_id(connection, post_id)
    if found is None:
        raise NotFound
    demand_post(principal, post_id=found.id, area_code=found.area_code)
    return found
