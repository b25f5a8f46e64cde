"""What is shown of posts, their devices and the numbers of their reports.

Owns the reads over their tables. Must not write.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.victims.access import visible
from services.victims.posts.tables import device_numbers, post, post_device
from services.victims.reads import by_area
from shared.kit.access.roles import Principal
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, json_row

# A page of gaps: a device that lost its count could otherwise leave millions.
MOST_RANGES = 200


class PeriodShown(BaseModel):
    """A stretch of server time in which a device was enrolled."""

    enrolled_at: datetime
    withdrawn_at: datetime | None = None


class DeviceShown(BaseModel):
    """An enrolled or withdrawn device of a post. The token itself is shown once, when it is issued."""

    device_id: str
    token_id: str
    valid_until_at: datetime
    periods: tuple[PeriodShown, ...]


class PostShown(BaseModel):
    """A post with its devices."""

    id: str
    version: int
    disaster_id: str
    area_code: str
    enrolled_on: date
    devices: tuple[DeviceShown, ...]


class NumberRange(BaseModel):
    """Numbers from `first` to `last`, both included."""

    first: int
    last: int


class NumbersShown(BaseModel):
    """Which of a device's numbered reports have arrived.

    `missing` lies between 1 and the highest number received; `reports` above the numbers received means that a
    number was used twice. At most 200 ranges of each are shown, `complete` says whether that is all.
    """

    device_id: str
    post_id: str
    received: tuple[NumberRange, ...]
    missing: tuple[NumberRange, ...]
    missing_count: int
    highest: int
    reports: int
    used_twice: int
    complete: bool
    as_of: int


async def post_by_id(connection: AsyncConnection, post_id: str) -> PostShown | None:
    """One post with its devices, or None if nobody enrolled it."""
    row = (await connection.execute(sa.select(post).where(post.c.id == post_id))).mappings().one_or_none()
    if row is None:
        return None
    of_post = sa.select(post_device).where(post_device.c.parent == post_id).order_by(post_device.c.entry)
    devices = tuple(
        DeviceShown(
            device_id=device.entry,
            token_id=device.token_id,
            valid_until_at=device.valid_until_at,
            periods=tuple(PeriodShown.model_validate(period) for period in device.periods),
        )
        for device in await connection.execute(of_post)
    )
    return PostShown(**row, devices=devices)


async def posts(
    connection: AsyncConnection, principal: Principal, disaster_id: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of the posts a principal may see and one row more, by area, with the position they show."""
    query = by_area(post, after, limit).where(visible(principal, post, post.c.id))
    if disaster_id is not None:
        query = query.where(post.c.disaster_id == disaster_id)
    rows = [json_row(row) for row in (await connection.execute(query)).mappings()]
    return rows, await as_of(connection)


async def numbers_of_device(connection: AsyncConnection, device_id: str) -> NumbersShown | None:
    """The numbers of one device, or None if no report of it was logged."""
    row = (await connection.execute(_numbers(device_numbers.c.device_id == device_id))).one_or_none()
    return None if row is None else _shown(row, await as_of(connection))


async def gaps_of_post(connection: AsyncConnection, post_id: str) -> list[NumbersShown]:
    """The numbers of every device that reported last for a post or is enrolled there."""
    enrolled = sa.select(post_device.c.entry).where(post_device.c.parent == post_id)
    of_post = sa.or_(device_numbers.c.post_id == post_id, device_numbers.c.device_id.in_(enrolled))
    position = await as_of(connection)
    query = _numbers(of_post).order_by(device_numbers.c.device_id)
    return [_shown(row, position) for row in await connection.execute(query)]


def _numbers(which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    received = device_numbers.c.received
    highest = sa.func.upper(received) - 1
    whole = sa.func.int8multirange(sa.func.int8range(1, sa.func.upper(received)))
    return sa.select(
        device_numbers.c.device_id,
        device_numbers.c.post_id,
        device_numbers.c.reports,
        highest.label("highest"),
        _ranges(received).label("received"),
        _ranges(whole.op("-")(received)).label("missing"),
        _count(received).label("received_count"),
    ).where(which)


def _ranges(multirange: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    """The first ranges of a multirange as `[[first, last], ...]`, one more than is shown."""
    one = sa.func.unnest(multirange).table_valued(sa.column("r")).render_derived()
    first = sa.select(one.c.r).order_by(one.c.r).limit(MOST_RANGES + 1).subquery()
    pair = sa.func.jsonb_build_array(sa.func.lower(first.c.r), sa.func.upper(first.c.r) - 1)
    empty = sa.text("'[]'::jsonb")
    return sa.select(sa.func.coalesce(sa.func.jsonb_agg(pair), empty)).scalar_subquery()


def _count(multirange: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    one = sa.func.unnest(multirange).table_valued(sa.column("r")).render_derived()
    return sa.select(sa.func.sum(sa.func.upper(one.c.r) - sa.func.lower(one.c.r))).scalar_subquery()


def _shown(row: sa.Row[Any], position: int) -> NumbersShown:
    received_count = int(row.received_count)
    return NumbersShown(
        device_id=row.device_id,
        post_id=row.post_id,
        received=_shown_ranges(row.received),
        missing=_shown_ranges(row.missing),
        missing_count=row.highest - received_count,
        highest=row.highest,
        reports=row.reports,
        used_twice=row.reports - received_count,
        complete=max(len(row.received), len(row.missing)) <= MOST_RANGES,
        as_of=position,
    )


def _shown_ranges(pairs: Sequence[Sequence[int]]) -> tuple[NumberRange, ...]:
    return tuple(NumberRange(first=first, last=last) for first, last in pairs[:MOST_RANGES])
