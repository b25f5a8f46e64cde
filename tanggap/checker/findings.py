"""What a check found: each finding of one kind, in one service, at one place.

Owns the kinds and their words in Indonesian and English. Must not look anything up.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong."""

    LOST = "lost"
    DOUBLED = "doubled"
    INVENTED = "invented"
    CHANGED = "changed"
    OUT_OF_ORDER = "out_of_order"
    PARKED = "parked"
    STOCK = "stock"
    CASH = "cash"
    RULE = "rule"
    NOT_VERIFIED = "not_verified"
    STORY = "story"


# What a reader of the table calls it: Indonesian first, English second.
WORDS = {
    Kind.LOST: ("hilang", "lost"),
    Kind.DOUBLED: ("ganda", "doubled"),
    Kind.INVENTED: ("tanpa asal", "invented"),
    Kind.CHANGED: ("berubah", "changed"),
    Kind.OUT_OF_ORDER: ("urutan salah", "out of order"),
    Kind.PARKED: ("tertahan", "set aside"),
    Kind.STOCK: ("selisih stok", "stock difference"),
    Kind.CASH: ("selisih kas", "cash difference"),
    Kind.RULE: ("aturan dilanggar", "rules broken"),
    Kind.NOT_VERIFIED: ("log tak terverifikasi", "logs not verified"),
    Kind.STORY: ("cerita tak tampak", "stories not shown"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be. `size` is by how much: 1, or units, or rupiah."""

    kind: Kind
    service: str
    place: str
    detail: str
    size: int = 1
