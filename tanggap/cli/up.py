"""`tanggap up`: the servers and services of this machine, until Ctrl-C.

It owns options, words and signals; the work is `tanggap.box.supervisor`'s and, with --demo, `tanggap.flood`'s.
"""

import importlib.util
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from tanggap.box.home import DEFAULT_HOME, Home
from tanggap.box.process import BoxError, Program, start, stop
from tanggap.box.services import installed_services, python_path
from tanggap.box.supervisor import Supervisor
from tanggap.cli.exits import Exit
from tanggap.cli.language import _
from tanggap.cli.output import answer, fail, is_json, progress

FLOOD = "tanggap.flood"
FLOOD_MODULE = "tanggap.flood.__main__"

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


@app.callback()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="Play a flood through the services.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Stop when ready, or after the flood.")] = False,
    scale: Annotated[str, typer.Option(help="Size of the flood; 1 is the worst year on record.")] = "0.05",
    seed: Annotated[int, typer.Option(help="The same seed plays the same flood.")] = 1,
    faults: Annotated[bool, typer.Option("--faults", help="Kill services and flush the broker on the way.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Start this service only; repeatable.")] = None,
    home: Annotated[Path, typer.Option(help="Where everything is kept.")] = DEFAULT_HOME,
) -> None:
    """Start the servers and services of this machine; Ctrl-C stops them in order."""
    programs = [program for program in installed_services() if not only or program.name in only]
    if not programs:
        fail("no_services", _("No such service is installed."), next_step=_("Run this from the project's folder."))
    supervisor = Supervisor(Home.at(home), programs, lambda text: progress(_(text)))
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda _number, _frame: supervisor.end())
    try:
        supervisor.start()
        code = _play(supervisor, flood_options(scale, seed, faults=faults)) if demo else 0
        addresses = {service.program.name: service.url for service in supervisor.services}
        for name, url in addresses.items():
            progress(f"{name:<10} {url}   " + _("interface: %(url)s", url=f"{url}/openapi.json"))
        if not once:
            progress(_("Press Ctrl-C to stop."))
            supervisor.watch()
    finally:
        progress(_("Stopping"))
        supervisor.stop()
    document = {"services": addresses, "home": str(supervisor.home.folder), "flood_exit_code": code}
    answer(document, text=_("Stopped."), code=Exit(code) if code in set(Exit) else Exit.FAILED)


def flood_options(scale: str, seed: int, *, faults: bool) -> list[str]:
    """The flood program's options; it finds the services by the home's note of what runs."""
    return ["--scale", scale, "--seed", str(seed), *(["--faults"] if faults else [])]


def _play(supervisor: Supervisor, options: list[str]) -> int:
    """Plays the flood as a program of its own, tending the services meanwhile; returns its exit code."""
    if importlib.util.find_spec(FLOOD) is None or importlib.util.find_spec(FLOOD_MODULE) is None:
        raise BoxError("flood_missing", "The flood is not installed; start without --demo.")
    arguments = [sys.executable, "-m", FLOOD, "--home", str(supervisor.home.folder), *options]
    # Its table is meant for the person waiting; with --json it must not mix into our one document.
    output = sys.stderr if is_json() else sys.stdout
    program = Program("flood", arguments, supervisor.home.logs / "flood.log", environment=python_path())
    child: subprocess.Popen[bytes] = start(program, output=output.fileno())
    try:
        supervisor.watch(until=lambda: child.poll() is not None)
    finally:
        code = stop(child, signal.SIGTERM)
    return Exit.FAILED if supervisor.ending.is_set() else code
