"""The office takes a movement back that should not have been written: a linked movement brings the goods back.

Owns which movements may be taken back, and that each is once. What a shipment's count moved is taken back with the
shipment's own figures (`shipments/taking_back.py`). Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.logistics.periods.late import OPEN_BOOKS, ClosedBooks
from services.logistics.places import domain as places
from services.logistics.stock.domain import Lot
from services.logistics.stock.owners import ANY_OWNER, Owners, not_yours
from services.logistics.stock.posting import Postings, Transfer
from services.logistics.stock.refusals import goods_on_the_way, lot_unknown, not_available
from shared.contracts.envelope import Payload
from shared.contracts.ids import EventId, LotId, PlaceId, Subject
from shared.contracts.vocabulary import MovementReason, PlaceKind
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class ReverseMovement:
    """The office takes a movement back that should not have been written. The places are those of the original.

    `happened_at` is when the original happened: where a place was counted since, the reversal leaves it as counted.
    `moved_on` is its day: where that lies in a closed period, the reversal is marked as of a prior period.
    """

    lot_id: LotId
    event_id: EventId
    from_place_id: PlaceId
    to_place_id: PlaceId
    quantity: int
    reason: str
    cause: Subject
    seed: str
    recorded_on: date
    happened_at: datetime | None = None
    moved_on: date | None = None
    closed: ClosedBooks = OPEN_BOOKS
    owners: Owners = ANY_OWNER

    def aggregates(self) -> Sequence[Ref]:
        """The lot."""
        return (Ref("lot", self.lot_id),)

    def reads(self) -> Sequence[Ref]:
        """Both places, and the books closed for the original's day."""
        ends = (Ref("place", self.from_place_id), Ref("place", self.to_place_id))
        return (*ends, *self.closed.refs())

    @property
    def of_shipment(self) -> str | None:
        """The shipment that moved the goods, if one did."""
        kind, _, id_ = self.cause.partition("/")
        return id_ if kind == "shipment" else None


def decide_reverse_movement(states: States, command: ReverseMovement) -> list[Payload] | Refusal:
    """Take a movement back once, if its goods are still where it brought them and no shipment speaks of them."""
    refusal = not_reversible(command.reason)
    if refusal is not None:
        return refusal
    ends = (places.kind_of(states, id_) for id_ in (command.from_place_id, command.to_place_id))
    if command.of_shipment is not None or PlaceKind.VEHICLE in ends:
        return goods_on_the_way()
    return reversal(states, command)


def reversal(states: States, command: ReverseMovement) -> list[Payload] | Refusal:
    """The movement that takes another back, if it was not yet and its goods are still there."""
    lot = states.find(Lot, command.lot_id)
    if lot is None:
        return lot_unknown()
    refusal = not_yours(command.owners, lot)
    if refusal is not None:
        return refusal
    if command.event_id in lot.reversed:
        return Refusal(
            slug="movement-reversed-already",
            detail="This movement was reversed already.",
            next_step="Read the stock card; reverse the reversal if it was the mistake.",
        )
    there = lot.balance(command.to_place_id)
    if not there.account and not there.counted_after(command.happened_at):
        refusal = not_available(there, command.quantity)
        if refusal is not None:
            return refusal
    closed = command.closed.days(states)
    prior = command.moved_on is not None and closed(lot.owner_id, command.moved_on)
    postings = Postings.over(
        states,
        [lot.id],
        seed=command.seed,
        cause=command.cause,
        moved_on=command.moved_on if prior and command.moved_on is not None else command.recorded_on,
        captured_at=command.happened_at,
        posted_on=command.recorded_on,
        prior_period=closed,
    )
    transfer = Transfer(
        lot_id=command.lot_id,
        from_place_id=command.to_place_id,
        to_place_id=command.from_place_id,
        quantity=command.quantity,
        reason=MovementReason.CORRECTION,
        reverses=command.event_id,
    )
    postings.post(transfer)
    return postings.events


def not_reversible(reason: str) -> Refusal | None:
    """The refusal to take back what is corrected another way, by what the movement was for."""
    if reason == MovementReason.DISPATCH:
        return Refusal(
            slug="dispatch-not-reversed",
            detail="These goods are on their way, and their receiver will count them.",
            next_step="Let the receiver count them, or write them as returned when they are back.",
        )
    if reason in (MovementReason.ASSEMBLY, MovementReason.UNPACKING):
        return Refusal(
            slug="kit-not-reversed",
            detail="Kits and their parts move together.",
            next_step="Take the kits apart, or make them again.",
        )
    if reason in (MovementReason.COUNT, MovementReason.COUNT_OFFSET):
        return Refusal(
            slug="count-not-reversed",
            detail="An approved count stands as it was signed.",
            next_step="Count again; the new count explains the difference.",
        )
    return None
