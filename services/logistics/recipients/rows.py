"""The rows of lists of recipients.

Owns a read model written in the transaction that logs the rows. Whether a row is matched, unknown or a duplicate is
asked when it is read: a household registered later is known then.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.recipients.tables import list_row
from shared.contracts.distribution import RecipientListWithdrawn, RecipientsListed
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.http.reads import array
from shared.kit.log.append import Placed

_COLUMNS = [str(column.name) for column in list_row.columns]
_WRITE = sa.text(
    f"INSERT INTO list_row ({', '.join(_COLUMNS)}) SELECT {', '.join(_COLUMNS)} FROM {recordset(list_row, _COLUMNS)}"
)


async def apply_rows(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Write the rows these events list, and drop those of lists that were withdrawn."""
    rows = [
        {
            "list_id": said.list_id,
            "row_no": said.first_row + index,
            "distribution_id": said.distribution_id,
            "household_id": row.household_id,
            "lines": [[line.item_code, line.quantity] for line in row.lines],
            "position": one.position,
        }
        for one in placed
        if isinstance(said := one.event.payload, RecipientsListed)
        for index, row in enumerate(said.rows)
    ]
    if rows:
        await connection.execute(_WRITE, {"rows": json_rows(rows)})
    withdrawn = [one.event.ref.id for one in placed if isinstance(one.event.payload, RecipientListWithdrawn)]
    if withdrawn:
        await connection.execute(sa.delete(list_row).where(list_row.c.list_id == array(withdrawn)))


LIST_ROWS = ReadModel("list_rows", (list_row,), apply_rows)
