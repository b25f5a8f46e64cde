"""Requests out of the open needs of areas.

Owns which lines each request gets and the ids they have under the client's key. Must not decide whether they open.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.access import AREA_SCOPE
from services.logistics.needs import queries as needs
from services.logistics.office import Desk
from services.logistics.places import queries as places
from services.logistics.requests.asking import OpenRequest
from services.logistics.requests.waiting import Deadline
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ActorId, DemandId, DisasterId, ItemCode, PlaceId, RequestId
from shared.contracts.vocabulary import Urgency
from shared.kit.decisions.types import Item

_REQUESTS = uuid.UUID("5c0c6cf7-5a55-5d0b-8f4c-0f8d7f0d6f53")


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked: the open needs of a disaster, in one area or in all."""

    disaster_id: DisasterId
    area_code: str | None
    to_place_id: PlaceId | None
    urgency: Urgency
    deadline: Deadline
    requested_by: ActorId
    recorded_on: date


async def open_items(desk: Desk, connection: AsyncConnection, asking: Asking) -> dict[str, Item]:
    """One item an area that has open needs, by request id; areas answered before under the same key come again."""
    demand_ids = await needs.demand_ids(connection, asking.disaster_id, asking.area_code)
    ids = {demand_id: _request_id(desk, demand_id) for demand_id in demand_ids}
    before = await desk.answered(connection, list(ids.values()))
    lines = await needs.lines(connection, demand_ids)
    open_ = [
        demand_id
        for demand_id in demand_ids
        if ids[demand_id] in before or any(line["open"] for line in lines.get(demand_id, ()))
    ]
    areas = [_area(demand_id) for demand_id in open_]
    to = await places.destinations(connection, areas) if asking.to_place_id is None else {}
    items = {}
    for demand_id in open_:
        desk.principal.demand(AREA_SCOPE, _area(demand_id))
        to_place_id = asking.to_place_id or PlaceId(to.get(_area(demand_id), demand_id.partition(":")[2]))
        command = _command(asking, demand_id, RequestId(ids[demand_id]), to_place_id, lines.get(demand_id, []))
        items[ids[demand_id]] = desk.item(ids[demand_id], command, disaster_id=asking.disaster_id)
    return items


def _request_id(desk: Desk, demand_id: str) -> str:
    return str(uuid.uuid5(_REQUESTS, f"{desk.principal.person_id}/{desk.key}/{demand_id}"))


def _area(demand_id: str) -> str:
    return demand_id.partition(":")[2]


def _command(
    asking: Asking, demand_id: str, request_id: RequestId, to_place_id: PlaceId, lines: Sequence[Mapping[str, Any]]
) -> OpenRequest:
    return OpenRequest(
        request_id=request_id,
        disaster_id=asking.disaster_id,
        area_code=_area(demand_id),
        to_place_id=to_place_id,
        urgency=asking.urgency,
        requested_by=asking.requested_by,
        deadline=asking.deadline,
        lines=tuple(
            ItemQuantity(item_code=ItemCode(line["item_code"]), quantity=line["open"]) for line in lines if line["open"]
        ),
        recorded_on=asking.recorded_on,
        demand_id=DemandId(demand_id),
        needed={line["item_code"]: line["needed"] + line["given_back"] for line in lines},
    )
