"""`tanggap bench`: measure this machine against a floor and the usual way.

Owns words and options only; the work is done by the folder `bench` of a checkout.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tanggap.cli.exits import Exit
from tanggap.cli.language import _
from tanggap.cli.output import answer, fail, progress

# The bench is no installed package: it is found beside the one this command was installed from.
CHECKOUT = Path(__file__).parents[2]

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def bench_command(
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes, once: shows that everything runs.")] = False,
    repeats: Annotated[int, typer.Option(min=1, max=50, help="Runs of each way; the median counts.")] = 5,
    growth: Annotated[
        bool, typer.Option("--growth", help="Also compare 10,000 and 500,000 stored households; takes minutes.")
    ] = False,
) -> None:
    """Start servers and services of its own, measure, stop them. Exit 0: all targets met; 3: not all."""
    if not (CHECKOUT / "bench" / "run.py").exists():
        message = _("The bench is not part of the installed package.")
        fail("bench-not-here", message, next_step=_("Run it in a checkout."))
    sys.path.insert(0, str(CHECKOUT))
    from bench.plan import QUICK, WHOLE
    from bench.results import tables
    from bench.run import run_bench

    plan = QUICK if quick else replace(WHOLE, repeats=repeats)
    results = run_bench(replace(plan, growth=growth), progress)
    document = results.document()
    code = Exit.OK if quick or document["met"] else Exit.PARTLY
    answer(document, text=tables(results), code=code)
