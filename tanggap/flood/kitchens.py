"""The posts' public kitchens (dapur umum): each takes what its post got for it, and the post reports the meals.

Owns how much is cooked. Must not ask for goods; the office's own kitchen is in `custody.py`.
"""

import asyncio
from typing import Any

from tanggap.flood.asking import RICE, SERVICE, SIDE_DISH
from tanggap.flood.hops import Arrived
from tanggap.flood.office import drawn_id
from tanggap.flood.papers import handover
from tanggap.flood.plan import Post
from tanggap.flood.reporting import Reporting
from tanggap.flood.stage import Stage

MEALS = "field.meals_served.v1"
PORTIONS, RICE_COOKED_G = 40, 8_000
MEALS_A_DAY = 2


class Kitchens:
    """The kitchens of one flood, one a post."""

    def __init__(self, stage: Stage, reporting: Reporting) -> None:
        self._stage = stage
        self._reporting = reporting
        self._run = stage.world.options.run or "contoh"

    async def play(self, arrived: tuple[Arrived, ...]) -> None:
        """Hand over what arrived and cook of it; the first post tells of its meals a second time."""
        await asyncio.gather(*(self._cook(number, one) for number, one in enumerate(arrived)))
        await self._report(0, arrived[0].post)
        meals = [self._meal_id(one.post) for one in arrived]
        consumed = (RICE_COOKED_G + PORTIONS) * len(meals)
        self._stage.journal.story("posts_cooked", meal_ids=meals, portions=PORTIONS * len(meals), consumed=consumed)

    async def _cook(self, number: int, one: Arrived) -> None:
        kitchen = self._kitchen(number)
        place = {"place_id": kitchen, "place_kind": "kitchen", "area_code": one.post.villages[0]}
        stage = self._stage
        await stage.must(SERVICE, stage.cast.coordinator, "/v1/places", stage.key("kitchen", kitchen), place)
        handover_id = drawn_id(stage, "to-kitchen", kitchen)
        eaten = {lot_id: one.lots[lot_id] for lot_id in one.lots if one.items[lot_id] in (RICE, SIDE_DISH)}
        body = handover(handover_id, one.post.post_id, kitchen, "juru-masak", eaten)
        key = stage.key("to-kitchen", kitchen)
        await stage.must(SERVICE, stage.cast.storekeeper, "/v1/handovers", key, body)
        await self._report(number, one.post)

    async def _report(self, number: int, post: Post) -> None:
        """What was cooked, for how many, and what went into it: by item, as posts do."""
        said: dict[str, Any] = {
            "meal_id": self._meal_id(post),
            "disaster_id": self._stage.world.disaster_id,
            "kitchen_id": self._kitchen(number),
            "portions": PORTIONS,
            "person_count": PORTIONS // MEALS_A_DAY,
            "ingredients": [
                {"item_code": RICE, "quantity": RICE_COOKED_G},
                {"item_code": SIDE_DISH, "quantity": PORTIONS},
            ],
        }
        await self._reporting.tell(post, MEALS, said)

    def _kitchen(self, number: int) -> str:
        return f"dapur-{self._run}-{number}"

    def _meal_id(self, post: Post) -> str:
        return drawn_id(self._stage, "post-meal", post.post_id)
