"""The facts that were accepted with a flag, and which of them are explained.

Owns a read model written in the transaction that logs the facts and their explanations.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.explanations.tables import to_explain
from shared.contracts.counts import CountOpened
from shared.contracts.explanations import ExplanationApproved, ExplanationGiven
from shared.contracts.ids import LotId
from shared.contracts.logistics import GoodsHandedOut, HandedOutLine, StockMoved
from shared.contracts.shipments import LotQuantity, ReceivedLine, ShipmentPassed, ShipmentReceived, SurplusFound
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.http.reads import array
from shared.kit.log.append import Placed

_COLUMNS = [str(column.name) for column in to_explain.columns]
_NOTE = sa.text(
    f"INSERT INTO to_explain ({', '.join(_COLUMNS)}) SELECT {', '.join(_COLUMNS)} "
    f"FROM {recordset(to_explain, _COLUMNS)}"
)


async def apply_flagged(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Note the facts that were accepted with a flag, and mark those that are explained."""
    rows = [row for one in placed for row in _flagged(one)]
    if rows:
        await connection.execute(_NOTE, {"rows": json_rows(rows)})
    explained = list(_explained(one.event.payload for one in placed))
    if explained:
        query = sa.update(to_explain).where(to_explain.c.event_id == array(explained))
        await connection.execute(query.values(explained=True))


def _explained(payloads: Iterable[object]) -> Iterator[str]:
    for said in payloads:
        match said:
            case ExplanationGiven(approval_needed=False, explains=event_id) | ExplanationApproved(explains=event_id):
                yield event_id


def _flagged(one: Placed) -> Iterator[dict[str, Any]]:
    lots: Mapping[LotId, int]
    match one.event.payload:
        case StockMoved() as said if said.flags and said.offsets is None:
            where: tuple[str | None, str | None] = (said.from_place_id, said.lot_id)
            noted_on, lots = said.moved_on, {said.lot_id: said.quantity}
        case ShipmentReceived() as said if said.flags:
            where, noted_on, lots = (said.to_place_id, None), said.received_on, _counted(said.lines)
        case ShipmentPassed() as said if said.flags:
            where, noted_on, lots = (said.at_place_id, None), said.passed_on, _counted(said.lines)
        case SurplusFound() as said:
            where, noted_on, lots = (said.from_place_id, said.lines[0].lot_id), said.found_on, _summed(said.lines)
        case GoodsHandedOut() as said if said.flags:
            where, noted_on, lots = (said.place_id, None), said.handed_out_on, _summed(said.lines)
        case CountOpened() as said if said.flags:
            where, noted_on, lots = (said.place_id, None), said.opened_on, {}
        case _:
            return
    yield {
        "position": one.position,
        "event_id": one.event.id,
        "event_type": said.type,
        "subject": one.event.ref.subject,
        "place_id": where[0],
        "lot_id": where[1],
        "lots": [[lot_id, quantity] for lot_id, quantity in lots.items() if quantity],
        "flags": list(said.flags),
        "noted_on": noted_on.isoformat(),
        "explained": False,
    }


def _counted(lines: Iterable[ReceivedLine]) -> Counter[LotId]:
    """What a count spoke of, whatever it said became of it."""
    found: Counter[LotId] = Counter()
    for line in lines:
        found[line.lot_id] += line.accepted + line.missing + line.damaged + line.missing_unsent
    return found


def _summed(lines: Iterable[LotQuantity | HandedOutLine]) -> Counter[LotId]:
    found: Counter[LotId] = Counter()
    for line in lines:
        found[line.lot_id] += line.quantity
    return found


TO_EXPLAIN = ReadModel("to_explain", (to_explain,), apply_flagged)
