"""People who do not exist: their names, ages and identity numbers.

Owns that nobody real can be meant: every NIK ends in the serial 0000, which is never issued, and every KK number too.
Must not know what a report looks like.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tanggap.flood.areas import issuing_districts

WOMEN = (
    "Siti", "Aminah", "Dewi", "Ratna", "Sri", "Nur", "Rina", "Yanti", "Lestari", "Wati", "Marlina", "Tiana", "Norlaila",
    "Rusmiati", "Salamah", "Endang", "Kartini", "Yuliana", "Mega", "Ayu", "Maria", "Rosita", "Helda", "Lisa",
)  # fmt: skip
MEN = (
    "Muhammad", "Ahmad", "Budi", "Agus", "Hendra", "Joko", "Rahmat", "Yusuf", "Dedi", "Eko", "Supriadi", "Tono",
    "Rusdi", "Anton", "Junaidi", "Hamdan", "Sugeng", "Darius", "Yohanes", "Petrus", "Sabran", "Iwan", "Rudi", "Arif",
)  # fmt: skip
LAST = (
    "Contoh", "Umpama", "Misal", "Teladan", "Percobaan", "Latihan", "Simulasi", "Gladi", "Peraga", "Model",
)  # fmt: skip
# The years a cohort was born in: small children, schoolchildren, adults, the old; with its share of people in percent.
COHORTS = ((0, 4, 9), (5, 17, 24), (18, 59, 58), (60, 88, 9))
SERIAL = "0000"
_SHARES = tuple(share for _, _, share in COHORTS)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with the name and number a post would read on an identity card. `nik` is empty for who has none."""

    person_id: str
    name: str
    female: bool
    birth_date: date
    nik: str

    @property
    def sex(self) -> str:
        """As a report writes it."""
        return "female" if self.female else "male"


class Population:
    """Makes people one after another; no two get the same NIK."""

    def __init__(self, random: Random, today: date) -> None:
        self._random = random
        self._today = today
        self._niks: set[str] = set()
        self._issuers = issuing_districts()

    def person(self, person_id: str, *, adult: bool) -> Person:
        """One more person; the first of a household is of age."""
        random = self._random
        first, last, _ = COHORTS[2] if adult else random.choices(COHORTS, _SHARES)[0]
        days = random.randrange(first * 365 + 30, (last + 1) * 365)
        female = random.random() < 0.5
        name = f"{random.choice(WOMEN if female else MEN)} {random.choice(LAST)}"
        born = self._today - timedelta(days=days)
        born, nik = self._nik(born, female=female)
        return Person(person_id, name, female, born, nik)

    def kk_number(self, district: str, at: int) -> str:
        """A family card's number of the form of Dukcapil, with the impossible serial."""
        return f"{district.replace('.', '')}{at % 1_000_000:06d}{SERIAL}"

    def _nik(self, born: date, *, female: bool) -> tuple[date, str]:
        """A NIK nobody has yet: of another issuing district if this day's is taken, else a day later in life."""
        random = self._random
        for _ in range(400):
            issuer = random.choice(self._issuers)
            nik = f"{issuer}{born.day + (40 if female else 0):02d}{born.month:02d}{born.year % 100:02d}{SERIAL}"
            if nik not in self._niks:
                self._niks.add(nik)
                return born, nik
            born -= timedelta(days=1)
        raise LookupError("no NIK with the impossible serial is left")


def spelt_otherwise(person: Person, random: Random) -> tuple[str, date]:
    """The same person's name and birth date as another post wrote them down."""
    name = person.name.replace("Muhammad", "Moh.").replace("Siti", "St.").replace("Ahmad", "Achmad")
    if name == person.name:
        name = person.name.replace("i", "ie", 1) if random.random() < 0.5 else person.name.upper()
    born = person.birth_date
    if born.day <= 12 and random.random() < 0.5:
        born = born.replace(day=born.month, month=born.day)
    return name, born
