"""Hand-outs: goods a post gave to victims.

Owns which lots a hand-out takes from, and its flags. It has happened, so it is never refused for what it says: what
was not in the books comes out as a deficit that somebody must explain. Pure.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.logistics.intake.domain import Capture, believed_at, not_authorised, sender_flags
from services.logistics.items.domain import UNKNOWN_ITEM
from services.logistics.periods.late import OPEN_BOOKS, ClosedBooks
from services.logistics.places.domain import HANDED_OUT, Place
from services.logistics.stock.domain import lot_refs
from services.logistics.stock.posting import Postings, Transfer
from shared.contracts.envelope import Payload
from shared.contracts.ids import DisasterId, HandoutId, HouseholdId, ItemCode, LotId, PlaceId, RequestId, Subject
from shared.contracts.logistics import GoodsHandedOut, HandedOutLine
from shared.contracts.vocabulary import FieldFlag, MovementReason, PlaceKind
from shared.kit.decisions.types import Event, Ref, Refusal, States

_UNATTRIBUTED = uuid.UUID("0bd2a7f2-4c1b-5a9e-9a35-3a2f2d6a7c11")


@dataclass(frozen=True, slots=True)
class Handout:
    """A hand-out on record, as it was first told."""

    id: str
    version: int
    disaster_id: str
    place_id: str
    area_code: str
    handed_out_on: date
    household_count: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lot that goods without a lot number may be of. `coming` is what of it is on its way to the post."""

    lot_id: LotId
    coming: int = 0


def unattributed_lot(place_id: str, item_code: str) -> LotId:
    """The lot that stands for goods of an item in a place that nobody can name a lot of."""
    return LotId(str(uuid.uuid5(_UNATTRIBUTED, f"{place_id}/{item_code}")))


@dataclass(frozen=True, slots=True)
class GivenLine:
    """Goods given away: of a lot, or of an item whose lot the post could not read.

    `candidates` are the item's lots first expiry first; `unattributed` is the lot that stands for goods of the
    item that nobody can name a lot of.
    """

    quantity: int
    lot_id: LotId | None
    item_code: ItemCode
    candidates: tuple[Candidate, ...]
    unattributed: LotId

    def lot_ids(self) -> Iterator[LotId]:
        """Every lot the goods may come from."""
        if self.lot_id is not None:
            yield self.lot_id
        else:
            yield self.unattributed
            yield from (candidate.lot_id for candidate in self.candidates)


@dataclass(frozen=True, slots=True)
class HandOut:
    """A post gave goods to victims.

    `holders` are the requests that have goods of these lots reserved there, `closed` the books closed for its day.
    """

    handout_id: HandoutId
    disaster_id: DisasterId
    place_id: PlaceId
    area_code: str
    lines: tuple[GivenLine, ...]
    household_ids: tuple[HouseholdId, ...]
    capture: Capture
    flags: tuple[FieldFlag, ...]
    seed: str
    recorded_on: date
    holders: tuple[RequestId, ...] = ()
    closed: ClosedBooks = OPEN_BOOKS

    def lot_ids(self) -> Iterator[LotId]:
        """Every lot the goods may come from."""
        for line in self.lines:
            yield from line.lot_ids()

    def aggregates(self) -> Sequence[Ref]:
        """The hand-out, the lots, and the requests whose reservations it may break."""
        requests = tuple(Ref("request", request_id) for request_id in self.holders)
        return (*lot_refs(list(self.lot_ids())), *requests, Ref("handout", self.handout_id))

    def reads(self) -> Sequence[Ref]:
        """The post's place, and the books closed for the day."""
        return (Ref("place", self.place_id), *self.closed.refs())


