"""What posts count of what arrives, and what they hand out of it.

Owns these reports. A post reports what happened, also where the books say otherwise: one that was cut off reports its
hand-outs before the goods it gave away.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tanggap.flood.ids import Ids
from tanggap.flood.plan import Clock, Post
from tanggap.flood.reporting import Reporting
from tanggap.flood.reports import Report
from tanggap.flood.sending import Sent
from tanggap.flood.stage import Stage

RECEIVED = "field.shipment_received.v1"
HANDED_OUT = "field.goods_handed_out.v1"
HOUSEHOLDS_A_HAND_OUT = 200
# What a post keeps back for those who come later, in percent.
KEPT = 10


@dataclass(slots=True)
class _Arrived:
    """What came for one village: by lot, and of which item."""

    receiver: Post
    lots: dict[str, int] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)


class Deliveries:
    """The posts, receiving and giving."""

    def __init__(self, stage: Stage, reporting: Reporting) -> None:
        options = stage.world.options
        self._stage = stage
        self._reporting = reporting
        self._random = Random(f"deliveries/{options.seed}/{options.run}")
        self._ids = Ids(self._random)

    async def count(self, sent: Sent, lines: Sequence[Mapping[str, Any]]) -> None:
        """Report what was counted of one shipment, at once."""
        await self._reporting.send(sent.receiver, [self._receipt(sent, lines)])

    async def count_and_hand_out(self, sent: Sequence[Sent]) -> int:
        """Report every shipment as it arrived and what was given away; returns how many hand-outs there were."""
        by_post: dict[str, list[Sent]] = {}
        for one in sent:
            by_post.setdefault(one.receiver.post_id, []).append(one)
        counts = await asyncio.gather(*(self._serve(own) for own in by_post.values()))
        return sum(counts)

    async def _serve(self, own: Sequence[Sent]) -> int:
        """One post's shipments and hand-outs."""
        receipts: list[Report] = []
        arrived: dict[str, _Arrived] = {}
        for sent in own:
            receipts.append(self._receipt(sent, self._counted(sent)))
            _gather(arrived.setdefault(sent.area_code, _Arrived(sent.receiver)), sent)
        hand_outs = [report for village, goods in arrived.items() for report in self._hand_outs(village, goods)]
        post = own[0].receiver
        if post.clock is Clock.TWO_DAYS_LATE:
            reports = [*hand_outs, *receipts]
            self._random.shuffle(reports)
        else:
            reports = [*receipts, *hand_outs]
        await self._reporting.send(post, reports)
        return len(hand_outs)

    def _counted(self, sent: Sent) -> list[dict[str, Any]]:
        """One shipment in ten misses a little of one lot, one in twenty has some of it broken."""
        lines = []
        for place, (lot_id, quantity) in enumerate(sent.lots.items()):
            missing = quantity // 50 if place == 0 and self._random.random() < 0.1 else 0
            damaged = quantity // 100 if place == 0 and self._random.random() < 0.05 else 0
            accepted = quantity - missing - damaged
            lines.append({"lot_id": lot_id, "accepted": accepted, "missing": missing, "damaged": damaged})
        return lines

    def _receipt(self, sent: Sent, lines: Sequence[Mapping[str, Any]]) -> Report:
        return self._reporting.report(sent.receiver, RECEIVED, {"shipment_id": sent.shipment_id, "lines": list(lines)})

    def _hand_outs(self, village: str, goods: _Arrived) -> list[Report]:
        """The village's share to its households, group by group; the goods named by item, as posts do, or by lot."""
        households = self._stage.world.households.get(village, ())
        groups = [
            households[first : first + HOUSEHOLDS_A_HAND_OUT]
            for first in range(0, len(households), HOUSEHOLDS_A_HAND_OUT)
        ]
        reports = []
        for group in groups:
            lines = _shares(goods, len(group), len(households), by_lot=self._random.random() < 0.3)
            if not lines:
                continue
            data = {
                "handout_id": self._ids.at(self._stage.world.options.anchor),
                "disaster_id": self._stage.world.disaster_id,
                "area_code": village,
                "lines": lines,
                "household_ids": list(group),
            }
            reports.append(self._reporting.report(goods.receiver, HANDED_OUT, data))
        return reports


def _gather(arrived: _Arrived, sent: Sent) -> None:
    for lot_id, quantity in sent.lots.items():
        arrived.lots[lot_id] = arrived.lots.get(lot_id, 0) + quantity
    arrived.items.update(sent.items)


def _shares(goods: _Arrived, group: int, households: int, *, by_lot: bool) -> list[dict[str, Any]]:
    """A group's share of everything that came, a tenth kept back."""
    quantities: dict[str, int] = {}
    for lot_id, quantity in goods.lots.items():
        name = lot_id if by_lot else goods.items[lot_id]
        quantities[name] = quantities.get(name, 0) + quantity
    named = "lot_id" if by_lot else "item_code"
    lines = [
        {named: name, "quantity": quantity * (100 - KEPT) * group // (100 * households)}
        for name, quantity in quantities.items()
    ]
    return [line for line in lines if line["quantity"]]
