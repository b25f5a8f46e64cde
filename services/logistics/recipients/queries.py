"""What is shown of lists of recipients, and of goods in custody that no list tells of yet.

Owns these reads. What is in custody is read off the stock card: of what is there, the latest arrivals are what is
left. Must not write.
"""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.entitlements.tables import household, over_entitlement
from services.logistics.handouts.tables import lot_given
from services.logistics.places.tables import place
from services.logistics.recipients.domain import ASSUMED_LIST_DUE_DAYS, CUSTODY
from services.logistics.recipients.tables import list_row, recipient_list
from services.logistics.stock.tables import balance, lot, movement
from shared.contracts.ids import ItemCode, LotId
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, json_row, rows_of


async def lists(
    connection: AsyncConnection, asked: sa.ColumnElement[bool], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of lists, by id, and the position they show."""
    query = sa.select(recipient_list).where(asked)
    return await rows_of(connection, query, [recipient_list.c.id], after=after, limit=limit), await as_of(connection)


def matching(place_id: str | None, distribution_id: str | None, status: str | None) -> sa.ColumnElement[bool]:
    """The condition of a list of lists."""
    wanted = ((recipient_list.c.place_id, place_id), (recipient_list.c.distribution_id, distribution_id))
    conditions = [
        column == value for column, value in (*wanted, (recipient_list.c.status, status)) if value is not None
    ]
    return sa.and_(sa.true(), *conditions)


async def list_by_id(connection: AsyncConnection, list_id: str) -> dict[str, Any] | None:
    """One list with how many of its rows are matched, unknown and duplicate, or None."""
    row = (await connection.execute(sa.select(recipient_list).where(recipient_list.c.id == list_id))).mappings()
    found = row.one_or_none()
    if found is None:
        return None
    rows = _rows_of(list_id).subquery()
    counts = sa.select(rows.c.state, sa.func.count().label("count")).group_by(rows.c.state)
    states = {one.state: one.count for one in await connection.execute(counts)}
    return {**json_row(found), "rows": {state: states.get(state, 0) for state in ("matched", "unknown", "duplicate")}}


async def rows_of_list(
    connection: AsyncConnection, list_id: str, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of a list's rows in the order of the paper, each with what it is, and the position they show."""
    rows = _rows_of(list_id).subquery()
    found = await rows_of(connection, sa.select(rows), [rows.c.row_no], after=after, limit=limit)
    return found, await as_of(connection)


def _rows_of(list_id: str) -> sa.Select[Any]:
    """The rows of a list: the second of one household in a distribution is a duplicate, by whichever list it came."""
    earlier = list_row.alias("earlier")
    before = sa.and_(
        earlier.c.distribution_id == list_row.c.distribution_id,
        earlier.c.household_id == list_row.c.household_id,
        sa.tuple_(earlier.c.position, earlier.c.row_no) < sa.tuple_(list_row.c.position, list_row.c.row_no),
    )
    known = sa.exists().where(household.c.household_id == list_row.c.household_id)
    source = sa.case(
        (recipient_list.c.handout_id.is_(None), sa.literal("recipient_list/").concat(list_row.c.list_id)),
        else_=sa.literal("handout/").concat(recipient_list.c.handout_id),
    )
    over = sa.and_(
        over_entitlement.c.source == source,
        over_entitlement.c.household_id == list_row.c.household_id,
    )
    state = sa.case((sa.exists().where(before), "duplicate"), (known, "matched"), else_="unknown")
    shown = sa.select(
        list_row.c.row_no,
        list_row.c.household_id,
        list_row.c.lines,
        state.label("state"),
        sa.exists().where(over).label("over_entitlement"),
    )
    lists_ = list_row.join(recipient_list, recipient_list.c.id == list_row.c.list_id)
    return shown.select_from(lists_).where(list_row.c.list_id == list_id)


async def lots_in_custody(
    connection: AsyncConnection, place_id: str, item_codes: list[str], named: list[str]
) -> tuple[tuple[ItemCode, tuple[LotId, ...]], ...]:
    """The lots of these items in a place, first expiry first; those a list names, and no others, where it does."""
    query = (
        sa.select(lot.c.item_code, lot.c.id)
        .select_from(balance.join(lot, lot.c.id == balance.c.parent))
        .where(
            balance.c.entry == place_id, balance.c.on_hand > balance.c.reserved, lot.c.item_code == array(item_codes)
        )
        .order_by(sa.func.coalesce(lot.c.expires_on, date.max), lot.c.id)
    )
    if named:
        query = query.where(lot.c.id == array(named))
    found: dict[ItemCode, tuple[LotId, ...]] = {}
    for row in await connection.execute(query):
        found[ItemCode(row.item_code)] = (*found.get(ItemCode(row.item_code), ()), LotId(row.id))
    return tuple(found.items())


async def handed_out(connection: AsyncConnection, handout_id: str) -> tuple[tuple[ItemCode, int], ...]:
    """What a hand-out gave of each item."""
    query = (
        sa.select(lot_given.c.item_code, sa.cast(sa.func.sum(lot_given.c.quantity), sa.BigInteger).label("quantity"))
        .where(lot_given.c.source == f"handout/{handout_id}", lot_given.c.quantity > 0)
        .group_by(lot_given.c.item_code)
        .order_by(lot_given.c.item_code)
    )
    return tuple((ItemCode(row.item_code), row.quantity) for row in await connection.execute(query))


async def given_to_nobody(  # noqa: PLR0913 -- what is asked, from when, and which page
    connection: AsyncConnection,
    place_id: str | None,
    *,
    today: date,
    overdue: bool | None,
    after: Key | None,
    limit: int,
) -> tuple[list[dict[str, Any]], int]:
    """A page of goods that hand-outs gave without naming a household, and no list tells of, by hand-out and lot."""
    due_on = lot_given.c.given_on + ASSUMED_LIST_DUE_DAYS
    query = sa.select(lot_given, due_on.label("due_on"), (due_on < today).label("overdue")).where(
        lot_given.c.household_count == 0, lot_given.c.quantity > 0, lot_given.c.source.startswith("handout/")
    )
    if place_id is not None:
        query = query.where(lot_given.c.place_id == place_id)
    if overdue is not None:
        query = query.where((due_on < today) == overdue)
    keys = [lot_given.c.source, lot_given.c.lot_id]
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)


