"""Who got goods of which lot: the way back from a lot to households, and what each household got.

Owns a read model written in the transaction that logs the hand-outs. Lots and households stand in tables of their
own, joined by the hand-out: a hand-out of 20 lots to 500 households is 520 rows, not 10,000.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.handouts.tables import lot_given, received
from shared.contracts.logistics import GoodsHandedOut, HandedOutLine
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

_GIVEN = [str(column.name) for column in lot_given.columns]
_RECEIVED = [str(column.name) for column in received.columns]
_WRITE_GIVEN = sa.text(
    f"INSERT INTO lot_given ({', '.join(_GIVEN)}) SELECT {', '.join(_GIVEN)} FROM {recordset(lot_given, _GIVEN)}"
)
_WRITE_RECEIVED = sa.text(
    f"INSERT INTO received ({', '.join(_RECEIVED)}) SELECT {', '.join(_RECEIVED)} FROM {recordset(received, _RECEIVED)}"
)


async def apply_hand_outs(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Write which lots these hand-outs took, and what each household named got."""
    # A hand-out told again moved nothing: its first telling stands.
    told = [one for one in placed if isinstance(one.event.payload, GoodsHandedOut) and one.event.sequence == 1]
    given = [row for one in told for row in _given(one)]
    shares = [row for one in told for row in _shares(one)]
    if given:
        await connection.execute(_WRITE_GIVEN, {"rows": json_rows(given)})
    if shares:
        await connection.execute(_WRITE_RECEIVED, {"rows": json_rows(shares)})


def _given(one: Placed) -> Iterator[dict[str, Any]]:
    said = one.event.payload
    if not isinstance(said, GoodsHandedOut):
        return
    for (lot_id, item_code), quantity in given_by_lot(said.lines).items():
        yield {
            "lot_id": lot_id,
            "source": one.event.ref.subject,
            "item_code": item_code,
            "disaster_id": said.disaster_id,
            "place_id": said.place_id,
            "area_code": said.area_code,
            "quantity": quantity,
            "household_count": said.household_count,
            "given_on": said.handed_out_on.isoformat(),
        }


def given_by_lot(lines: Sequence[HandedOutLine]) -> dict[tuple[str, str], int]:
    """What was given of each lot and its item."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        sums[(line.lot_id, line.item_code)] += line.quantity
    return sums


def _shares(one: Placed) -> Iterator[dict[str, Any]]:
    said = one.event.payload
    if not isinstance(said, GoodsHandedOut):
        return
    household_ids = list(dict.fromkeys(said.household_ids))
    by_item: dict[str, int] = defaultdict(int)
    for line in said.lines:
        by_item[line.item_code] += line.quantity
    for item_code, quantity in by_item.items():
        for household_id, share in zip(household_ids, equal_shares(quantity, len(household_ids)), strict=True):
            yield {
                "source": one.event.ref.subject,
                "item_code": item_code,
                "household_id": household_id,
                "quantity": share,
                "received_on": said.handed_out_on.isoformat(),
                "position": one.position,
            }


def equal_shares(quantity: int, count: int) -> list[int]:
    """A quantity in so many whole shares that differ by one at most and sum to it."""
    if not count:
        return []
    share, left = divmod(quantity, count)
    return [share + (index < left) for index in range(count)]


LOT_RECIPIENTS = ReadModel("lot_recipients", (lot_given, received), apply_hand_outs)
