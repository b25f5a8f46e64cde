"""Goods on their way: what is reserved for a request leaves each store on a vehicle of its own.

Owns the dispatch and what is known of a vehicle that left. What posts count of it is `deliveries.py`'s.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tanggap.flood.office import drawn_id
from tanggap.flood.plan import Post
from tanggap.flood.stage import Stage

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Sent:
    """A shipment on its way: who will count it, for which village, how much of each lot, and what the lots are of."""

    shipment_id: str
    from_place_id: str
    receiver: Post
    area_code: str
    lots: Mapping[str, int]
    items: Mapping[str, str]


class Sending:
    """The stores' ramps."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._by_village = {village: post for post in stage.world.posts for village in post.villages}

    async def dispatch(self, request_id: str) -> list[Sent]:
        """Send what is reserved for a request, one vehicle a store. Raises: NotAsPlanned."""
        async with self._turn:
            stage, storekeeper = self._stage, self._stage.cast.storekeeper
            request = await stage.caller.read("logistics", storekeeper, f"/v1/requests/{request_id}")
            return [await self._load(request, place) for place in _stores_of(request)]

    async def _load(self, request: dict[str, Any], place_id: str) -> Sent:
        stage = self._stage
        shipment_id = drawn_id(stage, "shipment", request["id"], place_id)
        loaded = [one for one in request["reservations"] if one["place_id"] == place_id]
        body = {
            "shipment_id": shipment_id,
            "request_id": request["id"],
            "from_place_id": place_id,
            "document_number": f"SJ/{shipment_id[-12:]}",
        }
        key = stage.key("dispatch", shipment_id)
        await stage.must("logistics", stage.cast.storekeeper, "/v1/shipments", key, body)
        lots: dict[str, int] = {}
        for one in loaded:
            lots[one["lot_id"]] = lots.get(one["lot_id"], 0) + one["quantity"]
        items = {one["lot_id"]: one["item_code"] for one in loaded}
        receiver = self._receiver(request["to_place_id"])
        return Sent(shipment_id, place_id, receiver, request["area_code"], lots, items)

    def _receiver(self, place_id: str) -> Post:
        """The post that takes what goes to a place: itself, or the one responsible for a village."""
        if place_id in self._by_village:
            return self._by_village[place_id]
        return next(post for post in self._stage.world.posts if post.post_id == place_id)


def _stores_of(request: dict[str, Any]) -> list[str]:
    return sorted({one["place_id"] for one in request["reservations"]})
