"""What places hold as of a position of the logistics log, and how much of it may be given out.

Owns these sums and which lots are sound. Must not look at what a service shows.
"""

from collections import Counter
from dataclasses import dataclass, field

from tanggap.checker.evidence import Entry, Log
from tanggap.checker.owner_book import ACCOUNTS
from tanggap.checker.stock import moves

Where = tuple[str, str]  # place and lot


@dataclass(slots=True)
class Holdings:
    """Balances and reservations by place and lot; of each lot its goods, last day, and whether it is called back."""

    on_hand: Counter[Where] = field(default_factory=Counter)
    reserved: Counter[Where] = field(default_factory=Counter)
    item_of: dict[str, str] = field(default_factory=dict)
    expires: dict[str, str] = field(default_factory=dict)
    tied: set[str] = field(default_factory=set)
    recalled: set[str] = field(default_factory=set)
    _kept: dict[str, Where] = field(default_factory=dict)

    @classmethod
    def at(cls, log: Log, as_of: int) -> "Holdings":
        """The holdings at a position."""
        found = cls()
        for entry in log.entries[:as_of]:
            for place, lot, change in moves(entry):
                found.on_hand[(place, lot)] += change
            found._note(entry)
        return found

    def _note(self, entry: Entry) -> None:
        data = entry.data
        match entry.name:
            case "lot_received":
                self.item_of[data["lot_id"]] = data["item_code"]
                if "expires_on" in data:
                    self.expires[data["lot_id"]] = data["expires_on"]
                if "restriction" in data:
                    self.tied.add(data["lot_id"])
            case "stock_reserved":
                self._kept[data["reservation_id"]] = (data["place_id"], data["lot_id"])
                self.reserved[(data["place_id"], data["lot_id"])] += data["quantity"]
            case "reservation_released":
                self.reserved[self._kept[data["reservation_id"]]] -= data["quantity"]
            case "lot_recalled":
                self.recalled.add(data["lot_id"])
            case "lot_cleared":
                self.recalled.discard(data["lot_id"])

    def free(self, on: str) -> Counter[Where]:
        """By place and item, what may be given out to anybody on a day."""
        held: Counter[Where] = Counter()
        for (place, lot), quantity in self.on_hand.items():
            left = quantity - self.reserved[(place, lot)]
            unsound = lot in self.tied or lot in self.recalled or self.expires.get(lot, on) < on
            if left > 0 and not unsound and lot in self.item_of:
                held[(place, self.item_of[lot])] += left
        return held

    def expiring(self, before: str) -> dict[Where, int]:
        """By place and lot, what is somewhere inside and expires before a day."""
        return {
            (place, lot): quantity
            for (place, lot), quantity in self.on_hand.items()
            if quantity > 0 and place.partition(":")[0] not in ACCOUNTS and self.expires.get(lot, before) < before
        }

    def of_lot(self, lot_id: str) -> dict[str, int]:
        """Where goods of a lot are."""
        return {place: quantity for (place, lot), quantity in self.on_hand.items() if lot == lot_id and quantity}
