"""A ledger of any size, put where the service keeps it.

Owns lots, balances and movements as the service would have written them: by COPY, since a million of them through the
door would take longer than anybody waits. Every movement stands on two cards and leaves the balance it says.
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

STORES = tuple(f"gudang-{number:02}" for number in range(40))
ITEMS = tuple(f"barang-{number:02}" for number in range(30))
OWNERS = ("province", "regency:62.06", "kemensos", "bulog")
LOTS = 1_200
# The store everything is read from stands in every tenth movement.
BUSIEST = STORES[0]
BUSIEST_SHARE = 10
ROWS_A_COPY = 50_000
# Above every position the log will reach here.
FIRST_POSITION = 1_000_000_000
RECEIVED = 1_000_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

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


@dataclass
class Ledger:
    """A ledger that grows: lots received into stores, then moved between them."""

    seed: int = 1
    moved: int = 0
    lots: list[str] = field(default_factory=list)
    balances: dict[tuple[str, str], int] = field(default_factory=dict)

    async def grow(self, connection: "asyncpg.Connection[asyncpg.Record]", movements: int) -> None:
        """Let it have so many movements, and the database look at what it holds."""
        if not self.lots:
            await self._receive(connection)
        rows = self._movements(movements - self.moved)
        await connection.execute("DELETE FROM lot_balance WHERE parent = ANY($1)", self.lots)
        while block := [row for _, row in zip(range(ROWS_A_COPY), rows, strict=False)]:
            await connection.copy_records_to_table("movement", columns=_MOVEMENT, records=block)
        held = [(lot, place, left, 0, 0, place == "supplier", 0) for (place, lot), left in self.balances.items()]
        await connection.copy_records_to_table("lot_balance", columns=_BALANCE, records=held)
        await connection.execute("VACUUM ANALYZE movement")
        await connection.execute("VACUUM ANALYZE lot_balance")
        await connection.execute("VACUUM ANALYZE lot")

    async def _receive(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.lots = [str(uuid.UUID(int=(self.seed << 64) + number)) for number in range(LOTS)]
        rows = [
            (lot, 1, self.item_of(number), True, OWNERS[number % len(OWNERS)], 1, "not_valued", "[]")
            for number, lot in enumerate(self.lots)
        ]
        await connection.copy_records_to_table("lot", columns=_LOT, records=rows)

    def item_of(self, number: int) -> str:
        """The item of a lot by its number."""
        return ITEMS[number % len(ITEMS)]

    def _movements(self, count: int) -> Iterator[Row]:
        chance = random.Random(f"{self.seed}/{self.moved}")
        for _ in range(count):
            number = self.moved
            lot_number = number % LOTS
            if number < LOTS:
                ends, quantity, reason = ("supplier", STORES[lot_number % len(STORES)]), RECEIVED, "receipt"
            else:
                quantity, reason = chance.randint(1, 100), "dispatch"
                ends = self._ends(lot_number, quantity, chance)
            yield from self._sides(number, lot_number, ends, quantity, reason)
            self.moved += 1

    def _ends(self, lot_number: int, quantity: int, chance: random.Random) -> tuple[str, str]:
        """From the store a lot was received in to another, or back where that has enough."""
        home = STORES[lot_number % len(STORES)]
        busiest = home != BUSIEST and chance.randrange(BUSIEST_SHARE) == 0
        other = BUSIEST if busiest else chance.choice([store for store in STORES if store != home])
        back = chance.randrange(2) and self.balances.get((other, self.lots[lot_number]), 0) >= quantity
        return (other, home) if back else (home, other)

    def _sides(self, number: int, lot_number: int, ends: tuple[str, str], quantity: int, reason: str) -> Iterator[Row]:
        lot = self.lots[lot_number]
        at = BEGIN + timedelta(seconds=20 * number)
        given, taken = ends
        for place, other, change in ((given, taken, -quantity), (taken, given, quantity)):
            left = self.balances[(place, lot)] = self.balances.get((place, lot), 0) + change
            yield (
                FIRST_POSITION + number,
                place,
                str(uuid.UUID(int=(3 << 64) + number)),
                lot,
                self.item_of(lot_number),
                other,
                change,
                left,
                reason,
                f"lot/{lot}",
                None,
                at,
                date(at.year, at.month, at.day),
                "[]",
            )
