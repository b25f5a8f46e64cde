"""The figures of an owner's goods over a period, item by item, from what crossed the border of its stores.

Owns which movement counts as incoming, outgoing or adjustment, and what each is worth. Goods that were damaged or
handed out keep the value they left with, so that those which come back bring it back. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.logistics.periods.valuation import Pile, Stock
from shared.contracts.ids import ItemCode
from shared.contracts.periods import Figure, PeriodLine, ValuationMethod
from shared.contracts.vocabulary import PlaceKind


class Section(StrEnum):
    """Where a movement stands in the figures of a period."""

    OPENING = "opening"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    ADJUSTMENT = "adjustment"
    PRIOR_PERIOD = "prior_period"


# Where goods come from, at the value of their lot; they go back there at the same value.
SOURCES = frozenset({PlaceKind.SUPPLIER, PlaceKind.DONOR, PlaceKind.SURPLUS})
_SECTIONS: Mapping[PlaceKind, Section] = {
    PlaceKind.SUPPLIER: Section.INCOMING,
    PlaceKind.DONOR: Section.INCOMING,
    PlaceKind.HANDED_OUT: Section.OUTGOING,
    PlaceKind.CONSUMED: Section.OUTGOING,
}


@dataclass(frozen=True, slots=True)
class Worth:
    """What a lot is worth: so much for so many base units, or nothing yet."""

    unit_value_idr: int | None
    valued_quantity: int

    def of(self, quantity: int) -> int:
        """The whole rupiah that a quantity is worth, rounded down."""
        return 0 if self.unit_value_idr is None else quantity * self.unit_value_idr // self.valued_quantity


_NOT_VALUED = Worth(None, 1)


@dataclass(frozen=True, slots=True)
class Crossing:
    """Goods of a lot that came into the stores from an account (`quantity` above zero) or went there.

    What left for good may be of any lot (`lot_id` is empty): what it is worth depends on what is there, not on the lot.
    `onward` is the account that goods went on to from theirs without coming back into the stores, such as damaged goods
    that were destroyed. `first_book` marks what stood in a place's first count.
    """

    item_code: str
    lot_id: str
    account: PlaceKind
    quantity: int
    when: Section | None
    onward: PlaceKind | None = None
    first_book: bool = False

    @property
    def section(self) -> Section:
        """Where it stands: before the period, in the period before, or by its account."""
        if self.when is not None:
            return self.when
        return Section.OPENING if self.first_book else _SECTIONS.get(self.account, Section.ADJUSTMENT)


@dataclass
class ItemBook:
    """One item's goods while its crossings are followed in order.

    `gone_idr` is the value of goods that had left before they came, `sent_back_idr` of those that went back to their
    source, `brought_idr` of those an account gave beyond what it had got.
    """

    stock: Stock
    sums: dict[Section, Pile] = field(default_factory=dict)
    accounts: dict[PlaceKind, Pile] = field(default_factory=dict)
    gone_idr: int = 0
    sent_back_idr: int = 0
    brought_idr: int = 0

    def follow(self, one: Crossing, worth: Worth) -> None:
        """Take a crossing into the figures."""
        if one.onward is not None:
            self._account(one.onward).add(one.quantity, self._from_account(one.account, one.quantity, worth))
            return
        self._sum(one.section).add(one.quantity, 0)
        if one.quantity > 0:
            self._enter(one, worth)
        else:
            self._leave(one, worth)

    def _enter(self, one: Crossing, worth: Worth) -> None:
        comes_new = one.account in SOURCES
        value_idr = worth.of(one.quantity) if comes_new else self._from_account(one.account, one.quantity, worth)
        gone_idr = self.stock.enter(one.lot_id, one.quantity, value_idr)
        self._sum(one.section).add(0, value_idr)
        self._sum(Section.ADJUSTMENT if one.when is None else one.when).add(0, -gone_idr)
        self.gone_idr += gone_idr

    def _leave(self, one: Crossing, worth: Worth) -> None:
        quantity = -one.quantity
        if one.account in SOURCES:
            value_idr = self.stock.withdraw(one.lot_id, quantity, worth.of(quantity))
            self.sent_back_idr += value_idr
        else:
            value_idr = self.stock.leave(quantity)
            self._account(one.account).add(quantity, value_idr)
        self._sum(one.section).add(0, -value_idr)

    def _from_account(self, account: PlaceKind, quantity: int, worth: Worth) -> int:
        pile = self._account(account)
        there = min(quantity, max(pile.quantity, 0))
        value_idr = pile.take(there) if there else 0
        more = quantity - there
        pile.add(-more, 0)
        self.brought_idr += worth.of(more)
        return value_idr + worth.of(more)

    def _account(self, account: PlaceKind) -> Pile:
        return self.accounts.setdefault(account, Pile())

    def _sum(self, section: Section) -> Pile:
        return self.sums.setdefault(section, Pile())

    def line(self, item_code: str, expired: int) -> PeriodLine:
        """The item's figures at the end of a period, of which so much is past its last day."""
        closing = Figure(quantity=self.stock.quantity, value_idr=self.stock.value_idr)
        share = max(0, min(expired, closing.quantity))
        expired_idr = closing.value_idr * share // closing.quantity if share else 0
        damaged = self.accounts.get(PlaceKind.DAMAGED, Pile())
        return PeriodLine(
            item_code=ItemCode(item_code),
            opening=self._figure(Section.OPENING),
            incoming=self._figure(Section.INCOMING),
            outgoing=self._figure(Section.OUTGOING),
            adjustment=self._figure(Section.ADJUSTMENT),
            prior_period=self._figure(Section.PRIOR_PERIOD),
            closing=closing,
            expired=Figure(quantity=expired, value_idr=expired_idr),
            damaged=Figure(quantity=damaged.quantity, value_idr=damaged.value_idr),
        )

    def _figure(self, section: Section) -> Figure:
        pile = self.sums.get(section, Pile())
        return Figure(quantity=pile.quantity, value_idr=pile.value_idr)


def figures(
    crossings: Iterable[Crossing], worths: Mapping[str, Worth], method: ValuationMethod, expired: Mapping[str, int]
) -> tuple[PeriodLine, ...]:
    """The figures of each item, from all that crossed the border of an owner's stores until a day, in its order."""
    books: dict[str, ItemBook] = {}
    for one in crossings:
        book = books.setdefault(one.item_code, ItemBook(Stock(method)))
        book.follow(one, worths.get(one.lot_id, _NOT_VALUED))
    return tuple(book.line(item_code, expired.get(item_code, 0)) for item_code, book in sorted(books.items()))
