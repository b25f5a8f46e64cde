"""The closed periods of all owners, as they were closed.

Owns a read model written in the transaction that logs the closing.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.periods.tables import closed_period
from shared.contracts.periods import PeriodClosed
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

_COLUMNS = [str(column.name) for column in closed_period.columns]
_WRITE = sa.text(
    f"INSERT INTO closed_period ({', '.join(_COLUMNS)}) SELECT {', '.join(_COLUMNS)} "
    f"FROM {recordset(closed_period, _COLUMNS)}"
)


async def apply_closed(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Write down the periods closed by these events."""
    rows = [
        {"position": one.position, **one.event.payload.model_dump(mode="json")}
        for one in placed
        if isinstance(one.event.payload, PeriodClosed)
    ]
    if rows:
        await connection.execute(_WRITE, {"rows": json_rows(rows)})


CLOSED = ReadModel("closed_periods", (closed_period,), apply_closed)
