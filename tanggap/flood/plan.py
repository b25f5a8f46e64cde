"""The shapes of a planned flood: its posts, what they report, and what officers will find.

Owns the shapes only. Must not draw anything or send anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from tanggap.flood.ids import ANCHOR_DEFAULT, legal_date
from tanggap.flood.reports import Batch
from tanggap.flood.scale import Sizes


class Clock(StrEnum):
    """How well a post's reports are dated and how soon they are sent."""

    STEADY = "steady"
    TWO_DAYS_LATE = "two_days_late"
    A_YEAR_BACK = "a_year_back"


@dataclass(frozen=True, slots=True)
class Options:
    """What a flood is made from. `run` keeps the ids of two floods of one seed on one installation apart."""

    seed: int
    scale: float
    run: str = ""
    anchor: datetime = ANCHOR_DEFAULT


@dataclass(frozen=True, slots=True)
class Post:
    """A post with its one device and public kitchen, responsible for villages of one district."""

    post_id: str
    device_id: str
    area_code: str
    villages: tuple[str, ...]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Casualty:
    """Somebody dead, missing or hurt, and what an officer finds. `later_kind` is what it turns out to be afterwards."""

    casualty_id: str
    casualty_kind: str
    occurred_on: date
    confirmed: bool = True
    later_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """A house that surveyors visit, and the class they find."""

    damage_id: str
    damage_class: str
    raised_to: str | None = None


@dataclass(frozen=True, slots=True)
class World:
    """Everything that will happen, and in which order each post reports it."""

    options: Options
    sizes: Sizes
    disaster_id: str
    posts: tuple[Post, ...]
    batches: Mapping[str, tuple[Batch, ...]]
    casualties: tuple[Casualty, ...]
    surveys: tuple[Survey, ...]
    households: Mapping[str, tuple[str, ...]] = field(repr=False)

    @property
    def today(self) -> date:
        """The flood's legal date."""
        return legal_date(self.options.anchor)

    @property
    def report_count(self) -> int:
        """How many reports there are, each counted once however often it is sent."""
        return sum(len(batch.ids) for batches in self.batches.values() for batch in batches)
