"""The table a flood ends with: Indonesian first, English second.

Owns how a result looks. Must not judge: it shows what was found.
"""

from rich.table import Table

from tanggap.checker.check import CheckResult
from tanggap.checker.findings import WORDS, Kind

DETAILS = 10
ALWAYS_SHOWN = (Kind.LOST, Kind.DOUBLED, Kind.OUT_OF_ORDER, Kind.STOCK, Kind.CASH)


def amount(result: CheckResult, kind: Kind) -> str:
    """How much of one kind is wrong, money with its unit."""
    size = result.size(kind)
    return "Rp" + f"{size:,}".replace(",", ".") if kind is Kind.CASH else f"{size:,}".replace(",", ".")


def in_words(result: CheckResult) -> str:
    """The result in one line of each language, with the first findings."""
    shown = [kind for kind in Kind if kind in ALWAYS_SHOWN or (result.size(kind) and kind is not Kind.NOT_VERIFIED)]
    id_ = " · ".join(f"{WORDS[kind][0]} {amount(result, kind)}" for kind in shown)
    en = " · ".join(f"{WORDS[kind][1]} {amount(result, kind)}" for kind in shown)
    logs = f"{result.logs_verified}/{result.logs}"
    lines = [f"{id_} · log terverifikasi {logs}", f"{en} · logs verified {logs}"]
    lines += [f"  {one.kind} {one.service} {one.place}: {one.detail}" for one in result.findings[:DETAILS]]
    left = len(result.findings) - DETAILS
    return "\n".join([*lines, f"  … {left} more"] if left > 0 else lines)


def table_of(result: CheckResult) -> Table:
    """The result as a table for the terminal."""
    table = Table(title="Pemeriksa independen · independent checker", title_justify="left")
    table.add_column("Pemeriksaan")
    table.add_column("Check")
    table.add_column("", justify="right")
    for kind in Kind:
        if kind is not Kind.NOT_VERIFIED:
            id_, en = WORDS[kind]
            table.add_row(id_, en, amount(result, kind), style=None if result.size(kind) == 0 else "bold red")
    logs = f"{result.logs_verified}/{result.logs}"
    table.add_row("log terverifikasi", "logs verified", logs, style=None if result.logs_verified else "bold red")
    total = f"{sum(result.entries.values()):,}".replace(",", ".")
    table.add_row("peristiwa diperiksa", "events checked", total)
    table.add_row("jawaban diperiksa", "answers checked", f"{result.answers:,}".replace(",", "."))
    return table
