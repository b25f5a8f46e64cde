"""Valid reports, commands and people with defaults, for tests of the victims service.

NIKs end in an impossible serial (0000), so none can be anybody's.
"""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.victims.intake.domain import Report
from services.victims.registration.domain import RegisterHousehold, ReportedPerson
from shared.contracts.victims import DeviceEnrolled, DeviceWithdrawn, DisasterDeclared, PostEnrolled
from shared.contracts.vocabulary import AgeBand, Residence, Sex
from shared.kit.decisions.types import UniqueKey

KATINGAN = "62.06"
VILLAGE = "62.06.01.2001"
OTHER_VILLAGE = "62.06.01.2002"
OUTSIDE = "62.01.01.2001"
UNKNOWN_AREA = "62.99.99.9999"

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def new_id() -> str:
    return str(uuid.uuid4())


def nik(day: int = 5, month: int = 8, year: int = 95, *, female: bool = True, district: str = "620601") -> str:
    """A NIK with an impossible serial."""
    return f"{district}{day + (40 if female else 0):02}{month:02}{year:02}0000"


def person(**changes: Any) -> dict[str, Any]:
    return {
        "person_id": new_id(),
        "name": "Siti Contoh",
        "sex": "female",
        "birth_date": "1995-08-05",
        **changes,
    }


def household(disaster_id: str, **changes: Any) -> dict[str, Any]:
    """The content of field.household_registered.v1."""
    return {
        "household_id": new_id(),
        "disaster_id": disaster_id,
        "area_code": VILLAGE,
        "residence": "home",
        "persons": [person()],
        **changes,
    }


def casualty(disaster_id: str, **changes: Any) -> dict[str, Any]:
    """The content of field.casualty_reported.v1."""
    return {
        "casualty_id": new_id(),
        "disaster_id": disaster_id,
        "casualty_kind": "death",
        "occurred_on": _today(),
        "area_code": VILLAGE,
        **changes,
    }


def damage(disaster_id: str, household_id: str, **changes: Any) -> dict[str, Any]:
    """The content of field.damage_reported.v1."""
    return {
        "damage_id": new_id(),
        "household_id": household_id,
        "disaster_id": disaster_id,
        "damage_claimed": "ringan",
        "occurred_on": _today(),
        "area_code": VILLAGE,
        **changes,
    }


def event(type_: str, content: dict[str, Any], *, device_id: str, number: int, **attributes: Any) -> dict[str, Any]:
    """A CloudEvent as a device sends it."""
    return {
        "specversion": "1.0",
        "id": new_id(),
        "source": f"urn:tanggap:device:{device_id}",
        "type": type_,
        "time": instant(datetime.now(UTC)),
        "devicenumber": number,
        "data": content,
        **attributes,
    }


def instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _today() -> str:
    return (datetime.now(UTC) + timedelta(hours=7)).date().isoformat()


DISASTER = "00000000-0000-7000-8000-00000000d001"
POST = "00000000-0000-7000-8000-00000000b001"
DEVICE = "00000000-0000-7000-8000-00000000c001"
COMMITMENT = "ab" * 32


def declared(**changes: Any) -> DisasterDeclared:
    """A flood in Katingan, declared ten days ago."""
    content = {
        "disaster_id": DISASTER,
        "hazard": "flood",
        "area_codes": (KATINGAN,),
        "phase": "tanggap_darurat",
        "decree_number": "188.44/123/2026",
        "decree_date": TODAY - timedelta(days=8),
        "valid_from": TODAY - timedelta(days=10),
        "valid_until": TODAY + timedelta(days=14),
        "declared_on": TODAY - timedelta(days=8),
        **changes,
    }
    return DisasterDeclared.model_validate(content)


def enrolled_post(**changes: Any) -> PostEnrolled:
    content = {"post_id": POST, "disaster_id": DISASTER, "area_code": "62.06.01", "enrolled_on": TODAY, **changes}
    return PostEnrolled.model_validate(content)


def enrolled_device(at: datetime = NOW - timedelta(days=5), **changes: Any) -> DeviceEnrolled:
    content = {
        "post_id": POST,
        "device_id": DEVICE,
        "token_id": new_id(),
        "valid_from_at": at,
        "valid_until_at": at + timedelta(days=30),
        **changes,
    }
    return DeviceEnrolled.model_validate(content)


def withdrawn_device(at: datetime) -> DeviceWithdrawn:
    return DeviceWithdrawn.model_validate({"post_id": POST, "device_id": DEVICE, "withdrawn_at": at})


def report(**changes: Any) -> Report:
    """A report of the post's device in its village, captured a minute ago."""
    captured_at: datetime = changes.pop("captured_at", NOW - timedelta(minutes=1))
    received_at: datetime = changes.pop("received_at", NOW)
    content: dict[str, Any] = {
        "disaster_id": DISASTER,
        "post_id": POST,
        "device_id": DEVICE,
        "device_number": 1,
        "area_code": VILLAGE,
        "area_known": True,
        "captured_at": captured_at,
        "captured_on": _jakarta(captured_at),
        "received_at": received_at,
        "recorded_on": _jakarta(received_at),
        **changes,
    }
    return Report(**content)


def member(**changes: Any) -> ReportedPerson:
    content: dict[str, Any] = {
        "person_id": new_id(),
        "sex": Sex.FEMALE,
        "age_band": AgeBand.FROM_18_TO_59,
        "identity": COMMITMENT,
        "vulnerability": COMMITMENT,
        **changes,
    }
    return ReportedPerson(**content)


def register(**changes: Any) -> RegisterHousehold:
    content: dict[str, Any] = {
        "report": report(),
        "household_id": new_id(),
        "residence": Residence.HOME,
        "persons": (member(),),
        **changes,
    }
    return RegisterHousehold(**content)


def key(value: str, scope: str = "nik") -> UniqueKey:
    """A keyed digest of a value: in domain tests any bytes that differ with the value."""
    return UniqueKey(scope, value.encode())


def _jakarta(at: datetime) -> date:
    return (at + timedelta(hours=7)).date()
