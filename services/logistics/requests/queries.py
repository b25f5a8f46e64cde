"""What is shown of requests, and what a plan is made from.

Owns the reads over requests and their fulfilment. Must not write.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.items.tables import item
from services.logistics.needs.tables import demand_area
from services.logistics.places.tables import place
from services.logistics.requests.candidates import Where
from services.logistics.requests.domain import Support
from services.logistics.requests.planner import Accepted, Wanted
from services.logistics.requests.tables import request, request_line, request_pick
from services.logistics.stock.tables import lot, reservation
from services.logistics.tables import below
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import OwnerId, PlaceId, RequestId
from shared.contracts.partners import AidedPeople
from shared.contracts.vocabulary import BaseUnit, PlaceKind, Urgency
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, json_row, rows_of

_LINES = TypeAdapter(tuple[ItemQuantity, ...])
_SUPPORTS = TypeAdapter(tuple[Support, ...])
_SHORT = sa.func.jsonb_array_length(request.c.short) > 0


async def requests(
    connection: AsyncConnection, asked: sa.ColumnElement[bool], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of requests and one row more, by id, each with how far its lines are, and the position they show."""
    rows = await rows_of(connection, sa.select(request).where(asked), [request.c.id], after=after, limit=limit)
    lines = await lines_of(connection, [row["id"] for row in rows])
    shown = [_shown(row, lines[row["id"]]) for row in rows]
    return shown, await as_of(connection)


