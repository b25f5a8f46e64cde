"""Which goods were reserved for a request, and why these.

Owns a read model written in the transaction that logs the allocations. It keeps what was reserved once, whatever came
of it: an auditor asks why.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.requests.tables import request_pick
from shared.contracts.requests import RequestAllocated
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

_COLUMNS = [str(column.name) for column in request_pick.columns]
_WRITE = sa.text(
    f"INSERT INTO request_pick ({', '.join(_COLUMNS)}) SELECT {', '.join(_COLUMNS)} "
    f"FROM {recordset(request_pick, _COLUMNS)}"
)


async def apply_picks(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Write down what these allocations reserved."""
    rows = [
        {
            **pick.model_dump(mode="json"),
            "request_id": said.request_id,
            "override": said.override,
            "allocated_on": said.allocated_on.isoformat(),
        }
        for one in placed
        if isinstance(said := one.event.payload, RequestAllocated)
        for pick in said.allocations
    ]
    if rows:
        await connection.execute(_WRITE, {"rows": json_rows(rows)})


PICKS = ReadModel("request_picks", (request_pick,), apply_picks)
