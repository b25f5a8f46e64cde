"""How far each request is: reserved, sent, arrived, given back to its area's open needs.

Owns a read model written in the transaction that logs its events. A count that came twice counts once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.requests.tables import request_line
from shared.contracts.logistics import DemandRequested
from shared.contracts.requests import (
    RequestAllocated,
    RequestApproved,
    RequestCancelled,
    RequestForwarded,
    RequestOpened,
    RequestRejected,
    RequestRequeued,
    RequestSubmitted,
    RequestTakenOver,
)
from shared.contracts.shipments import (
    RequestUnserved,
    ShipmentCountReversed,
    ShipmentDispatched,
    ShipmentPassed,
    ShipmentReceived,
)
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

Followed = (
    RequestOpened
    | RequestSubmitted
    | DemandRequested
    | RequestApproved
    | RequestRejected
    | RequestForwarded
    | RequestTakenOver
    | RequestAllocated
    | RequestRequeued
    | RequestCancelled
    | ShipmentDispatched
    | ShipmentPassed
    | ShipmentReceived
    | ShipmentCountReversed
    | RequestUnserved
)
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
        case RequestOpened() | RequestSubmitted() | DemandRequested():
            _ask(lines, said)
        case RequestApproved() | RequestRejected():
            _decide(lines, said)
        case RequestForwarded() | RequestTakenOver():
            for one in _of(lines, said.request_id):
                one["approved"] = one["reserved"] + one["dispatched"]
        case RequestAllocated() | RequestRequeued() | RequestCancelled():
            _reserve(lines, said)
        case ShipmentDispatched() | RequestUnserved():
            _send(lines, said)
        case ShipmentPassed() | ShipmentReceived() | ShipmentCountReversed():
            _arrive(lines, said)


def _ask(lines: dict[tuple[str, str], Line], said: RequestOpened | RequestSubmitted | DemandRequested) -> None:
    """What a draft asks for is not asked for yet."""
    if isinstance(said, RequestOpened) and said.due_at is None:
        return
    for line in said.lines:
        key = (said.request_id, line.item_code)
        if isinstance(said, DemandRequested):
            lines[key]["demand_id"] = said.demand_id
            continue
        new: Line = {**dict.fromkeys(_COLUMNS, 0), "demand_id": None}
        lines[key] = new | {"request_id": said.request_id, "item_code": line.item_code, "requested": line.quantity}


def _send(lines: Mapping[tuple[str, str], Line], said: ShipmentDispatched | RequestUnserved) -> None:
    if isinstance(said, RequestUnserved):
        for lost in said.lines:
            lines[(said.request_id, lost.item_code)]["dispatched"] -= lost.quantity
        return
    for loaded in said.lines:
        sent = lines.get((said.request_id or "", loaded.item_code))
        if sent is not None:
            sent["dispatched"] += loaded.quantity
            sent["reserved"] -= loaded.quantity


def _decide(lines: Mapping[tuple[str, str], Line], said: RequestApproved | RequestRejected) -> None:
    for approved in said.lines if isinstance(said, RequestApproved) else ():
        lines[(said.request_id, approved.item_code)]["approved"] += approved.quantity
    for refused in said.refused:
        lines[(said.request_id, refused.item_code)]["given_back"] += refused.quantity


def _reserve(
    lines: Mapping[tuple[str, str], Line], said: RequestAllocated | RequestRequeued | RequestCancelled
) -> None:
    match said:
        case RequestAllocated():
            short = {line.item_code: line.quantity for line in said.short}
            for one in _of(lines, said.request_id):
                one["reserved"] = one["approved"] - one["dispatched"] - short.get(one["item_code"], 0)
        case RequestRequeued():
            for line in said.lines:
                lines[(said.request_id, line.item_code)]["reserved"] -= line.quantity
        case RequestCancelled():
            for one in _of(lines, said.request_id):
                one["approved"], one["reserved"] = one["dispatched"], 0
                one["given_back"] = one["requested"] - one["dispatched"]


def _arrive(
    lines: Mapping[tuple[str, str], Line], said: ShipmentPassed | ShipmentReceived | ShipmentCountReversed
) -> None:
    sign = -1 if isinstance(said, ShipmentCountReversed) else 1
    if not isinstance(said, ShipmentCountReversed) and FieldFlag.RECEIVED_TWICE in said.flags:
        return
    for counted in said.lines:
        one = lines.get((said.request_id or "", counted.item_code))
        if one is not None:
            one["accepted"] += sign * counted.accepted
            one["missing"] += sign * counted.missing
            one["damaged"] += sign * counted.damaged


def _of(lines: Mapping[tuple[str, str], Line], request_id: str) -> Iterable[Line]:
    return [line for (id_, _), line in lines.items() if id_ == request_id]


FULFILMENT = ReadModel("request_fulfilment", (request_line,), apply_fulfilment)
