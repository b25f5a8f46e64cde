"""Pre-positioning: which store should move what where, so that each holds what it should before anything happens.

Owns the order of choice: the emptiest store first, from the nearest store that holds more than its own buffer. Each
line says why. Pure: it reads no table, moves whole units, and proposes nothing that would open a gap elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.logistics.requests.candidates import Where, distance
from shared.contracts.ids import ItemCode, PlaceId


class MoveReason(StrEnum):
    """Why goods should come from this store."""

    CLOSES_GAP = "nearest_with_enough"
    NARROWS_GAP = "nearest_gives_what_it_can"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a store may give out of an owner's item, and what it should hold."""

    place_id: PlaceId
    item_code: ItemCode
    owner_id: str
    free: int
    target: int
    where: Where


@dataclass(frozen=True, slots=True)
class Move:
    """Goods that should go from one store to another."""

    from_place_id: PlaceId
    to_place_id: PlaceId
    item_code: ItemCode
    owner_id: str
    quantity: int
    gap_before: int
    gap_after: int
    left_above_target: int
    reason: MoveReason


@dataclass(frozen=True, slots=True)
class Gap:
    """What a store lacks of an item, and no other store has to spare."""

    place_id: PlaceId
    item_code: ItemCode
    missing: int


def plan_moves(holdings: Sequence[Holding]) -> tuple[list[Move], list[Gap]]:
    """The moves that close or narrow gaps, and the gaps that stay open.

    A store's buffer is held by goods of any owner; what it may spare of each owner's is shared out in the same order.
    """
    held: dict[tuple[PlaceId, ItemCode], int] = {}
    for one in holdings:
        held[(one.place_id, one.item_code)] = held.get((one.place_id, one.item_code), 0) + one.free
    targets = {(one.place_id, one.item_code): one for one in holdings}
    spare = {place: max(0, held[place] - one.target) for place, one in targets.items()}
    open_ = {place: one.target - held[place] for place, one in targets.items() if one.target > held[place]}
    given = {(one.place_id, one.item_code, one.owner_id): one.free for one in holdings}
    moves: list[Move] = []
    for place in sorted(open_, key=lambda place: _turn(held[place], targets[place])):
        to = targets[place]
        for giver in sorted(
            _givers(holdings, to), key=lambda one: (distance(one.where, to.where), one.place_id, one.owner_id)
        ):
            source = (giver.place_id, giver.item_code)
            owned = (*source, giver.owner_id)
            quantity = min(open_[place], spare[source], given[owned])
            if quantity <= 0:
                continue
            spare[source] -= quantity
            given[owned] -= quantity
            before, open_[place] = open_[place], open_[place] - quantity
            moves.append(_move(giver, to, quantity, before, spare[source]))
    gaps = [Gap(place, code, missing) for (place, code), missing in sorted(open_.items()) if missing]
    return moves, gaps


def _turn(held: int, to: Holding) -> tuple[int, str, str]:
    """Emptiest first: what a store holds in thousandths of its buffer."""
    return held * 1000 // to.target, to.place_id, to.item_code


def _givers(holdings: Iterable[Holding], to: Holding) -> Iterable[Holding]:
    return (one for one in holdings if one.item_code == to.item_code and one.place_id != to.place_id)


def _move(giver: Holding, to: Holding, quantity: int, before: int, left: int) -> Move:
    return Move(
        from_place_id=giver.place_id,
        to_place_id=to.place_id,
        item_code=to.item_code,
        owner_id=giver.owner_id,
        quantity=quantity,
        gap_before=before,
        gap_after=before - quantity,
        left_above_target=left,
        reason=MoveReason.CLOSES_GAP if quantity == before else MoveReason.NARROWS_GAP,
    )
