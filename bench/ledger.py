"""A ledger of any size, put where the service keeps it.

Owns lots, balances and movements as the service would have written them: by COPY, since a million of them through the
door would take longer than anybody waits. Every movement stands on two cards and leaves the balance it says. A small
ledger and a large one differ in how much has moved, not in what a page of them shows: the store that is read holds
every lot in both, and each card of it has more rows than a page.
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

STORES = tuple(f"gudang-{number:02}" for number in range(40))
ITEMS = tuple(f"barang-{number:02}" for number in range(30))
OWNERS = ("province", "regency:62.06", "kemensos", "bulog")
LOTS = 1_200
# The store nearly everything is read from: it gets each lot, and stands in every tenth movement.
BUSIEST = STORES[0]
# As busy, but opened when half of all has moved.
OPENED_LATE = "gudang-baru"
SHARE = 10
# A lot of the busiest store's own, which moves more often than others, as rice does: the card of one lot fills a page.
FAST_LOT = 0
FAST_EVERY = 20
ROWS_A_COPY = 50_000
# Above every position the log will reach here.
FIRST_POSITION = 1_000_000_000
RECEIVED = 10_000_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BETWEEN = timedelta(seconds=20)

_MOVEMENT = (
    "position",
    "place_id",
    "event_id",
    "lot_id",
    "item_code",
    "other_place_id",
    "change",
    "balance",
    "reason",
    "cause",
    "movement_id",
    "happened_at",
    "moved_on",
    "flags",
)
_LOT = ("id", "version", "item_code", "received", "owner_id", "valued_quantity", "value_basis", "reversed")
_BALANCE = ("parent", "entry", "on_hand", "reserved", "field_deficit", "account", "unexplained")

Row = tuple[Any, ...]
Ends = tuple[str, str]


@dataclass
class Ledger:
    """So many movements: each lot received into its store, sent once to the busiest, then moved about."""

    movements: int
    seed: int = 1
    lots: list[str] = field(default_factory=list)
    balances: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lots have ids and stores from the beginning."""
        self.lots = [str(uuid.UUID(int=(self.seed << 64) + number)) for number in range(LOTS)]
        self._chance = random.Random(self.seed)

    async def fill(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Write it, and let the database look at what it holds, as it would by itself after a while."""
        lots = [
            (lot, 1, self.item_of(number), True, self.owner_of(number), 1, "not_valued", "[]")
            for number, lot in enumerate(self.lots)
        ]
        await connection.copy_records_to_table("lot", columns=_LOT, records=lots)
        rows = self._rows()
        while block := [row for _, row in zip(range(ROWS_A_COPY), rows, strict=False)]:
            await connection.copy_records_to_table("movement", columns=_MOVEMENT, records=block)
        held = [(lot, place, left, 0, 0, place == "supplier", 0) for (place, lot), left in self.balances.items()]
        await connection.copy_records_to_table("lot_balance", columns=_BALANCE, records=held)
        for table in ("lot", "movement", "lot_balance"):
            await connection.execute(f"VACUUM ANALYZE {table}")

    def item_of(self, number: int) -> str:
        """The item of a lot by its number."""
        return ITEMS[number % len(ITEMS)]

    def owner_of(self, number: int) -> str:
        """Whose a lot is, by its number."""
        return OWNERS[number % len(OWNERS)]

    def _rows(self) -> Iterator[Row]:
        for number in range(self.movements):
            lot_number, ends, quantity = self._movement(number)
            yield from self._sides(number, lot_number, ends, quantity)

    def _movement(self, number: int) -> tuple[int, Ends, int]:
        lot_number = number % LOTS
        home = STORES[lot_number % len(STORES)]
        if number < LOTS:
            return lot_number, ("supplier", home), RECEIVED
        if number < 2 * LOTS and home != BUSIEST:
            return lot_number, (home, BUSIEST), RECEIVED // 10
        if number % FAST_EVERY == 0:
            lot_number, home = FAST_LOT, BUSIEST
        quantity = self._chance.randint(1, 100)
        return lot_number, self._ends(number, lot_number, home, quantity), quantity

    def _ends(self, number: int, lot_number: int, home: str, quantity: int) -> Ends:
        """From the store a lot was received in to another, or back where that has enough."""
        drawn = self._chance.randrange(SHARE * len(STORES))
        other = STORES[drawn // SHARE]
        if drawn % SHARE == 0:
            other = BUSIEST
        elif drawn % SHARE == 1 and number >= self.movements // 2:
            other = OPENED_LATE
        if other == home:
            other = STORES[(lot_number + 1) % len(STORES)]
        back = self._chance.randrange(2) and self.balances.get((other, self.lots[lot_number]), 0) >= quantity
        return (other, home) if back else (home, other)

    def _sides(self, number: int, lot_number: int, ends: Ends, quantity: int) -> Iterator[Row]:
        lot = self.lots[lot_number]
        at = BEGIN + number * BETWEEN
        given, taken = ends
        for place, other, change in ((given, taken, -quantity), (taken, given, quantity)):
            left = self.balances[(place, lot)] = self.balances.get((place, lot), 0) + change
            yield (
                FIRST_POSITION + number,
                place,
                f"00000000-0000-7000-8000-{number:012}",
                lot,
                self.item_of(lot_number),
                other,
                change,
                left,
                "receipt" if number < LOTS else "dispatch",
                f"lot/{lot}",
                None,
                at,
                at.date(),
                "[]",
            )
