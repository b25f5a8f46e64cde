"""Requests out of the open needs of areas.

Owns which lines each request gets and the ids they have under the client's key. Must not decide whether they open.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.access import AREA_SCOPE
from services.logistics.needs import queries as needs
from services.logistics.needs.stating import stated_need, still_open
from services.logistics.office import Desk
from services.logistics.places import queries as places
from services.logistics.rations.domain import RationProfile
from services.logistics.requests.asking import OpenRequest
from services.logistics.requests.waiting import Deadline
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ActorId, DemandId, DisasterId, ItemCode, PlaceId, RequestId
from shared.contracts.requests import NeedBasis, StatedNeed
from shared.contracts.vocabulary import Urgency
from shared.kit.decisions.types import Item

_REQUESTS = uuid.UUID("5c0c6cf7-5a55-5d0b-8f4c-0f8d7f0d6f53")


@dataclass(frozen=True, slots=True)
class Norm:
    """The norm the office chose, on whom it is counted, and for how many days."""

    profile: RationProfile
    basis: NeedBasis
    days: int


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked: the open needs of a disaster, in one area or in all, by a norm chosen for it or that in force."""

    disaster_id: DisasterId
    area_code: str | None
    to_place_id: PlaceId | None
    urgency: Urgency
    deadline: Deadline
    requested_by: ActorId
    recorded_on: date
    norm: Norm | None = None


@dataclass(frozen=True, slots=True)
class _Need:
    """What an area still needs: the lines to ask for, what the decision checks them against, and how it came about."""

    lines: tuple[ItemQuantity, ...] = ()
    needed: Mapping[str, int] | None = None
    person_count: int | None = None
    stated: StatedNeed | None = None


async def open_items(desk: Desk, connection: AsyncConnection, asking: Asking) -> dict[str, Item]:
    """One item an area that has open needs, by request id; areas answered before under the same key come again."""
    demand_ids = await needs.demand_ids(connection, asking.disaster_id, asking.area_code)
    ids = {demand_id: _request_id(desk, demand_id) for demand_id in demand_ids}
    before = await desk.answered(connection, list(ids.values()))
    if asking.norm is None:
        found = await _by_households(connection, demand_ids)
    else:
        found = await _by_norm(connection, demand_ids, asking.norm)
    open_ = [id_ for id_ in demand_ids if ids[id_] in before or found[id_].lines]
    areas = [_area(demand_id) for demand_id in open_]
    to = await places.destinations(connection, areas) if asking.to_place_id is None else {}
    items = {}
    for demand_id in open_:
        desk.principal.demand(AREA_SCOPE, _area(demand_id))
        to_place_id = asking.to_place_id or PlaceId(to.get(_area(demand_id), demand_id.partition(":")[2]))
        command = _command(asking, DemandId(demand_id), RequestId(ids[demand_id]), to_place_id, found[demand_id])
        items[ids[demand_id]] = desk.item(ids[demand_id], command, disaster_id=asking.disaster_id)
    return items


async def _by_households(connection: AsyncConnection, demand_ids: list[str]) -> dict[str, _Need]:
    """The sums of what each household was found to need when it was registered."""
    lines = await needs.lines(connection, demand_ids)
    counted = await needs.counted(connection, demand_ids)
    return {
        demand_id: _Need(
            lines=tuple(
                ItemQuantity(item_code=ItemCode(line["item_code"]), quantity=line["open"])
                for line in lines.get(demand_id, ())
                if line["open"]
            ),
            needed={line["item_code"]: line["needed"] + line["given_back"] for line in lines.get(demand_id, ())},
            person_count=counted[demand_id].person_count,
        )
        for demand_id in demand_ids
    }


async def _by_norm(connection: AsyncConnection, demand_ids: list[str], norm: Norm) -> dict[str, _Need]:
    counted = await needs.counted(connection, demand_ids)
    asked = await needs.asked_before(connection, demand_ids)
    found = {}
    for demand_id in demand_ids:
        of_area = asked.get(demand_id, {})
        standing = {code: one.standing for code, one in of_area.items()}
        need = stated_need(norm.profile, norm.basis, counted[demand_id], days=norm.days, asked_before=standing)
        back = {code: one.given_back for code, one in of_area.items()}
        needed: dict[str, int] = {line.item_code: line.needed + back.get(line.item_code, 0) for line in need.lines}
        found[demand_id] = _Need(still_open(need), needed, need.person_count, need)
    return found


def _request_id(desk: Desk, demand_id: str) -> str:
    return str(uuid.uuid5(_REQUESTS, f"{desk.principal.person_id}/{desk.key}/{demand_id}"))


def _area(demand_id: str) -> str:
    return demand_id.partition(":")[2]


def _command(
    asking: Asking, demand_id: DemandId, request_id: RequestId, to_place_id: PlaceId, need: _Need
) -> OpenRequest:
    return OpenRequest(
        request_id=request_id,
        disaster_id=asking.disaster_id,
        area_code=_area(demand_id),
        to_place_id=to_place_id,
        urgency=asking.urgency,
        requested_by=asking.requested_by,
        deadline=asking.deadline,
        lines=need.lines,
        recorded_on=asking.recorded_on,
        person_count=need.person_count,
        demand_id=demand_id,
        needed=need.needed,
        need=need.stated,
    )
