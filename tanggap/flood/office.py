"""What the offices do before the posts report: the decree, posts and devices, stores and goods, norms.

Owns these steps and the amounts of goods. Must not report anything from the field.
"""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tanggap.flood.areas import CAPITAL_DISTRICT, KATINGAN, MIDDLE_DISTRICT, PROVINCE_STORE_AREA, districts
from tanggap.flood.caller import Actor
from tanggap.flood.ids import Ids
from tanggap.flood.plan import Post
from tanggap.flood.stage import Stage

PROFILE = "bnpb-7-2008"
BLANKET = "selimut"
BLANKETS = 100


@dataclass(frozen=True, slots=True)
class Store:
    """A warehouse, whose goods it holds, and which part of all goods that is, in percent."""

    place_id: str
    area_code: str
    owner_id: str
    share: int


STORES = (
    Store("gudang-provinsi", PROVINCE_STORE_AREA, "province", 50),
    Store("gudang-kasongan", CAPITAL_DISTRICT, "regency:62.06", 30),
    Store("gudang-tumbang-samba", MIDDLE_DISTRICT, "regency:62.06", 20),
)


@dataclass(frozen=True, slots=True)
class Goods:
    """What a person is due in a week in base units, how much of the whole need is in store, in percent, and its cost.

    `value_idr` is for `valued` base units; the figures are made up.
    """

    item_code: str
    each_person: int
    in_store: int
    lasts_days: int | None
    value_idr: int
    valued: int


# Perka BNPB 7/2008 as the logistics service has it; a kit for five people. Clean water runs short on purpose.
GOODS = (
    Goods("beras", 2_800, 130, 180, 14_000, 1_000),
    Goods("air-mineral", 17_500, 130, 365, 5_000, 1_000),
    Goods("air-bersih", 67_000, 80, None, 100, 1_000),
    Goods("family-kit", 1, 130, None, 350_000, 1),
)
# Not by need: asked for by one post.
BLANKET_GOODS = Goods(BLANKET, 0, 0, None, 90_000, 1)


async def declare(stage: Stage) -> None:
    """Enter the decree, and enrol every post with its device; each post has its token then."""
    world, coordinator = stage.world, stage.cast.coordinator
    began = world.today - timedelta(days=3)
    decree = {
        "disaster_id": world.disaster_id,
        "hazard": "flood",
        "area_codes": [KATINGAN],
        "phase": "tanggap_darurat",
        "decree_number": f"360/{world.options.seed % 1000}/CONTOH/{began.year}",
        "decree_date": began.isoformat(),
        "valid_from": began.isoformat(),
        "valid_until": (world.today + timedelta(days=11)).isoformat(),
    }
    await stage.must("victims", coordinator, "/v1/disasters", stage.key("decree"), decree)
    await asyncio.gather(*(_enrol(stage, post) for post in world.posts))


async def _enrol(stage: Stage, post: Post) -> None:
    coordinator = stage.cast.coordinator
    body: dict[str, Any] = {
        "post_id": post.post_id,
        "disaster_id": stage.world.disaster_id,
        "area_code": post.area_code,
    }
    await stage.must("victims", coordinator, "/v1/posts", stage.key("post", post.post_id), body)
    path = f"/v1/posts/{post.post_id}/devices"
    device = {"device_id": post.device_id, "valid_days": 30}
    enrolled = await stage.must("victims", coordinator, path, stage.key("device", post.device_id), device)
    stage.posts[post.post_id] = Actor(post.post_id, str(enrolled.content["token"]))


async def stock_up(stage: Stage) -> None:
    """Open stores and villages, list the catalogue, set the ration, and receive the goods."""
    coordinator = stage.cast.coordinator
    await stage.caller.command("logistics", coordinator, "/v1/items:seed-catalogue", stage.key("items"), {})
    await stage.caller.command("logistics", coordinator, "/v1/ration-profiles:seed-norms", stage.key("norms"), {})
    path = f"/v1/ration-profiles/{PROFILE}/choice"
    await stage.must("logistics", coordinator, path, stage.key("profile"), {})
    places = [
        {
            "place_id": store.place_id,
            "place_kind": "warehouse",
            "area_code": store.area_code,
            "authority": store.owner_id.partition(":")[0],
        }
        for store in STORES
    ]
    villages = sorted(village for post in stage.world.posts for village in post.villages)
    places += [{"place_id": village, "place_kind": "village", "area_code": village} for village in villages]
    await asyncio.gather(
        *(
            stage.must("logistics", coordinator, "/v1/places", stage.key("place", place["place_id"]), place)
            for place in places
        )
    )
    await _open_routes(stage)
    await asyncio.gather(*(_receive(stage, number, lot) for number, lot in enumerate(_lots(stage))))


async def _open_routes(stage: Stage) -> None:
    """From every store to every district: by road from near, by river where the road is under water."""
    routes = [
        {
            "from_end": store.place_id,
            "to_end": district,
            "mode": "road" if store.area_code == district or number % 2 else "river",
            "minutes": 30 + 40 * abs(number - place * 4),
        }
        for place, store in enumerate(STORES)
        for number, district in enumerate(districts())
    ]
    await stage.must("logistics", stage.cast.coordinator, "/v1/routes", stage.key("routes"), {"routes": routes})


def _lots(stage: Stage) -> list[dict[str, Any]]:
    """The lots that come in: two of each perishable item a store, the older one to be used first."""
    persons, today = stage.world.sizes.persons, stage.world.today
    lots = []
    for store in STORES:
        for goods in GOODS:
            quantity = goods.each_person * persons * goods.in_store * store.share // 10_000 + 1
            for half, ends_on in enumerate(_expiries(goods, today)):
                part = quantity // 2 + half * (quantity % 2) if goods.lasts_days else quantity
                lots.append(_lot(store, goods, part, ends_on))
    lots.append(_lot(STORES[1], BLANKET_GOODS, 2 * BLANKETS, None))
    return [lot for lot in lots if lot["quantity"]]


def _expiries(goods: Goods, today: date) -> list[date | None]:
    if goods.lasts_days is None:
        return [None]
    return [today + timedelta(days=goods.lasts_days // 3), today + timedelta(days=goods.lasts_days)]


def _lot(store: Store, goods: Goods, quantity: int, expires_on: date | None) -> dict[str, Any]:
    lot: dict[str, Any] = {
        "item_code": goods.item_code,
        "place_id": store.place_id,
        "quantity": quantity,
        "owner_id": store.owner_id,
        "unit_value_idr": goods.value_idr,
        "valued_quantity": goods.valued,
        "value_basis": "cost",
    }
    return lot if expires_on is None else {**lot, "expires_on": expires_on.isoformat()}


async def _receive(stage: Stage, number: int, lot: dict[str, Any]) -> None:
    key = stage.key("lot", number)
    body = {**lot, "lot_id": lot_id(stage, number), "document_number": f"BAST/{number + 1}/CONTOH"}
    await stage.must("logistics", stage.cast.storekeeper, "/v1/lots", key, body)


def lot_id(stage: Stage, number: int) -> str:
    """The id of a lot, the same however often the flood of this run is made."""
    return drawn_id(stage, "lot", number)


def drawn_id(stage: Stage, *parts: object) -> str:
    """An id of this flood that follows from what it is for."""
    from random import Random

    options = stage.world.options
    return Ids(Random("/".join(map(str, (options.seed, options.run, *parts))))).at(options.anchor)
