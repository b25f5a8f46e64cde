"""What the claims do when the victims service verifies or rejects a casualty or damage.

Owns the way from foreign events to own commands, and which benefit a casualty or damage class gives. Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from services.aid.claims.assessing import AssessCause, RejectCause
from shared.contracts.ids import Subject
from shared.contracts.victims import CasualtyRejected, CasualtyVerified, DamageRejected, DamageVerified
from shared.contracts.vocabulary import Benefit, CasualtyKind, DamageClass, RefusalReason
from shared.kit.decisions.types import Event

# A missing person gives no claim: one is opened when the casualty is verified again as a death.
BENEFIT_OF_CASUALTY: Mapping[CasualtyKind, Benefit | None] = {
    CasualtyKind.DEATH: Benefit.DEATH,
    CasualtyKind.MISSING: None,
    CasualtyKind.SEVERE_INJURY: Benefit.SEVERE_INJURY,
    CasualtyKind.LIGHT_INJURY: Benefit.LIGHT_INJURY,
}
BENEFIT_OF_DAMAGE: Mapping[DamageClass, Benefit] = {
    DamageClass.RINGAN: Benefit.HOUSE_RINGAN,
    DamageClass.SEDANG: Benefit.HOUSE_SEDANG,
    DamageClass.BERAT: Benefit.HOUSE_BERAT,
}


def react_to_casualty(event: Event, today: date) -> Sequence[AssessCause | RejectCause]:
    """A verified casualty gives the benefit of its kind; verified again, the later kind, person and date hold."""
    match event.payload:
        case CasualtyVerified() as said:
            benefit = BENEFIT_OF_CASUALTY[said.casualty_kind]
            if benefit is None:
                return (RejectCause(_cause(event), RefusalReason.NOT_ELIGIBLE, today),)
            return (
                AssessCause(
                    cause=_cause(event),
                    disaster_id=said.disaster_id,
                    benefit=benefit,
                    person_id=said.person_id,
                    household_id=said.household_id,
                    event_on=said.occurred_on,
                    recorded_on=today,
                ),
            )
    raise TypeError(event.payload.type)


def react_to_damage(event: Event, today: date) -> Sequence[AssessCause]:
    """A verified damage class gives the benefit of its class."""
    match event.payload:
        case DamageVerified() as said:
            return (
                AssessCause(
                    cause=_cause(event),
                    disaster_id=said.disaster_id,
                    benefit=BENEFIT_OF_DAMAGE[said.damage_class],
                    person_id=None,
                    household_id=said.household_id,
                    event_on=said.occurred_on,
                    recorded_on=today,
                ),
            )
    raise TypeError(event.payload.type)


def react_to_rejection(event: Event, today: date) -> Sequence[RejectCause]:
    """A rejected casualty or damage gives nothing."""
    match event.payload:
        case CasualtyRejected() | DamageRejected():
            return (RejectCause(_cause(event), RefusalReason.CAUSE_REJECTED, today),)
    raise TypeError(event.payload.type)


def _cause(event: Event) -> Subject:
    return Subject(event.ref.subject)
