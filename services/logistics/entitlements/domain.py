"""Which households the office says are one family, and which are not.

Owns the links of a household. A link moves no goods and takes nothing back: it changes what is due from now on and
what stands as over the entitlement, which the read model reckons anew. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from shared.contracts.distribution import (
    FAMILY_MAX,
    HouseholdsLinked,
    HouseholdsUnlinked,
    LinkReason,
    RationPlanned,
    UnlinkReason,
)
from shared.contracts.envelope import Payload
from shared.contracts.ids import HouseholdId
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Recipient:
    """A household the office linked, unlinked or planned for: whether it is linked, by the other household's id.

    The version rises with each ration planned for it, so that two plans cannot count on the same entitlement.
    """

    id: str
    version: int
    links: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkHouseholds:
    """The office links two households as one family."""

    household_id: HouseholdId
    other_household_id: HouseholdId
    reason: LinkReason
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """Both households."""
        return (Ref("recipient", self.household_id), Ref("recipient", self.other_household_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class UnlinkHouseholds:
    """The office says two households are not one family, whether it was said before or concluded from their persons."""

    household_id: HouseholdId
    other_household_id: HouseholdId
    reason: UnlinkReason
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """Both households."""
        return (Ref("recipient", self.household_id), Ref("recipient", self.other_household_id))

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_link(states: States, command: LinkHouseholds) -> list[Payload] | Refusal:
    """Link two different households once, in both directions."""
    refusal = _cannot_say(states, command.household_id, command.other_household_id)
    if refusal is not None:
        return refusal
    return [
        HouseholdsLinked(
            household_id=one, other_household_id=other, reason=command.reason, linked_on=command.recorded_on
        )
        for one, other in _both_ways(command)
        if _said(states, one, other) is not True
    ]


def decide_unlink(states: States, command: UnlinkHouseholds) -> list[Payload] | Refusal:
    """Unlink two different households once, in both directions."""
    refusal = _cannot_say(states, command.household_id, command.other_household_id)
    if refusal is not None:
        return refusal
    return [
        HouseholdsUnlinked(
            household_id=one, other_household_id=other, reason=command.reason, unlinked_on=command.recorded_on
        )
        for one, other in _both_ways(command)
        if _said(states, one, other) is not False
    ]


def _both_ways(command: LinkHouseholds | UnlinkHouseholds) -> Sequence[tuple[HouseholdId, HouseholdId]]:
    one, other = command.household_id, command.other_household_id
    return ((one, other), (other, one))


def _said(states: States, one: str, other: str) -> bool | None:
    recipient = states.find(Recipient, one)
    return None if recipient is None else recipient.links.get(other)


def _cannot_say(states: States, one: str, other: str) -> Refusal | None:
    if one == other:
        return Refusal(
            slug="same-household",
            detail="This is one household under one id.",
            next_step="Name two different households.",
            status=422,
        )
    for id_, counterpart in ((one, other), (other, one)):
        recipient = states.find(Recipient, id_)
        if recipient is not None and counterpart not in recipient.links and len(recipient.links) >= FAMILY_MAX:
            return Refusal(
                slug="links-too-many",
                detail="A household has links to %(most)d others at most.",
                next_step="Check which of the links are right.",
                params={"most": FAMILY_MAX},
            )
    return None


def evolve_recipient(recipient: Recipient | None, event: Event) -> Recipient:
    """The household after what was said or planned of it."""
    before = recipient if recipient is not None else Recipient(event.ref.id, 0)
    match event.payload:
        case HouseholdsLinked(other_household_id=other):
            return replace(before, version=event.sequence, links={**before.links, other: True})
        case HouseholdsUnlinked(other_household_id=other):
            return replace(before, version=event.sequence, links={**before.links, other: False})
        case RationPlanned():
            return replace(before, version=event.sequence)
    raise TypeError(f"{event.payload.type} after {before.version}")
