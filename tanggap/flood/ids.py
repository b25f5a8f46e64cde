"""Ids and instants of a flood, drawn from its seed.

Owns their spelling. Must not look at a clock: the flood happens around an anchor it is given.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from random import Random

# Western Indonesian time, which Central Kalimantan keeps: the zone of legal dates.
WIB = timezone(timedelta(hours=7))
ANCHOR_DEFAULT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Ids:
    """Draws UUIDs of version 7, whose time is the flood's and whose rest is the seed's."""

    def __init__(self, random: Random) -> None:
        self._bits = random.getrandbits

    def at(self, instant: datetime) -> str:
        """One more id, from this instant. Source: RFC 9562, 5.7."""
        milliseconds = (instant - _EPOCH) // _MILLISECOND
        low = self._bits(74)
        high = (milliseconds & 0xFFFFFFFFFFFF) << 16 | 0x7 << 12 | low >> 62
        number = high << 64 | 0b10 << 62 | low & (1 << 62) - 1
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def instant_text(instant: datetime) -> str:
    """An instant as a device writes it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def legal_date(instant: datetime) -> date:
    """The date an instant falls on in Central Kalimantan."""
    return instant.astimezone(WIB).date()
