"""Explanations of flagged facts: once, by two persons where much is at stake, and not before the books are right."""

from typing import Any

from services.logistics.explanations.domain import (
    DecideExplanation,
    Explain,
    Explanation,
    ExplanationStatus,
    Flagged,
)
from services.logistics.stock.valuing import Worth
from shared.contracts.explanations import ExplanationGiven, ExplanationReason
from shared.contracts.ids import ActorId, DocumentId, EventId, LotId
from shared.contracts.ledger import ValueBasis
from tests.logistics.builders import POST, TODAY, given_line, hand_out, new_id, receive, setting
from tests.logistics.story import Story, only

WORTH = Worth(15_000, 1_000, ValueBasis.COST)


def explain(lot: str, quantity: int, *, event_id: str | None = None, **changes: Any) -> Explain:
    """The explanation of a fact about a lot at the post."""
    given: dict[str, Any] = {
        "reason": ExplanationReason.RECORDED_LATE,
        "explained_by": ActorId("officer-1"),
        "recorded_on": TODAY,
        **changes,
    }
    return Explain(Flagged(EventId(event_id or new_id()), POST, ((LotId(lot), quantity),)), **given)


def decide(command: Explain, person: str, *, taken: bool = True) -> DecideExplanation:
    return DecideExplanation(command.flagged.event_id, taken, ActorId(person), TODAY)


def test_small_things_are_explained_by_one_person_and_once() -> None:
    """A million rupiah is the most that one person explains alone."""
    story = Story().given(*setting(), receive(100_000, lot := new_id(), place_id=POST, worth=WORTH))
    said = only(story.accepted(command := explain(lot, 66_666)), ExplanationGiven)
    assert (said.value_idr, said.approval_needed) == (999_990, False)
    assert story.refused(explain(lot, 1, event_id=command.flagged.event_id)) == "explained-already"
    assert story.refused(decide(command, "officer-2")) == "nothing-waits"


def test_large_things_wait_for_another_person() -> None:
    """Who explained it does not agree to it; returned, it is explained again."""
    story = Story().given(*setting(), receive(100_000, lot := new_id(), place_id=POST, worth=WORTH))
    command = explain(lot, 66_667)
    assert only(story.accepted(command), ExplanationGiven).approval_needed
    assert story.refused(command) == "explanation-waits"
    assert story.refused(decide(command, "officer-1")) == "same-person"
    story.accepted(decide(command, "officer-2", taken=False))
    story.accepted(command)
    story.accepted(decide(command, "officer-2"))
    explanation = story.state(Explanation, command.flagged.event_id)
    assert (explanation.status, explanation.approved_by) == (ExplanationStatus.ACCEPTED, "officer-2")


def test_goods_below_nothing_are_put_right_before_they_are_explained() -> None:
    """Words do not fill a store: the deficit is received, corrected or counted first."""
    story = Story().given(*setting(), hand_out(given_line(10, lot_id=(lot := new_id()))))
    assert story.refused(explain(lot, 10)) == "stock-to-explain"
    story.given(receive(10, lot, place_id=POST))
    story.accepted(explain(lot, 10))


def test_a_correction_names_what_corrected_it() -> None:
    """A reversal or a paper; a letter must hold."""
    story = Story().given(*setting(), receive(100, lot := new_id(), place_id=POST))
    corrected = ExplanationReason.CORRECTED
    assert story.refused(explain(lot, 10, reason=corrected)) == "correction-not-named"
    assert story.refused(explain(lot, 10, document_id=DocumentId(new_id()))) == "document-unknown"
    story.accepted(explain(lot, 10, reason=corrected, reversal_id=EventId(new_id())))
