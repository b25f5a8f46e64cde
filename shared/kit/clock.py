"""The one clock and the one source of new ids.

Owns time and identity. Everything else takes an instant, a date or an id from here, so that replay never
depends on either. Must not know what the ids are for.
"""

import hashlib
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import uuid_utils

REACTION_ID_DOMAIN = b"tanggap-reaction-v1\x00"


def now() -> datetime:
    """This instant, aware and in UTC."""
    return datetime.now(UTC)


def legal_date(instant: datetime, zone: str) -> date:
    """The date an instant falls on in the installation's zone: set once when recorded, then carried in the event."""
    return instant.astimezone(ZoneInfo(zone)).date()


def new_id() -> str:
    """A new UUIDv7: unique anywhere, and nearly ordered by time, which keeps indexes compact."""
    return str(uuid_utils.uuid7())


def derived_id(source_event_id: str, reaction: str, index: int) -> str:
    """The UUIDv8 of the event that a reaction to a foreign event produces.

    Why: deciding again after a restore must mint the same id, not a second event.
    """
    seed = REACTION_ID_DOMAIN + f"{source_event_id}\x00{reaction}\x00{index}".encode()
    octets = bytearray(hashlib.sha256(seed).digest()[:16])
    octets[6] = (octets[6] & 0x0F) | 0x80
    octets[8] = (octets[8] & 0x3F) | 0x80
    digits = octets.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
