"""What is shown of partners: their pledges, and to each its own statement.

Owns the reads over pledges, and over lots and hand-outs as far as a statement needs them. A statement tells areas and
numbers of households and never a person. Must not write.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.handouts.tables import lot_given, received
from services.logistics.kits.tables import kit_part
from services.logistics.partners.domain import Receipt
from services.logistics.partners.tables import partner, pledge
from services.logistics.places.domain import KITS, TRANSIT, account_kind
from services.logistics.places.tables import place
from services.logistics.stock.tables import balance, lot
from shared.contracts.partners import PledgedLine
from shared.contracts.vocabulary import PlaceKind
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, json_row, rows_of

_LINES = TypeAdapter(tuple[PledgedLine, ...])
_RECEIPTS = TypeAdapter(dict[str, Receipt])
_FIGURES = ("pledged", "cancelled", "received", "waiting", "stocked", "rejected")
# 62.06.01: a statement stops at the district, so that a number of one household is nobody's neighbour.
_DISTRICT_LENGTH = 8


async def partners(connection: AsyncConnection, *, after: Key | None, limit: int) -> tuple[list[dict[str, Any]], int]:
    """A page of partners and one row more, by name, with the position they show."""
    rows = await rows_of(connection, sa.select(partner), [partner.c.id], after=after, limit=limit)
    return rows, await as_of(connection)


async def pledges(
    connection: AsyncConnection, partner_id: str | None, *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of pledges and one row more, by id, with the position they show."""
    query = sa.select(pledge)
    if partner_id is not None:
        query = query.where(pledge.c.partner_id == partner_id)
    return await rows_of(connection, query, [pledge.c.id], after=after, limit=limit), await as_of(connection)


async def pledge_by_id(connection: AsyncConnection, pledge_id: str) -> dict[str, Any] | None:
    """One pledge with its receipts, or None if nobody wrote it down."""
    row = (await connection.execute(sa.select(pledge).where(pledge.c.id == pledge_id))).mappings().one_or_none()
    return None if row is None else json_row(row)


async def receipt_of(connection: AsyncConnection, pledge_id: str, receipt_id: str) -> Receipt | None:
    """One receipt of a pledge, or None if it is not written down."""
    found = await connection.scalar(sa.select(pledge.c.receipts).where(pledge.c.id == pledge_id))
    return _RECEIPTS.validate_python(found or {}).get(receipt_id)


async def statement(connection: AsyncConnection, partner_id: str) -> dict[str, Any] | None:
    """What a partner pledged, what became of it and where it went; None if nobody registered the partner."""
    if await connection.scalar(sa.select(partner.c.id).where(partner.c.id == partner_id)) is None:
        return None
    rows = (await connection.execute(_pledges_of(partner_id))).mappings().all()
    receipts = {row["id"]: _RECEIPTS.validate_python(row["receipts"]) for row in rows}
    lot_ids = [
        line.lot_id
        for of_pledge in receipts.values()
        for receipt in of_pledge.values()
        for line in receipt.inspected
        if line.lot_id is not None
    ]
    return {
        "partner_id": partner_id,
        "pledges": [_stated(row, receipts[row["id"]]) for row in rows],
        "where_it_is": await _where(connection, lot_ids),
        "where_it_went": await _went(connection, lot_ids),
        "as_of": await as_of(connection),
    }


def _pledges_of(partner_id: str) -> sa.Select[Any]:
    return sa.select(pledge).where(pledge.c.partner_id == partner_id).order_by(pledge.c.made_on, pledge.c.id)


