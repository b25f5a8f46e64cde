"""Lots: goods of one item, owner and expiry, and where they are.

Owns the balances. Each movement takes from one place what it gives to another, so a lot's balances sum to zero at
every position. A decision never takes what is reserved or not there; a fact may: reservations are broken for it, and
what is then still missing stands as `field_deficit` until goods arrive. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.logistics.items.domain import UNKNOWN_ITEM
from services.logistics.places.domain import is_account
from shared.contracts.envelope import Payload
from shared.contracts.ledger import LotCounted, LotValued, ValueBasis
from shared.contracts.logistics import LotReceived, ReservationReleased, StockMoved, StockReserved
from shared.contracts.partners import Restriction
from shared.contracts.recalls import LotCleared, LotRecalled
from shared.contracts.vocabulary import FieldFlag, MovementReason, Urgency
from shared.kit.decisions.types import Event, Ref


@dataclass(frozen=True, slots=True)
class Balance:
    """What of a lot is in a place. Only an account outside the stores may hold less than nothing.

    `unexplained` is what the last approved count found beyond the books (below zero: found missing), less what earlier
    facts that arrived after it have explained.
    """

    on_hand: int = 0
    reserved: int = 0
    field_deficit: int = 0
    account: bool = False
    counted_at: datetime | None = None
    count_id: str | None = None
    unexplained: int = 0

    @property
    def available(self) -> int:
        """What a decision may still take: nothing while a fact from the field is unexplained."""
        return 0 if self.account or self.field_deficit else self.on_hand - self.reserved

    def counted_after(self, happened_at: datetime | None) -> bool:
        """Whether what happened then was before the place's last approved count of the lot."""
        return happened_at is not None and self.counted_at is not None and happened_at < self.counted_at


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is kept in a place for a request. It is gone once it was used or released in full.

    `made` is the lot's version that made it: of two, the newer has the higher one.
    """

    request_id: str
    place_id: str
    quantity: int
    expires_on: date
    urgency: Urgency
    due_at: datetime
    made: int


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot, its balances by place and its open reservations by id.

    `received` is false for a lot that only facts from the field name; the office completes it by receiving it.
    """

    id: str
    version: int
    item_code: str
    received: bool = False
    owner_id: str | None = None
    expires_on: date | None = None
    document_number: str | None = None
    unit_value_idr: int | None = None
    valued_quantity: int = 1
    value_basis: ValueBasis = ValueBasis.NOT_VALUED
    restriction: Restriction | None = None
    recall_id: str | None = None
    reversed: tuple[str, ...] = ()
    balances: Mapping[str, Balance] = field(default_factory=dict)
    reservations: Mapping[str, Reservation] = field(default_factory=dict)

    def balance(self, place_id: str) -> Balance:
        """What of the lot is in a place."""
        return self.balances.get(place_id) or Balance(account=is_account(place_id))

    def expired(self, on: date) -> bool:
        """Whether the goods are past their last day."""
        return self.expires_on is not None and self.expires_on < on


def lot_refs(lot_ids: Sequence[str]) -> tuple[Ref, ...]:
    """The lots a command names, each once."""
    return tuple(Ref("lot", lot_id) for lot_id in dict.fromkeys(lot_ids))


def moved(balance: Balance, change: int, *, by_fact: bool) -> Balance:
    """A balance after goods came or went. Only a fact may raise the deficit; goods that arrive lower it."""
    on_hand = balance.on_hand + change
    missing = 0 if balance.account else max(0, balance.reserved - on_hand)
    # Written out: every movement does this twice, and `replace` takes twice the time.
    return Balance(
        on_hand,
        balance.reserved,
        missing if by_fact else min(balance.field_deficit, missing),
        balance.account,
        balance.counted_at,
        balance.count_id,
        balance.unexplained,
    )


def overdraws(balance: Balance, quantity: int) -> bool:
    """Whether taking a quantity would leave less than is reserved, or less than nothing."""
    return not balance.account and balance.on_hand - quantity < balance.reserved


def evolve_lot(lot: Lot | None, event: Event) -> Lot:
    """The lot after an event."""
    return lot_after(lot or Lot(event.ref.id, 0, UNKNOWN_ITEM), event.payload, event.sequence)


