"""What goods are worth as they come and go: by first in first out, or at their weighted average.

Owns the arithmetic. Values are whole rupiah and none is ever lost: what a division leaves over stays with the goods
that stay, so that value in = value out + value left. Goods that went before the book knew they came are owed: their
value follows when it does. Pure.
"""

from collections import deque
from dataclasses import dataclass, field

from shared.contracts.periods import ValuationMethod


@dataclass
class Pile:
    """Goods at one average value."""

    quantity: int = 0
    value_idr: int = 0

    def add(self, quantity: int, value_idr: int) -> None:
        """Put goods on the pile."""
        self.quantity += quantity
        self.value_idr += value_idr

    def take(self, quantity: int) -> int:
        """Take goods off the pile, and say what they are worth; the last of them take what is left."""
        taken = self.value_idr if quantity == self.quantity else self.value_idr * quantity // self.quantity
        self.quantity -= quantity
        self.value_idr -= taken
        return taken


@dataclass
class Stock:
    """All goods of one item and owner in the stores, in the order they came.

    `owed` is how many units left that never came in.
    """

    method: ValuationMethod
    owed: int = 0
    layers: deque[tuple[str, Pile]] = field(default_factory=deque)

    @property
    def quantity(self) -> int:
        """How many units are there: below zero while more left than came."""
        return sum(pile.quantity for _, pile in self.layers) - self.owed

    @property
    def value_idr(self) -> int:
        """What is there is worth."""
        return sum(pile.value_idr for _, pile in self.layers)

    def enter(self, lot_id: str, quantity: int, value_idr: int) -> int:
        """Goods of a lot come in; the answer is the value of those among them that were owed and are gone already."""
        gone = min(quantity, self.owed)
        coming = Pile(quantity, value_idr)
        gone_idr = coming.take(gone) if gone else 0
        self.owed -= gone
        if coming.quantity:
            if self.method is ValuationMethod.FIFO or not self.layers:
                self.layers.append((lot_id, coming))
            else:
                self.layers[0][1].add(coming.quantity, coming.value_idr)
        return gone_idr

    def leave(self, quantity: int) -> int:
        """Goods leave, the oldest first; the answer is their value."""
        value_idr = 0
        while quantity and self.layers:
            _, pile = self.layers[0]
            taken = min(quantity, pile.quantity)
            value_idr += pile.take(taken)
            quantity -= taken
            if not pile.quantity:
                self.layers.popleft()
        self.owed += quantity
        return value_idr

    def withdraw(self, lot_id: str, quantity: int, worth_idr: int) -> int:
        """Goods go back where they came from, at what they came in for; the answer is their value.

        Of an average, that is what they were entered at, as far as the pile holds it.
        """
        if self.method is ValuationMethod.WEIGHTED_AVERAGE:
            return self._withdraw_from_average(quantity, worth_idr)
        value_idr = 0
        for own, pile in self.layers:
            if own == lot_id and quantity:
                taken = min(quantity, pile.quantity)
                value_idr += pile.take(taken)
                quantity -= taken
        self.layers = deque((own, pile) for own, pile in self.layers if pile.quantity)
        return value_idr + self.leave(quantity)

    def _withdraw_from_average(self, quantity: int, worth_idr: int) -> int:
        if not self.layers or quantity >= self.layers[0][1].quantity:
            return self.leave(quantity)
        pile = self.layers[0][1]
        value_idr = min(worth_idr, pile.value_idr)
        pile.quantity -= quantity
        pile.value_idr -= value_idr
        return value_idr