def decide_hand_out(states: States, command: HandOut) -> list[Payload] | Refusal:
    """Take what was given from the post's place, lot by lot; the same hand-out told again moves nothing."""
    refusal = not_authorised(states, command.place_id, command.capture)
    if refusal is not None:
        return refusal
    cause = Subject(f"handout/{command.handout_id}")
    postings = Postings.over(
        states,
        command.lot_ids(),
        seed=command.seed,
        cause=cause,
        moved_on=command.recorded_on,
        captured_at=believed_at(command.capture, command.flags),
        holders=command.holders,
        posted_on=command.closed.posted_on,
        prior_period=command.closed.days(states),
    )
    flags = [*command.flags, *sender_flags(states, command.place_id, command.capture), *_area_flags(states, command)]
    told_before = states.find(Handout, command.handout_id) is not None
    if told_before:
        flags.append(FieldFlag.LIKELY_DUPLICATE)
    for line in command.lines:
        flags += _give(line, command, postings)
    given = GoodsHandedOut(
        handout_id=command.handout_id,
        disaster_id=command.disaster_id,
        place_id=command.place_id,
        area_code=command.area_code,
        lines=tuple(
            HandedOutLine(lot_id=one.lot_id, item_code=one.item_code, quantity=one.quantity) for one in postings.moves
        ),
        household_count=len(set(command.household_ids)),
        household_ids=command.household_ids,
        handed_out_on=command.recorded_on,
        flags=tuple(dict.fromkeys(flags)),
    )
    return [given] if told_before else [given, *postings.events]


def _area_flags(states: States, command: HandOut) -> list[FieldFlag]:
    post = states.find(Place, command.place_id)
    if post is None or post.place_kind is not PlaceKind.POST or post.area_code is None:
        return []
    covered = f"{command.area_code}.".startswith(f"{post.area_code}.")
    return [] if covered else [FieldFlag.UNAUTHORISED_AREA]


def _give(line: GivenLine, command: HandOut, postings: Postings) -> list[FieldFlag]:
    flags: list[FieldFlag] = []
    for lot_id, quantity in lots_of(line, command.place_id, postings):
        flags += lot_flags(lot_id, line, command.recorded_on, postings)
        transfer = Transfer(
            lot_id=lot_id,
            from_place_id=command.place_id,
            to_place_id=HANDED_OUT,
            quantity=quantity,
            reason=MovementReason.HAND_OUT,
            item_code=line.item_code,
        )
        flags += postings.post(transfer).flags
    return flags


def lots_of(line: GivenLine, place_id: PlaceId, postings: Postings) -> Iterator[tuple[LotId, int]]:
    """The lots a line takes from: what is at the post, then what is known to be coming, then nobody knows."""
    if line.lot_id is not None:
        yield line.lot_id, line.quantity
        return
    left = line.quantity
    for candidate in line.candidates:
        quantity = min(left, postings.in_store(candidate.lot_id, place_id))
        if quantity:
            left -= quantity
            yield candidate.lot_id, quantity
    for candidate in line.candidates:
        owed = -min(0, postings.balance(candidate.lot_id, place_id).on_hand)
        quantity = min(left, max(0, candidate.coming - owed))
        if quantity:
            left -= quantity
            yield candidate.lot_id, quantity
    if left:
        yield line.unattributed, left


def lot_flags(lot_id: LotId, line: GivenLine, on: date, postings: Postings) -> list[FieldFlag]:
    """What goods of a lot that were used on a day are flagged for."""
    lot = postings.lots.get(lot_id)
    flags = []
    if lot is None or not lot.received:
        flags.append(FieldFlag.UNKNOWN_LOT)
    elif lot.expired(on):
        flags.append(FieldFlag.EXPIRED_LOT)
    if lot is not None and lot.recall_id is not None:
        flags.append(FieldFlag.RECALLED_LOT)
    item_code = postings.item_of(lot_id, line.item_code)
    if item_code == UNKNOWN_ITEM:
        flags.append(FieldFlag.UNKNOWN_ITEM)
    elif line.item_code not in (UNKNOWN_ITEM, item_code):
        flags.append(FieldFlag.WRONG_ITEM)
    return flags


def evolve_handout(handout: Handout | None, event: Event) -> Handout:
    """The hand-out as it was first told."""
    match event.payload:
        case GoodsHandedOut() if handout is not None:
            return replace(handout, version=event.sequence)
        case GoodsHandedOut() as said:
            return Handout(
                id=event.ref.id,
                version=event.sequence,
                disaster_id=said.disaster_id,
                place_id=said.place_id,
                area_code=said.area_code,
                handed_out_on=said.handed_out_on,
                household_count=said.household_count,
            )
    raise TypeError(f"{event.payload.type} after {handout and handout.version}")
