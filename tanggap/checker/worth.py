"""What an owner's goods of one item are worth as they come and go, by first in first out, reckoned for the checker.

Owns the arithmetic by the words of the decree's method alone: goods come in at the value of their lot, the oldest leave
first, what goes back to its source goes at the value it came with. Whole rupiah; what a division leaves over stays with
the goods that stay. Must not know why goods moved.
"""

from collections import defaultdict
from dataclasses import dataclass, field

Amount = tuple[int, int]  # base units and rupiah
# Where goods come from at the value of their lot, and go back to.
SOURCES = frozenset({"supplier", "donor", "surplus"})
SECTION = {"supplier": "incoming", "donor": "incoming", "handed_out": "outgoing", "consumed": "outgoing"}
PARTS = ("opening", "incoming", "outgoing", "adjustment", "prior_period")


@dataclass(frozen=True, slots=True)
class LotWorth:
    """What a lot is worth: so many rupiah for so many base units; none while it is not valued."""

    value_idr: int = 0
    quantity: int = 1

    def of(self, quantity: int) -> int:
        """The whole rupiah a quantity is worth."""
        return quantity * self.value_idr // self.quantity


@dataclass(frozen=True, slots=True)
class Step:
    """Goods that came over the border of the stores (above 0) or left over it, on one day and one way."""

    item_code: str
    lot_id: str
    account: str
    quantity: int
    section: str
    counted_before: bool
    onward: str | None = None


def _split(amount: Amount, quantity: int) -> tuple[Amount, Amount]:
    """A part of an amount, and what is left of it; the whole leaves nothing behind."""
    there, value_idr = amount
    part_idr = value_idr if quantity == there else value_idr * quantity // there
    return (quantity, part_idr), (there - quantity, value_idr - part_idr)


@dataclass(slots=True)
class ItemGoods:
    """One item's goods in an owner's stores: the lots in the order they came, and the figures of the days asked for."""

    layers: list[tuple[str, Amount]] = field(default_factory=list)
    owed: int = 0
    parts: dict[str, Amount] = field(default_factory=lambda: dict.fromkeys(PARTS, (0, 0)))
    accounts: dict[str, Amount] = field(default_factory=lambda: defaultdict(lambda: (0, 0)))

    def take(self, step: Step, worth: LotWorth) -> None:
        """One step more."""
        if step.onward is not None:
            quantity, value_idr = self.accounts[step.onward]
            moved_idr = self._out_of(step.account, step.quantity, worth)
            self.accounts[step.onward] = quantity + step.quantity, value_idr + moved_idr
        elif step.quantity > 0:
            self._come(step, worth)
        else:
            self._go(step, worth)

    @property
    def closing(self) -> Amount:
        """What is there; units below zero are those that left before they came."""
        return sum(q for _, (q, _) in self.layers) - self.owed, sum(v for _, (_, v) in self.layers)

    def _come(self, step: Step, worth: LotWorth) -> None:
        fresh = step.account in SOURCES
        value_idr = worth.of(step.quantity) if fresh else self._out_of(step.account, step.quantity, worth)
        gone = min(step.quantity, self.owed)
        paid, left = _split((step.quantity, value_idr), gone) if gone else ((0, 0), (step.quantity, value_idr))
        self.owed -= gone
        if left[0]:
            self.layers.append((step.lot_id, left))
        self._note(step.section, step.quantity, value_idr)
        self._note(step.section if step.counted_before else "adjustment", 0, -paid[1])

    def _go(self, step: Step, worth: LotWorth) -> None:
        quantity = -step.quantity
        if step.account in SOURCES:
            value_idr = self._off(quantity, lot_id=step.lot_id)
        else:
            value_idr = self._off(quantity)
            there, worth_idr = self.accounts[step.account]
            self.accounts[step.account] = there + quantity, worth_idr + value_idr
        self._note(step.section, step.quantity, -value_idr)

    def _off(self, quantity: int, *, lot_id: str | None = None) -> int:
        """Take goods off the layers, a lot's own first where it is named; the rest is owed."""
        value_idr = 0
        for own_first in (True, False) if lot_id is not None else (False,):
            kept: list[tuple[str, Amount]] = []
            for of_lot, amount in self.layers:
                left = amount
                if quantity and (of_lot == lot_id or not own_first):
                    taken, left = _split(amount, min(quantity, amount[0]))
                    quantity, value_idr = quantity - taken[0], value_idr + taken[1]
                kept += [(of_lot, left)] if left[0] else []
            self.layers = kept
        self.owed += quantity
        return value_idr

    def _out_of(self, account: str, quantity: int, worth: LotWorth) -> int:
        """What goods are worth that come out of an account: what it got for them, beyond that what their lot is."""
        there = self.accounts[account]
        known = min(quantity, max(there[0], 0))
        taken, left = _split(there, known) if known else ((0, 0), there)
        self.accounts[account] = left[0] - (quantity - known), left[1]
        return taken[1] + worth.of(quantity - known)

    def _note(self, part: str, quantity: int, value_idr: int) -> None:
        units, rupiah = self.parts[part]
        self.parts[part] = units + quantity, rupiah + value_idr
