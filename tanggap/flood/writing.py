"""How the posts write the flood down: households, corrections, people met twice, damage, casualties.

Owns the order and content of each post's reports. Must not send them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tanggap.flood.ids import Ids, legal_date
from tanggap.flood.people import Person, Population, spelt_otherwise
from tanggap.flood.plan import Casualty, Clock, Post, Survey
from tanggap.flood.reports import Batch, Device, Report, batches_of
from tanggap.flood.scale import Sizes

REGISTERED = "field.household_registered.v1"
CASUALTY = "field.casualty_reported.v1"
DAMAGE = "field.damage_reported.v1"

# A steady post writes for six hours before it first has a connection.
WRITING = timedelta(hours=6)
LATE = timedelta(hours=48)
A_YEAR = timedelta(days=365)
PERSONS_OF_HOUSEHOLD_MAX = 12
NO_NIK_SHARE = 0.04
CASUALTY_KINDS = ("death", "severe_injury", "light_injury", "light_injury", "severe_injury", "light_injury")
SURVEYED = ("ringan", "ringan", "sedang", "ringan", "berat", "sedang")
GROUPS = ("pregnant", "disabled", "breastfeeding")


@dataclass(frozen=True, slots=True)
class Written:
    """What the posts have on their devices before anything is sent."""

    batches: Mapping[str, tuple[Batch, ...]]
    casualties: tuple[Casualty, ...]
    surveys: tuple[Survey, ...]
    households: Mapping[str, tuple[str, ...]]


def write_down(sizes: Sizes, posts: Sequence[Post], disaster_id: str, random: Random, anchor: datetime) -> Written:
    """Let every post write down what it sees."""
    return _Writing(sizes, posts, disaster_id, random, anchor).all()


class _Writing:
    """One flood being written down; what is drawn is drawn in one order."""

    def __init__(self, sizes: Sizes, posts: Sequence[Post], disaster_id: str, random: Random, anchor: datetime) -> None:
        self.sizes = sizes
        self.posts = posts
        self.disaster_id = disaster_id
        self.random = random
        self.anchor = anchor
        self.today = legal_date(anchor)
        self.ids = Ids(random)
        self.people = Population(random, self.today)
        self.devices = {post.post_id: Device(post.device_id, self.ids) for post in posts}
        self.reports: dict[str, list[Report]] = {post.post_id: [] for post in posts}
        self.households: dict[str, list[str]] = {}
        self.casualties: list[Casualty] = []
        self.surveys: list[Survey] = []

    def all(self) -> Written:
        """Write everything down, in the order a post meets it."""
        sizes, random = self.sizes, self.random
        counts = _persons_of_households(sizes, random)
        damaged = set(random.sample(range(sizes.households), min(sizes.houses, sizes.households)))
        shelters = _sheltered(counts, sizes.evacuees, random)
        special = random.sample(range(sizes.households), min(sizes.households, sizes.casualties + sizes.pairs))
        hurt, met_twice = set(special[: sizes.casualties]), set(special[sizes.casualties :])
        corrected = _corrected(counts, sizes.corrections, random)
        second: list[tuple[int, Person]] = []
        homes = self._homes()
        for number, count in enumerate(counts):
            post, village = homes[number % len(homes)]
            persons = [self._person(adult=place == 0) for place in range(count)]
            known = number in met_twice
            home = _Home(number, post, village, persons, sheltered=number in shelters, known_by_nik=known)
            household_id = self._register(home, damaged=number in damaged, corrected=number in corrected)
            if number in damaged:
                self._damage(home, household_id)
            if number in hurt:
                self._casualty(home, household_id)
            if known:
                second.append((self.posts.index(post), persons[0]))
        for place, person in second:
            self._meet_again(self.posts[(place + 1) % len(self.posts)], person)
        return self._written()

    def _homes(self) -> list[tuple[Post, str]]:
        return [(post, village) for post in self.posts for village in post.villages]

    def _person(self, *, adult: bool) -> Person:
        return self.people.person(self.ids.at(self.anchor), adult=adult)

    def _captured(self, post: Post) -> datetime:
        """What the post's device says the time is when it writes its next report."""
        device = self.devices[post.post_id]
        at = self.anchor - WRITING + timedelta(milliseconds=500 * (device.number % 40_000))
        if post.clock is Clock.TWO_DAYS_LATE:
            return at - LATE
        return at - A_YEAR if post.clock is Clock.A_YEAR_BACK else at

    def _add(self, post: Post, type_: str, data: dict[str, Any]) -> None:
        report = self.devices[post.post_id].report(type_, data, self._captured(post))
        self.reports[post.post_id].append(report)

    def _register(self, home: "_Home", *, damaged: bool, corrected: bool) -> str:
        household_id = self.ids.at(self.anchor)
        data: dict[str, Any] = {
            "household_id": household_id,
            "disaster_id": self.disaster_id,
            "area_code": home.village,
            "residence": "shelter" if home.sheltered else "home",
            "kk_number": self.people.kk_number(home.post.area_code, home.number),
            "address": f"RT {home.number % 9 + 1:02d} (DATA CONTOH)",
            "persons": [
                self._stated(person, with_nik=home.known_by_nik and place == 0)
                for place, person in enumerate(home.persons)
            ],
        }
        if home.sheltered:
            data["shelter_area_code"] = home.village
        if home.number % 3 == 0:
            data["phone"] = f"0812{home.number % 100_000_000:08d}"
        if damaged:
            data["damage_claimed"] = "ringan"
        if corrected:  # the first count was one short, as early figures are
            self._add(home.post, REGISTERED, {**data, "persons": data["persons"][:-1]})
        self._add(home.post, REGISTERED, data)
        self.households.setdefault(home.village, []).append(household_id)
        return household_id

    def _stated(self, person: Person, *, with_nik: bool) -> dict[str, Any]:
        stated: dict[str, Any] = {
            "person_id": person.person_id,
            "name": person.name,
            "sex": person.sex,
            "birth_date": person.birth_date.isoformat(),
        }
        if with_nik or self.random.random() >= NO_NIK_SHARE:
            stated["nik"] = person.nik
        if self.random.random() < 0.06:
            stated["groups"] = [self.random.choice(GROUPS)]
        return stated

    def _meet_again(self, post: Post, person: Person) -> None:
        """Another post writes the same person down, with the same NIK and another spelling, as a guest."""
        name, born = spelt_otherwise(person, self.random)
        again = {
            "person_id": self.ids.at(self.anchor),
            "name": name,
            "sex": person.sex,
            "birth_date": born.isoformat(),
            "nik": person.nik,
        }
        data = {
            "household_id": self.ids.at(self.anchor),
            "disaster_id": self.disaster_id,
            "area_code": post.villages[0],
            "residence": "host_family",
            "persons": [again],
        }
        self._add(post, REGISTERED, data)

    def _damage(self, home: "_Home", household_id: str) -> None:
        damage_id = self.ids.at(self.anchor)
        data = {
            "damage_id": damage_id,
            "household_id": household_id,
            "disaster_id": self.disaster_id,
            "damage_claimed": "ringan",
            "occurred_on": self._occurred(home.number).isoformat(),
            "area_code": home.village,
        }
        self._add(home.post, DAMAGE, data)
        if len(self.surveys) < self.sizes.surveys:
            place = len(self.surveys)
            raised = "sedang" if place == 0 else None
            self.surveys.append(Survey(damage_id, SURVEYED[place % len(SURVEYED)], raised))

    def _casualty(self, home: "_Home", household_id: str) -> None:
        place = len(self.casualties)
        person = home.persons[0]
        kind = "missing" if place == 3 else CASUALTY_KINDS[place % len(CASUALTY_KINDS)]
        occurred_on = self._occurred(place)
        casualty_id = self.ids.at(self.anchor)
        data: dict[str, Any] = {
            "casualty_id": casualty_id,
            "disaster_id": self.disaster_id,
            "casualty_kind": kind,
            "person_id": person.person_id,
            "household_id": household_id,
            "name": person.name,
            "nik": person.nik,
            "occurred_on": occurred_on.isoformat(),
            "area_code": home.village,
        }
        self._add(home.post, CASUALTY, data)
        later = "death" if kind == "missing" else None
        self.casualties.append(Casualty(casualty_id, kind, occurred_on, confirmed=place != 5, later_kind=later))

    def _occurred(self, place: int) -> date:
        """Half of it happened before today, when another benefit rule was in force."""
        return self.today - timedelta(days=1 + place % 2)

    def _written(self) -> Written:
        for post in self.posts:
            if post.clock is Clock.TWO_DAYS_LATE:
                self.random.shuffle(self.reports[post.post_id])
        return Written(
            batches={post_id: tuple(batches_of(reports)) for post_id, reports in self.reports.items()},
            casualties=tuple(self.casualties),
            surveys=tuple(self.surveys),
            households={village: tuple(ids) for village, ids in self.households.items()},
        )


