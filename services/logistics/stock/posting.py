"""Movements of one decision, posted one after the other against the lots as they then are.

Owns how a decision that moves several quantities sees its own earlier movements, and the flag of a fact that takes
more than is there. Pure: it starts from the states a decision read and ends as a list of events.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.logistics.items.domain import UNKNOWN_ITEM
from services.logistics.stock.domain import Balance, Lot, moved, overdraws
from shared.contracts.ids import EventId, ItemCode, LotId, MovementId, PlaceId, ReservationId, Subject
from shared.contracts.logistics import StockMoved
from shared.contracts.vocabulary import FieldFlag, MovementReason
from shared.kit.decisions.types import States


@dataclass(frozen=True, slots=True)
class Transfer:
    """Goods of a lot that go from one place to another. `item_code` is what the sender says where the lot is new."""

    lot_id: LotId
    from_place_id: PlaceId
    to_place_id: PlaceId
    quantity: int
    reason: MovementReason
    item_code: ItemCode = UNKNOWN_ITEM
    reservation_id: ReservationId | None = None
    reverses: EventId | None = None


@dataclass
class Postings:
    """The movements of one decision so far.

    `seed` is an id of the command; the movements' ids are derived from it, since a decision makes nothing up.
    """

    seed: str
    cause: Subject
    moved_on: date
    lots: dict[str, Lot] = field(default_factory=dict)
    events: list[StockMoved] = field(default_factory=list)
    _balances: dict[tuple[str, str], Balance] = field(default_factory=dict)

    @classmethod
    def over(cls, states: States, lot_ids: Iterable[str], *, seed: str, cause: Subject, moved_on: date) -> "Postings":
        """No movement yet, over the lots as a decision reads them."""
        found = {lot_id: states.find(Lot, lot_id) for lot_id in dict.fromkeys(lot_ids)}
        return cls(seed, cause, moved_on, {lot_id: lot for lot_id, lot in found.items() if lot is not None})

    def item_of(self, lot_id: str, said: ItemCode = UNKNOWN_ITEM) -> ItemCode:
        """The item of a lot: what its books say, else what the sender says."""
        lot = self.lots.get(lot_id)
        return said if lot is None or lot.item_code == UNKNOWN_ITEM else ItemCode(lot.item_code)

    def balance(self, lot_id: str, place_id: str) -> Balance:
        """What of a lot is in a place after the movements so far."""
        lot = self.lots.get(lot_id) or Lot(lot_id, 0, UNKNOWN_ITEM)
        return self._balances.get((lot_id, place_id)) or lot.balance(place_id)

    def in_store(self, lot_id: str, place_id: str) -> int:
        """What of a lot a fact can take from a place without going below nothing."""
        balance = self.balance(lot_id, place_id)
        return max(0, balance.on_hand - balance.reserved)

    def set_free(self, lot_id: str, place_id: str, quantity: int) -> None:
        """Take note that a reservation ends in the same decision, before its goods move."""
        balance = self.balance(lot_id, place_id)
        free = Balance(balance.on_hand, balance.reserved - quantity, balance.field_deficit, balance.account)
        self._balances[(lot_id, place_id)] = moved(free, 0, by_fact=False)

    def post(self, transfer: Transfer, *, flags: Sequence[FieldFlag] = ()) -> StockMoved:
        """Post a movement; one that takes more than is there carries the flag of negative stock."""
        before = self.balance(transfer.lot_id, transfer.from_place_id)
        negative = overdraws(before, transfer.quantity)
        event = StockMoved(
            lot_id=transfer.lot_id,
            item_code=self.item_of(transfer.lot_id, transfer.item_code),
            movement_id=MovementId(str(uuid.uuid5(uuid.UUID(self.seed), str(len(self.events))))),
            from_place_id=transfer.from_place_id,
            to_place_id=transfer.to_place_id,
            quantity=transfer.quantity,
            reason=transfer.reason,
            cause=self.cause,
            reservation_id=transfer.reservation_id,
            reverses=transfer.reverses,
            moved_on=self.moved_on,
            flags=(*flags, FieldFlag.NEGATIVE_STOCK) if negative else tuple(flags),
        )
        after = moved(before, -transfer.quantity, by_fact=negative)
        arrived = moved(self.balance(transfer.lot_id, transfer.to_place_id), transfer.quantity, by_fact=False)
        self._balances[(transfer.lot_id, transfer.from_place_id)] = after
        self._balances[(transfer.lot_id, transfer.to_place_id)] = arrived
        self.events.append(event)
        return event
