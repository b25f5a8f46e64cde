"""The benefit amounts this release knows, each with its source.

Owns figures. All are assumed: they were read in the press, the articles of the norms were not found. A light injury
has no known amount, so its claims wait unpriced until the office sets one.
"""

from dataclasses import dataclass
from datetime import date

from shared.contracts.vocabulary import Benefit, FundSource

PERMENSOS_2015 = "Permensos 4/2015; amount from the press (Antara 2017, IDN Times 2025-12-31), article not read"
STIMULUS_2010 = "BNPB house stimulus since 2010; amount from the press (Kompas 2023-11-21), norm not read"
STIMULUS_2022 = "BNPB house stimulus since Cianjur, 2022-12; amount from the press (Kompas 2023-11-21), norm not read"


@dataclass(frozen=True, slots=True)
class Norm:
    """What a benefit is worth from a day on, by a norm."""

    benefit: Benefit
    amount_idr: int
    fund_source: FundSource
    legal_basis: str
    valid_from: date
    valid_until: date | None = None


def _house(benefit: Benefit, before_idr: int, since_idr: int) -> tuple[Norm, Norm]:
    bnpb = FundSource.BNPB
    return (
        Norm(benefit, before_idr, bnpb, STIMULUS_2010, date(2010, 1, 1), date(2022, 11, 30)),
        Norm(benefit, since_idr, bnpb, STIMULUS_2022, date(2022, 12, 1)),
    )


NORMS: tuple[Norm, ...] = (
    Norm(Benefit.DEATH, 15_000_000, FundSource.KEMENSOS, PERMENSOS_2015, date(2015, 1, 1)),
    Norm(Benefit.SEVERE_INJURY, 5_000_000, FundSource.KEMENSOS, PERMENSOS_2015, date(2015, 1, 1)),
    *_house(Benefit.HOUSE_BERAT, 50_000_000, 60_000_000),
    *_house(Benefit.HOUSE_SEDANG, 25_000_000, 30_000_000),
    *_house(Benefit.HOUSE_RINGAN, 10_000_000, 15_000_000),
)
BENEFITS = tuple(dict.fromkeys(norm.benefit for norm in NORMS))
