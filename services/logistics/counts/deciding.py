"""From a count to the books: submitted with reasons, approved by a second person, posted lot by lot.

Owns what a submission must say, when a second person is needed, and what is posted. What the book said at the count's
position and instant is looked up beforehand and checked against the lots' versions under lock. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.counts.domain import Count, CountLine, CountStatus, count_unknown, not_in, place_not_empty
from services.logistics.places import domain as places
from services.logistics.places.domain import FIRST_BOOK, SURPLUS
from services.logistics.preparedness.domain import KEEPING, stock_checked
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.posting import Postings
from shared.contracts.counts import CountDifference, CountPosted, CountPurpose, CountReturned, CountSubmitted, FoundLot
from shared.contracts.envelope import Payload
from shared.contracts.ids import ActorId, CountId, ItemCode, LotId, OwnerId, PlaceId, RequestId, Subject
from shared.contracts.logistics import LotReceived
from shared.contracts.preparedness import StockChecked
from shared.contracts.vocabulary import LossReason, SurplusReason
from shared.kit.decisions.types import Ref, Refusal, States

# Assumed, since no norm was found: differences worth more, or more than so many of a thousand of an item's book.
ASSUMED_APPROVAL_IDR = 1_000_000
ASSUMED_APPROVAL_PER_MILLE = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """A lot in the counted place as it was looked up: `book` at the count's position and instant, moved since then."""

    version: int
    book: int
    moved_since: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What was looked up for a decision about a count. `uncounted` lots have a book in the place but no line.

    `counted_on` is the day of the count's instant where its place is.
    """

    count_version: int
    place_id: PlaceId
    counted_on: date
    seen: Mapping[str, Seen]
    uncounted: int
    place_moved: bool
    holders: tuple[RequestId, ...]

    def refs(self, count_id: str) -> tuple[Ref, ...]:
        """The count, its lots, the requests whose reservations a loss may break, and the place's stock check."""
        own = (Ref("count", count_id), Ref("stock_check", self.place_id))
        return (*own, *lot_refs(tuple(self.seen)), *(Ref("request", one) for one in self.holders))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why more or less of a lot is there."""

    surplus: SurplusReason | None = None
    loss: LossReason | None = None


@dataclass(frozen=True, slots=True)
class SubmitCount:
    """A counter stands for what was counted."""

    count_id: CountId
    reasons: Mapping[str, Reason]
    survey: Survey
    submitted_by: ActorId
    seed: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """All that posting may write: a small count is posted at once."""
        return self.survey.refs(self.count_id)

    def reads(self) -> Sequence[Ref]:
        """The place."""
        return (Ref("place", self.survey.place_id),)


@dataclass(frozen=True, slots=True)
class ApproveCount:
    """A second person takes a count into the books."""

    count_id: CountId
    survey: Survey
    approved_by: ActorId
    seed: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """All that posting may write."""
        return self.survey.refs(self.count_id)

    def reads(self) -> Sequence[Ref]:
        """The place."""
        return (Ref("place", self.survey.place_id),)


@dataclass(frozen=True, slots=True)
class ReturnCount:
    """A second person has a count made again."""

    count_id: CountId
    returned_by: ActorId
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The count."""
        return (Ref("count", self.count_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_submit_count(states: States, command: SubmitCount) -> list[Payload] | Refusal:
    """Submit a count with a reason for each difference; without large ones it goes into the books at once."""
    count = states.find(Count, command.count_id)
    refusal = _cannot_submit(states, count, command)
    if count is None or refusal is not None:
        return refusal or count_unknown()
    reasons = {**_said(count), **command.reasons}
    differences = _differences(count, command.survey, reasons)
    unexplained = [one for one in differences if not _fits(one)]
    if unexplained:
        return Refusal(
            slug="reason-missing",
            detail="%(lots)d lots differ from the book without a fitting reason; the first is %(lot_id)s.",
            next_step="Give a reason of loss where less was counted, one of surplus where more was, to each of them.",
            params={"lots": len(unexplained), "lot_id": unexplained[0].lot_id},
            status=422,
        )
    needed = count.purpose is not CountPurpose.STOCKTAKE or _is_large(states, count, command.survey)
    submitted = CountSubmitted(
        count_id=command.count_id,
        differences=differences,
        approval_needed=needed,
        submitted_by=command.submitted_by,
        submitted_on=command.recorded_on,
    )
    if needed:
        return [submitted]
    posted = _posted(states, count, command, differences, None)
    return posted if isinstance(posted, Refusal) else [submitted, *posted]


def decide_approve_count(states: States, command: ApproveCount) -> list[Payload] | Refusal:
    """Take a submitted count into the books, by somebody who has not counted."""
    count = states.find(Count, command.count_id)
    if count is None:
        return count_unknown()
    refusal = _cannot_approve(count, command.approved_by) or _outdated(states, count, command.survey)
    if refusal is not None:
        return refusal
    differences = _differences(count, command.survey, _said(count))
    return _posted(states, count, command, differences, command.approved_by)


def decide_return_count(states: States, command: ReturnCount) -> list[Payload] | Refusal:
    """Send a submitted count back to its counters."""
    count = states.find(Count, command.count_id)
    if count is None:
        return count_unknown()
    refusal = _cannot_approve(count, command.returned_by)
    if refusal is not None:
        return refusal
    return [CountReturned(count_id=command.count_id, returned_by=command.returned_by, returned_on=command.recorded_on)]


def _cannot_submit(states: States, count: Count | None, command: SubmitCount) -> Refusal | None:
    if count is None:
        return count_unknown()
    if count.status is not CountStatus.DRAFT:
        return not_in(count.status)
    if count.purpose is CountPurpose.HANDOVER and command.submitted_by not in (count.giver_id, count.taker_id):
        return not_a_signer()
    refusal = _outdated(states, count, command.survey)
    if refusal is not None:
        return refusal
    if not count.lines or (count.whole and command.survey.uncounted):
        return Refusal(
            slug="count-incomplete",
            detail="%(lots)d lots of the place have a book and were not counted.",
            next_step="Record each of them, also where nothing was found, or count only some lots in another count.",
            params={"lots": command.survey.uncounted},
        )
    return None


def _cannot_approve(count: Count, person: str) -> Refusal | None:
    if count.status is not CountStatus.SUBMITTED:
        return not_in(count.status)
    if count.purpose is CountPurpose.HANDOVER:
        if person not in (count.giver_id, count.taker_id):
            return not_a_signer()
        own = {count.submitted_by}
    else:
        own = {count.submitted_by, *count.counters}
    if person in own:
        return Refusal(
            slug="same-person",
            detail="Whoever counted cannot decide about the count.",
            next_step="Have a second person decide.",
            status=403,
        )
    return None


def _outdated(states: States, count: Count, survey: Survey) -> Refusal | None:
    """Whether the count or its lots changed since they were looked up, or a lot was counted later."""
    if survey.count_version != count.version or survey.seen.keys() != count.lines.keys():
        return _plan_outdated()
    for lot_id, seen in survey.seen.items():
        lot = states.find(Lot, lot_id)
        if (lot.version if lot is not None else 0) != seen.version:
            return _plan_outdated()
        counted_at = lot.balance(count.place_id).counted_at if lot is not None else None
        if counted_at is not None and counted_at > count.counted_at:
            return Refusal(
                slug="count-overtaken",
                detail="A later count of the lot %(lot_id)s is in the books already.",
                next_step="Cancel this count, and count again what is in doubt.",
                params={"lot_id": lot_id},
            )
    if count.purpose is CountPurpose.OPENING and survey.place_moved:
        return place_not_empty()
    return None


def _plan_outdated() -> Refusal:
    return Refusal(
        slug="plan-outdated",
        detail="The stock has changed since this was planned.",
        next_step="Plan again.",
    )


def _differences(count: Count, survey: Survey, reasons: Mapping[str, Reason]) -> tuple[CountDifference, ...]:
    """The lots of which the count found more or less than the book at its position and instant, found goods apart."""
    differing = [
        (lot_id, line, survey.seen[lot_id].book)
        for lot_id, line in sorted(count.lines.items())
        if line.counted != survey.seen[lot_id].book and count.purpose is not CountPurpose.OPENING
    ]
    return tuple(
        CountDifference(
            lot_id=LotId(lot_id),
            item_code=ItemCode(line.item_code),
            book=book,
            counted=line.counted,
            surplus_reason=_reason(reasons, lot_id, line).surplus,
            loss_reason=_reason(reasons, lot_id, line).loss,
        )
        for lot_id, line, book in differing
    )


def _said(count: Count) -> dict[str, Reason]:
    """The reasons that stand on the lines: the counters' own, or those the count was submitted with."""
    return {lot_id: Reason(line.surplus_reason, line.loss_reason) for lot_id, line in count.lines.items()}


def _reason(reasons: Mapping[str, Reason], lot_id: str, line: CountLine) -> Reason:
    given = reasons.get(lot_id, Reason())
    found = line.found is not None and given == Reason()
    return Reason(surplus=SurplusReason.FOUND) if found else given


def _fits(one: CountDifference) -> bool:
    """Whether a difference has a reason, and one of its own direction."""
    right, wrong = (
        (one.surplus_reason, one.loss_reason) if one.counted > one.book else (one.loss_reason, one.surplus_reason)
    )
    return right is not None and wrong is None


def _is_large(states: States, count: Count, survey: Survey) -> bool:
    """Whether the differences, each taken without its sign, need a second person: by value, or by share of an item."""
    value_idr = 0
    books: dict[str, int] = {}
    differing: dict[str, int] = {}
    for lot_id, line in count.lines.items():
        seen = survey.seen[lot_id]
        difference = abs(line.counted - seen.book)
        books[line.item_code] = books.get(line.item_code, 0) + max(seen.book, 0)
        differing[line.item_code] = differing.get(line.item_code, 0) + difference
        lot = states.find(Lot, lot_id)
        worth = line.found if lot is None else lot
        if worth is not None and worth.unit_value_idr is not None:
            value_idr += difference * worth.unit_value_idr // worth.valued_quantity
    shares = (1000 * differing[code] > ASSUMED_APPROVAL_PER_MILLE * books[code] for code in differing)
    return value_idr > ASSUMED_APPROVAL_IDR or any(shares)


def _posted(
    states: States,
    count: Count,
    command: SubmitCount | ApproveCount,
    differences: tuple[CountDifference, ...],
    approved_by: ActorId | None,
) -> list[Payload] | Refusal:
    cause = Subject(f"count/{count.id}")
    postings = Postings.over(
        states,
        count.lines,
        seed=command.seed,
        cause=cause,
        moved_on=command.recorded_on,
        holders=command.survey.holders,
    )
    for lot_id, line in sorted(count.lines.items()):
        if lot_id not in postings.lots:
            if not line.counted:
                continue
            if line.found is not None:
                postings.receive(_found(count, lot_id, line, line.found, command.recorded_on))
        postings.count(
            LotId(lot_id),
            PlaceId(count.place_id),
            line.counted,
            count_id=command.count_id,
            counted_at=count.counted_at,
            moved_since=command.survey.seen[lot_id].moved_since,
            item_code=ItemCode(line.item_code),
        )
    posted = CountPosted(
        count_id=command.count_id,
        differences=differences,
        approved_by=approved_by,
        posted_on=command.recorded_on,
    )
    looked_through = _looked_through(states, count, command)
    return [posted, *postings.events, *looked_through]


def _looked_through(states: States, count: Count, command: SubmitCount | ApproveCount) -> list[StockChecked]:
    """A store that was counted whole was looked through: no further check is due for six months."""
    if not count.whole or places.kind_of(states, count.place_id) not in KEEPING:
        return []
    place_id, counted_on = command.survey.place_id, command.survey.counted_on
    return [stock_checked(place_id, counted_on, f"count:{count.id}", command.recorded_on)]


def _found(count: Count, lot_id: str, line: CountLine, found: FoundLot, on: date) -> LotReceived:
    """Goods no book knew, as a lot of their own: a place's first book, or a surplus.

    What a post counted of a lot that no book knows stays a surplus of a lot nobody has received yet.
    """
    first = count.purpose is CountPurpose.OPENING
    return LotReceived(
        lot_id=LotId(lot_id),
        item_code=ItemCode(line.item_code),
        from_place_id=FIRST_BOOK if first else SURPLUS,
        place_id=PlaceId(count.place_id),
        quantity=line.counted,
        expires_on=found.expires_on,
        owner_id=OwnerId(found.owner_id),
        unit_value_idr=found.unit_value_idr,
        valued_quantity=found.valued_quantity,
        value_basis=found.value_basis,
        document_number=f"count:{count.id}",
        received_on=on,
    )


def not_a_signer() -> Refusal:
    """The refusal to sign a handover for somebody else."""
    return Refusal(
        slug="not-a-signer",
        detail="A handover is signed by its giver and its taker alone.",
        next_step="Have the giver submit and the taker approve, or the other way round.",
        status=403,
    )
