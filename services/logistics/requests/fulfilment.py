"""How far each request is: reserved, sent, arrived, given back to its area's open needs.

Owns a read model written in the transaction that logs its events. A count that came twice counts once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.requests.tables import request_line
from shared.contracts.logistics import DemandRequested, ShipmentDispatched, ShipmentReceived
from shared.contracts.requests import RequestAllocated, RequestCancelled, RequestOpened
from shared.contracts.vocabulary import FieldFlag
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

_COLUMNS = [str(column.name) for column in request_line.columns]
_CHANGING = [name for name in _COLUMNS if name not in ("request_id", "item_code")]
_WRITE = sa.text(
    f"INSERT INTO request_line ({', '.join(_COLUMNS)}) SELECT {', '.join(_COLUMNS)} "
    f"FROM {recordset(request_line, _COLUMNS)} ON CONFLICT (request_id, item_code) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _CHANGING)
)

Followed = RequestOpened | DemandRequested | RequestAllocated | RequestCancelled | ShipmentDispatched | ShipmentReceived
Line = dict[str, Any]


async def apply_fulfilment(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Bring the lines of the requests these events are about to the state after them."""
    followed = [one.event.payload for one in placed if isinstance(one.event.payload, Followed)]
    touched = {said.request_id for said in followed if said.request_id is not None}
    if not touched:
        return
    ids = sa.bindparam("ids", sorted(touched), type_=sa.ARRAY(sa.Text))
    query = sa.select(request_line).where(request_line.c.request_id == sa.any_(ids))
    lines: dict[tuple[str, str], Line] = {
        (row["request_id"], row["item_code"]): {str(name): value for name, value in row.items()}
        for row in (await connection.execute(query)).mappings()
    }
    for said in followed:
        _follow(lines, said)
    if lines:
        await connection.execute(_WRITE, {"rows": json_rows(list(lines.values()))})


def _follow(lines: dict[tuple[str, str], Line], said: Followed) -> None:
    match said:
        case RequestOpened():
            for line in said.lines:
                new: Line = {**dict.fromkeys(_COLUMNS, 0), "demand_id": None}
                new |= {"request_id": said.request_id, "item_code": line.item_code, "requested": line.quantity}
                lines[(said.request_id, line.item_code)] = new
        case DemandRequested():
            for line in said.lines:
                lines[(said.request_id, line.item_code)]["demand_id"] = said.demand_id
        case RequestAllocated():
            short = {line.item_code: line.quantity for line in said.short}
            for one in _of(lines, said.request_id):
                one["reserved"] = one["requested"] - one["dispatched"] - short.get(one["item_code"], 0)
        case RequestCancelled():
            for one in _of(lines, said.request_id):
                one["reserved"], one["given_back"] = 0, one["requested"] - one["dispatched"]
        case ShipmentDispatched():
            for loaded in said.lines:
                one = lines[(said.request_id, loaded.item_code)]
                one["dispatched"] += loaded.quantity
                one["reserved"] -= loaded.quantity
        case ShipmentReceived():
            _arrive(lines, said)


def _arrive(lines: Mapping[tuple[str, str], Line], said: ShipmentReceived) -> None:
    if said.request_id is None or FieldFlag.RECEIVED_TWICE in said.flags:
        return
    for counted in said.lines:
        one = lines.get((said.request_id, counted.item_code))
        if one is not None:
            one["accepted"] += counted.accepted
            one["missing"] += counted.missing
            one["damaged"] += counted.damaged


def _of(lines: Mapping[tuple[str, str], Line], request_id: str) -> Iterable[Line]:
    return [line for (id_, _), line in lines.items() if id_ == request_id]


FULFILMENT = ReadModel("request_fulfilment", (request_line,), apply_fulfilment)
