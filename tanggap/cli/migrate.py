"""`tanggap migrate`: one service's database brought to this release, as its own program does it.

It owns words only: the service is started by name with the environment given here and told to migrate.
"""

import os
import subprocess
import sys
from typing import Annotated

import typer

from tanggap.box.services import installed_services, python_path
from tanggap.cli.exits import Exit
from tanggap.cli.language import _
from tanggap.cli.output import answer, fail

NEEDED = ("TANGGAP_DATABASE_URL", "TANGGAP_REDIS_URL", "TANGGAP_KEYS_DIR")

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


@app.callback()
def migrate(service: Annotated[str, typer.Argument(help="The service's name.")]) -> None:
    """Bring a service's database to this release; its settings stand in the environment (docs/settings.md)."""
    programs = {program.name: program for program in installed_services()}
    if service not in programs:
        message = _("No service %(name)s is installed (installed: %(known)s).", name=service, known=", ".join(programs))
        fail("unknown_service", message, code=Exit.USAGE)
    missing = [name for name in NEEDED if name not in os.environ]
    if missing:
        next_step = _("Set them, or start the box with `tanggap up`, which migrates by itself.")
        fail(
            "settings_missing", _("Not set: %(names)s.", names=", ".join(missing)), next_step=next_step, code=Exit.USAGE
        )
    environment = {**os.environ, **python_path(), "TANGGAP_SERVICE": service}
    # The program's log lines go to standard error; standard output holds our one answer.
    done = subprocess.run(list(programs[service].migrate), env=environment, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        fail("migration_failed", _("%(name)s could not be migrated; the lines above say why.", name=service))
    answer({"service": service, "migrated": True}, text=_("%(name)s is at this release.", name=service))
