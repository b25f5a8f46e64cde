"""What a letter about a subject tells: read from the subject as it stands now.

Owns these reads. Once the letter is issued its figures stand in its event and change no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.counts.tables import count, count_line
from services.logistics.documents.domain import Figures
from services.logistics.items.tables import item
from services.logistics.requests.tables import request
from services.logistics.shipments.queries import shipment_by_id
from services.logistics.shipments.tables import goods_return, handover
from shared.contracts.documents import DocumentKind, DocumentLine
from shared.contracts.ids import ItemCode, LotId, PlaceId
from shared.contracts.vocabulary import BaseUnit
from shared.kit.decisions.types import Ref
from shared.kit.http.reads import array, json_row

# A letter of these kinds tells what a count found; the others what was sent.
_TELL_OF_COUNTS = frozenset({DocumentKind.BAST, DocumentKind.BA_PEMERIKSAAN, DocumentKind.DAFTAR_PENERIMA})


async def figures_of(connection: AsyncConnection, subject: Ref, kind: DocumentKind) -> Figures | None:
    """The figures of a request, shipment, return, hand-over or count; None where the subject is not found here."""
    match subject.kind:
        case "shipment":
            found = await shipment_by_id(connection, subject.id)
            return None if found is None else _of_shipment(found, kind)
        case "request":
            row = await _row(connection, request, subject.id)
            return None if row is None else Figures(_lines(row["lines"]), to_place_id=PlaceId(row["to_place_id"]))
        case "return":
            row = await _row(connection, goods_return, subject.id)
            return None if row is None else _of_move(row, row["at_place_id"])
        case "handover":
            row = await _row(connection, handover, subject.id)
            return None if row is None else _of_move(row, row["to_place_id"])
        case "count":
            return await _of_count(connection, subject.id)
    return None


async def units_of(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, BaseUnit]:
    """The unit each item is counted in."""
    query = sa.select(item.c.id, item.c.base_unit).where(item.c.id == array(codes))
    return {row.id: BaseUnit(row.base_unit) for row in await connection.execute(query)}


def with_units(lines: Sequence[DocumentLine], units: Mapping[str, BaseUnit]) -> tuple[DocumentLine, ...]:
    """Lines with the units of their items."""
    return tuple(line.model_copy(update={"base_unit": units.get(line.item_code)}) for line in lines)


async def _row(connection: AsyncConnection, table: sa.Table, id_: str) -> dict[str, Any] | None:
    row = (await connection.execute(sa.select(table).where(table.c.id == id_))).mappings().one_or_none()
    return None if row is None else json_row(row)


def _of_shipment(found: Mapping[str, Any], kind: DocumentKind) -> Figures | None:
    """What is picked or loaded, or what came of it."""
    if "from_place_id" not in found:
        return None
    arrived = kind in _TELL_OF_COUNTS
    lines = [
        DocumentLine(
            item_code=ItemCode(line["item_code"]),
            lot_id=LotId(line["lot_id"]),
            quantity=line["accepted"] if arrived else line["dispatched"],
            missing=line["missing"] if arrived else 0,
            damaged=line["damaged"] if arrived else 0,
        )
        for line in found["lines"]
        if arrived or line["dispatched"]
    ]
    return Figures(
        tuple(lines) or _lines(found["picked"]),
        from_place_id=PlaceId(found["from_place_id"]),
        vehicle_place_id=_place(found.get("vehicle_place_id")),
        to_place_id=_place(found.get("received_at_place_id") if arrived else found.get("to_place_id")),
    )


async def _of_count(connection: AsyncConnection, count_id: str) -> Figures | None:
    """What was found of each lot, and how much less that is than the book says."""
    counted = await _row(connection, count, count_id)
    if counted is None:
        return None
    query = sa.select(count_line).where(count_line.c.parent == count_id).order_by(count_line.c.entry)
    lines = tuple(
        DocumentLine(
            item_code=ItemCode(row.item_code),
            lot_id=LotId(row.entry),
            quantity=row.counted,
            missing=max(0, (row.book if row.book is not None else 0) - row.counted),
        )
        for row in await connection.execute(query)
    )
    return Figures(lines, from_place_id=PlaceId(counted["place_id"]))


def _of_move(row: Mapping[str, Any], to_place_id: str) -> Figures:
    return Figures(_lines(row["lines"]), from_place_id=PlaceId(row["from_place_id"]), to_place_id=PlaceId(to_place_id))


def _lines(rows: Sequence[Mapping[str, Any]]) -> tuple[DocumentLine, ...]:
    return tuple(
        DocumentLine(
            item_code=ItemCode(row["item_code"]),
            lot_id=LotId(row["lot_id"]) if row.get("lot_id") is not None else None,
            quantity=row["quantity"],
        )
        for row in rows
    )


def _place(place_id: str | None) -> PlaceId | None:
    return PlaceId(place_id) if place_id is not None else None
