"""The stock card (kartu barang): every movement of a place, lot by lot, with the balance it leaves.

Owns a read model written in the transaction that logs the movements. A movement is two rows, one a place, whose
changes sum to zero.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.places.domain import KITS
from services.logistics.stock.tables import movement
from shared.contracts.logistics import LotReceived, StockMoved
from shared.contracts.vocabulary import MovementReason
from shared.kit.database import copy_rows, fetch
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

# The reason on the card for goods that came in from outside.
RECEIPT = "receipt"
_CARD = [str(column.name) for column in movement.columns]
_LAST = (
    "SELECT p.place_id, p.lot_id, m.balance FROM unnest(CAST($1 AS text[]), CAST($2 AS text[])) "
    "AS p(place_id, lot_id), LATERAL (SELECT balance FROM movement AS m WHERE m.place_id = p.place_id "
    "AND m.lot_id = p.lot_id ORDER BY m.position DESC LIMIT 1) AS m"
)


async def apply_movements(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Write the cards' rows of these movements."""
    rows = [row for one in placed for row in _rows(one)]
    if not rows:
        return
    cards = sorted({(row["place_id"], row["lot_id"]) for row in rows})
    found = await fetch(connection, _LAST, [place for place, _ in cards], [lot for _, lot in cards])
    balances: dict[tuple[str, str], int] = {(row["place_id"], row["lot_id"]): row["balance"] for row in found}
    for row in rows:
        card = (row["place_id"], row["lot_id"])
        balances[card] = row["balance"] = balances.get(card, 0) + row["change"]
    await copy_rows(connection, movement, _CARD, [[row.get(name) for name in _CARD] for row in rows])


def _rows(one: Placed) -> Iterator[dict[str, Any]]:
    match one.event.payload:
        case LotReceived() as said:
            reason = MovementReason.ASSEMBLY if said.from_place_id == KITS else RECEIPT
            of_lot = {"lot_id": said.lot_id, "item_code": said.item_code, "reason": reason, "flags": "[]"}
            when: dict[str, Any] = {"cause": one.event.ref.subject, "moved_on": said.received_on}
            ends = (said.from_place_id, said.place_id)
        case StockMoved() as said:
            of_lot = {
                "lot_id": said.lot_id,
                "item_code": said.item_code,
                "reason": said.reason,
                "flags": orjson.dumps(said.flags).decode(),
            }
            when = {
                "cause": said.cause,
                "reverses": said.reverses,
                "movement_id": said.movement_id,
                "offsets": said.offsets,
                "count_id": said.count_id,
                "moved_on": said.moved_on,
                "occurred_on": said.occurred_on,
            }
            ends = (said.from_place_id, said.to_place_id)
        case _:
            return
    given, taken = ends
    for place, other, change in ((given, taken, -said.quantity), (taken, given, said.quantity)):
        yield {
            "position": one.position,
            "event_id": one.event.id,
            "place_id": place,
            "other_place_id": other,
            "change": change,
            "happened_at": one.event.time,
            **of_lot,
            **when,
        }


CARD = ReadModel("stock_card", (movement,), apply_movements)
