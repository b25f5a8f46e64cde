"""What the usual way's two services say to each other, and what the first is told over HTTP."""

from datetime import date

from pydantic import BaseModel


class PersonIn(BaseModel):
    """A member of a household."""

    person_id: str
    name: str
    sex: str
    birth_date: date | None = None
    nik: str | None = None
    groups: list[str] = []


class HouseholdIn(BaseModel):
    """A household as a post sends it."""

    household_id: str
    disaster_id: str
    area_code: str
    residence: str
    phone: str | None = None
    address: str | None = None
    damage_claimed: str | None = None
    persons: list[PersonIn]


class HouseholdRegistered(BaseModel):
    """A household was stored. Sent over the stream."""

    household_id: str
    disaster_id: str
    area_code: str
    person_count: int


STREAM = "usual.households"
GROUP = "usual-consumer"
