"""`tanggap flood`: make, play and check a flood.

It owns options and words; the flood is `tanggap.flood`'s and the verdict `tanggap.checker`'s.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group

from tanggap.box.home import DEFAULT_HOME, Home
from tanggap.checker.check import CheckResult
from tanggap.checker.reading import NotCollected
from tanggap.checker.table import in_words, table_of
from tanggap.cli.exits import Exit
from tanggap.cli.language import _
from tanggap.cli.output import answer, console, fail
from tanggap.flood.box import Box
from tanggap.flood.caller import Unanswered
from tanggap.flood.ids import ANCHOR_DEFAULT
from tanggap.flood.plan import Options
from tanggap.flood.player import SEED_DEFAULT
from tanggap.flood.scale import SCALE_DEFAULT, SCALE_MAX
from tanggap.flood.scenario import lines_of
from tanggap.flood.show import NoJournal, check_flood, latest_journal, show
from tanggap.flood.stage import NotAsPlanned, NotCaughtUp
from tanggap.flood.telling import Telling
from tanggap.flood.world import make_world

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Scale = Annotated[float, typer.Option(min=0.0001, max=SCALE_MAX, help="Size; 1 is the worst year on record.")]
Seed = Annotated[int, typer.Option(help="The same seed plays the same flood.")]
HomeFolder = Annotated[Path, typer.Option("--home", help="The box's home.")]


@app.command("generate")
def generate_command(
    out: Annotated[Path, typer.Option("--out", help="The file to write, as JSON lines.")],
    scale: Scale = SCALE_DEFAULT,
    seed: Seed = SEED_DEFAULT,
    anchor: Annotated[datetime | None, typer.Option(help="When it happens, in UTC.")] = None,
) -> None:
    """Write a flood (DATA CONTOH: nobody in it exists). The same seed, scale and anchor give the same bytes."""
    at = ANCHOR_DEFAULT if anchor is None else anchor.replace(tzinfo=UTC)
    world = make_world(Options(seed, scale, anchor=at))
    with out.open("wb") as file:
        file.writelines(lines_of(world))
    document = {"file": str(out), "bytes": out.stat().st_size, "reports": world.report_count}
    answer({**document, "households": world.sizes.households, "persons": world.sizes.persons})


@app.command("play")
def play_command(
    scale: Scale = SCALE_DEFAULT,
    seed: Seed = SEED_DEFAULT,
    faults: Annotated[bool, typer.Option("--faults", help="Kill services and flush the broker on the way.")] = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Play a flood on the box that runs, and check it. Exit 0 only if every invariant holds, 5 if one does not."""
    folder = Home.at(home).folder
    box_of(folder)
    try:
        with Telling(console()) as telling:
            shown = asyncio.run(show(folder, scale=scale, seed=seed, faults=faults, telling=telling))
    except (Unanswered, NotCaughtUp, NotCollected) as error:
        fail(error.slug, str(error), next_step=_("See the services' logs in the home."), code=Exit.TRY_AGAIN)
    except NotAsPlanned as error:
        fail(error.slug, str(error), next_step=_("See the services' logs in the home."))
    flood = shown.flood
    told = f"{flood.sizes['households']} KK, {flood.registered.households_a_second:.0f} KK/s, {flood.seconds:.0f} s"
    _answer(shown.check, shown.document, told)


@app.command("check")
def check_command(
    journal: Annotated[Path | None, typer.Option(help="The flood's journal; else the latest of the home.")] = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Check a flood that was played before against the services as they are now."""
    folder = Home.at(home).folder
    box = box_of(folder)
    try:
        with Telling(console()) as telling:
            result = asyncio.run(check_flood(box, journal or latest_journal(folder), telling))
    except NoJournal as error:
        fail(error.slug, str(error), next_step=_(error.next_step))
    except NotCollected as error:
        fail(error.slug, str(error), next_step=_("Repeat the command."), code=Exit.TRY_AGAIN)
    _answer(result, result.document, "")


def box_of(home: Path) -> Box:
    """The box that runs on a home; ends the command when none does."""
    Home.at(home).read_running()
    return Box.of_home(home)


def _answer(result: CheckResult, document: dict[str, object], told: str) -> None:
    text = Group(*([told] if told else []), table_of(result), in_words(result))
    answer(document, text=text, code=Exit.OK if result.sound else Exit.AUDIT_MISMATCH)
