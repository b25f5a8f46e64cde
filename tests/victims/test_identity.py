"""What identity numbers, phones and ages are flagged for."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.victims.registration.identity import NikFinding, age_band, check_nik, is_phone, kk_digits
from shared.contracts.vocabulary import AgeBand, FieldFlag, Sex
from tests.victims.builders import TODAY, nik

BORN = date(1995, 8, 5)
FEMALE = "6206014508950001"
MALE = "6206010508950001"


def check(number: str | None, sex: Sex = Sex.FEMALE, birth_date: date | None = BORN) -> NikFinding:
    return check_nik(number, sex=sex, birth_date=birth_date, on=TODAY)


@pytest.mark.parametrize(
    ("number", "sex", "birth_date", "flag"),
    [
        (FEMALE, Sex.FEMALE, BORN, None),
        (MALE, Sex.MALE, BORN, None),
        (MALE, Sex.FEMALE, BORN, FieldFlag.NIK_MISMATCH),
        (FEMALE, Sex.MALE, BORN, FieldFlag.NIK_MISMATCH),
        (FEMALE, Sex.UNKNOWN, None, None),
        (FEMALE, Sex.FEMALE, date(1995, 8, 6), FieldFlag.NIK_MISMATCH),
        ("6206014508250001", Sex.FEMALE, date(1925, 8, 5), None),
        ("3201014508950001", Sex.FEMALE, BORN, None),
        ("6206.0145-0895 0001", Sex.FEMALE, BORN, None),
        (None, Sex.FEMALE, BORN, FieldFlag.NIK_MISSING),
        ("62060145089500", Sex.FEMALE, BORN, FieldFlag.NIK_MALFORMED),
        ("tidak ada", Sex.FEMALE, BORN, FieldFlag.NIK_MALFORMED),
        ("6206017208950001", Sex.FEMALE, BORN, FieldFlag.NIK_MALFORMED),
        ("0000000000000000", Sex.FEMALE, BORN, FieldFlag.NIK_MALFORMED),
        ("6206014508950000", Sex.FEMALE, BORN, FieldFlag.NIK_MALFORMED),
    ],
)
def test_nik_is_looked_at_softly(number: str, sex: Sex, birth_date: date, flag: FieldFlag | None) -> None:
    """Day + 40 for women, century not told, district of first issue: a difference is a flag, never a refusal."""
    assert check(number, sex, birth_date).flag is flag


@pytest.mark.parametrize("stand_in", ["0000000000000000", "9999999999999999", "1234567890123456", "-", "tidak ada"])
def test_stand_in_for_a_nik_makes_nobody_the_same_person(stand_in: str) -> None:
    """What a post writes where there is no NIK must not join strangers."""
    assert check(stand_in).digits is None


def test_nik_with_an_impossible_serial_still_tells_one_person() -> None:
    """Demo and test NIKs end in 0000: flagged, and still found a second time, however they are spelled."""
    assert check("6206014508950000").digits == check("62 0601-450895.0000").digits == "6206014508950000"


@given(st.dates(date(1930, 1, 1), date(2026, 1, 1)), st.booleans())
def test_nik_of_any_birth_date_agrees_with_it(born: date, female: bool) -> None:
    """Whatever the date, a NIK made of it is not a mismatch."""
    number = nik(born.day, born.month, born.year % 100, female=female)[:12] + "0001"
    found = check_nik(number, sex=Sex.FEMALE if female else Sex.MALE, birth_date=born, on=TODAY)
    # 29 February 1900 and 2000: the century is not told, and one of them is no date.
    assert found.flag in (None, FieldFlag.NIK_MALFORMED) if (born.month, born.day) == (2, 29) else found.flag is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_checks(text: str) -> None:
    """Whatever a post writes, the checks say something and raise nothing."""
    check(text)
    kk_digits(text)
    is_phone(text)


def test_kk_number_is_sixteen_digits_and_no_stand_in() -> None:
    """A KK of one digit repeated is what people write where there is none."""
    assert kk_digits("6206 0101-0120.0001") == "6206010101200001"
    assert kk_digits("6206010101200") is None
    assert kk_digits("0" * 16) is None
    assert kk_digits("٦" * 16) is None


@pytest.mark.parametrize(
    ("birth_date", "age_years", "band"),
    [
        (date(2026, 1, 1), None, AgeBand.UNDER_1),
        (date(2025, 11, 20), None, AgeBand.FROM_1_TO_4),
        (date(2021, 11, 21), None, AgeBand.FROM_1_TO_4),
        (date(2021, 11, 20), None, AgeBand.FROM_5_TO_17),
        (date(2008, 11, 20), None, AgeBand.FROM_18_TO_59),
        (date(1966, 11, 21), None, AgeBand.FROM_18_TO_59),
        (date(1966, 11, 20), None, AgeBand.FROM_60),
        (date(2000, 2, 29), None, AgeBand.FROM_18_TO_59),
        (None, 0, AgeBand.UNDER_1),
        (None, 60, AgeBand.FROM_60),
        (None, None, AgeBand.UNKNOWN),
        (date(2027, 1, 1), 30, AgeBand.UNKNOWN),
    ],
)
def test_age_band_is_by_completed_years(birth_date: date, age_years: int, band: AgeBand) -> None:
    """The birth date decides where it is stated; one in the future tells nothing."""
    assert age_band(birth_date, age_years, TODAY) is band
