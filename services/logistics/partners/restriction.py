"""What a donor tied its goods to, asked of one use of them.

Owns the meaning of a restriction: every part that is given must fit, and after its last day nothing of it holds. Pure.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from shared.contracts.partners import AidedPeople, DonationUse, Restriction
from shared.contracts.vocabulary import PlaceKind


@dataclass(frozen=True, slots=True)
class Use:
    """What goods are wanted for: an area, the kind of place that hands them out, a day, and for whom if it was said."""

    area_code: str
    place_kind: PlaceKind | None
    on: date
    people: Collection[AidedPeople] = ()


def restriction_allows(restriction: Restriction | None, use: Use) -> bool:
    """Whether goods under a restriction may be given for a use."""
    tied = in_force(restriction, use.on)
    return tied is None or fits(tied, use.area_code, use.place_kind, use.people)


def in_force(restriction: Restriction | None, on: date) -> Restriction | None:
    """The restriction as it holds on a day: none after its last one."""
    lapsed = restriction is not None and restriction.until is not None and restriction.until < on
    return None if lapsed else restriction


def fits(
    restriction: Restriction,
    area_code: str | None,
    place_kind: PlaceKind | None,
    people: Collection[AidedPeople] = (),
) -> bool:
    """Whether goods go where a restriction that holds wants them.

    Goods meant for some people need a use that is for these alone: one that says nobody is for everybody.
    """
    if restriction.area_code is not None and not f"{area_code or ''}.".startswith(f"{restriction.area_code}."):
        return False
    if restriction.use is not None and restriction.use is not _use_of(place_kind):
        return False
    return not restriction.people or (bool(people) and set(people) <= set(restriction.people))


def _use_of(place_kind: PlaceKind | None) -> DonationUse:
    return DonationUse.KITCHEN if place_kind is PlaceKind.KITCHEN else DonationUse.HAND_OUT
