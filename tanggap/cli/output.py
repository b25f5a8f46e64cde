"""What a command says: one answer on standard output, progress on standard error.

With `--json` the answer, error or not, is exactly one JSON document on standard output. A command calls `answer` once,
as its last act, or raises `CommandError`; it never prints.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import typer
from rich.console import Console

from tanggap.cli.exits import Exit
from tanggap.cli.language import _

Document = Mapping[str, Any]

_json = False
_progress = Console(stderr=True, highlight=False)


class CommandError(Exception):
    """A command that ends without its answer: a stable slug, what happened, what to do next, and the exit code."""

    def __init__(self, slug: str, message: str, *, next_step: str = "", code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.slug = slug
        self.next_step = next_step
        self.code = code


def choose_json(wanted: bool) -> None:
    """Sets once, before any command runs, whether answers are JSON."""
    global _json  # noqa: PLW0603 - one process answers one command line
    _json = wanted


def is_json() -> bool:
    """Whether answers are JSON."""
    return _json


def progress(text: str) -> None:
    """Tells the person waiting what is going on; never part of the answer."""
    _progress.print(text, markup=False)


def console() -> Console:
    """The console of standard error, for progress bars and tables that are not the answer."""
    return _progress


def answer(document: Document, *, text: str | object | None = None, code: Exit = Exit.OK) -> None:
    """Gives the command's answer: the document with `--json`, else the text or rich renderable (default: the fields).

    Raises typer.Exit when the code is not OK, so it must be the command's last act.
    """
    if _json:
        _write(document)
    else:
        rendered = "\n".join(f"{name}: {value}" for name, value in document.items()) if text is None else text
        Console(highlight=False, soft_wrap=True).print(rendered, markup=False)
    if code is not Exit.OK:
        raise typer.Exit(code)


def answer_error(error: CommandError) -> None:
    """Gives the error as the command's answer."""
    if _json:
        document = {"error": error.slug, "message": str(error), "exit_code": int(error.code)}
        _write({**document, "next_step": error.next_step} if error.next_step else document)
        return
    _progress.print(f"tanggap: {error}", markup=False, soft_wrap=True)
    if error.next_step:
        _progress.print(_("Next: %(step)s", step=error.next_step), markup=False, soft_wrap=True)


def fail(slug: str, message: str, *, next_step: str = "", code: Exit = Exit.FAILED) -> NoReturn:
    """Ends the command with an error."""
    raise CommandError(slug, message, next_step=next_step, code=code)


def _write(document: Document) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()