def _stated(row: sa.RowMapping, receipts: Mapping[str, Receipt]) -> dict[str, Any]:
    figures: dict[str, dict[str, int]] = {}

    def add(item_code: str, name: str, quantity: int) -> None:
        figures.setdefault(item_code, dict.fromkeys(_FIGURES, 0))[name] += quantity

    for pledged in _LINES.validate_python(row["lines"]):
        add(pledged.item_code, "pledged", pledged.quantity)
    for given_up in _LINES.validate_python(row["cancelled"]):
        add(given_up.item_code, "cancelled", given_up.quantity)
    for receipt in receipts.values():
        for line in receipt.lines:
            add(line.item_code, "received", line.quantity)
            add(line.item_code, "waiting", 0 if receipt.inspected else line.quantity)
        for found in receipt.inspected:
            add(found.item_code, "stocked", found.accepted)
            add(found.item_code, "rejected", found.rejected)
    kept = ("id", "document_number", "made_on", "restriction", "cancellation_reason", "cancelled_on")
    return {
        **{name: value for name, value in json_row(row).items() if name in kept},
        "lines": [{"item_code": code, **of_item} for code, of_item in sorted(figures.items())],
        "receipt_documents": sorted(receipt.document_number for receipt in receipts.values()),
    }


def _shares(lot_ids: Sequence[str]) -> sa.Subquery:
    """The partner's lots and the kits built of them: in one unit of each, how much of which item is the partner's."""
    own = sa.select(lot.c.id.label("lot_id"), lot.c.item_code, sa.literal(1, sa.BigInteger).label("per_unit"))
    built = sa.select(kit_part.c.lot_id, kit_part.c.item_code, kit_part.c.quantity.label("per_unit"))
    return sa.union_all(
        own.where(lot.c.id == array(lot_ids)), built.where(kit_part.c.part_lot_id == array(lot_ids))
    ).subquery("share")


async def _where(connection: AsyncConnection, lot_ids: Sequence[str]) -> list[dict[str, Any]]:
    """By item and by kind of place or account, what is there now; goods in kits count by what is in them."""
    share = _shares(lot_ids)
    query = (
        sa.select(share.c.item_code, balance.c.entry, place.c.place_kind, balance.c.on_hand, share.c.per_unit)
        .select_from(
            share.join(balance, balance.c.parent == share.c.lot_id).outerjoin(place, place.c.id == balance.c.entry)
        )
        .where(balance.c.on_hand != 0, balance.c.entry != KITS)
    )
    sums: dict[tuple[str, str], int] = {}
    for row in await connection.execute(query):
        kind = account_kind(row.entry) or (PlaceKind.VEHICLE if row.entry == TRANSIT else row.place_kind)
        if kind is not PlaceKind.DONOR:
            key = (row.item_code, str(kind))
            sums[key] = sums.get(key, 0) + row.on_hand * row.per_unit
    return [{"item_code": code, "place_kind": kind, "quantity": total} for (code, kind), total in sorted(sums.items())]


async def _went(connection: AsyncConnection, lot_ids: Sequence[str]) -> list[dict[str, Any]]:
    """By district and item, what was handed out and to how many households."""
    share = _shares(lot_ids)
    district = sa.func.left(lot_given.c.area_code, _DISTRICT_LENGTH).label("area_code")
    given = (
        sa.select(
            district,
            share.c.item_code,
            sa.cast(sa.func.sum(lot_given.c.quantity * share.c.per_unit), sa.BigInteger).label("quantity"),
        )
        .select_from(share.join(lot_given, lot_given.c.lot_id == share.c.lot_id))
        .where(lot_given.c.quantity > 0)
        .group_by(district, share.c.item_code)
        .order_by(district, share.c.item_code)
    )
    same = sa.and_(received.c.source == lot_given.c.source, received.c.item_code == lot_given.c.item_code)
    reached = (
        sa.select(district, share.c.item_code, sa.func.count(received.c.household_id.distinct()).label("households"))
        .select_from(share.join(lot_given, lot_given.c.lot_id == share.c.lot_id).join(received, same))
        .where(lot_given.c.quantity > 0)
        .group_by(district, share.c.item_code)
    )
    counts = {(row.area_code, row.item_code): row.households for row in await connection.execute(reached)}
    return [
        {**json_row(row), "household_count": counts.get((row["area_code"], row["item_code"]), 0)}
        for row in (await connection.execute(given)).mappings()
    ]
