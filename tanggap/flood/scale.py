"""How large a flood is: every count follows from one number, the scale.

Owns the counts of the worst year on record for Katingan, which is scale 1. Must not draw anything at random.

Source: domain research 2.8 (Radar Sampit, undated, probably 2021): 13 districts, 123 villages, 27,290 households,
76,966 people, 17,745 houses, 35 kitchens, 1,047 evacuees.
"""

from dataclasses import dataclass

HOUSEHOLDS = 27_290
PERSONS = 76_966
VILLAGES = 123
DISTRICTS = 13
HOUSES = 17_745
KITCHENS = 35
EVACUEES = 1_047
SAME_PERSON_PAIRS = 45

SCALE_DEFAULT = 0.05
SCALE_MAX = 20.0
# Assumed: the press tells neither casualties nor how many houses were surveyed. Most of the 17,745 houses were under
# water without lasting damage; a survey finds it in one of 25.
ASSUMED_CASUALTIES = 60
ASSUMED_HOUSES_A_SURVEY = 25
ASSUMED_CORRECTED_SHARE = 100
# A village with fewer households than this gets no list of its own at small scales.
HOUSEHOLDS_A_VILLAGE_MIN = 15
HOUSEHOLDS_A_PAIR = 30


class ScaleOutOfRange(ValueError):
    """The scale is not above 0, or larger than one machine's memory is meant for."""

    slug = "scale-out-of-range"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is of everything at one scale.

    `pairs` are people written down by two posts; `kitchens` are also the posts, for each runs a public kitchen.
    """

    households: int
    persons: int
    villages: int
    kitchens: int
    houses: int
    evacuees: int
    pairs: int
    casualties: int
    surveys: int
    corrections: int


def sizes_at(scale: float) -> Sizes:
    """The counts at a scale. Below scale 1 a few things keep a least number, so that each trouble still happens.

    All 45 same-person pairs are kept while there are 30 households a pair, else fewer. Raises: ScaleOutOfRange.
    """
    if not 0 < scale <= SCALE_MAX:
        raise ScaleOutOfRange(f"The scale must lie above 0 and not above {SCALE_MAX:g}.")
    households = max(30, round(HOUSEHOLDS * scale))
    villages = min(VILLAGES, max(round(VILLAGES * scale), min(DISTRICTS, households // HOUSEHOLDS_A_VILLAGE_MIN), 3))
    houses = max(12, round(HOUSES * scale))
    return Sizes(
        households=households,
        persons=max(round(households * PERSONS / HOUSEHOLDS), round(PERSONS * scale)),
        villages=villages,
        kitchens=min(villages, max(3, min(DISTRICTS, villages), round(KITCHENS * scale))),
        houses=houses,
        evacuees=max(3, round(EVACUEES * scale)),
        pairs=max(1, min(SAME_PERSON_PAIRS, households // HOUSEHOLDS_A_PAIR)),
        casualties=max(6, round(ASSUMED_CASUALTIES * scale)),
        surveys=max(6, houses // ASSUMED_HOUSES_A_SURVEY),
        corrections=max(1, households // ASSUMED_CORRECTED_SHARE),
    )
