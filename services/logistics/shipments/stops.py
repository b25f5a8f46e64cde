"""Where each shipment has been: loaded, passed on, counted, diverted, sent back, each with who signed.

Owns a read model written in the transaction that logs its events.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.shipments.tables import shipment_stop
from shared.contracts.shipments import (
    ShipmentCountReversed,
    ShipmentDispatched,
    ShipmentDiverted,
    ShipmentPassed,
    ShipmentReceived,
    ShipmentReturned,
    ShipmentSigned,
)
from shared.kit.database import json_rows, recordset
from shared.kit.decisions.batch import ReadModel
from shared.kit.log.append import Placed

_COLUMNS = [str(column.name) for column in shipment_stop.columns]
_WRITE = sa.text(
    f"INSERT INTO shipment_stop ({', '.join(_COLUMNS)}) SELECT {', '.join(_COLUMNS)} "
    f"FROM {recordset(shipment_stop, _COLUMNS)}"
)

Stopped = (
    ShipmentDispatched
    | ShipmentPassed
    | ShipmentReceived
    | ShipmentCountReversed
    | ShipmentDiverted
    | ShipmentReturned
    | ShipmentSigned
)


async def apply_stops(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Write the stops that these events tell of."""
    rows = [_row(one, one.event.payload) for one in placed if isinstance(one.event.payload, Stopped)]
    if rows:
        await connection.execute(_WRITE, {"rows": json_rows(rows)})


def _row(one: Placed, said: Stopped) -> dict[str, Any]:
    place_id, noted_on = _where(said)
    content = said.model_dump(mode="json", include={"lines", "signatures", "flags", "signature"}, exclude_none=True)
    signed = content.get("signatures", ()) or ([content["signature"]] if "signature" in content else [])
    return {
        "shipment_id": said.shipment_id,
        "position": one.position,
        "event_type": said.type,
        "place_id": place_id,
        "vehicle_place_id": getattr(said, "vehicle_place_id", None),
        "carrier_id": getattr(said, "carrier_id", None),
        "lines": content.get("lines", []),
        "signatures": signed,
        "flags": content.get("flags", []),
        "noted_on": noted_on.isoformat(),
    }


def _where(said: Stopped) -> tuple[str | None, date]:
    match said:
        case ShipmentDispatched():
            return said.from_place_id, said.dispatched_on
        case ShipmentPassed():
            return said.at_place_id, said.passed_on
        case ShipmentReceived():
            return said.to_place_id, said.received_on
        case ShipmentDiverted():
            return said.to_place_id, said.diverted_on
        case ShipmentCountReversed(reversed_on=on) | ShipmentReturned(returned_on=on) | ShipmentSigned(signed_on=on):
            return None, on


STOPS = ReadModel("shipment_stops", (shipment_stop,), apply_stops)