@dataclass(frozen=True, slots=True)
class _Home:
    """A household where the post finds it."""

    number: int
    post: Post
    village: str
    persons: Sequence[Person]
    sheltered: bool
    known_by_nik: bool


def _persons_of_households(sizes: Sizes, random: Random) -> list[int]:
    """How many people live in each household: together exactly as many as there are."""
    counts = [1] * sizes.households
    left = sizes.persons - sizes.households
    while left > 0:
        number = random.randrange(sizes.households)
        if counts[number] < PERSONS_OF_HOUSEHOLD_MAX:
            counts[number] += 1
            left -= 1
    return counts


def _sheltered(counts: Sequence[int], evacuees: int, random: Random) -> set[int]:
    """The households in shelters: as few as together are the evacuees, or one person more than that."""
    sheltered: set[int] = set()
    for number in _shuffled(len(counts), random):
        if evacuees <= 0:
            break
        sheltered.add(number)
        evacuees -= counts[number]
    return sheltered


def _corrected(counts: Sequence[int], wanted: int, random: Random) -> set[int]:
    """The households whose first count was wrong: some of those with more than one person."""
    several = [number for number, count in enumerate(counts) if count > 1]
    return set(random.sample(several, min(wanted, len(several))))


def _shuffled(count: int, random: Random) -> Iterator[int]:
    numbers = list(range(count))
    random.shuffle(numbers)
    return iter(numbers)
