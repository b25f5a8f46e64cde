"""The national holidays that fall on the same date every year.

Owns the seed rows. Source: Keppres 8/2024 tentang Hari-Hari Libur. Those that follow the moon or another calendar, and
all joint leave, are set year by year by the joint decree of three ministers (SKB) and recorded by the office.
"""

from datetime import date

LEGAL_BASIS = "Keppres 8/2024"
_EVERY_YEAR: tuple[tuple[int, int, str], ...] = (
    (1, 1, "tahun-baru-masehi"),
    (5, 1, "hari-buruh-internasional"),
    (6, 1, "hari-lahir-pancasila"),
    (8, 17, "proklamasi-kemerdekaan"),
    (12, 25, "kelahiran-yesus-kristus"),
)


def fixed_holidays(year: int) -> tuple[tuple[date, str], ...]:
    """The dates and codes of a year's holidays that never move."""
    return tuple((date(year, month, day), code) for month, day, code in _EVERY_YEAR)
