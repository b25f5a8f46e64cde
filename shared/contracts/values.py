"""The plain values events are made of: amounts, quantities, dates, instants, codes and texts.

Owns one spelling for each, so that equal facts are equal bytes: no floats, no naive times, no control
characters. Must not hold domain words (vocabulary.py) or events.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, PlainSerializer, StringConstraints

from shared.contracts.envelope import timestamp

# Canonical JSON holds integers below 2**53 in size only: beyond, a JavaScript reader would round them.
INTEGER_BOUND = 2**53

AMOUNT_IDR_DESCRIPTION = "whole rupiah"
AmountIdr = Annotated[int, Field(strict=True, ge=0, lt=INTEGER_BOUND, description=AMOUNT_IDR_DESCRIPTION)]
PaidIdr = Annotated[int, Field(strict=True, ge=1, lt=INTEGER_BOUND, description=AMOUNT_IDR_DESCRIPTION)]
# Base units of the item: grams, millilitres, pieces or sets.
Quantity = Annotated[int, Field(strict=True, ge=1, lt=INTEGER_BOUND, description="base units of the item")]
QuantityOrNone = Annotated[
    int, Field(strict=True, ge=0, lt=INTEGER_BOUND, description="base units of the item, 0 for none")
]
Count = Annotated[int, Field(strict=True, ge=0, lt=INTEGER_BOUND)]
Number = Annotated[int, Field(strict=True, ge=1, lt=INTEGER_BOUND)]
Days = Annotated[int, Field(strict=True, ge=1, le=3650)]
FiscalYear = Annotated[int, Field(strict=True, ge=2000, le=2999, description="the APBD's year")]
Boolean = Annotated[bool, Field(strict=True)]

LatitudeE7 = Annotated[int, Field(strict=True, ge=-900_000_000, le=900_000_000, description="1e-7 degree north")]
LongitudeE7 = Annotated[int, Field(strict=True, ge=-1_800_000_000, le=1_800_000_000, description="1e-7 degree east")]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")
# A pasted address may break over lines; every other control character is refused.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BREAKS = str.maketrans({"\t": " ", "\n": " ", "\r": " "})


def _date_text(value: object) -> object:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("a date is written YYYY-MM-DD")


def _instant_text(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT_START.match(value)):
        return value
    raise ValueError("an instant is written YYYY-MM-DDThh:mm:ss with Z or an offset")


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("the instant is outside the years 1 to 9999") from None


def _normal_text(value: str) -> str:
    if value.isascii() and value.isprintable():
        return value
    text = value.translate(_BREAKS)
    if _CONTROL.search(text):
        raise ValueError("control characters are not text")
    return unicodedata.normalize("NFC", text)


def _text(max_length: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=max_length)


# A date in the installation's zone, set when recorded and carried, never derived again.
LegalDate = Annotated[date, BeforeValidator(_date_text)]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_instant_text),
    AfterValidator(_in_utc),
    PlainSerializer(timestamp, return_type=str),
]

# Kemendagri's dotted code of a province, regency, district or village (62, 62.06, 62.06.01, 62.06.01.2001).
AreaCode = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?$"),
    Field(description="Kemendagri area code"),
]
# SHA-256 over a salted field group, in hex; salt and content stay in the owner's vault.
Commitment = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# SHA-256 of a file in hex, such as the picture of a signed paper; the file itself is elsewhere.
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# The number printed on a decree, letter or proof of delivery, such as 188.44/123/2026.
DocumentNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z ./()_:,&+-]{0,79}$")]
# An APBD programme, activity or account code, such as 1.06.05.
BudgetCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,39}$")]
# What a holiday is called, as a code such as cuti-bersama-natal: a name in an event would be room for anything.
HolidayCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,59}$")]
# Cites a norm or its source in words; the office writes it about a rule, never about a person.
Citation = Annotated[str, _text(300), AfterValidator(_normal_text)]

# Texts of a post's report: personal data, kept in the vault only.
PersonName = Annotated[str, _text(200), AfterValidator(_normal_text)]
Address = Annotated[str, _text(500), AfterValidator(_normal_text)]
PhoneNumber = Annotated[str, _text(40), AfterValidator(_normal_text)]
# Sixteen digits when right; a wrong one is accepted and flagged, for it may be all a victim has.
IdentityNumber = Annotated[str, _text(40), AfterValidator(_normal_text)]


def _dotted(value: object) -> object:
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) in (4, 6, 10)):
        return value
    parts = (value[:2], value[2:4], value[4:6], value[6:])
    return ".".join(part for part in parts if part)


# A post may send the code without dots (6206012001), as Kemendagri's own spreadsheets have it.
FieldAreaCode = Annotated[AreaCode, BeforeValidator(_dotted)]
