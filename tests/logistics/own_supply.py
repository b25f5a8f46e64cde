"""A store, a village and an item of a test's own, so that it holds whatever other tests did with the same service."""

from dataclasses import dataclass, field
from typing import Any

from shared.kit.log.rebuild import Difference
from tests.kit.harness import Bench, rebuilt_differs
from tests.logistics.builders import new_id
from tests.logistics.office import Office, line

AREA = "62.06.02.2001"


def own_name(word: str) -> str:
    """An id nobody else has, that still says what it is."""
    return f"{word}-{new_id()[:8]}"


@dataclass
class Supply:
    """One store that sends one item to one village."""

    office: Office
    store: str = field(default_factory=lambda: own_name("gudang"))
    village: str = field(default_factory=lambda: own_name("desa"))
    item: str = field(default_factory=lambda: own_name("barang"))

    async def opened(self) -> "Supply":
        """The same, once the service knows its places, its item and the road between them."""
        item = {"item_code": self.item, "category": "food", "base_unit": "g"}
        await self.office.done("/v1/items", item)
        store = {"place_id": self.store, "place_kind": "warehouse", "area_code": "62.06.05", "authority": "regency"}
        await self.office.done("/v1/places", store)
        await self.office.village(self.village, AREA)
        road = {"from_end": self.store, "to_end": AREA, "mode": "road", "minutes": 9}
        await self.office.done("/v1/routes", {"routes": [road]})
        return self

    async def received(self, quantity: int, **changes: Any) -> str:
        """The lot of goods that came into the store."""
        return await self.office.receive(quantity, **{"place_id": self.store, "item_code": self.item, **changes})

    async def sent(self, quantity: int) -> str:
        """The shipment that left the store for the village."""
        request = await self.office.asked(quantity, to_place_id=self.village, item_code=self.item, area_code=AREA)
        await self.office.done("/v1/requests:allocate", {"request_ids": [request]})
        body = {"request_id": request, "from_place_id": self.store, "document_number": "SJ-7/2026"}
        await self.office.done("/v1/shipments", {**body, "shipment_id": (shipment := new_id())})
        return shipment

    async def counted(self, shipment: str, lot: str, accepted: int, missing: int = 0) -> None:
        """The village's count of a shipment, which the office wrote from the paper."""
        paper = {"place_id": self.village, "receiver_id": "kaur-3", "carrier_id": "sopir-17"}
        await self.office.done(f"/v1/shipments/{shipment}/counts", {**paper, "lines": [line(lot, accepted, missing)]})

    async def moved(self, lot: str, place_id: str) -> list[dict[str, Any]]:
        """What moved of a lot in a place, in order."""
        return await self.office.items(f"/v1/places/{place_id}/card", lot_id=lot)

    async def on_hand(self, lot: str) -> dict[str, int]:
        """What of a lot is anywhere but in the supplier's account."""
        balances = (await self.office.seen(f"/v1/lots/{lot}"))["balances"]
        return {one["place_id"]: one["on_hand"] for one in balances if one["on_hand"] and one["place_id"] != "supplier"}


async def reversed_movement(office: Office, event_id: str) -> str:
    """The id of the movement that took another back."""
    done = await office.done(f"/v1/movements/{event_id}/reversal")
    return str(next(one["id"] for one in done["events"] if one["type"].endswith("stock_moved.v1")))


async def rebuilt_otherwise(office: Office, database_url: str) -> list[Difference]:
    """What the log alone, replayed into a scratch database, fills otherwise than live work did."""
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, runtime.definition)
    return await rebuilt_differs(bench, database_url)
