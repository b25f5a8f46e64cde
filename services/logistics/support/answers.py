"""Which support was asked for, and what was answered.

Owns a read model written in the transaction that logs its events: the list an owner works through.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.requests.domain import less
from services.logistics.support.tables import support
from shared.contracts.goods import ItemQuantity
from shared.contracts.requests import RequestCancelled, RequestForwarded, RequestTakenOver
from shared.contracts.support import SupportAnswered, SupportAsked
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

_COLUMNS = [str(column.name) for column in support.columns]
_WRITE = sa.text(
    f"INSERT INTO support ({', '.join(_COLUMNS)}) SELECT {', '.join(_COLUMNS)} FROM {recordset(support, _COLUMNS)} "
    "ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in ("id", "request_id"))
)
Row = dict[str, Any]
_Followed = SupportAsked | SupportAnswered | RequestForwarded | RequestTakenOver | RequestCancelled


async def apply_support(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Bring the support of the requests these events are about to the state after them."""
    followed = [one.event.payload for one in placed if isinstance(one.event.payload, _Followed)]
    if not followed:
        return
    ids = sa.bindparam("ids", sorted({said.request_id for said in followed}), type_=sa.ARRAY(sa.Text))
    query = sa.select(support).where(support.c.request_id == sa.any_(ids))
    rows: dict[str, Row] = {row["id"]: _plain(row) for row in (await connection.execute(query)).mappings()}
    changed: dict[str, Row] = {}
    for said in followed:
        for row in _followed(rows, said):
            rows[row["id"]] = changed[row["id"]] = row
    if changed:
        await connection.execute(_WRITE, {"rows": json_rows(list(changed.values()))})


def _plain(row: sa.RowMapping) -> Row:
    days = ("asked_on", "answered_on")
    return {str(name): value.isoformat() if value and name in days else value for name, value in row.items()}


def _followed(rows: dict[str, Row], said: _Followed) -> list[Row]:
    match said:
        case SupportAsked():
            return [_asked(said)]
        case SupportAnswered():
            row = rows[said.support_id]
            asked = [ItemQuantity.model_validate(line) for line in row["asked"]]
            answer = (
                "declined" if not said.accepted else "partly_accepted" if less(asked, said.accepted) else "accepted"
            )
            return [
                {
                    **row,
                    "answer": answer,
                    "answered_by": said.answered_by,
                    "reason": said.reason,
                    "accepted": [line.model_dump(mode="json") for line in said.accepted],
                    "answered_on": said.answered_on.isoformat(),
                }
            ]
        case RequestForwarded() | RequestTakenOver() | RequestCancelled():
            open_ = [row for row in rows.values() if row["request_id"] == said.request_id and row["answer"] == "open"]
            return [{**row, "answer": "lapsed"} for row in open_]


def _asked(said: SupportAsked) -> Row:
    return {
        "id": said.support_id,
        "request_id": said.request_id,
        "from_owner_id": said.from_owner_id,
        "of_owner_id": said.of_owner_id,
        "letter_number": said.letter_number,
        "answer": "open",
        "answered_by": None,
        "reason": None,
        "asked": [line.model_dump(mode="json") for line in said.lines],
        "accepted": [],
        "asked_on": said.asked_on.isoformat(),
        "answered_on": None,
    }


ANSWERS = ReadModel("support", (support,), apply_support)
