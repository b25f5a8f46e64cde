"""The command `tanggap`: registers the sub-commands and turns every error into an answer and an exit code.

`--json` and `--lang` may stand anywhere before `--`. A sub-command is a module of this folder with a typer app named
`app`, listed in `COMMANDS`; it is imported only when it is asked for, so that `tanggap doctor` needs few packages.
"""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from tanggap.box.process import BoxError
from tanggap.cli.exits import Exit, exit_of_status
from tanggap.cli.language import VARIABLE, _, choose_language, of_wrong_words, speak
from tanggap.cli.output import CommandError, answer_error, choose_json

COMMANDS = {
    "up": "Start the servers and services of this machine, and play a flood with --demo.",
    "doctor": "Check what this machine needs to run Tanggap.",
    "migrate": "Bring a service's database to this release.",
    "token": "Issue access tokens.",
    "parked": "Look at and repeat stream entries that could not be applied.",
    "stock": "See, receive, move and count goods.",
    "request": "Ask for goods, approve and reserve.",
    "partner": "Pledges, receipts and statements of donors.",
    "audit": "Export, verify, prove, replay and compare a service's log.",
    "flood": "Make and play a flood.",
    "bench": "Measure this machine against a floor and the usual way.",
}


def build(names: Sequence[str]) -> typer.Typer:
    """The command with the named sub-commands; a name without a module yet is left out."""
    root = typer.Typer(name="tanggap", no_args_is_help=True, add_completion=False, rich_markup_mode=None)

    @root.callback()
    def tanggap(
        as_json: Annotated[
            bool, typer.Option("--json", help="Answer with one JSON document on standard output.")
        ] = False,
        lang: Annotated[
            str, typer.Option("--lang", envvar=VARIABLE, help="Speak id (Indonesian) or en (English).")
        ] = "id",
    ) -> None:
        """Tanggap: relief, logistics and compensation in a disaster."""

    for name in names:
        module = f"tanggap.cli.{name}"
        if importlib.util.find_spec(module) is not None:
            root.add_typer(importlib.import_module(module).app, name=name, help=COMMANDS[name])
    return root


def run(arguments: Sequence[str]) -> Exit:
    """Runs one command line; answers errors and returns the exit code."""
    ours, theirs = _split(arguments)
    choose_json("--json" in ours)
    words, wanted = _without_language([word for word in ours if word != "--json"])
    spoken = choose_language(wanted)
    try:
        if not spoken:
            raise CommandError("usage", _("--lang takes id or en."), next_step="tanggap --help", code=Exit.USAGE)
        asked = [name for name in COMMANDS if name in words[:1]]
        command = typer.main.get_command(build(asked or list(COMMANDS)))
        speak(command)
        returned = command.main(words + theirs or ["--help"], "tanggap", standalone_mode=False)
        return Exit(returned) if isinstance(returned, int) else Exit.OK
    except (KeyboardInterrupt, typer.Abort):
        error = CommandError("interrupted", _("Interrupted."), code=Exit.FAILED)
    except TyperException as wrong:
        error = _usage_error(wrong)
    except CommandError as known:
        error = known
    except BoxError as known:
        error = CommandError(known.slug, _(known.text, **known.values))
    except Exception as unknown:
        error = _of_other(unknown)
    answer_error(error)
    return error.code


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words before `--`, and the rest with it."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    return words[:end], words[end:]


def _without_language(words: Sequence[str]) -> tuple[list[str], str | None]:
    """The words without `--lang X` or `--lang=X`, and X."""
    left, wanted = [], None
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name != "--lang":
            left.append(word)
        else:
            wanted = value if equals else next(rest, "")
    return left, wanted


def _usage_error(wrong: TyperException) -> CommandError:
    message = of_wrong_words(wrong.format_message() or "Missing command.")
    code = Exit.USAGE if wrong.exit_code == Exit.USAGE else Exit.FAILED
    return CommandError("usage", message, next_step="tanggap --help", code=code)


def _of_other(unknown: Exception) -> CommandError:
    """A domain error carries a slug and an HTTP status, a lost connection may be tried again, the rest is a defect."""
    slug, status = getattr(unknown, "slug", None), getattr(unknown, "status", None)
    if isinstance(slug, str):
        code = exit_of_status(status) if isinstance(status, int) else Exit.FAILED
        next_step = _(str(getattr(unknown, "next_step", "") or ""))
        return CommandError(slug, str(unknown), next_step=next_step, code=code or Exit.FAILED)
    httpx = sys.modules.get("httpx")  # only a command that has imported it can raise its errors
    lost = (ConnectionError, TimeoutError, *([httpx.TransportError] if httpx else []))
    if isinstance(unknown, lost):
        message = _("A server could not be reached (%(kind)s).", kind=type(unknown).__name__)
        return CommandError("unreachable", message, next_step=_("Run the same command again."), code=Exit.TRY_AGAIN)
    traceback.print_exception(unknown)
    message = _("Tanggap itself failed (%(kind)s).", kind=type(unknown).__name__)
    return CommandError("defect", message, next_step=_("Report the lines above."))


if __name__ == "__main__":
    main()
