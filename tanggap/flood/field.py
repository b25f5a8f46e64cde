"""What the posts do on their bad networks: send what they wrote down, some of it twice, late or wrongly dated.

Owns the order of sending. A post's own batches go one after another, the posts side by side.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tanggap.flood.plan import Clock, Post
from tanggap.flood.reports import Batch
from tanggap.flood.stage import NotAsPlanned, Stage

POSTS_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Registered:
    """How much was sent in which time. `reports` counts each once."""

    reports: int
    households: int
    seconds: float
    resent_batches: int

    @property
    def households_a_second(self) -> float:
        """The rate the posts reached together."""
        return self.households / self.seconds if self.seconds else 0.0


class Field:
    """The posts at work."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._turn = asyncio.Semaphore(POSTS_AT_ONCE)
        self._total = stage.world.report_count
        self._done = 0
        self._resent = 0

    async def send_all(self) -> Registered:
        """Let every post that has a connection send; the one that was cut off for two days comes last."""
        began = time.monotonic()
        posts = self._stage.world.posts
        await asyncio.gather(*(self._send(post) for post in posts if post.clock is not Clock.TWO_DAYS_LATE))
        await asyncio.gather(*(self._send(post) for post in posts if post.clock is Clock.TWO_DAYS_LATE))
        seconds = time.monotonic() - began
        self._stage.journal.story("resent_batches", batches=self._resent)
        self._tell_of_clocks()
        return Registered(self._done, self._stage.world.sizes.households, seconds, self._resent)

    async def _send(self, post: Post) -> None:
        for batch in self._stage.world.batches[post.post_id]:
            async with self._turn:
                await self._send_batch(post, batch)

    async def _send_batch(self, post: Post, batch: Batch) -> None:
        actor = self._stage.posts[post.post_id]
        items = await self._stage.caller.reports("victims", actor, batch.ids, batch.body)
        _demand_accepted(items)
        if batch.resent:
            again = await self._stage.caller.reports("victims", actor, batch.ids, batch.body)
            if not all(item.get("replayed") for item in again):
                raise NotAsPlanned("a batch that was sent twice was not answered as before")
            self._resent += 1
        self._done += len(batch.ids)
        self._stage.progress("registering", self._done, self._total)
        self._stage.schedule.reached(self._done / self._total)

    def _tell_of_clocks(self) -> None:
        for post in self._stage.world.posts:
            if post.clock is not Clock.STEADY:
                count = sum(len(batch.ids) for batch in self._stage.world.batches[post.post_id])
                self._stage.journal.story(post.clock.value, post_id=post.post_id, reports=count)


def _demand_accepted(items: tuple[Mapping[str, Any], ...]) -> None:
    """What a post reports has happened: a service that refuses any of it is not as it must be."""
    other = [item for item in items if item["status"] != "accepted"]
    if other:
        raise NotAsPlanned(f"{len(other)} reports were {other[0]['status']}: {other[0].get('problem')}")
