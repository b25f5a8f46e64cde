"""Parked entries over HTTP, for operators: what is set aside, why, and the order to try again.

Owns the routes under `/v1/parked`. A listing holds no content of an event; the bytes stay in the database.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from shared.kit.access.roles import require
from shared.kit.errors import DomainError, NotFound
from shared.kit.streams.parked import NotParked, Parked, list_parked, show_parked
from shared.kit.streams.redrive import Redrive

if TYPE_CHECKING:
    from shared.kit.runtime import Runtime

READERS = ("operator", "auditor")
PAGE_ROWS = 200
_BIGINT_MAX = 2**63 - 1

Number = Annotated[int, Path(ge=1, le=_BIGINT_MAX)]
Partition = Annotated[int, Path(ge=0, le=32_767)]


class StillParked(DomainError):
    """The entry was tried again and is still refused."""

    slug = "still-parked"
    status = 409
    detail = "The entry %(number)s of partition %(partition)s was tried again and set aside: %(reason)s."
    next_step = "Mend what the reason names, then try again; nothing later of the same subject has overtaken it."


class RedriveAsked(BaseModel):
    """Which parked entries to try again: one with all of its subject, or a whole subject."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    source: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    subject: str | None = Field(default=None, max_length=200)
    partition: int | None = Field(default=None, ge=0, le=32_767)
    number: int | None = Field(default=None, ge=1, le=_BIGINT_MAX)


class RedriveTarget(DomainError):
    """The order names neither one entry nor one subject."""

    slug = "redrive-target-missing"
    status = 422
    detail = "The order names neither a subject nor an entry by partition and number."
    next_step = "Name the subject, or the partition and the number."


def parked_router(runtime: "Runtime") -> APIRouter:
    """The routes of a service's parked entries."""
    router = APIRouter(prefix="/v1/parked", tags=["operation"])

    @router.get("", dependencies=[Depends(require(*READERS))])
    async def parked_entries(
        source: Annotated[str | None, Query(max_length=32)] = None,
        after: Annotated[str | None, Query(max_length=80, pattern=r"^[a-z][a-z0-9_]*:\d{1,5}:\d{1,18}$")] = None,
    ) -> Response:
        """Up to 200 parked entries: {parked: […], next}."""
        async with runtime.database.reading() as connection:
            rows = await list_parked(connection, source=source, after=_place(after), limit=PAGE_ROWS)
        last = rows[-1] if len(rows) == PAGE_ROWS else None
        following = f"{last.source}:{last.partition}:{last.number}" if last else None
        return _json({"parked": [_members(row) for row in rows], "next": following})

    @router.get("/{source}/{partition}/{number}", dependencies=[Depends(require(*READERS))])
    async def parked_entry(source: str, partition: Partition, number: Number) -> Response:
        """One parked entry."""
        try:
            async with runtime.database.reading() as connection:
                return _json(_members(await show_parked(connection, source, partition, number)))
        except NotParked as error:
            raise NotFound from error

    @router.post("/redrive", dependencies=[Depends(require("operator"))])
    async def redrive(asked: RedriveAsked) -> Response:
        """Try parked entries again, in order; stops at the first that is still refused."""
        try:
            done = await _redrive(runtime.redrive(), asked)
        except NotParked as error:
            raise NotFound from error
        if done.stopped_at is not None and not done.applied:
            at = done.stopped_at
            raise StillParked(partition=at.partition, number=at.number, reason=at.reason)
        stopped = _members(done.stopped_at) if done.stopped_at is not None else None
        return _json({"applied": [list(place) for place in done.applied], "stopped_at": stopped})

    return router


async def _redrive(redrive: Redrive, asked: RedriveAsked) -> Any:
    if asked.subject is not None:
        return await redrive.redrive_subject(asked.source, asked.subject)
    if asked.partition is not None and asked.number is not None:
        return await redrive.redrive_entry(asked.source, asked.partition, asked.number)
    raise RedriveTarget


def _place(after: str | None) -> tuple[str, int, int] | None:
    if after is None:
        return None
    source, partition, number = after.split(":")
    return source, int(partition), int(number)


def _members(row: Parked) -> dict[str, Any]:
    members = {
        "source": row.source,
        "partition": row.partition,
        "number": row.number,
        "subject": row.subject,
        "type": row.type,
        "event_id": row.event_id,
        "reason": row.reason,
        "attempts": row.attempts,
        "parked_at": row.parked_at,
    }
    return {name: value for name, value in members.items() if value is not None}


def _json(content: Any, status: Literal[200] = 200) -> Response:
    return Response(orjson.dumps(content), status_code=status, media_type="application/json")
