"""Which lots went into which kits: the way from a part to the kits built of it.

Owns a read model written in the transaction that logs the kits. Must not be asked for what a kit lot holds: its own
record tells that.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.kits.tables import kit_part
from shared.contracts.kits import KitAssembled
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

_PART = [str(column.name) for column in kit_part.columns]
_WRITE = sa.text(
    f"INSERT INTO kit_part ({', '.join(_PART)}) SELECT {', '.join(_PART)} FROM {recordset(kit_part, _PART)}"
)


async def apply_assembled(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Write the parts of the kits these events made."""
    rows = [
        {"lot_id": said.lot_id, "part_lot_id": part.lot_id, "item_code": part.item_code, "quantity": part.quantity}
        for said in (one.event.payload for one in placed)
        if isinstance(said, KitAssembled)
        for part in said.parts
    ]
    if rows:
        await connection.execute(_WRITE, {"rows": json_rows(rows)})


KIT_PARTS = ReadModel("kit_parts", (kit_part,), apply_assembled)
