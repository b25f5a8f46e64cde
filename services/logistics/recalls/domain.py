"""Recalls: lots that must not be given out any more, wherever they are.

Owns which lots a recall takes in and when it ends. A lot stands in one open recall at most; kits that a recalled lot
was built into are recalled with it, since nobody can tell by looking. What is reserved of it is set free, and its
requests are short again. The lot itself knows its recall (`stock/`). Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.logistics.requests.domain import Request, plan_outdated, requeued
from services.logistics.stock.domain import Lot, lot_refs
from services.logistics.stock.posting import Postings
from services.logistics.stock.refusals import lot_unknown
from shared.contracts.envelope import Payload
from shared.contracts.ids import ItemCode, LotId, RecallId, RequestId, ReservationId, Subject
from shared.contracts.recalls import (
    RECALLED_LOTS_MAX,
    LotCleared,
    LotRecalled,
    RecallLifted,
    RecallOrdered,
    RecallReason,
)
from shared.contracts.vocabulary import ReservationEnd
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Recall:
    """A recall and its lots. `item_code` and `expires_on` are what the lots were looked for by, where by that."""

    id: str
    version: int
    lot_ids: tuple[str, ...]
    reason: RecallReason
    document_number: str
    ordered_on: date
    item_code: str | None = None
    expires_on: date | None = None
    lifted_on: date | None = None


@dataclass(frozen=True, slots=True)
class OrderRecall:
    """The office calls lots back.

    `kits` are the kit lots built of them, each with the part it is recalled for; `holders` the requests that have goods
    of any of them reserved.
    """

    recall_id: RecallId
    lot_ids: tuple[LotId, ...]
    kits: Mapping[LotId, LotId]
    reason: RecallReason
    document_number: str
    recorded_on: date
    item_code: ItemCode | None = None
    expires_on: date | None = None
    holders: tuple[RequestId, ...] = ()

    def all_lots(self) -> tuple[LotId, ...]:
        """The lots and the kits built of them, each once."""
        return tuple(dict.fromkeys((*self.lot_ids, *self.kits)))

    def aggregates(self) -> Sequence[Ref]:
        """The recall, its lots, and the requests that wait for goods of them."""
        requests = (Ref("request", id_) for id_ in self.holders)
        return (*lot_refs(self.all_lots()), *requests, Ref("recall", self.recall_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class LiftRecall:
    """The office ends a recall. `lot_ids` are its lots as they were read before."""

    recall_id: RecallId
    lot_ids: tuple[LotId, ...]
    document_number: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The recall and its lots."""
        return (*lot_refs(self.lot_ids), Ref("recall", self.recall_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_order_recall(states: States, command: OrderRecall) -> list[Payload] | Refusal:
    """Recall lots; lots in a recall already stay in that one, and ordered again a recall takes in the others."""
    recall = states.find(Recall, command.recall_id)
    refusal = _cannot_order(states, recall, command)
    if refusal is not None:
        return refusal
    new = [lot_id for lot_id in command.all_lots() if not _recalled(states, lot_id)]
    if not new:
        return [] if recall is not None else _recalled_already()
    freed = _set_free(states, command, new)
    if freed is None:
        return plan_outdated()
    if len(new) + len(recall.lot_ids if recall is not None else ()) > RECALLED_LOTS_MAX:
        return _too_many()
    ordered = RecallOrdered(
        recall_id=command.recall_id,
        lot_ids=tuple(new),
        item_code=command.item_code,
        expires_on=command.expires_on,
        reason=command.reason,
        document_number=command.document_number,
        ordered_on=command.recorded_on,
    )
    lots = [
        LotRecalled(
            lot_id=lot_id,
            recall_id=command.recall_id,
            reason=command.reason,
            part_lot_id=command.kits.get(lot_id),
            recalled_on=command.recorded_on,
        )
        for lot_id in new
    ]
    return [ordered, *lots, *freed]


def _set_free(states: States, command: OrderRecall, lot_ids: Sequence[LotId]) -> list[Payload] | None:
    """The end of what is reserved of these lots; None if it is for a request that was not looked up."""
    cause = Subject(f"recall/{command.recall_id}")
    postings = Postings.over(states, lot_ids, seed=command.recall_id, cause=cause, moved_on=command.recorded_on)
    events: list[Payload] = []
    for lot_id in lot_ids:
        for reservation_id, kept in postings.lot(lot_id).reservations.items():
            if kept.request_id not in command.holders:
                return None
            events.append(postings.release(lot_id, ReservationId(reservation_id), kept.quantity, ReservationEnd.BROKEN))
            request = states.find(Request, kept.request_id)
            again = requeued(request, {postings.item_of(lot_id): kept.quantity}, command.recorded_on)
            events += [again] if again is not None else []
    return events


def _cannot_order(states: States, recall: Recall | None, command: OrderRecall) -> Refusal | None:
    if not command.lot_ids or any(states.find(Lot, lot_id) is None for lot_id in command.lot_ids):
        return lot_unknown()
    if recall is None:
        return None
    said = (command.reason, command.item_code, command.expires_on)
    if recall.lifted_on is None and said == (recall.reason, recall.item_code, recall.expires_on):
        return None
    return Refusal(
        slug="recall-ordered-already",
        detail="Another recall has this id, or it was lifted.",
        next_step="Order the recall under another id.",
    )


def _recalled(states: States, lot_id: str) -> bool:
    lot = states.find(Lot, lot_id)
    return lot is not None and lot.recall_id is not None


def decide_lift_recall(states: States, command: LiftRecall) -> list[Payload] | Refusal:
    """End a recall once; its lots may be given out again."""
    recall = states.find(Recall, command.recall_id)
    if recall is None:
        return recall_unknown()
    if recall.lifted_on is not None:
        return []
    if set(recall.lot_ids) != set(command.lot_ids):
        return plan_outdated()
    lifted = RecallLifted(
        recall_id=command.recall_id, document_number=command.document_number, lifted_on=command.recorded_on
    )
    cleared = [
        LotCleared(lot_id=lot_id, recall_id=command.recall_id, cleared_on=command.recorded_on)
        for lot_id in command.lot_ids
    ]
    return [lifted, *cleared]


def recall_unknown() -> Refusal:
    """The refusal of a decision about a recall nobody ordered."""
    return Refusal(
        slug="recall-unknown",
        detail="There is no recall under this id.",
        next_step="Check the id, or order the recall first.",
        status=404,
    )


def _recalled_already() -> Refusal:
    return Refusal(
        slug="lot-recalled-already",
        detail="These lots are recalled already.",
        next_step="Read the recall they are in.",
    )


def _too_many() -> Refusal:
    return Refusal(
        slug="recall-too-large",
        detail="A recall takes in %(most)d lots at most.",
        next_step="Order several recalls.",
        params={"most": RECALLED_LOTS_MAX},
        status=422,
    )


def evolve_recall(recall: Recall | None, event: Event) -> Recall:
    """The recall after it was ordered, took in more lots, or was lifted."""
    match event.payload:
        case RecallOrdered() as said if recall is not None:
            return replace(recall, version=event.sequence, lot_ids=(*recall.lot_ids, *said.lot_ids))
        case RecallOrdered() as said:
            return Recall(
                id=event.ref.id,
                version=event.sequence,
                lot_ids=said.lot_ids,
                reason=said.reason,
                document_number=said.document_number,
                ordered_on=said.ordered_on,
                item_code=said.item_code,
                expires_on=said.expires_on,
            )
        case RecallLifted() as said if recall is not None:
            return replace(recall, version=event.sequence, lifted_on=said.lifted_on)
    raise TypeError(f"{event.payload.type} after {recall and recall.version}")