def _shown(row: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    asked = row.get("lines", [])
    return {**row, "asked": asked, "lines": lines, "fulfilment": fulfilment_of(lines)}


def fulfilment_of(lines: Sequence[Mapping[str, Any]]) -> str:
    """How far a request is served, whatever was decided about it."""
    approved = [line for line in lines if line["approved"]]
    if not approved:
        return "none"
    if all(line["accepted"] >= line["approved"] for line in approved):
        return "received"
    if all(line["dispatched"] >= line["approved"] for line in approved):
        return "dispatched"
    if all(line["reserved"] + line["dispatched"] >= line["approved"] for line in approved):
        return "reserved"
    return "partly" if any(line["reserved"] + line["dispatched"] for line in approved) else "none"


def matching(disaster_id: str | None, area_code: str | None, *, short: bool | None) -> sa.ColumnElement[bool]:
    """The condition of a list of requests."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if disaster_id is not None:
        conditions.append(request.c.disaster_id == disaster_id)
    if area_code is not None:
        conditions.append(below(request.c.area_code, area_code))
    if short is not None:
        open_ = sa.and_(_SHORT, sa.not_(request.c.cancelled))
        conditions.append(open_ if short else sa.not_(open_))
    return sa.and_(*conditions)


def deciding(approval: str | None, addressed_to: str | None) -> sa.ColumnElement[bool]:
    """The condition of requests by where their decision stands, and whose it is."""
    asked = ((request.c.approval, approval), (request.c.addressed_to, addressed_to))
    return sa.and_(sa.true(), *(column == value for column, value in asked if value is not None))


def late(now: datetime, *, warning: bool, overdue: bool) -> sa.ColumnElement[bool]:
    """The condition of requests whose goods have not all arrived though the time is nearly up, or up."""
    waiting = sa.exists().where(
        request_line.c.request_id == request.c.id,
        request_line.c.requested - request_line.c.given_back > request_line.c.accepted,
    )
    open_ = sa.and_(sa.not_(request.c.cancelled), request.c.paused_at.is_(None), waiting)
    times = [sa.and_(request.c.warn_at <= now, request.c.due_at > now)] if warning else []
    times += [request.c.due_at <= now] if overdue else []
    return sa.and_(open_, sa.or_(*times))


async def lines_of(connection: AsyncConnection, request_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """How far the lines of these requests are."""
    query = sa.select(request_line).where(request_line.c.request_id == array(request_ids))
    query = query.order_by(request_line.c.request_id, request_line.c.item_code)
    found: dict[str, list[dict[str, Any]]] = {request_id: [] for request_id in request_ids}
    for row in (await connection.execute(query)).mappings():
        shown = {name: value for name, value in json_row(row).items() if name not in ("request_id", "demand_id")}
        found[row["request_id"]].append(shown)
    return found


async def request_by_id(connection: AsyncConnection, request_id: str) -> dict[str, Any] | None:
    """One request with its lines and what is reserved for it, or None if nobody opened it."""
    row = (await connection.execute(sa.select(request).where(request.c.id == request_id))).mappings().one_or_none()
    if row is None:
        return None
    kept = (
        sa.select(
            reservation.c.entry.label("reservation_id"),
            reservation.c.parent.label("lot_id"),
            lot.c.item_code,
            reservation.c.place_id,
            reservation.c.quantity,
            reservation.c.expires_on,
        )
        .select_from(reservation.join(lot, lot.c.id == reservation.c.parent))
        .where(reservation.c.request_id == request_id)
        .order_by(reservation.c.place_id, reservation.c.entry)
    )
    reserved = (await connection.execute(kept)).mappings().all()
    lines = await lines_of(connection, [request_id])
    shown = _shown(json_row(row), lines[request_id])
    picked = sa.select(request_pick).where(request_pick.c.request_id == request_id)
    picks = (await connection.execute(picked.order_by(request_pick.c.reservation_id))).mappings().all()
    return {
        **shown,
        "reservations": [json_row(one) for one in reserved],
        "picks": [json_row(one) for one in picks],
    }


async def wanted(connection: AsyncConnection, request_ids: Sequence[str]) -> list[Wanted]:
    """What these requests are short of; where the destination has no coordinates, those of its village count.

    Where a request does not say for how many persons it is, those counted in its area are meant.
    """
    village = sa.alias(place)
    to = sa.alias(place)
    of_village = sa.and_(
        village.c.area_code == request.c.area_code,
        village.c.latitude_e7.is_not(None),
        village.c.place_kind == "village",
    )
    of_area = sa.and_(
        demand_area.c.disaster_id == request.c.disaster_id, demand_area.c.area_code == request.c.area_code
    )
    query = (
        sa.select(
            request.c.id,
            request.c.addressed_to,
            request.c.to_place_id,
            request.c.area_code,
            request.c.lines,
            request.c.short,
            request.c.supports,
            request.c.people,
            request.c.urgency,
            request.c.due_at,
            sa.func.coalesce(to.c.area_code, request.c.area_code).label("to_area"),
            to.c.place_kind,
            sa.func.coalesce(to.c.latitude_e7, village.c.latitude_e7).label("latitude_e7"),
            sa.func.coalesce(to.c.longitude_e7, village.c.longitude_e7).label("longitude_e7"),
            sa.func.coalesce(request.c.person_count, demand_area.c.person_count).label("person_count"),
        )
        .select_from(
            request.outerjoin(to, to.c.id == request.c.to_place_id)
            .outerjoin(village, of_village)
            .outerjoin(demand_area, of_area)
        )
        .where(request.c.id == array(request_ids), request.c.due_at.is_not(None))
        .ext(distinct_on(request.c.id))
        .order_by(request.c.id, village.c.id)
    )
    return [_wanted(row) for row in await connection.execute(query)]


def _wanted(row: Any) -> Wanted:
    supports = (
        Accepted(one.support_id, one.of_owner_id, one.left)
        for one in _SUPPORTS.validate_python(row.supports)
        if one.left
    )
    return Wanted(
        request_id=RequestId(row.id),
        owner_id=OwnerId(row.addressed_to),
        short=_LINES.validate_python(row.short),
        to_place_id=PlaceId(row.to_place_id),
        where=Where(
            row.to_area,
            row.latitude_e7,
            row.longitude_e7,
            PlaceKind(row.place_kind) if row.place_kind is not None else None,
            tuple(AidedPeople(one) for one in row.people),
        ),
        urgency=Urgency(row.urgency),
        due_at=row.due_at,
        requested={line.item_code: line.quantity for line in _LINES.validate_python(row.lines)},
        person_count=row.person_count,
        supports=tuple(supports),
    )


async def items_of(connection: AsyncConnection, lot_ids: Sequence[str]) -> dict[str, str]:
    """What these lots are of; unknown ones are left out."""
    query = sa.select(lot.c.id, lot.c.item_code).where(lot.c.id == array(lot_ids))
    return {row.id: row.item_code for row in await connection.execute(query)}


async def unit_grams(connection: AsyncConnection, item_codes: Sequence[str]) -> dict[str, int]:
    """What a base unit of these items weighs: a gram, a millilitre of water, or what the item says, if it does."""
    weighed = item.c.base_unit.in_((BaseUnit.GRAM.value, BaseUnit.MILLILITRE.value))
    grams = sa.func.coalesce(item.c.unit_weight_g, sa.case((weighed, 1)))
    query = sa.select(item.c.id, grams.label("grams")).where(item.c.id == array(item_codes), grams.is_not(None))
    return {row.id: row.grams for row in await connection.execute(query)}


async def addressees_of(connection: AsyncConnection, request_ids: Sequence[str]) -> dict[str, str]:
    """Whom these requests are addressed to; unknown ones are left out."""
    query = sa.select(request.c.id, request.c.addressed_to).where(request.c.id == array(request_ids))
    return {row.id: row.addressed_to for row in await connection.execute(query)}


async def destination_of(connection: AsyncConnection, request_id: str) -> tuple[PlaceId, str] | None:
    """The place and the area a request's goods are for; None if nobody opened it."""
    query = sa.select(request.c.to_place_id, request.c.area_code).where(request.c.id == request_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else (PlaceId(row.to_place_id), row.area_code)


async def to_allocate(connection: AsyncConnection, disaster_id: str) -> list[str]:
    """The requests of a disaster, cancelled ones left out."""
    query = sa.select(request.c.id).where(request.c.disaster_id == disaster_id, sa.not_(request.c.cancelled))
    return list((await connection.execute(query.order_by(request.c.id))).scalars())


async def still_short(connection: AsyncConnection, request_ids: Sequence[str]) -> set[str]:
    """Which of these requests are open and short of something."""
    query = sa.select(request.c.id).where(request.c.id == array(request_ids), sa.not_(request.c.cancelled), _SHORT)
    return set((await connection.execute(query)).scalars())


async def areas_of(connection: AsyncConnection, request_ids: Sequence[str]) -> dict[str, sa.RowMapping]:
    """Area and lots of these requests, by id; unknown ones are left out."""
    query = sa.select(request.c.id, request.c.area_code, request.c.disaster_id, request.c.lot_ids)
    rows = (await connection.execute(query.where(request.c.id == array(request_ids)))).mappings()
    return {row["id"]: row for row in rows}


async def urgency_of(connection: AsyncConnection, request_id: str) -> Urgency | None:
    """How urgent a request is, or None if nobody opened it."""
    query = sa.select(request.c.urgency).where(request.c.id == request_id)
    found = (await connection.execute(query)).scalar_one_or_none()
    return None if found is None else Urgency(found)


async def needs_of(connection: AsyncConnection, request_ids: Sequence[str]) -> dict[str, Any]:
    """The stated needs these requests rest on, by id; those without one are left out."""
    query = sa.select(request.c.id, request.c.need).where(
        request.c.id == array(request_ids), request.c.need.is_not(None)
    )
    return {row.id: row.need for row in await connection.execute(query)}


async def known(connection: AsyncConnection, request_ids: Sequence[str]) -> set[str]:
    """Which of these ids are requests."""
    query = sa.select(request.c.id).where(request.c.id == array(request_ids))
    return set((await connection.execute(query)).scalars())


async def with_expired(connection: AsyncConnection, on: date) -> list[str]:
    """The requests that have something reserved past its day."""
    query = sa.select(reservation.c.request_id).where(reservation.c.expires_on < on).distinct()
    return sorted((await connection.execute(query)).scalars())