def lot_after(lot: Lot, said: Payload, version: int) -> Lot:
    """The lot after it was received, valued, moved, counted, reserved, set free or recalled.

    Apart from `evolve_lot`, so that a decision of several movements sees its own by the same rule.
    """
    match said:
        case LotReceived():
            after = _received(lot, said)
        case StockMoved():
            return _moved(lot, said, version)
        case StockReserved():
            after = _reserved(lot, said, version)
        case ReservationReleased():
            after = _released(lot, said)
        case LotCounted():
            after = _counted(lot, said)
        case LotValued():
            after = _valued(lot, said)
        case LotRecalled():
            after = replace(lot, recall_id=said.recall_id)
        case LotCleared():
            after = replace(lot, recall_id=None)
        case _:
            raise TypeError(f"{said.type} after {lot.version}")
    return replace(after, version=version)


def _received(lot: Lot, said: LotReceived) -> Lot:
    return replace(
        _valued(lot, said),
        item_code=said.item_code,
        received=True,
        owner_id=said.owner_id,
        expires_on=said.expires_on,
        document_number=said.document_number,
        unit_value_idr=said.unit_value_idr,
        valued_quantity=said.valued_quantity,
        value_basis=said.value_basis,
        restriction=said.restriction,
        balances=_transferred(lot, said.from_place_id, said.place_id, said.quantity, by_fact=False),
    )


def _valued(lot: Lot, said: LotReceived | LotValued) -> Lot:
    return replace(
        lot,
        unit_value_idr=said.unit_value_idr,
        valued_quantity=said.valued_quantity,
        value_basis=said.value_basis,
    )


def _moved(lot: Lot, said: StockMoved, version: int) -> Lot:
    by_fact = FieldFlag.NEGATIVE_STOCK in said.flags
    balances = _transferred(lot, said.from_place_id, said.to_place_id, said.quantity, by_fact=by_fact)
    if said.reason is MovementReason.COUNT_OFFSET:
        place, change = (said.to_place_id, said.quantity)
        if is_account(place):
            place, change = (said.from_place_id, -said.quantity)
        balances[place] = replace(balances[place], unexplained=balances[place].unexplained + change)
    return replace(
        lot,
        version=version,
        item_code=said.item_code if not lot.received else lot.item_code,
        reversed=(*lot.reversed, said.reverses) if said.reverses is not None else lot.reversed,
        balances=balances,
    )


def _counted(lot: Lot, said: LotCounted) -> Lot:
    balance = replace(
        lot.balance(said.place_id), counted_at=said.counted_at, count_id=said.count_id, unexplained=said.difference
    )
    return replace(
        lot,
        item_code=said.item_code if not lot.received else lot.item_code,
        balances={**lot.balances, said.place_id: balance},
    )


def _transferred(lot: Lot, from_place: str, to_place: str, quantity: int, *, by_fact: bool) -> dict[str, Balance]:
    return {
        **lot.balances,
        from_place: moved(lot.balance(from_place), -quantity, by_fact=by_fact),
        to_place: moved(lot.balance(to_place), quantity, by_fact=False),
    }


def _reserved(lot: Lot, said: StockReserved, version: int) -> Lot:
    balance = lot.balance(said.place_id)
    reservation = Reservation(
        said.request_id, said.place_id, said.quantity, said.expires_on, said.urgency, said.due_at, version
    )
    return replace(
        lot,
        balances={**lot.balances, said.place_id: replace(balance, reserved=balance.reserved + said.quantity)},
        reservations={**lot.reservations, said.reservation_id: reservation},
    )


def _released(lot: Lot, said: ReservationReleased) -> Lot:
    reservation = lot.reservations[said.reservation_id]
    balance = lot.balance(reservation.place_id)
    free = replace(balance, reserved=balance.reserved - said.quantity)
    left = reservation.quantity - said.quantity
    open_ = {id_: one for id_, one in lot.reservations.items() if id_ != said.reservation_id}
    if left:
        open_[said.reservation_id] = replace(reservation, quantity=left)
    return replace(
        lot,
        balances={**lot.balances, reservation.place_id: moved(free, 0, by_fact=False)},
        reservations=open_,
    )
