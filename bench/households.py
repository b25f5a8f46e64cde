"""The workload: households as posts write them down, the same ones for every way that is measured.

Owns names, sizes and ids of invented people, and how they are spelled for each way. Everything but the ids is drawn
from a seed. NIKs end in an impossible serial (0000), so none can be anybody's. Must not send anything.
"""

import gzip
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
from uuid_utils.compat import uuid7

FIELD_TYPE = "field.household_registered.v1"
DEVICE_SOURCE = "urn:tanggap:device:"
GZIP_LEVEL = 6

# Members of a household and how many of 25 households have so many: 2.8 persons on average, as in the worst year on
# record for Katingan (76,966 persons in 27,290 households).
SIZES = (1,) * 4 + (2,) * 7 + (3,) * 7 + (4,) * 4 + (5,) * 3
VILLAGES = tuple(f"62.06.{district:02}.2001" for district in range(1, 14) if district != 10)
NAMES = ("Siti Contoh", "Budi Contoh", "Dewi Contoh", "Agus Contoh", "Rina Contoh", "Yanto Contoh", "Mawar Contoh")
GROUPS = ("pregnant", "disabled", "elderly")

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled device of a post: who reports, and the token it shows."""

    id: str
    token: str
    disaster_id: str
    post_id: str = ""


class Villagers:
    """Draws households one after the other; no two share a person or a NIK."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._born = _births(self._random.randrange(100))
        self._households = 0

    def household(self, disaster_id: str) -> Content:
        """The content of one registration."""
        self._households += 1
        persons = [self._person() for _ in range(self._random.choice(SIZES))]
        content: Content = {
            "household_id": str(uuid7()),
            "disaster_id": disaster_id,
            "area_code": self._random.choice(VILLAGES),
            "residence": "home",
            "phone": f"0812{self._households:08}",
            "address": f"RT {self._households % 9 + 1} RW {self._households % 4 + 1}",
            "persons": persons,
        }
        if self._random.random() < 0.6:
            content["damage_claimed"] = self._random.choice(("ringan", "sedang", "berat"))
        return content

    def _person(self) -> Content:
        born, female, nik = next(self._born)
        person: Content = {
            "person_id": str(uuid7()),
            "name": self._random.choice(NAMES),
            "sex": "female" if female else "male",
            "birth_date": born.isoformat(),
            "nik": nik,
        }
        if self._random.random() < 0.1:
            person["groups"] = [self._random.choice(GROUPS)]
        return person


def _births(start: int) -> Iterator[tuple[date, bool, str]]:
    """Birth dates with sex and NIK, 3.9 million before one comes again."""
    for number in range(start, start + 100 * 58 * 12 * 28 * 2):
        rest, district = divmod(number, 100)
        rest, year = divmod(rest, 58)
        rest, month = divmod(rest, 12)
        female, day = divmod(rest, 28)
        born = date(1948 + year, month + 1, day + 1)
        is_female = bool(female % 2)
        nik = f"6206{district:02}{born.day + 40 * is_female:02}{born.month:02}{born.year % 100:02}0000"
        yield born, is_female, nik


class Reporter:
    """A device at work: wraps households in numbered CloudEvents."""

    def __init__(self, device: Device, villagers: Villagers) -> None:
        self.device = device
        self._villagers = villagers
        self._number = 0

    def event(self) -> Content:
        """The next report."""
        self._number += 1
        return reported(self.device, FIELD_TYPE, self._villagers.household(self.device.disaster_id), self._number)

    def events(self, count: int) -> list[Content]:
        """The next reports."""
        return [self.event() for _ in range(count)]


def reported(device: Device, type_: str, content: Content, number: int) -> Content:
    """What a device says, as it sends it."""
    return {
        "specversion": "1.0",
        "id": str(uuid7()),
        "source": DEVICE_SOURCE + device.id,
        "type": type_,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "devicenumber": number,
        "data": content,
    }


def batches(events: Sequence[Content], size: int) -> list[bytes]:
    """Events as a post on a bad network sends them: in batches, compressed."""
    return [
        gzip.compress(orjson.dumps(events[first : first + size]), GZIP_LEVEL) for first in range(0, len(events), size)
    ]


def singles(events: Sequence[Content]) -> list[bytes]:
    """Events one a request."""
    return [orjson.dumps(event) for event in events]


def plain(events: Sequence[Content]) -> list[bytes]:
    """The households alone, as the usual way takes them."""
    return [orjson.dumps(event["data"]) for event in events]
