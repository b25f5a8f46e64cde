"""Making kits of what is in a store, and taking them apart.

Owns that nothing is made or lost: parts go into the account `consumed:kits`, kits come out of it, and back when they
are unpacked. All kits of a lot hold the same parts of the same lots and one owner's, so that each can be traced and
taken apart exactly; a kit expires with its earliest part. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.kits.domain import Kit, KitLot, kit_unknown
from services.logistics.places import domain as places
from services.logistics.places.domain import KITS
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.owners import ANY_OWNER, Owners, not_yours
from services.logistics.stock.posting import Postings, Transfer
from services.logistics.stock.refusals import lot_unknown, not_available, not_issuable
from services.logistics.stock.valuing import worth_idr
from shared.contracts.envelope import Payload
from shared.contracts.ids import ItemCode, LotId, OwnerId, PlaceId, Subject
from shared.contracts.kits import AssembledPart, KitAssembled, KitPart, KitUnpacked
from shared.contracts.ledger import ValueBasis
from shared.contracts.logistics import LotReceived
from shared.contracts.vocabulary import MovementReason
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class AssembleKits:
    """A store makes kits of lots that are there: one lot for each part of the kit."""

    lot_id: LotId
    item_code: ItemCode
    place_id: PlaceId
    quantity: int
    part_lots: tuple[tuple[ItemCode, LotId], ...]
    document_number: str
    seed: str
    recorded_on: date
    owners: Owners = ANY_OWNER

    def part_lot_ids(self) -> list[LotId]:
        """The lots the parts come from."""
        return [lot_id for _, lot_id in self.part_lots]

    def aggregates(self) -> Sequence[Ref]:
        """The kits' lot, its record, and the parts' lots."""
        return (*lot_refs([self.lot_id, *self.part_lot_ids()]), Ref("kit_lot", self.lot_id))

    def reads(self) -> Sequence[Ref]:
        """The kit, its item, the store, and whether a part is a kit itself."""
        parts = (Ref("kit_lot", lot_id) for lot_id in dict.fromkeys(self.part_lot_ids()) if lot_id != self.lot_id)
        return (Ref("kit", self.item_code), Ref("item", self.item_code), Ref("place", self.place_id), *parts)


@dataclass(frozen=True, slots=True)
class UnpackKits:
    """A store takes kits apart. `part_lot_ids` are the lots of their parts, as they were read before."""

    lot_id: LotId
    place_id: PlaceId
    quantity: int
    part_lot_ids: tuple[LotId, ...]
    seed: str
    recorded_on: date
    owners: Owners = ANY_OWNER

    def aggregates(self) -> Sequence[Ref]:
        """The kits' lot, its record, and the parts' lots."""
        return (*lot_refs([self.lot_id, *self.part_lot_ids]), Ref("kit_lot", self.lot_id))

    def reads(self) -> Sequence[Ref]:
        """The store."""
        return (Ref("place", self.place_id),)


def decide_assemble_kits(states: States, command: AssembleKits) -> list[Payload] | Refusal:
    """Make kits of what is in the store, free, sound and of one owner."""
    kit = states.find(Kit, command.item_code)
    if kit is None:
        return kit_unknown()
    refusal = _cannot_assemble(states, command, kit)
    if refusal is not None:
        return refusal
    chosen = dict(command.part_lots)
    parts: list[tuple[AssembledPart, Lot]] = []
    for part in kit.parts:
        lot = _usable(states, command, part, chosen[part.item_code])
        if isinstance(lot, Refusal):
            return lot
        made_of = AssembledPart(item_code=part.item_code, lot_id=chosen[part.item_code], quantity=part.quantity)
        parts.append((made_of, lot))
    first = parts[0][1]
    if any((lot.owner_id, lot.restriction) != (first.owner_id, first.restriction) for _, lot in parts):
        return _several_owners()
    return _assembled(states, command, kit, parts)


def _cannot_assemble(states: States, command: AssembleKits, kit: Kit) -> Refusal | None:
    if places.kind_of(states, command.place_id) not in places.STORES:
        return places.place_unknown(command.place_id)
    if states.find(Lot, command.lot_id) is not None:
        return Refusal(
            slug="lot-received-already",
            detail="This lot was received already, or is of another item.",
            next_step="Receive the goods as another lot.",
        )
    named = [item_code for item_code, _ in command.part_lots]
    return None if sorted(named) == sorted(part.item_code for part in kit.parts) else _parts_differ()


def _usable(states: States, command: AssembleKits, part: KitPart, lot_id: LotId) -> Lot | Refusal:
    lot = states.find(Lot, lot_id)
    if lot is None or not lot.received:
        return lot_unknown()
    if lot.item_code != part.item_code or states.find(KitLot, lot_id) is not None:
        return _parts_differ()
    needed = part.quantity * command.quantity
    return (
        not_yours(command.owners, lot)
        or not_issuable(lot, command.recorded_on)
        or not_available(lot.balance(command.place_id), needed)
        or lot
    )


def _assembled(
    states: States, command: AssembleKits, kit: Kit, parts: Sequence[tuple[AssembledPart, Lot]]
) -> list[Payload]:
    made = KitAssembled(
        lot_id=command.lot_id,
        item_code=command.item_code,
        kit_version=kit.kit_version,
        place_id=command.place_id,
        quantity=command.quantity,
        parts=tuple(part for part, _ in parts),
        assembled_on=command.recorded_on,
    )
    postings = Postings.over(
        states,
        command.part_lot_ids(),
        seed=command.seed,
        cause=Subject(f"kit_lot/{command.lot_id}"),
        moved_on=command.recorded_on,
    )
    for part, _ in parts:
        quantity = part.quantity * command.quantity
        postings.post(Transfer(part.lot_id, command.place_id, KITS, quantity, MovementReason.ASSEMBLY))
    return [made, *postings.events, _received(command, parts)]


def _received(command: AssembleKits, parts: Sequence[tuple[AssembledPart, Lot]]) -> LotReceived:
    """The lot of the kits: its owner and restriction are the parts', its value the sum of theirs if all have one."""
    first = parts[0][1]
    worths = [worth_idr(lot, part.quantity * command.quantity) for part, lot in parts]
    worth = sum(one for one in worths if one is not None) if None not in worths else None
    at_cost = all(lot.value_basis is ValueBasis.COST for _, lot in parts)
    valued = ValueBasis.COST if at_cost else ValueBasis.FAIR_VALUE
    return LotReceived(
        lot_id=command.lot_id,
        item_code=command.item_code,
        from_place_id=KITS,
        place_id=command.place_id,
        quantity=command.quantity,
        expires_on=min((lot.expires_on for _, lot in parts if lot.expires_on is not None), default=None),
        owner_id=OwnerId(first.owner_id or ""),
        unit_value_idr=worth,
        valued_quantity=command.quantity if worth is not None else 1,
        value_basis=valued if worth is not None else ValueBasis.NOT_VALUED,
        restriction=first.restriction,
        document_number=command.document_number,
        received_on=command.recorded_on,
    )


