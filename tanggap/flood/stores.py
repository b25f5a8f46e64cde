"""How goods come to people: asked for out of the needs, approved, reserved, sent, counted by the posts, handed out.

Owns the order of these steps. What a post counts and gives away is `deliveries.py`'s.
"""

import asyncio
from dataclasses import dataclass

from tanggap.flood.caller import Actor
from tanggap.flood.deliveries import Deliveries
from tanggap.flood.office import BLANKET, BLANKETS, drawn_id
from tanggap.flood.reporting import Reporting
from tanggap.flood.sending import Sending, Sent
from tanggap.flood.stage import NotAsPlanned, Stage

SHORT_ARRIVED = 92
SHORT_DAMAGED = 3


@dataclass(frozen=True, slots=True)
class Supplied:
    """What was done with goods."""

    requests: int
    shipments: int
    hand_outs: int


class Stores:
    """The warehouses at work, and the posts as far as goods go."""

    def __init__(self, stage: Stage, reporting: Reporting, sending: Sending) -> None:
        self._stage = stage
        self._reporting = reporting
        self._sending = sending

    async def supply(self) -> Supplied:
        """Serve what the villages need, and the post that waits for a hundred blankets."""
        stage, storekeeper = self._stage, self._stage.cast.storekeeper
        asked = {"disaster_id": stage.world.disaster_id, "urgency": "high"}
        key = stage.key("from-demand")
        opened = await stage.caller.commands("logistics", storekeeper, "/v1/requests:from-demand", key, asked)
        request_ids = [item["id"] for item in opened if item["status"] == "accepted"]
        blankets = await self._ask_blankets()
        await self._serve([*request_ids, blankets])
        sent = [one for each in await asyncio.gather(*map(self._sending.dispatch, request_ids)) for one in each]
        short = await self._sending.dispatch(blankets)
        deliveries = Deliveries(stage, self._reporting)
        await self._come_up_short(deliveries, short)
        handed_out = await deliveries.count_and_hand_out(sent)
        return Supplied(len(request_ids) + 1, len(sent) + len(short), handed_out)

    async def _ask_blankets(self) -> str:
        stage, post = self._stage, self._stage.world.posts[0]
        request_id = drawn_id(stage, "blankets")
        body = {
            "request_id": request_id,
            "disaster_id": stage.world.disaster_id,
            "area_code": post.area_code,
            "to_place_id": post.post_id,
            "urgency": "critical",
            "lines": [{"item_code": BLANKET, "quantity": BLANKETS}],
        }
        await stage.must("logistics", stage.cast.storekeeper, "/v1/requests", stage.key("blankets"), body)
        return request_id

    async def _serve(self, request_ids: list[str]) -> None:
        """The regency serves its own requests; what it has no goods for the province takes over."""
        stage = self._stage
        await self._each("approve", request_ids, stage.cast.approver)
        await self._each("allocate", request_ids, stage.cast.storekeeper)
        asked = {"disaster_id": stage.world.disaster_id, "short": True}
        rows = await stage.caller.read_all("logistics", stage.cast.storekeeper, "/v1/requests", **asked)
        short = sorted({row["id"] for row in rows} & set(request_ids))
        if short:
            await self._each("take-over", short, stage.cast.storekeeper, reason="regency_without_stock")
            await self._each("approve", short, stage.cast.approver, turn="province")
            await self._each("allocate", short, stage.cast.storekeeper, turn="province")
            stage.journal.story("taken_over", requests=len(short))

    async def _each(self, act: str, request_ids: list[str], actor: Actor, turn: str = "", **told: str) -> None:
        """Do one thing with many requests; each has to be accepted."""
        stage, part = self._stage, f"{act}-{turn}" if turn else act
        for first in range(0, len(request_ids), 100):
            body = {"request_ids": request_ids[first : first + 100], **told}
            key = stage.key(part, first)
            items = await stage.caller.commands("logistics", actor, f"/v1/requests:{act}", key, body)
            refused = [item for item in items if item["status"] != "accepted"]
            if refused:
                raise NotAsPlanned(f"{act}: a request was not accepted: {refused[0].get('problem')}")
            stage.progress(part, first + len(body["request_ids"]), len(request_ids))

    async def _come_up_short(self, deliveries: Deliveries, sent: list[Sent]) -> None:
        """A hundred were sent, ninety-two arrived, three of them damaged."""
        if [sum(one.lots.values()) for one in sent] != [BLANKETS]:
            raise NotAsPlanned("the hundred blankets were not sent on one vehicle")
        lines = [
            {
                "lot_id": lot_id,
                "accepted": SHORT_ARRIVED - SHORT_DAMAGED,
                "missing": quantity - SHORT_ARRIVED,
                "damaged": SHORT_DAMAGED,
            }
            for lot_id, quantity in sent[0].lots.items()
        ]
        await deliveries.count(sent[0], lines)
        told = {"accepted": SHORT_ARRIVED - SHORT_DAMAGED, "missing": BLANKETS - SHORT_ARRIVED}
        self._stage.journal.story("short_shipment", shipment_id=sent[0].shipment_id, **told, damaged=SHORT_DAMAGED)
