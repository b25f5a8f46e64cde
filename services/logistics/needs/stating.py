"""What an area needs by a norm that somebody chose, step by step.

Owns the arithmetic of a stated need: heads of the basis, times the norm, times the days, less what was asked before.
It counts the area as a whole, as BNPB plans, and rounds up once an item. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.logistics.rations.domain import RationProfile, due_for
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ProfileId
from shared.contracts.requests import NeedBasis, NeedLine, StatedNeed
from shared.contracts.vocabulary import RationPer


@dataclass(frozen=True, slots=True)
class Counted:
    """How many households and persons count in an area, and how many of them are displaced."""

    household_count: int
    person_count: int
    displaced_household_count: int
    displaced_person_count: int

    def on(self, basis: NeedBasis) -> tuple[int, int]:
        """Households and persons of a basis."""
        if basis is NeedBasis.DISPLACED:
            return self.displaced_household_count, self.displaced_person_count
        return self.household_count, self.person_count


def stated_need(
    profile: RationProfile, basis: NeedBasis, counted: Counted, *, days: int, asked_before: Mapping[str, int]
) -> StatedNeed:
    """The need of an area by a norm, with every step of its arithmetic."""
    households, persons = counted.on(basis)
    lines = []
    for line in profile.lines:
        heads = persons if line.per is RationPer.PERSON else households
        lines.append(
            NeedLine(
                item_code=line.item_code,
                per=line.per,
                heads=heads,
                quantity=line.quantity,
                every_days=line.every_days,
                needed=due_for(line, heads=heads, days=days),
                asked_before=max(0, asked_before.get(line.item_code, 0)),
            )
        )
    return StatedNeed(
        profile_id=ProfileId(profile.id),
        profile_version=profile.version,
        legal_basis=profile.legal_basis,
        basis=basis,
        household_count=households,
        person_count=persons,
        days=days,
        lines=tuple(lines),
    )


def still_open(need: StatedNeed) -> tuple[ItemQuantity, ...]:
    """What of a stated need nobody has asked for yet."""
    return tuple(
        ItemQuantity(item_code=line.item_code, quantity=line.needed - line.asked_before)
        for line in need.lines
        if line.needed > line.asked_before
    )