def decide_unpack_kits(states: States, command: UnpackKits) -> list[Payload] | Refusal:
    """Take kits apart, expired and recalled ones too: their parts are goods of their old lots again."""
    made, lot = states.find(KitLot, command.lot_id), states.find(Lot, command.lot_id)
    if made is None or lot is None:
        return kit_unknown()
    if places.kind_of(states, command.place_id) not in places.STORES:
        return places.place_unknown(command.place_id)
    if {part.lot_id for part in made.parts} != set(command.part_lot_ids):
        return _parts_differ()
    refusal = not_yours(command.owners, lot) or not_available(lot.balance(command.place_id), command.quantity)
    if refusal is not None:
        return refusal
    cause = Subject(f"kit_lot/{command.lot_id}")
    lot_ids = [command.lot_id, *command.part_lot_ids]
    postings = Postings.over(states, lot_ids, seed=command.seed, cause=cause, moved_on=command.recorded_on)
    postings.post(Transfer(command.lot_id, command.place_id, KITS, command.quantity, MovementReason.UNPACKING))
    for part in made.parts:
        quantity = part.quantity * command.quantity
        postings.post(Transfer(part.lot_id, KITS, command.place_id, quantity, MovementReason.UNPACKING))
    unpacked = KitUnpacked(
        lot_id=command.lot_id,
        place_id=command.place_id,
        quantity=command.quantity,
        unpacked_on=command.recorded_on,
    )
    return [unpacked, *postings.events]


def _parts_differ() -> Refusal:
    return Refusal(
        slug="kit-parts-differ",
        detail="The lots are not those of the kit's parts, or one is a kit itself.",
        next_step="Read what the kit is made of, and name one lot for each part.",
    )


def _several_owners() -> Refusal:
    return Refusal(
        slug="kit-of-several-owners",
        detail="The parts belong to different owners, or donors tied them to different uses.",
        next_step="Take the parts from lots of one owner and one use.",
    )
