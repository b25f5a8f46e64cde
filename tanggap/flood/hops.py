"""The way of the posts' own goods: over drop points (titik drop), by boat, with losses, a surplus and a wrong item.

Owns what is counted of these vehicles at each stop and where they end. Must not ask or send anything.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tanggap.flood.asking import SERVICE, SIDE_DISH, Asked
from tanggap.flood.deliveries import RECEIVED
from tanggap.flood.ministry import TENT
from tanggap.flood.office import drawn_id
from tanggap.flood.papers import handover, paper_hash
from tanggap.flood.plan import Post
from tanggap.flood.reporting import Reporting
from tanggap.flood.sending import Sent
from tanggap.flood.stage import NotAsPlanned, Stage

PASSED = "field.shipment_passed.v1"
# Every second post lies behind a drop point; the vehicle of the first loses a little between two of them.
BEHIND_A_DROP_POINT = 2
LOST, LEFT, BROKEN = 3, 5, 1
UNSENT, TENTS_UNSENT = 4, 1
CARRIER = "pengemudi-contoh"


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a post accepted of its own goods, by lot and of which item."""

    post: Post
    lots: dict[str, int] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)


class Hops:
    """The vehicles of the posts' goods on their way."""

    def __init__(self, stage: Stage, reporting: Reporting) -> None:
        self._stage = stage
        self._reporting = reporting
        self._run = stage.world.options.run or "contoh"
        self._boat = f"kelotok-{self._run}"

    async def play(self, asked: tuple[Asked, ...]) -> tuple[Arrived, ...]:
        """Count every vehicle at its stops and where it ends. Raises: NotAsPlanned."""
        await self._open(self._boat, "vehicle", asked[0].post.area_code)
        vehicles = [_with_side_dishes(one) for one in asked]
        arrived = [await self._lose_between_two(asked[0], vehicles[0])]
        others = enumerate(zip(asked[1:], vehicles[1:], strict=True), start=1)
        arrived += await asyncio.gather(*(self._arrive(number, *one) for number, one in others))
        behind = range(BEHIND_A_DROP_POINT, len(asked), BEHIND_A_DROP_POINT)
        stops = {vehicles[number].shipment_id: _drop_point(self._run, number) for number in behind}
        self._stage.journal.story("passed_drop_points", stops=stops)
        surplus, wrong = vehicles[1], vehicles[2]
        await self._must_be_explained("came_unsent", surplus, _side_dishes(surplus), UNSENT)
        await self._must_be_explained("wrong_item", wrong, self._tents, TENTS_UNSENT)
        return tuple(arrived)

    @property
    def _tents(self) -> str:
        """The ministry's tents: none of them was sent to a post that asked for its kitchen."""
        return drawn_id(self._stage, "tents-lot")

    async def _lose_between_two(self, one: Asked, vehicle: Sent) -> Arrived:
        """Two stops: at the first a boat takes all on, at the second some is missing and some is left for a village."""
        arrived, lot_id = Arrived(one.post), _side_dishes(vehicle)
        upper, lower = f"{_drop_point(self._run, 0)}-hulu", f"{_drop_point(self._run, 0)}-hilir"
        for place_id in (upper, lower):
            await self._open(place_id, "drop_point", one.post.area_code)
        await self._pass(vehicle, upper, {}, vehicle_place_id=self._boat)
        signed = {"carrier_id": CARRIER, "scan_sha256": paper_hash("titik-drop", vehicle.shipment_id)}
        await self._pass(vehicle, lower, {lot_id: (LEFT, LOST)}, signed=signed)
        await self._fetch(lower, one.post.villages[0], lot_id)
        left = {**vehicle.lots, lot_id: vehicle.lots[lot_id] - LEFT - LOST}
        await self._count(vehicle, left, arrived, damaged={lot_id: BROKEN})
        await self._count_others(one, vehicle, arrived)
        told = {"lost": LOST, "left": LEFT, "damaged": BROKEN, "sent": vehicle.lots[lot_id]}
        self._stage.journal.story(
            "lost_between_hops", shipment_id=vehicle.shipment_id, lot_id=lot_id, stops=[upper, lower], **told
        )
        return arrived

    async def _arrive(self, number: int, one: Asked, vehicle: Sent) -> Arrived:
        """The other posts: some behind one drop point, the second with a surplus, the third with a wrong item."""
        arrived = Arrived(one.post)
        if number % BEHIND_A_DROP_POINT == 0:
            stop = _drop_point(self._run, number)
            await self._open(stop, "drop_point", one.post.area_code)
            await self._pass(vehicle, stop, {})
        unsent = {1: {_side_dishes(vehicle): UNSENT}, 2: {self._tents: TENTS_UNSENT}}.get(number, {})
        await self._count(vehicle, vehicle.lots, arrived, unsent=unsent)
        await self._count_others(one, vehicle, arrived)
        return arrived

    async def _count_others(self, one: Asked, vehicle: Sent, arrived: Arrived) -> None:
        """What came from other stores arrives as it was sent."""
        for other in one.sent:
            if other is not vehicle:
                await self._count(other, other.lots, arrived)

    async def _pass(self, sent: Sent, stop: str, stays: Mapping[str, tuple[int, int]], **said: Any) -> None:
        """A stop: of each lot some is left there and some is missing, as far as told; the rest goes on."""
        lines = []
        for lot_id, quantity in sent.lots.items():
            left, missing = stays.get(lot_id, (0, 0))
            onward = quantity - left - missing
            lines.append({"lot_id": lot_id, "left": left, "missing": missing, "damaged": 0, "onward": onward})
        passage = {"shipment_id": sent.shipment_id, "at_place_id": stop, "lines": lines, **said}
        await self._reporting.tell(sent.receiver, PASSED, passage)

    async def _count(
        self,
        sent: Sent,
        came: Mapping[str, int],
        arrived: Arrived,
        *,
        damaged: Mapping[str, int] | None = None,
        unsent: Mapping[str, int] | None = None,
    ) -> None:
        """What the post counted: `came` of each lot, of which some is `damaged`, and what nobody had sent."""
        broken, more = damaged or {}, unsent or {}
        lines = []
        for lot_id in dict.fromkeys((*came, *more)):
            accepted = came.get(lot_id, 0) - broken.get(lot_id, 0) + more.get(lot_id, 0)
            lines.append({"lot_id": lot_id, "accepted": accepted, "missing": 0, "damaged": broken.get(lot_id, 0)})
            arrived.lots[lot_id] = arrived.lots.get(lot_id, 0) + accepted
        arrived.items.update({self._tents: TENT, **sent.items})
        said = {"shipment_id": sent.shipment_id, "lines": lines}
        await self._reporting.tell(sent.receiver, RECEIVED, said)

    async def _fetch(self, drop_point: str, village: str, lot_id: str) -> None:
        """The village fetches what was left for it and signs."""
        handover_id = drawn_id(self._stage, "fetched", drop_point)
        body = handover(handover_id, drop_point, village, "penerima", {lot_id: LEFT})
        await self._keep("storekeeper", "/v1/handovers", f"fetched-{drop_point}", body)

    async def _must_be_explained(self, story: str, sent: Sent, lot_id: str, quantity: int) -> None:
        """What came unsent stands on the list of the store it came from. Raises: NotAsPlanned."""
        stage, flag = self._stage, "wrong_item" if story == "wrong_item" else "surplus_found"
        asked = {"place_id": sent.from_place_id}
        rows = await stage.caller.read_all(SERVICE, stage.cast.storekeeper, "/v1/to-explain", **asked)
        subject = f"shipment/{sent.shipment_id}"
        if not any(row["subject"] == subject and flag in row["flags"] for row in rows):
            raise NotAsPlanned(f"{sent.from_place_id} is not asked about {subject}")
        told = {"lot_id": lot_id, "quantity": quantity, "from_place_id": sent.from_place_id}
        stage.journal.story(story, shipment_id=sent.shipment_id, at_place_id=sent.receiver.post_id, **told)

    async def _open(self, place_id: str, kind: str, area_code: str) -> None:
        place = {"place_id": place_id, "place_kind": kind, "area_code": area_code}
        await self._keep("coordinator", "/v1/places", place_id, place)

    async def _keep(self, who: str, path: str, name: str, body: dict[str, Any]) -> None:
        actor = self._stage.cast.coordinator if who == "coordinator" else self._stage.cast.storekeeper
        await self._stage.must(SERVICE, actor, path, self._stage.key("hops", name), body)


def _drop_point(run: str, number: int) -> str:
    return f"titik-drop-{run}-{number}"


def _with_side_dishes(one: Asked) -> Sent:
    """The vehicle that carries the side dishes, which are in every post's request. Raises: NotAsPlanned."""
    for sent in one.sent:
        if SIDE_DISH in sent.items.values():
            return sent
    raise NotAsPlanned(f"no vehicle of request {one.request_id} carries {SIDE_DISH}")


def _side_dishes(sent: Sent) -> str:
    return next(lot_id for lot_id, code in sent.items.items() if code == SIDE_DISH)
