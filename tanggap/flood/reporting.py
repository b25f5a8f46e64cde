"""The posts' devices as they write about goods: numbered without a gap, sent until each report has its answer.

Owns the devices' numbers and clocks for the logistics service, one device a post whatever it tells of. Must not know
what is reported.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tanggap.flood.ids import Ids
from tanggap.flood.plan import Clock, Post
from tanggap.flood.reports import Device, Report, batches_of
from tanggap.flood.stage import NotAsPlanned, Stage
from tanggap.flood.writing import A_YEAR


class Reporting:
    """What the posts write for the logistics service."""

    def __init__(self, stage: Stage) -> None:
        options = stage.world.options
        self._stage = stage
        # Drawn for each device, so that posts may write side by side and every flood of a seed is still the same.
        self._devices = {
            post.post_id: Device(post.device_id, Ids(Random(f"reporting/{options.seed}/{options.run}/{post.post_id}")))
            for post in stage.world.posts
        }

    def report(self, post: Post, type_: str, data: dict[str, Any], *, ago: timedelta = timedelta(0)) -> Report:
        """The next report of a post, dated by its own clock; of what happened so long ago."""
        device = self._devices[post.post_id]
        return device.report(type_, data, self._captured(post, device.number) - ago)

    def _captured(self, post: Post, number: int) -> datetime:
        at = self._stage.world.options.anchor + timedelta(milliseconds=number % 1000)
        return at - A_YEAR if post.clock is Clock.A_YEAR_BACK else at

    async def send(self, post: Post, reports: Sequence[Report]) -> None:
        """Send reports in this order; what a post reports has happened, so each must be taken. Raises: NotAsPlanned."""
        for batch in batches_of(reports):
            actor = self._stage.posts[post.post_id]
            items = await self._stage.caller.reports("logistics", actor, batch.ids, batch.body)
            other = [item for item in items if item["status"] != "accepted"]
            if other:
                raise NotAsPlanned(f"{len(other)} reports were {other[0]['status']}: {other[0].get('problem')}")

    async def tell(self, post: Post, type_: str, data: dict[str, Any], *, ago: timedelta = timedelta(0)) -> str:
        """Send one report at once; returns its id. Raises: NotAsPlanned."""
        report = self.report(post, type_, data, ago=ago)
        await self.send(post, [report])
        return report.id