async def custody(  # noqa: PLR0913 -- what is asked, from when, and which page
    connection: AsyncConnection,
    place_id: str | None,
    *,
    today: date,
    overdue: bool | None,
    after: Key | None,
    limit: int,
) -> tuple[list[dict[str, Any]], int]:
    """A page of goods in custody without a list, by place, lot and arrival, and the position they show.

    What was given, returned, lost or destroyed is taken off the earliest arrival, so the rest is of the latest ones.
    """
    came = (
        sa.select(
            movement.c.position,
            movement.c.moved_on,
            movement.c.cause,
            movement.c.change,
            sa.func.sum(movement.c.change).over(order_by=movement.c.position.desc()).label("so_far"),
        )
        .where(movement.c.place_id == balance.c.entry, movement.c.lot_id == balance.c.parent, movement.c.change > 0)
        .correlate(balance)
        .lateral("came")
    )
    before = came.c.so_far - came.c.change
    due_on = came.c.moved_on + ASSUMED_LIST_DUE_DAYS
    query = (
        sa.select(
            balance.c.entry.label("place_id"),
            balance.c.parent.label("lot_id"),
            came.c.position,
            lot.c.item_code,
            sa.cast(sa.func.least(came.c.change, balance.c.on_hand - before), sa.BigInteger).label("quantity"),
            came.c.cause,
            came.c.moved_on.label("since"),
            due_on.label("due_on"),
            (due_on < today).label("overdue"),
        )
        .select_from(
            balance.join(place, place.c.id == balance.c.entry)
            .join(lot, lot.c.id == balance.c.parent)
            .join(came, before < balance.c.on_hand)
        )
        .where(place.c.place_kind == array(kind.value for kind in CUSTODY), balance.c.on_hand > 0)
    )
    if place_id is not None:
        query = query.where(balance.c.entry == place_id)
    if overdue is not None:
        last = today - timedelta(days=ASSUMED_LIST_DUE_DAYS)
        query = query.where(came.c.moved_on < last if overdue else came.c.moved_on >= last)
    if after is not None:  # the index serves where a page begins; the key alone lies in two tables
        query = query.where(sa.tuple_(balance.c.entry, balance.c.parent) >= sa.tuple_(*after[:2]))
    keys = [balance.c.entry, balance.c.parent, came.c.position]
    return await rows_of(connection, query, keys, after=after, limit=limit), await as_of(connection)
