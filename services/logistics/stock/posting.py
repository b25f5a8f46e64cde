"""Movements of one decision, posted one after the other against the lots as they then are.

Owns everything that follows from a movement: the reservations a fact breaks, the opposite movement where an earlier
fact arrives after a count, the flag of a fact that takes more than is there, and the day of a fact whose period is
closed. Pure: it starts from the states a decision read and ends as a list of events.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.logistics.items.domain import UNKNOWN_ITEM
from services.logistics.places.domain import LOST, SURPLUS
from services.logistics.requests.domain import Request, requeued
from services.logistics.stock.breaking import breaking_order
from services.logistics.stock.domain import Balance, Lot, lot_after, overdraws
from shared.contracts.envelope import Payload
from shared.contracts.ids import (
    CountId,
    EventId,
    ItemCode,
    LotId,
    MovementId,
    PlaceId,
    RequestId,
    ReservationId,
    Subject,
)
from shared.contracts.ledger import LotCounted
from shared.contracts.logistics import LotReceived, ReservationReleased, StockMoved
from shared.contracts.vocabulary import FieldFlag, MovementReason, ReservationEnd
from shared.kit.decisions.types import Overtaken, States

# The list of flags is open: this one concerns this service alone.
RESERVATION_BROKEN = FieldFlag("reservation_broken")

# Whether the period a date lies in is closed for an owner's goods (None: the owner is not known yet).
PriorPeriod = Callable[[str | None, date], bool]


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
    offsets: MovementId | None = None
    count_id: CountId | None = None


@dataclass
class Postings:
    """The movements of one decision so far.

    `seed` is an id of the command; the movements' ids are derived from it, since a decision makes nothing up.
    `events` are all that follows, in order; `moves` the movements that were asked for.
    """

    states: States
    seed: str
    cause: Subject
    moved_on: date
    captured_at: datetime | None = None
    holders: frozenset[str] = frozenset()
    posted_on: date | None = None
    prior_period: PriorPeriod | None = None
    lots: dict[str, Lot] = field(default_factory=dict)
    events: list[Payload] = field(default_factory=list)
    moves: list[StockMoved] = field(default_factory=list)
    _made: int = -1

    def __post_init__(self) -> None:
        """The seed names the movements of this decision."""
        self._namespace = uuid.UUID(self.seed)

    @classmethod
    def over(  # noqa: PLR0913 -- a fact has dates of its own, and what it may break is named by its command
        cls,
        states: States,
        lot_ids: Iterable[str],
        *,
        seed: str,
        cause: Subject,
        moved_on: date,
        captured_at: datetime | None = None,
        holders: Iterable[RequestId] = (),
        posted_on: date | None = None,
        prior_period: PriorPeriod | None = None,
    ) -> "Postings":
        """No movement yet, over the lots as a decision reads them.

        `captured_at` is given for facts: where a place was counted later than that, they are offset. `holders` are the
        requests among the command's aggregates whose reservations a fact may break. `prior_period` says which dates
        lie in a closed period: such a movement is posted on `posted_on` and carries its own date.
        """
        found = {lot_id: states.find(Lot, lot_id) for lot_id in dict.fromkeys(lot_ids)}
        return cls(
            states,
            seed,
            cause,
            moved_on,
            captured_at,
            frozenset(holders),
            posted_on,
            prior_period,
            {lot_id: lot for lot_id, lot in found.items() if lot is not None},
        )

    def lot(self, lot_id: str) -> Lot:
        """A lot after the movements so far; one that nothing names yet is empty."""
        return self.lots.get(lot_id) or Lot(lot_id, 0, UNKNOWN_ITEM)

    def item_of(self, lot_id: str, said: ItemCode = UNKNOWN_ITEM) -> ItemCode:
        """The item of a lot: what its books say, else what the sender says."""
        lot = self.lot(lot_id)
        return said if lot.item_code == UNKNOWN_ITEM else ItemCode(lot.item_code)

    def balance(self, lot_id: str, place_id: str) -> Balance:
        """What of a lot is in a place after the movements so far."""
        return self.lot(lot_id).balance(place_id)

    def in_store(self, lot_id: str, place_id: str) -> int:
        """What of a lot a fact can take from a place without breaking a reservation."""
        balance = self.balance(lot_id, place_id)
        return max(0, balance.on_hand - balance.reserved)

    def release(
        self, lot_id: LotId, reservation_id: ReservationId, quantity: int, reason: ReservationEnd
    ) -> ReservationReleased:
        """End a reservation, or a part of it."""
        kept = self.lot(lot_id).reservations[reservation_id]
        released = ReservationReleased(
            lot_id=lot_id,
            reservation_id=reservation_id,
            request_id=RequestId(kept.request_id),
            place_id=PlaceId(kept.place_id),
            quantity=quantity,
            reason=reason,
            released_on=self.posted_on or self.moved_on,
        )
        self._follow(lot_id, released)
        return released

    def post(self, transfer: Transfer, *, flags: Sequence[FieldFlag] = ()) -> StockMoved:
        """Post a movement and all that follows from it; one that takes more than is there is flagged for it.

        Raises: Overtaken where it breaks a reservation of a request that `holders` does not name.
        """
        movement_id = self._movement_id()
        into, out = (list(self._offsets(transfer, movement_id, into=into)) for into in (True, False))
        # What a later count has found there is there: it comes back before the fact takes it, so nothing is broken.
        for offset in into:
            self._move(offset, self._movement_id(), (FieldFlag.BEFORE_COUNT,))
        marks = (RESERVATION_BROKEN, self._make_room(transfer)), (FieldFlag.BEFORE_COUNT, into or out)
        moved = self._move(transfer, movement_id, (*flags, *(flag for flag, holds in marks if holds)))
        self.moves.append(moved)
        for offset in out:
            self._move(offset, self._movement_id(), (FieldFlag.BEFORE_COUNT,))
        return moved

    def receive(self, received: LotReceived) -> None:
        """Enter goods that no lot held before, ahead of what moves of them in the same decision."""
        self._follow(received.lot_id, received)

    def count(  # noqa: PLR0913 -- what was counted, where, when, and by which count
        self,
        lot_id: LotId,
        place_id: PlaceId,
        counted: int,
        *,
        count_id: CountId,
        counted_at: datetime,
        moved_since: int = 0,
        item_code: ItemCode = UNKNOWN_ITEM,
    ) -> LotCounted:
        """Bring a lot in a place to what was counted there at an instant; a count that finds too little breaks
        reservations as a fact does.

        `moved_since` is what came (or went: below zero) after that instant and stands in the books already.
        """
        difference = counted + moved_since - self.balance(lot_id, place_id).on_hand
        event = LotCounted(
            lot_id=lot_id,
            item_code=self.item_of(lot_id, item_code),
            place_id=place_id,
            count_id=count_id,
            counted=counted,
            difference=difference,
            counted_at=counted_at,
            counted_on=self.moved_on,
        )
        self._follow(lot_id, event)
        if difference:
            ends = (place_id, LOST) if difference < 0 else (SURPLUS, place_id)
            transfer = Transfer(
                lot_id, *ends, abs(difference), MovementReason.COUNT, item_code=event.item_code, count_id=count_id
            )
            broken = self._make_room(transfer)
            flags = (RESERVATION_BROKEN,) if broken else ()
            self.moves.append(self._move(transfer, self._movement_id(), flags))
        return event

    def _move(self, transfer: Transfer, movement_id: MovementId, flags: Sequence[FieldFlag]) -> StockMoved:
        lot = self.lot(transfer.lot_id)
        negative = overdraws(lot.balance(transfer.from_place_id), transfer.quantity)
        prior = self.prior_period is not None and self.prior_period(lot.owner_id, self.moved_on)
        marks = (FieldFlag.NEGATIVE_STOCK, negative), (FieldFlag.PRIOR_PERIOD, prior)
        event = StockMoved(
            lot_id=transfer.lot_id,
            item_code=self.item_of(transfer.lot_id, transfer.item_code),
            movement_id=movement_id,
            from_place_id=transfer.from_place_id,
            to_place_id=transfer.to_place_id,
            quantity=transfer.quantity,
            reason=transfer.reason,
            cause=self.cause,
            reservation_id=transfer.reservation_id,
            reverses=transfer.reverses,
            offsets=transfer.offsets,
            count_id=transfer.count_id,
            moved_on=self.posted_on if prior and self.posted_on is not None else self.moved_on,
            occurred_on=self.moved_on if prior else None,
            flags=tuple(dict.fromkeys((*flags, *(flag for flag, holds in marks if holds)))),
        )
        self._follow(transfer.lot_id, event)
        return event

    def _make_room(self, transfer: Transfer) -> int:
        """Break what is reserved in the place a fact takes from, until enough is free or nothing is reserved."""
        balance = self.balance(transfer.lot_id, transfer.from_place_id)
        wanting = balance.reserved + transfer.quantity - balance.on_hand
        missing = 0 if balance.account else min(balance.reserved, wanting)
        broken = 0
        for reservation_id in breaking_order(self.lot(transfer.lot_id), transfer.from_place_id):
            if broken >= missing:
                break
            kept = self.lot(transfer.lot_id).reservations[reservation_id]
            if kept.request_id not in self.holders:
                raise Overtaken
            quantity = min(missing - broken, kept.quantity)
            broken += quantity
            self.release(transfer.lot_id, ReservationId(reservation_id), quantity, ReservationEnd.BROKEN)
            request = self.states.find(Request, kept.request_id)
            again = requeued(request, {self.item_of(transfer.lot_id): quantity}, self.posted_on or self.moved_on)
            if again is not None:
                self.events.append(again)
        return broken

    def _offsets(self, transfer: Transfer, movement_id: MovementId, *, into: bool) -> Iterator[Transfer]:
        """What brings a counted place back to its count when an earlier fact takes from it (`into`) or adds to it.

        What the count found missing or too much is taken first, so that the unexplained part shrinks.
        """
        place_id = transfer.from_place_id if into else transfer.to_place_id
        balance = self.balance(transfer.lot_id, place_id)
        if balance.count_id is None or not balance.counted_after(self.captured_at):
            return
        explained = min(transfer.quantity, max(0, -balance.unexplained if into else balance.unexplained))
        account, other = (LOST, SURPLUS) if into else (SURPLUS, LOST)
        for end, quantity in ((account, explained), (other, transfer.quantity - explained)):
            ends = (end, place_id) if into else (place_id, end)
            if quantity:
                yield Transfer(
                    transfer.lot_id,
                    *ends,
                    quantity,
                    MovementReason.COUNT_OFFSET,
                    item_code=transfer.item_code,
                    offsets=movement_id,
                    count_id=CountId(balance.count_id),
                )

    def _movement_id(self) -> MovementId:
        self._made += 1
        return MovementId(str(uuid.uuid5(self._namespace, str(self._made))))

    def _follow(self, lot_id: str, event: Payload) -> None:
        lot = self.lot(lot_id)
        self.lots[lot_id] = lot_after(lot, event, lot.version + 1)
        self.events.append(event)
