"""The ration norms this release knows: BNPB's of 2008 and Sphere's.

Owns figures with their source. They clash on purpose: 67 litres of clean water a week (BNPB) is 9.6 a day, below
Sphere's 15, so both stand as named profiles and the office chooses.
"""

from dataclasses import dataclass
from datetime import date

from services.logistics.items.catalogue import CLEAN_WATER, DRINKING_WATER, FAMILY_KIT, RICE, SOAP
from shared.contracts.ids import ItemCode, ProfileId
from shared.contracts.logistics import RationLine
from shared.contracts.vocabulary import RationPer

# Assumed: no norm fixes for how many days a first supply is planned. BNPB counts by the week.
ASSUMED_NEED_DAYS = 7


@dataclass(frozen=True, slots=True)
class Norm:
    """A norm as it is set where the office asks for it."""

    profile_id: ProfileId
    legal_basis: str
    source_note: str
    assumed: bool
    valid_from: date
    lines: tuple[RationLine, ...]
    days: int = ASSUMED_NEED_DAYS


def _each_person(item_code: ItemCode, quantity: int, every_days: int) -> RationLine:
    return RationLine(item_code=item_code, per=RationPer.PERSON, quantity=quantity, every_days=every_days)


BNPB_2008 = Norm(
    profile_id=ProfileId("bnpb-7-2008"),
    legal_basis="Perka BNPB 7/2008",
    source_note="InaSAFE, BNPB_id.json: a person a week 2.8 kg rice, 17.5 l to drink, 67 l clean water, 0.2 kit",
    assumed=False,
    valid_from=date(2008, 1, 1),
    lines=(
        _each_person(RICE, 2_800, 7),
        _each_person(DRINKING_WATER, 17_500, 7),
        _each_person(CLEAN_WATER, 67_000, 7),
        _each_person(FAMILY_KIT, 1, 35),
    ),
)
SPHERE = Norm(
    profile_id=ProfileId("sphere"),
    legal_basis="Sphere Handbook, minimum standards",
    source_note="Secondary sources: a person a day 400 g rice, 15 l water of which 2.5 to drink; a month 250 g soap",
    assumed=True,
    valid_from=date(2018, 1, 1),
    lines=(
        _each_person(RICE, 400, 1),
        _each_person(DRINKING_WATER, 2_500, 1),
        _each_person(CLEAN_WATER, 12_500, 1),
        _each_person(SOAP, 250, 30),
    ),
)
NORMS = (BNPB_2008, SPHERE)
DEFAULT_NORM = BNPB_2008
