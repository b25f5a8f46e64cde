"""Lists of recipients (daftar penerima): the only way goods in a village's or post's custody count as given out.

Owns a list's life: opened with the hash of its scan, filled row by row, posted once. Names stand on the paper; the
log has household ids and amounts. A list says what has happened, so its rows are never refused for whom they name;
what it gives beyond what is in custody is refused, for an office can look first. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from services.logistics.handouts.domain import Handout
from services.logistics.items import domain as items
from services.logistics.places import domain as places
from services.logistics.stock.domain import lot_refs
from services.logistics.stock.posting import Postings, Transfer
from shared.contracts.distribution import (
    ListedRow,
    PostedLine,
    RecipientListOpened,
    RecipientListPosted,
    RecipientListWithdrawn,
    RecipientsListed,
    WithdrawalReason,
)
from shared.contracts.envelope import Payload
from shared.contracts.field import LINES_MAX
from shared.contracts.ids import (
    DisasterId,
    DistributionId,
    HandoutId,
    ItemCode,
    LotId,
    PlaceId,
    RecipientListId,
    Subject,
)
from shared.contracts.vocabulary import FieldFlag, MovementReason, PlaceKind
from shared.kit.decisions.types import Event, Ref, Refusal, States

# Where goods wait for the people they are for: in custody, until a list says who got them.
CUSTODY = frozenset({PlaceKind.VILLAGE, PlaceKind.POST, PlaceKind.DROP_POINT})
# Assumed: no rule says by when a village must show who got the goods; two weeks is what the office asks for.
ASSUMED_LIST_DUE_DAYS = 14


class ListStatus(StrEnum):
    """How far a list is."""

    OPEN = "open"
    POSTED = "posted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class RecipientList:
    """A list and the sum of its rows by item; the rows themselves are a read model."""

    id: str
    version: int
    status: ListStatus
    distribution_id: str
    disaster_id: str
    place_id: str
    area_code: str
    lot_ids: tuple[str, ...]
    document_number: str
    scan_sha256: str
    handed_out_on: date
    handout_id: str | None = None
    row_count: int = 0
    totals: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenList:
    """A signed list came in."""

    list_id: RecipientListId
    distribution_id: DistributionId
    disaster_id: DisasterId
    place_id: PlaceId
    area_code: str
    area_known: bool
    lot_ids: tuple[LotId, ...]
    document_number: str
    scan_sha256: str
    handed_out_on: date
    recorded_on: date
    handout_id: HandoutId | None = None

    def aggregates(self) -> Sequence[Ref]:
        """The list."""
        return (Ref("recipient_list", self.list_id),)

    def reads(self) -> Sequence[Ref]:
        """The place that had the goods, and the hand-out by which they left."""
        handout = () if self.handout_id is None else (Ref("handout", self.handout_id),)
        return (Ref("place", self.place_id), *handout)


@dataclass(frozen=True, slots=True)
class ListRecipients:
    """Rows of a list were typed in, in the order of the paper."""

    list_id: RecipientListId
    rows: tuple[ListedRow, ...]
    recorded_on: date

    def item_codes(self) -> Sequence[ItemCode]:
        """Every item a row names."""
        return tuple(dict.fromkeys(line.item_code for row in self.rows for line in row.lines))

    def aggregates(self) -> Sequence[Ref]:
        """The list."""
        return (Ref("recipient_list", self.list_id),)

    def reads(self) -> Sequence[Ref]:
        """The items."""
        return tuple(Ref("item", item_code) for item_code in self.item_codes())


@dataclass(frozen=True, slots=True)
class PostList:
    """All rows are there: book what they got.

    `candidates` are the lots of each item in custody, first to go first; `handed_out` is what the hand-out that the
    list is for had given of each item.
    """

    list_id: RecipientListId
    candidates: tuple[tuple[ItemCode, tuple[LotId, ...]], ...]
    seed: str
    recorded_on: date
    handed_out: tuple[tuple[ItemCode, int], ...] = ()

    def lot_ids(self) -> Iterator[LotId]:
        """Every lot the goods may be of."""
        for _, lot_ids in self.candidates:
            yield from lot_ids

    def aggregates(self) -> Sequence[Ref]:
        """The list and the lots."""
        return (*lot_refs(list(self.lot_ids())), Ref("recipient_list", self.list_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class WithdrawList:
    """A list that was not posted does not hold."""

    list_id: RecipientListId
    reason: WithdrawalReason
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The list."""
        return (Ref("recipient_list", self.list_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_open_list(states: States, command: OpenList) -> list[Payload] | Refusal:
    """Open a list for a place that can have goods in custody."""
    if states.find(RecipientList, command.list_id) is not None:
        return Refusal(
            slug="list-opened-already",
            detail="Another list has this id.",
            next_step="Open the list under another id.",
        )
    refusal = _cannot_be_of(states, command)
    if refusal is not None:
        return refusal
    if not command.area_known:
        return places.area_unknown(command.area_code)
    if command.handed_out_on > command.recorded_on:
        return Refusal(
            slug="list-of-the-future",
            detail="A list says who got goods; its day is still to come.",
            next_step="Open it when the goods were given; what is to be given is a distribution plan.",
            status=422,
        )
    return [
        RecipientListOpened(
            list_id=command.list_id,
            distribution_id=command.distribution_id,
            disaster_id=command.disaster_id,
            place_id=command.place_id,
            area_code=command.area_code,
            handout_id=command.handout_id,
            lot_ids=command.lot_ids,
            document_number=command.document_number,
            scan_sha256=command.scan_sha256,
            handed_out_on=command.handed_out_on,
            opened_on=command.recorded_on,
        )
    ]


def _cannot_be_of(states: States, command: OpenList) -> Refusal | None:
    if command.handout_id is None:
        in_custody = places.kind_of(states, command.place_id) in CUSTODY
        return None if in_custody else places.place_unknown(command.place_id)
    handout = states.find(Handout, command.handout_id)
    if handout is None or handout.place_id != command.place_id:
        return Refusal(
            slug="handout-unknown",
            detail="No such hand-out of this place has been reported.",
            next_step="Check the id and the place, or wait for the post's report.",
            status=404,
        )
    if not handout.household_count:
        return None
    return Refusal(
        slug="handout-named-already",
        detail="The report of this hand-out names its households.",
        next_step="Open a list only for what no report and no list tells of.",
    )


def decide_list_recipients(states: States, command: ListRecipients) -> list[Payload] | Refusal:
    """Add rows to an open list, whomever they name."""
    found = _open_list(states, command.list_id)
    if isinstance(found, Refusal):
        return found
    unknown = items.unknown_among(states, command.item_codes())
    if unknown is not None:
        return unknown
    if len({*found.totals, *command.item_codes()}) > LINES_MAX:
        return _too_many_kinds()
    return [
        RecipientsListed(
            list_id=command.list_id,
            distribution_id=DistributionId(found.distribution_id),
            first_row=found.row_count + 1,
            rows=command.rows,
            listed_on=command.recorded_on,
        )
    ]


def decide_post_list(states: States, command: PostList) -> list[Payload] | Refusal:
    """Book what the rows got out of the place's custody, lot by lot."""
    found = _open_list(states, command.list_id)
    if isinstance(found, Refusal):
        return found
    if not found.row_count:
        return Refusal(
            slug="list-empty",
            detail="The list has no rows.",
            next_step="Add the rows of the signed list, or withdraw it.",
        )
    if found.handout_id is not None:
        same = dict(command.handed_out) == dict(found.totals)
        return [_posted(found, command, (), () if same else (FieldFlag.QUANTITY_MISMATCH,))]
    cause = Subject(f"recipient_list/{command.list_id}")
    postings = Postings.over(states, command.lot_ids(), seed=command.seed, cause=cause, moved_on=command.recorded_on)
    flags: list[FieldFlag] = []
    candidates = dict(command.candidates)
    for item_code, quantity in found.totals.items():
        left = quantity
        for lot_id in candidates.get(ItemCode(item_code), ()):
            taken = min(left, postings.in_store(lot_id, found.place_id))
            if taken:
                left -= taken
                flags += _give(postings, lot_id, PlaceId(found.place_id), taken, found.handed_out_on)
        if left:
            return _over_custody(item_code, left)
    if len(postings.moves) > LINES_MAX:
        return _too_many_kinds()
    lines = tuple(
        PostedLine(lot_id=one.lot_id, item_code=one.item_code, quantity=one.quantity) for one in postings.moves
    )
    return [_posted(found, command, lines, tuple(dict.fromkeys(flags))), *postings.events]


def _posted(
    found: RecipientList, command: PostList, lines: tuple[PostedLine, ...], flags: tuple[FieldFlag, ...]
) -> RecipientListPosted:
    return RecipientListPosted(
        list_id=command.list_id,
        distribution_id=DistributionId(found.distribution_id),
        disaster_id=DisasterId(found.disaster_id),
        place_id=PlaceId(found.place_id),
        area_code=found.area_code,
        handout_id=HandoutId(found.handout_id) if found.handout_id is not None else None,
        lines=lines,
        row_count=found.row_count,
        handed_out_on=found.handed_out_on,
        posted_on=command.recorded_on,
        flags=flags,
    )


def _give(postings: Postings, lot_id: LotId, place_id: PlaceId, quantity: int, on: date) -> list[FieldFlag]:
    lot = postings.lot(lot_id)
    flags = [FieldFlag.EXPIRED_LOT] if lot.expired(on) else []
    if lot.recall_id is not None:
        flags.append(FieldFlag.RECALLED_LOT)
    transfer = Transfer(lot_id, place_id, places.HANDED_OUT, quantity, MovementReason.HAND_OUT)
    return [*flags, *postings.post(transfer).flags]


def decide_withdraw_list(states: States, command: WithdrawList) -> list[Payload] | Refusal:
    """Withdraw a list that was not posted."""
    found = _open_list(states, command.list_id)
    if isinstance(found, Refusal):
        return found
    return [RecipientListWithdrawn(list_id=command.list_id, reason=command.reason, withdrawn_on=command.recorded_on)]


def _open_list(states: States, list_id: str) -> RecipientList | Refusal:
    found = states.find(RecipientList, list_id)
    if found is None:
        return Refusal(
            slug="list-unknown",
            detail="There is no list of recipients under this id.",
            next_step="Check the id, or open the list first.",
            status=404,
        )
    if found.status is not ListStatus.OPEN:
        return Refusal(
            slug="list-closed",
            detail="The list was posted or withdrawn.",
            next_step="Open another list for what it does not say.",
        )
    return found


def _over_custody(item_code: str, missing: int) -> Refusal:
    return Refusal(
        slug="list-over-custody",
        detail="The list gives %(missing)d of %(item_code)s more than is in the place's custody.",
        next_step="Correct the rows, or record first how the goods came there.",
        params={"missing": missing, "item_code": item_code},
    )


def _too_many_kinds() -> Refusal:
    return Refusal(
        slug="list-too-long",
        detail="The list is of more than %(most)d items or lots.",
        next_step="Divide it into several lists of one distribution.",
        params={"most": LINES_MAX},
        status=422,
    )


def evolve_recipient_list(found: RecipientList | None, event: Event) -> RecipientList:
    """The list after it was opened, filled, posted or withdrawn."""
    match event.payload:
        case RecipientListOpened() as said:
            return RecipientList(
                id=event.ref.id,
                version=event.sequence,
                status=ListStatus.OPEN,
                distribution_id=said.distribution_id,
                disaster_id=said.disaster_id,
                place_id=said.place_id,
                area_code=said.area_code,
                lot_ids=said.lot_ids,
                document_number=said.document_number,
                scan_sha256=said.scan_sha256,
                handed_out_on=said.handed_out_on,
                handout_id=said.handout_id,
            )
        case RecipientsListed(rows=rows) if found is not None:
            totals = dict(found.totals)
            for line in (line for row in rows for line in row.lines):
                totals[line.item_code] = totals.get(line.item_code, 0) + line.quantity
            return replace(found, version=event.sequence, row_count=found.row_count + len(rows), totals=totals)
        case RecipientListPosted() if found is not None:
            return replace(found, version=event.sequence, status=ListStatus.POSTED)
        case RecipientListWithdrawn() if found is not None:
            return replace(found, version=event.sequence, status=ListStatus.WITHDRAWN)
    raise TypeError(f"{event.payload.type} after {found and found.version}")
